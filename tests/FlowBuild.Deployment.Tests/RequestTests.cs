using System.Text;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Testing;

namespace FlowBuild.Deployment.Tests;

/// <summary>What a deployment is asked for a test, and by InvokeFlow, and what is printed of its answer.</summary>
public sealed class RequestTests
{
    private const string Question = """{"question":"What is a flow?"}""";

    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("""[{ "question": "What is a flow?" }]""")]
    [InlineData("""[{ "question": "What is a flow?", "answer": "Steps.", "note": "for people" }]""")]
    [InlineData("""[{ "inputs": { "question": "What is a flow?" }, "outputs": { "answer": "Steps." } }]""")]
    [InlineData("""[{ "inputs": { "question": "What is a flow?" } }]""")]
    public async Task Of_a_row_only_the_flows_inputs_are_sent(string rows)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/samples.json", rows);
        chat.Write("rows.json", rows);

        Assert.Equal(Question, Request(chat));
        Assert.Equal(Question, Request(chat, "rows.json"));
    }

    [Fact]
    public async Task A_value_is_sent_however_deep_it_nests()
    {
        await using var chat = await BasicChat.StartAsync();
        var deep = new string('[', 900) + new string(']', 900);
        chat.Write("basic-chat/samples.json", $$"""[{ "question": {{deep}} }]""");
        chat.Write("one.json", $$"""{ "question": {{deep}} }""");

        Assert.Equal($$"""{"question":{{deep}}}""", Request(chat));
        Assert.Equal($$"""{"question":{{deep}}}""", Request(chat, "one.json"));
    }

    [Fact]
    public async Task An_input_that_is_called_inputs_is_an_input()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("basic-chat/flow.dag.yaml", "inputs:\n  chat_history:", "inputs:\n  inputs:\n    type: object\n  chat_history:");
        chat.Write("basic-chat/samples.json", """[{ "inputs": { "question": "no" }, "question": "What is a flow?", "answer": "Steps." }]""");

        Assert.Equal("""{"inputs":{"question":"no"},"question":"What is a flow?"}""", Request(chat));

        // Nor does the workspace take the row for another one.
        var (log, _) = await chat.DeployAsync();
        Assert.Contains(log.Lines, static l => l.Contains("(recorded by the local workspace)", StringComparison.Ordinal) && l.Contains("Steps.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{ "inputs": { "text": "a" }, "outputs": "b" }""", """{"text":"a"}""")]
    [InlineData("""{ "inputs": { "text": "a" } }""", """{"inputs":{"text":"a"}}""")]
    public async Task Code_that_declares_no_inputs_is_sent_what_the_row_says(string row, string sent)
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("code/flow.flex.yaml", "entry: code:run\n");
        chat.Write("code/code.py", "def run(**inputs):\n    return inputs\n");
        chat.Write("code/samples.json", $"[{row}]");
        chat.Replace("deployment.yml", "model: azureml:basic-chat-model@latest\n", "");
        var item = new FlowItem(Path.Combine(chat.Project.Directory, "code", "flow.flex.yaml"), "Code", chat.EndpointFile, chat.DeploymentFile, null);

        Assert.Equal(sent, Request(chat, item: item));
    }

    [Fact]
    public async Task A_request_in_a_named_file_is_sent_as_it_is()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("request.json", """{ "inputs": { "question": "q" }, "trace": 1 }""");

        Assert.Equal("""{"inputs":{"question":"q"},"trace":1}""", Request(chat, "request.json"));
    }

    [Fact]
    public async Task A_row_that_holds_a_name_twice_is_refused()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("rows.json", """[{ "question": "a", "question": "b" }]""");

        var refused = Assert.Throws<FlowDeploymentException>(() => Request(chat, "rows.json"));

        Assert.Equal(ConfigurationRules.InvalidRequestFile, refused.Diagnostic.Rule);
        Assert.Contains("rows.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recorded_first_row_verifies_the_deployment_and_is_the_answer_of_its_invocation()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Write("basic-chat/samples.json", """[{ "inputs": { "question": "What is a flow?" }, "outputs": { "answer": "Steps." } }]""");

        var (log, _) = await chat.DeployAsync();

        Assert.Contains(log.Lines, static l => l.Contains("blue answers", StringComparison.Ordinal) && l.Contains("Steps.", StringComparison.Ordinal));
        log = new RecordingLog();
        Assert.True(await chat.Deployer(log).InvokeAsync(null, Token));
        Assert.Contains("Steps.", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_that_the_flow_refuses_is_not_sent_again()
    {
        await using var chat = await BasicChat.StartAsync();
        var log = new RecordingLog();

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.DeployAsync(chat.WithRefusedRequest(), log));

        Assert.Contains("HTTP 424 (the container said 400)", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("trying again", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_made_up_stream_is_printed_as_one_answer_that_says_so()
    {
        await using var chat = await BasicChat.StartAsync();
        await chat.DeployAsync();
        var log = new RecordingLog();

        Assert.True(await chat.Deployer(log).InvokeAsync(null, Token));

        var answer = Assert.Single(log.Lines, static l => l.StartsWith('{'));
        Assert.StartsWith("""{"answer":"This is a made-up answer of the flow basic-chat""", answer, StringComparison.Ordinal);
        Assert.Contains("basic-chat-endpoint answered (flow 'basic-chat', made up by the local workspace):", log.Lines);
    }

    [Fact]
    public async Task An_answer_of_a_real_server_says_so_and_a_stream_of_it_is_one_answer()
    {
        await using var server = ReplayServer.Start(Transcript.Load("fastapi_stream_both_accept"));
        await using var chat = await BasicChat.StartAsync(serveCommand: $"{server.Origin}");
        var (deployed, _) = await chat.DeployAsync();
        var log = new RecordingLog();

        Assert.True(await chat.Deployer(log).InvokeAsync(null, Token));

        Assert.Contains(deployed.Lines, static l => l.Contains("(answered by a real server (FlowServeCommand))", StringComparison.Ordinal));
        Assert.Equal("""{"turns":0,"answer":"Echo: a b é中 "}""", Assert.Single(log.Lines, static l => l.StartsWith('{')));
        Assert.Contains("basic-chat-endpoint answered (flow 'basic-chat', answered by a real server (FlowServeCommand)):", log.Lines);
    }

    [Fact]
    public async Task A_stream_that_is_cut_shows_what_came()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"), Transcript.Load("flask_success"), Transcript.Load("flask_stream_error_midway"));
        await using var chat = await BasicChat.StartAsync(serveCommand: $"{server.Origin}");
        await chat.DeployAsync();

        var cut = await Assert.ThrowsAsync<FlowDeploymentException>(() => chat.Deployer(new RecordingLog()).InvokeAsync(null, Token));

        Assert.Contains("a stream that was cut", cut.Message, StringComparison.Ordinal);
        Assert.Equal("""What came before: {"turns":0,"answer":"Echo: a "}""", Assert.Single(cut.Details));
    }

    private static string Request(BasicChat chat, string? file = null, FlowItem? item = null)
    {
        var log = new RecordingLog();
        var sources = FlowSourceReader.Read(chat.Project with { Items = [item ?? chat.Project.Items[0]] }, reportText: true, log);
        Assert.True(sources is not null, log.Text);
        var request = VerificationRequest.Find(sources[0], file is null ? null : Path.Combine(chat.Project.Directory, file), isLocal: true);
        return Encoding.UTF8.GetString(request!.Body);
    }
}
