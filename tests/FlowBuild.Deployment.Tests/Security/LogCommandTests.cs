using System.Text.Json;

namespace FlowBuild.Deployment.Tests.Security;

/// <summary>
/// Whatever flows, containers, answers and services say, the log of a target holds no command for the agents of GitHub Actions and Azure
/// Pipelines, nothing that a terminal obeys, and no line that passes for an error or a result of FlowBuild.
/// </summary>
[Trait("Category", "Security")]
public sealed class LogCommandTests
{
    private static readonly string Quoted = JsonSerializer.Serialize(AgentLog.Payload);

    // Of a service's message the first line is told.
    private static readonly string QuotedLine = JsonSerializer.Serialize(AgentLog.Payload.Replace("\n", "\u2028 ",
        StringComparison.Ordinal).Replace('\r', '\u0085'));

    [Fact]
    public void A_payload_that_is_printed_as_it_is_would_be_obeyed()
    {
        var faults = AgentLog.Faults(AgentLog.Payload);

        Assert.All(
            ["GitHub obeys", "Azure Pipelines obeys", "MSBuild reads", "A person reads", "A terminal obeys"],
            reader => Assert.Contains(faults, fault => fault.StartsWith(reader, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("minimal")]
    [InlineData("detailed")]
    public async Task Logs_of_a_container_and_messages_of_the_service_are_quoted(string verbosity)
    {
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat) { Verbosity = verbosity };
        await chat.SetFaultsAsync($$"""
            { "operations": [ { "kind": "PutDeployment", "code": "##vso[task.x]", "message": {{Quoted}}, "inferenceServerLog": {{Quoted}},
                "storageInitializerLog": {{Quoted}} } ] }
            """);

        var deployed = await run.RunAsync("DeployFlow", "FlowWorkspace=local");
        var logs = await run.RunAsync("GetFlowLogs", "FlowWorkspace=local");

        AssertSafe(deployed, exitCode: 1, "|:: \\u003a:error file=a.cs::forged", "|:: #\\u0023vso[task.setvariable variable=a]b",
            "|:: BasicChat -> Plan: no changes");
        AssertSafe(logs, exitCode: 0, "|:: \\u003a:error file=a.cs::forged", "|:: \\u001b[2J\\u001b[31mred\\u001b]0;title\\u0007");
    }

    [Theory]
    [InlineData("PlanFlow", "onlineEndpoints")]
    [InlineData("ShowFlow", "onlineEndpoints")]
    [InlineData("InvokeFlow", "/score$")]
    [InlineData("RegisterFlow", "models")]
    public async Task An_error_of_the_service_is_one_line(string target, string path)
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var run = new TargetRun(chat) { Verbosity = "detailed" };
        await chat.SetFaultsAsync($$"""{ "calls": [ { "action": "Fail", "path": {{JsonSerializer.Serialize(path)}}, "times": 1000, "status": 400, "code": "##[error]Bad", "message": {{QuotedLine}} } ] }""");

        AssertSafe(await run.RunAsync(target, "FlowWorkspace=local"), exitCode: 1, "error FLOW5", "\\u2028");
    }

    [Fact]
    public async Task An_answer_is_quoted()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/samples.json", $$"""[{ "inputs": { "question": "What?" }, "outputs": { "answer": {{Quoted}} } }]""");
        await chat.DeployAsync();
        var run = new TargetRun(chat);

        AssertSafe(await run.RunAsync("InvokeFlow", "FlowWorkspace=local"), exitCode: 0, "|:: {", "#\\u0023vso[task.setvariable");
        AssertSafe(await run.RunAsync("ShowFlow", "FlowWorkspace=local"), exitCode: 0);
    }

    [Theory]
    [InlineData("model.yml", "name: basic-chat-model", "name: basic-chat-model\ndescription: ", "PlanFlow", 0)]
    [InlineData("deployment.yml", "image: example.azurecr.io/flows/basic-chat:1", "image: ", "PlanFlow", 0)]
    [InlineData("deployment.yml", "instance_type: Standard_DS3_v2", "instance_type: ", "PlanFlow", null)]
    [InlineData("deployment.yml", "name: blue", "name: ", "ValidateFlow", 1)]
    [InlineData("deployment.yml", "environment:\n  image", "environment:\n  version: 1\n  name: ", "PlanFlow", null)]
    [InlineData("endpoint.yml", "auth_mode: key", "auth_mode: ", "ValidateFlow", 1)]
    [InlineData("endpoint.yml", "auth_mode: key", "auth_mode: key\n", "ValidateFlow", null)]
    [InlineData("basic-chat/flow.dag.yaml", "type: list", "type: ", "ValidateFlow", 1)]
    [InlineData("basic-chat/flow.dag.yaml", "path: chat.jinja2", "path: ", "ValidateFlow", 1)]
    [InlineData("basic-chat/flow.dag.yaml", "reference: ${chat.output}", "reference: ", "ValidateFlow", 0)]
    [InlineData("basic-chat/flow.dag.yaml", "inputs:\n  chat_history", "additional_includes:\n- ", "ValidateFlow", 1)]
    public async Task A_value_of_a_file_is_printed_as_one_line(string file, string from, string to, string target, int? exitCode)
    {
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat) { Verbosity = "detailed" };
        var isKey = to.EndsWith("key\n", StringComparison.Ordinal);
        var rest = from.EndsWith("image", StringComparison.Ordinal) ? "\n  image" : from.EndsWith("chat_history",
            StringComparison.Ordinal) ? "\ninputs:\n  chat_history" : "";
        chat.Replace(file, from, to + Quoted + (isKey ? ": 1" : "") + rest);

        var result = await run.RunAsync(target, "FlowWorkspace=local");

        Assert.Equal([], AgentLog.Faults(result.Output));
        Assert.True(exitCode is null || exitCode == result.ExitCode, result.Output);
    }

    [Theory]
    [InlineData("\u001b[31m##vso[task.x]y\n::error ::z.txt")]
    [InlineData("##[error] a.cs(1,2): error CS0001: b.txt\u202e.")]
    public async Task A_file_name_is_printed_as_one_line(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such names.");
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat);
        chat.Write("basic-chat/" + name, "");

        AssertSafe(await run.RunAsync("PackageFlow", "FlowWorkspace=local"), exitCode: 1, "error FLOW3007");
    }

    private static void AssertSafe(CommandResult result, int exitCode, params string[] shown)
    {
        Assert.Equal([], AgentLog.Faults(result.Output));
        Assert.True(result.ExitCode == exitCode, result.Output);
        Assert.All(shown, text => Assert.Contains(text, result.Output, StringComparison.Ordinal));
    }
}
