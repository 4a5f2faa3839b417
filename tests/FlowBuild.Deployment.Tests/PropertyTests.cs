namespace FlowBuild.Deployment.Tests;

/// <summary>Properties of a command line, through MSBuild to what they do.</summary>
public sealed class PropertyTests
{
    [Fact]
    public async Task FlowRetire_and_FlowGrantAccess_reach_the_deployment()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        await chat.PutResourceAsync(
            "connections/open_ai_connection", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        chat.Replace("deployment.yml", "name: blue", "name: green");
        var targets = new TargetRun(chat);

        var planned = await targets.RunAsync("PlanFlow", "FlowWorkspace=local", "FlowAllTraffic=true", "FlowRetire=true", "FlowGrantAccess=true");
        Assert.Single(planned.Lines("- deployment  blue (deleted: it has no traffic, and FlowRetire is set)"));
        Assert.Single(planned.Lines("+ role        Azure Machine Learning Workspace Connection Secrets Reader at local"));

        var deployed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local", "FlowAllTraffic=true", "FlowRetire=true", "FlowGrantAccess=true");
        Assert.True(deployed.ExitCode == 0, deployed.Output);
        Assert.Single(deployed.Lines("given to the identity of basic-chat-endpoint"));
        Assert.Single(deployed.Lines("basic-chat-endpoint/blue: deleted, since it had no traffic"));
        Assert.Single(deployed.Lines("BasicChat -> green 100 % at"));
    }

    [Theory]
    [InlineData("yes", "on", "!FALSE")]
    [InlineData("True", "YES", "On")]
    public async Task Flags_take_MSBuild_s_own_words(string allTraffic, string retire, string grant)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        await chat.PutResourceAsync(
            "connections/open_ai_connection", """{ "properties": { "category": "AzureOpenAI", "target": "https://example.com", "authType": "ApiKey", "credentials": { "key": "secret" } } }""");
        chat.Replace("deployment.yml", "name: blue", "name: green");

        var deployed = await new TargetRun(chat).RunAsync(
            "DeployFlow", "FlowWorkspace=local", $"FlowAllTraffic={allTraffic}", $"FlowRetire={retire}", $"FlowGrantAccess={grant}", "FlowNoWait=Off", "FlowAllowBreakingChange=!yes");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        Assert.Single(deployed.Lines("given to the identity of basic-chat-endpoint"));
        Assert.Single(deployed.Lines("basic-chat-endpoint/blue: deleted, since it had no traffic"));
        Assert.Single(deployed.Lines("BasicChat -> green 100 % at"));
    }

    [Theory]
    [InlineData("FlowNoWait", "1", "write true or false")]
    [InlineData("FlowRetire", "ja", "write true or false")]
    [InlineData("FlowWriteUserSecrets", "0", "write true or false")]
    [InlineData("FlowAllowOutsideFiles", "maybe", "write true or false")]
    [InlineData("FlowUseAzureCliDefaults", "!", "write true or false")]
    [InlineData("FlowModelVersion", "3", "write 'auto', or leave it out and let the files name the version")]
    public async Task A_flag_in_another_word_is_an_error_before_anything_is_done(string property, string value, string advice)
    {
        await using var chat = await BasicChat.StartAsync();

        var refused = await new TargetRun(chat).RunAsync("DeployFlow", "FlowWorkspace=local", $"{property}={value}");

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains($"error FLOW4012: {property}='{value}' cannot be used: {advice}", Assert.Single(refused.Lines("error ")), StringComparison.Ordinal);
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"));
    }

    [Theory]
    [InlineData("FlowSlots=green blue", "slot green takes the place of 'blue'")]
    [InlineData("FlowSlots=green%3Bblue", "slot green takes the place of 'blue'")]
    [InlineData("FlowRollout=10 50 1000", "error FLOW4012: FlowRollout='1000' cannot be used")]
    [InlineData("FlowRollout=10%3B50%3B1000", "error FLOW4012: FlowRollout='1000' cannot be used")]
    [InlineData("FlowMirrorTraffic=blue=10 green=20%3Bred", "error FLOW4012: FlowMirrorTraffic='blue=10 green=20;red' cannot be used")]
    public async Task Lists_of_a_command_line_are_separated_by_blanks_or_escaped_semicolons(string property, string says)
    {
        await using var chat = await BasicChat.StartAsync();

        var planned = await new TargetRun(chat).RunAsync("PlanFlow", "FlowWorkspace=local", property);

        Assert.True(planned.Lines(says).Count == 1, planned.Output);
    }

    [Fact]
    public async Task A_confirmation_in_another_word_is_none()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var targets = new TargetRun(chat);

        Assert.Single((await targets.RunAsync("DeleteFlowEndpoint", "FlowWorkspace=local", "FlowConfirm=sure")).Lines("error FLOW4012: FlowConfirm='sure' cannot be used"));
        Assert.NotNull(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"));
        Assert.Equal(0, (await targets.RunAsync("DeleteFlowEndpoint", "FlowWorkspace=local", "FlowConfirm=yes")).ExitCode);
        Assert.Null(await chat.GetResourceAsync("onlineEndpoints/basic-chat-endpoint"));
    }

    [Fact]
    public async Task A_cloud_that_nobody_knows_is_an_error_before_anything_is_asked()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);

        var refused = await targets.RunAsync(
            "ShowFlow", $"FlowSubscriptionId={Guid.NewGuid()}", "FlowResourceGroup=group", "FlowWorkspace=workspace", "FlowCloud=Moon");

        Assert.Contains("error FLOW4012: FlowCloud='Moon' cannot be used: write AzureCloud, AzureUSGovernment", Assert.Single(refused.Lines("error FLOW")), StringComparison.Ordinal);
    }
}
