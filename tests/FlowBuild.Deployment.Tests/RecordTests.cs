using System.Text.Json;

namespace FlowBuild.Deployment.Tests;

/// <summary>The files that a run writes: those of an earlier run are gone when it begins, and a failed run records its own error.</summary>
public sealed class RecordTests
{
    private const string Record = "bin/flow-deployment.json";
    private const string Plan = "obj/flow/plan.json";

    [Fact]
    public async Task A_run_records_each_flow_with_its_outcome()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);

        var deployed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local");

        Assert.True(deployed.ExitCode == 0, deployed.Output);
        Assert.Equal(("basic-chat", "deployed", ""), Entry(chat, Record));
        Assert.Equal(0, (await targets.RunAsync("DeployFlow", "FlowWorkspace=local")).ExitCode);
        Assert.Equal(("basic-chat", "unchanged", ""), Entry(chat, Record));
    }

    [Theory]
    [InlineData("deployment.yml", "instance_count: 1", "instance_count: many", "FLOW2007")]
    [InlineData("deployment.yml", "instance_type: Standard_DS3_v2", "instance_type: Standard_None_v9", "FLOW5015")]
    [InlineData("basic-chat/flow.dag.yaml", "path: chat.jinja2", "path: missing.jinja2", "FLOW3001")]
    public async Task A_run_that_fails_replaces_the_record_of_the_run_before(string file, string from, string to, string code)
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);
        Assert.Equal(0, (await targets.RunAsync("DeployFlow", "FlowWorkspace=local")).ExitCode);
        Assert.Equal(0, (await targets.RunAsync("PlanFlow", "FlowWorkspace=local")).ExitCode);
        chat.Replace(file, from, to);

        var failed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local");

        Assert.Equal(1, failed.ExitCode);
        var (flow, outcome, error) = Entry(chat, Record);
        Assert.Equal(("basic-chat", "failed"), (flow, outcome));
        Assert.StartsWith(code, error, StringComparison.Ordinal);
        Assert.False(Exists(chat, Plan), "the plan of an earlier run is still there");
    }

    [Fact]
    public async Task Settings_that_cannot_be_used_are_recorded_too()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);

        var failed = await targets.RunAsync("DeployFlow", "FlowWorkspace=local", "FlowTraffic=blue");

        Assert.Equal(1, failed.ExitCode);
        Assert.Equal(("basic-chat", "failed", "FLOW4012"), Entry(chat, Record));
    }

    [Fact]
    public async Task A_plan_that_fails_replaces_the_plan_of_the_run_before()
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);
        Assert.Equal(0, (await targets.RunAsync("PlanFlow", "FlowWorkspace=local")).ExitCode);
        Assert.Contains("\"hasChanges\": true", Text(chat, Plan), StringComparison.Ordinal);
        chat.Replace("deployment.yml", "instance_type: Standard_DS3_v2", "instance_type: Standard_None_v9");

        Assert.Equal(1, (await targets.RunAsync("PlanFlow", "FlowWorkspace=local")).ExitCode);

        Assert.Equal(("basic-chat", "failed", "FLOW5015"), Entry(chat, Plan));
        Assert.DoesNotContain("hasChanges", Text(chat, Plan), StringComparison.Ordinal);
    }

    private static (string Flow, string Outcome, string ErrorCode) Entry(BasicChat chat, string file)
    {
        using var json = JsonDocument.Parse(Text(chat, file));
        var entry = Assert.Single(json.RootElement.EnumerateArray());
        return (entry.GetProperty("flow").GetString()!, entry.GetProperty("outcome").GetString()!, entry.GetProperty("errorCode").GetString()!);
    }

    private static bool Exists(BasicChat chat, string file) => File.Exists(Path.Combine(chat.Project.Directory, file));

    private static string Text(BasicChat chat, string file) => File.ReadAllText(Path.Combine(chat.Project.Directory, file));
}
