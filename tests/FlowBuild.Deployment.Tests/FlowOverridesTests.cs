using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

public sealed class FlowOverridesTests
{
    [Theory]
    [InlineData("instance_count=3 request_settings.request_timeout_ms=90000")]
    [InlineData("instance_count=3;request_settings.request_timeout_ms=90000")]
    public void Overrides_are_separated_by_blanks_or_semicolons(string text) => Assert.Equal(
        [new DocumentOverride("instance_count", "3"), new DocumentOverride("request_settings.request_timeout_ms", "90000")],
        FlowOverrides.Parse(text, static _ => null));

    [Fact]
    public void A_value_can_come_from_the_environment() => Assert.Equal(
        [new DocumentOverride("environment_variables.KEY", "a=b c", "KEY")],
        FlowOverrides.Parse("environment_variables.KEY=@env:KEY", static name => name == "KEY" ? "a=b c" : null));

    [Fact]
    public void The_value_of_a_variable_in_the_open_is_refused_and_not_repeated()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => FlowOverrides.Parse("environment_variables.KEY=hunter2", static _ => null));

        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("environment_variables.KEY=@env:NAME", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("$(openAiKey)")]
    [InlineData("${{ secrets.KEY }}")]
    [InlineData("{{KEY}}")]
    [InlineData("%KEY%")]
    [InlineData("__KEY__")]
    [InlineData("<key>")]
    public void A_secret_that_the_pipeline_does_not_have_is_refused_and_not_repeated(string value)
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => FlowOverrides.Parse("environment_variables.KEY=@env:SOURCE", _ => value));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("the environment variable SOURCE", refused.Message, StringComparison.Ordinal);
        Assert.True(value.Trim().Length == 0 || !refused.Message.Contains(value, StringComparison.Ordinal), refused.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    public void A_question_mark_allows_an_empty_value(string? value) => Assert.Equal(
        [new DocumentOverride("environment_variables.KEY", "", "SOURCE")],
        FlowOverrides.Parse("environment_variables.KEY=@env:SOURCE?", _ => value));

    [Theory]
    [InlineData("a.b=", "it has no value")]
    [InlineData("a.b=@env:MISSING", "MISSING")]
    [InlineData("instance_count", "instance_count=3")]
    public void What_cannot_be_read_is_refused(string text, string says)
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => FlowOverrides.Parse(text, static _ => null));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains(says, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_override_reaches_the_plan()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Overrides = FlowOverrides.Parse("instance_count=2", static _ => null) };

        var plans = await chat.Deployer(new RecordingLog(), project: project).PlanAsync(writes: false, TestContext.Current.CancellationToken);

        Assert.Contains("Standard_DS3_v2 x 2", Assert.Single(plans!).Steps.OfType<DeploymentStep>().Single().Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_override_that_the_file_cannot_take_is_an_error()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var project = chat.Project with { Overrides = FlowOverrides.Parse("model.version=2", static _ => null) };

        Assert.False(chat.Deployer(log, project: project).Validate(reportText: false));
        Assert.Contains(log.Diagnostics, static d => d.Message.Contains("model", StringComparison.Ordinal) && d.Rule.Severity == RuleSeverity.Error);
    }

    [Theory]
    [InlineData("instance_cuont=3", "The override of 'instance_cuont' in FlowSet cannot be applied: ", "did you mean 'instance_count'?")]
    [InlineData("instance_count=many", "The override of 'instance_count' in FlowSet cannot be applied: ", "a whole number")]
    [InlineData("endpoint_name=another", "The override of 'endpoint_name' in FlowSet cannot be applied: ", "write the same name in both")]
    public async Task A_build_says_what_is_wrong_with_an_override_at_the_project(string set, string begin, string end)
    {
        await using var chat = await BasicChat.StartAsync();

        var run = await new TargetRun(chat).RunAsync("ValidateFlow", $"FlowSet={set}");

        var error = Assert.Single(run.Output.Split('\n'), static line => line.Contains(": error ", StringComparison.Ordinal));
        Assert.Contains($"{Path.DirectorySeparatorChar}BasicChat.proj : error FLOW2017: {begin}", error, StringComparison.Ordinal);
        Assert.Contains(end, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_override_of_all_flows_is_complained_of_once()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var item = chat.Project.Items[0];
        var project = chat.Project with { Items = [item, item], Overrides = FlowOverrides.Parse("instance_cuont=3", static _ => null) };

        Assert.False(chat.Deployer(log, project: project).Validate(reportText: true));

        Assert.Equal(DeploymentRules.InvalidOverride, Assert.Single(log.Diagnostics, static d => d.Rule.Severity == RuleSeverity.Error).Rule);
    }

    [Theory]
    [InlineData("endpoint_name", "hunter2?")]
    [InlineData("instance_count", "7320508")]
    [InlineData("instance_type", "x-{{hunter2}}")]
    [InlineData("environment_variables.KEY", "https://<hunter2>/x")]
    [InlineData("environment_variables.KEY", "a __hunter2__ b")]
    [InlineData("environment_variables.PROMPTFLOW_RUN_MODE", "hunter2")]
    [InlineData("environment_variables.PRT_CONFIG_OVERRIDE", "deployment.endpoint_name=hunter2,a=<hunter2>")]
    [InlineData("environment_variables.PROMPTFLOW_RESPONSE_INCLUDED_FIELDS", "[\"hunter2\"]")]
    public async Task What_is_said_of_a_value_from_the_environment_does_not_repeat_it(string key, string value)
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();
        var project = chat.Project with { Overrides = FlowOverrides.Parse($"{key}=@env:SOURCE", _ => value) };

        chat.Deployer(log, project: project).Validate(reportText: true);

        Assert.Contains(log.Diagnostics, static d => d.Message.Contains("@env:SOURCE", StringComparison.Ordinal));
        Assert.All(log.Diagnostics, static d => Assert.DoesNotMatch("hunter2|7320508", d.Message));
    }

    [Fact]
    public async Task What_the_workspace_refuses_of_an_override_is_said_at_the_project()
    {
        await using var chat = await BasicChat.StartAsync();

        var run = await new TargetRun(chat).RunAsync("PlanFlow", "FlowWorkspace=local", "FlowSet=environment=azureml:missing:1");

        Assert.Contains("BasicChat.proj : error FLOW50", run.Output, StringComparison.Ordinal);
    }
}
