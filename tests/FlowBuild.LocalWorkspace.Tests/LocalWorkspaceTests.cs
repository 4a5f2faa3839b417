using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>The workspace as a user's test has it.</summary>
public sealed class LocalWorkspaceTests
{
    private const string Question = """{"question":"q"}""";
    private const string BasicChat = "samples/BasicChat/basic-chat";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_folder_that_is_named_from_the_solutions_folder_is_deployed_and_answers_by_its_contract()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);

        var endpoint = await workspace.DeployAsync(BasicChat, cancellationToken: Token);

        Assert.Equal("basic-chat", endpoint.Name);
        using var client = new ScoringClient(endpoint.ScoringUri, endpoint.Key);
        var answer = await client.ScoreAsync(Question);
        Assert.Equal((200, "made-up"), (answer.Status, answer.Headers["x-flowbuild-answer"]));
        Assert.Contains("basic-chat", answer.Json!["answer"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_test_sees_the_inputs_as_the_flow_gets_them_and_says_the_answer()
    {
        var calls = new List<FlowCall>();
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Flows.Classify, call =>
        {
            calls.Add(call);
            return FlowAnswer.Outputs(new Dictionary<string, object?> { ["category"] = "App", ["score"] = 0.25, ["evidence"] = (string[])["a", "b"] });
        });

        var answer = await client.ScoreAsync("""{"url": 12, "limit": "5", "other": true}""");

        Assert.Equal("given", answer.Headers["x-flowbuild-answer"]);
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"category":"App","evidence":["a","b"],"score":0.25}"""), answer.Json), answer.Body);
        Assert.Equal("""{"url":"12","limit":5}""", Assert.Single(calls).Inputs.ToJsonString());
        Assert.False(calls[0].WantsStream);

        Assert.Equal("400", (await client.ScoreAsync("{}")).Headers["ms-azureml-model-error-statuscode"]);
        Assert.Single(calls);
    }

    [Fact]
    public async Task Outputs_that_an_answer_leaves_out_are_made_up_and_those_that_the_deployment_hides_are_hidden()
    {
        using var folder = new TemporaryFolder();
        folder.Write("classify-it/flow.dag.yaml", Flows.Classify);
        var deployment = folder.Write("deployment.yml", """
            name: blue
            endpoint_name: any
            model: azureml:m@latest
            instance_type: Standard_DS3_v2
            instance_count: 1
            environment: {image: "example.test/image:1"}
            environment_variables:
              PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '["category", "score"]'
            """);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Path.Combine(folder.Path, "classify-it"), new()
        {
            DeploymentFile = deployment,
            Answer = static _ => FlowAnswer.Outputs(new { category = "App", hidden = "h" }),
        }, Token);
        using var client = new ScoringClient(endpoint.ScoringUri, endpoint.Key);

        var answer = await client.ScoreAsync("""{"url":"u"}""");

        Assert.Equal("made-up", answer.Headers["x-flowbuild-answer"]);
        Assert.Equal("""{"category":"App","score":0.5}""", answer.Body.TrimEnd());
    }

    [Fact]
    public async Task A_text_is_streamed_word_by_word_and_pieces_as_they_come()
    {
        var second = new TaskCompletionSource();
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var words = await DeployAsync(workspace, Flows.Chat, static _ => FlowAnswer.Outputs(new { answer = "Hello you there" }));
        var pieces = await DeployEndpointAsync(workspace, Flows.Chat, _ => FlowAnswer.Outputs(new { answer = Pieces() }));

        Assert.Equal(
            "data: {\"answer\": \"Hello \"}\n\ndata: {\"answer\": \"you \"}\n\ndata: {\"answer\": \"there\"}\n\n",
            (await words.ScoreAsync(Question, "text/event-stream")).Body);

        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, pieces.ScoringUri) { Content = new StringContent(Question) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", pieces.Key);
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Token));

        // The second piece is not made before the first one has arrived.
        Assert.Equal("data: {\"answer\": \"Hel\"}", await reader.ReadLineAsync(Token));
        second.SetResult();
        Assert.Equal("\ndata: {\"answer\": \"lo\"}\n\n", await reader.ReadToEndAsync(Token));

        async IAsyncEnumerable<string> Pieces()
        {
            yield return "Hel";
            await second.Task;
            yield return "lo";
        }
    }

    [Fact]
    public async Task A_failure_comes_through_the_endpoint_and_a_refusal_from_it()
    {
        var answers = new Queue<FlowAnswer>(
        [
            FlowAnswer.Failure("Execution failure in 'chat': (ValueError) boom"), FlowAnswer.Failure("broken", 500),
            FlowAnswer.Refusal(429, TimeSpan.FromSeconds(2.5)), FlowAnswer.Refusal(424), FlowAnswer.MadeUp,
        ]);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Flows.Chat, _ => answers.Dequeue());

        var user = await client.ScoreAsync(Question);
        Assert.Equal((424, "400", "UserError"), (user.Status, user.Headers["ms-azureml-model-error-statuscode"], CodeOf(user)));
        Assert.Equal("Execution failure in 'chat': (ValueError) boom", user.Json!["error"]!["message"]!.GetValue<string>());
        var system = await client.ScoreAsync(Question);
        Assert.Equal((424, "500", "SystemError"), (system.Status, system.Headers["ms-azureml-model-error-statuscode"], CodeOf(system)));

        var throttled = await client.ScoreAsync(Question);
        Assert.Equal((429, "3", "TooManyRequests"), (throttled.Status, throttled.Headers["Retry-After"], CodeOf(throttled)));
        Assert.DoesNotContain("ms-azureml-model-error-statuscode", throttled.Headers.Keys);
        var starting = await client.ScoreAsync(Question);
        Assert.Equal((424, "503"), (starting.Status, starting.Headers["ms-azureml-model-error-statuscode"]));
        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
    }

    [Fact]
    public async Task An_answer_waits_for_what_the_test_waits_for()
    {
        var ready = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Flows.Chat, _ =>
        {
            asked.SetResult();
            return FlowAnswer.Outputs(new { answer = "late" }).After(ready.Task);
        });

        var answer = client.ScoreAsync(Question);
        await asked.Task;
        Assert.False(answer.IsCompleted);
        ready.SetResult();

        Assert.Equal("late", (await answer).Json!["answer"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_mistake_of_the_test_itself_has_a_code_of_its_own()
    {
        var answers = new Queue<Func<FlowAnswer>>(
        [
            static () => FlowAnswer.Outputs(new { anser = "x" }), static () => FlowAnswer.Result("bare"), static () => throw new InvalidOperationException("my assertion"),
        ]);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Flows.Chat, _ => answers.Dequeue()());

        foreach (var word in (string[])["'anser', and the flow my-flow has 'answer'", "bare result", "(InvalidOperationException) my assertion"])
        {
            var answer = await client.ScoreAsync(Question);
            Assert.Equal("WrongTestAnswer", CodeOf(answer));
            Assert.Contains(word, answer.Json!["error"]!["message"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        Assert.Throws<ArgumentException>(static () => FlowAnswer.Outputs("bare"));
        Assert.Throws<ArgumentException>(static () => FlowAnswer.Outputs(new { type = typeof(string) }));
        Assert.Throws<ArgumentOutOfRangeException>(static () => FlowAnswer.Failure("m", 429));
        Assert.Throws<ArgumentOutOfRangeException>(static () => FlowAnswer.Refusal(200));
    }

    [Fact]
    public async Task A_flow_with_an_entry_point_gives_its_result_bare()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, "entry: flow:run\ninputs: {question: {type: string}}\n", static _ => FlowAnswer.Result("text"), "flow.flex.yaml");

        Assert.Equal("\"text\"", (await client.ScoreAsync(Question)).Body.TrimEnd());
    }

    [Fact]
    public async Task A_server_that_the_test_names_answers_in_the_flows_place()
    {
        var transcript = Transcript.Load("flask_stream_both_accept");
        await using var server = ReplayServer.Start(transcript);
        using var folder = new TemporaryFolder();
        folder.Write("my-flow/flow.dag.yaml", Flows.Chat);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await workspace.DeployAsync(Path.Combine(folder.Path, "my-flow"), new() { Server = server.Origin }, Token);
        using var client = new ScoringClient(endpoint.ScoringUri, endpoint.Key);

        Assert.Equal(transcript.AnswerBody, (await client.ScoreAsync(Question, "text/event-stream, application/json")).Body);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", Question, bearer: "wrong")).Status);
    }

    [Fact]
    public async Task Deploying_to_an_endpoint_again_replaces_what_it_answers_and_a_second_one_gets_a_name_of_its_own()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var first = await workspace.DeployAsync(BasicChat, Answer("one"), Token);
        var second = await workspace.DeployAsync(BasicChat, Answer("two"), Token);
        var again = await workspace.DeployAsync(BasicChat, new() { EndpointName = first.Name, Answer = Answer("three").Answer }, Token);

        Assert.Equal(["basic-chat", "basic-chat-2", "basic-chat"], new[] { first.Name, second.Name, again.Name });
        Assert.Equal((first.ScoringUri, first.Key), (again.ScoringUri, again.Key));
        Assert.Equal(["three", "two"], [await AskAsync(first), await AskAsync(second)]);

        static LocalDeploymentOptions Answer(string text) => new() { Answer = _ => FlowAnswer.Outputs(new { answer = text }) };

        static async Task<string> AskAsync(LocalEndpoint endpoint)
        {
            using var client = new ScoringClient(endpoint.ScoringUri, endpoint.Key);
            return (await client.ScoreAsync(Question)).Json!["answer"]!.GetValue<string>();
        }
    }

    [Fact]
    public async Task A_broken_flow_is_refused_with_every_error_at_its_line_and_column()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("broken/flow.dag.yaml", "inputs:\n  q: {type: strnig}\noutputs:\n  a: {type: string, reference: \"${nobody.output}\"}\nnodes: []\n");
        await using var workspace = await LocalWorkspace.StartAsync(Token);

        var error = await Assert.ThrowsAsync<LocalDeploymentException>(() => workspace.DeployAsync(Path.Combine(folder.Path, "broken"), cancellationToken: Token));

        var lines = error.Message.Split(Environment.NewLine);
        Assert.Equal(2, lines.Length);
        Assert.Equal($"{file}(2,13): error FLOW1006: 'strnig' is no type of prompt flow; did you mean 'string'?", lines[0]);
        Assert.StartsWith($"{file}(4,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_deployed_says_why()
    {
        using var folder = new TemporaryFolder();
        folder.Write("empty/notes.txt", "");
        folder.Write("two/flow.dag.yaml", Flows.Chat);
        folder.Write("two/flow.flex.yaml", "entry: a:b");
        folder.Write("good/flow.dag.yaml", Flows.Chat);
        folder.Write("bad.yml", "name: blue\ninstance_cuont: 1\n");
        await using var workspace = await LocalWorkspace.StartAsync(Token);

        Assert.Contains("nor in a folder above it", await ErrorAsync("no/such/flow"), StringComparison.Ordinal);
        Assert.Contains("does not exist", await ErrorAsync(In("nowhere")), StringComparison.Ordinal);
        Assert.Contains("is a file", await ErrorAsync(In("good/flow.dag.yaml")), StringComparison.Ordinal);
        Assert.Contains("holds no flow", await ErrorAsync(In("empty")), StringComparison.Ordinal);
        Assert.Contains("flow.dag.yaml and flow.flex.yaml", await ErrorAsync(In("two")), StringComparison.Ordinal);
        Assert.Contains("bad.yml(2,1): error FLOW", await ErrorAsync(In("good"), new() { DeploymentFile = In("bad.yml") }), StringComparison.Ordinal);
        Assert.StartsWith("InvalidName: The endpoint name 'x' is invalid.", await ErrorAsync(In("good"), new() { EndpointName = "x" }), StringComparison.Ordinal);
        Assert.Contains("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS is not a JSON array of names", await ErrorAsync(In("good"), new()
        {
            EnvironmentVariables = new Dictionary<string, string> { ["PROMPTFLOW_RESPONSE_INCLUDED_FIELDS"] = "answer" },
        }), StringComparison.Ordinal);

        string In(string path) => Path.Combine(folder.Path, path);

        async Task<string> ErrorAsync(string flow, LocalDeploymentOptions? options = null) =>
            (await Assert.ThrowsAsync<LocalDeploymentException>(() => workspace.DeployAsync(flow, options, Token))).Message;
    }

    [Fact]
    public async Task Pieces_that_nobody_reads_any_more_are_cancelled()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var endpoint = await DeployEndpointAsync(workspace, Flows.Chat, _ => FlowAnswer.Outputs(new { answer = Pieces() }));
        using (var http = new HttpClient())
        using (var request = new HttpRequestMessage(HttpMethod.Post, endpoint.ScoringUri) { Content = new StringContent(Question, Encoding.UTF8, "application/json") })
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", endpoint.Key);
            request.Headers.Accept.ParseAdd("text/event-stream");
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
            Assert.True(answer.IsSuccessStatusCode);
        }

        await ended.Task.WaitAsync(Token);

        async IAsyncEnumerable<string> Pieces([EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return "One";
            try
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }
            finally
            {
                ended.SetResult();
            }
        }
    }

    [Fact]
    public async Task Deployments_that_a_disposal_meets_end_with_an_exception()
    {
        using var folder = new TemporaryFolder();
        folder.Write("my-flow/flow.dag.yaml", Flows.Chat);
        var flow = Path.Combine(folder.Path, "my-flow");
        var workspace = await LocalWorkspace.StartAsync(Token);
        var deployments = Enumerable.Range(0, 4).Select(_ => workspace.DeployAsync(flow, cancellationToken: Token)).ToList();

        await workspace.DisposeAsync();

        foreach (var deployment in deployments)
        {
            await Assert.ThrowsAnyAsync<Exception>(() => deployment.WaitAsync(Token));
        }

        var late = await Assert.ThrowsAsync<ObjectDisposedException>(() => workspace.DeployAsync(flow, cancellationToken: Token));
        Assert.Equal(typeof(LocalWorkspace).FullName, late.ObjectName);
    }

    [Fact]
    public async Task A_name_that_no_endpoint_can_have_is_refused_whatever_it_holds()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);

        foreach (var name in (string[])["", "a/b/c", "my endpoint", "what?", "#endpoint", "für-alle", "..", "%2e%2e", "a--b"])
        {
            var error = await Assert.ThrowsAsync<LocalDeploymentException>(() => workspace.DeployAsync(BasicChat, new() { EndpointName = name }, Token));
            Assert.StartsWith($"InvalidName: The endpoint name '{name}' is invalid.", error.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("a", "flow-a")]
    [InlineData("1 flow_für alle", "flow-1-flow-f-r-alle")]
    [InlineData("a-very-long-name-of-a-flow-folder-that-goes-on", "a-very-long-name-of-a-flow-folde")]
    public async Task A_folder_of_any_name_gives_a_name_that_an_endpoint_can_have(string name, string expected)
    {
        using var folder = new TemporaryFolder();
        folder.Write($"{name}/flow.dag.yaml", Flows.Chat);
        await using var workspace = await LocalWorkspace.StartAsync(Token);

        Assert.Equal(expected, (await workspace.DeployAsync(Path.Combine(folder.Path, name), cancellationToken: Token)).Name);
    }

    [Fact]
    public async Task Workspaces_run_side_by_side_and_leave_nothing_behind()
    {
        var workspaces = await Task.WhenAll(Enumerable.Range(0, 8).Select(static _ => LocalWorkspace.StartAsync(Token)));
        var endpoints = await Task.WhenAll(workspaces.Select(static w => w.DeployAsync(BasicChat, cancellationToken: Token)));
        var folders = endpoints.Select(StateFolderOf).ToList();

        Assert.Equal(8, endpoints.Select(static e => e.ScoringUri.Authority).Distinct().Count());
        Assert.Equal(8, folders.Distinct().Count());
        foreach (var workspace in workspaces)
        {
            await workspace.DisposeAsync();
        }

        Assert.All(folders, static folder => Assert.False(Directory.Exists(folder)));

        static string StateFolderOf(LocalEndpoint endpoint) => Directory.GetFiles(Path.GetTempPath(), "workspace.json", new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = 1, IgnoreInaccessible = true })
            .Where(file => file.Contains("flowbuild-", StringComparison.Ordinal) && Read(file).Contains($":{endpoint.ScoringUri.Port}\"", StringComparison.Ordinal))
            .Select(static file => Path.GetDirectoryName(file)!).Single();

        // Others that run beside this test come and go.
        static string Read(string file)
        {
            try
            {
                return File.ReadAllText(file, Encoding.UTF8);
            }
            catch (IOException)
            {
                return "";
            }
        }
    }

    private static string CodeOf(ScoringAnswer answer) => answer.Json!["error"]!["code"]!.GetValue<string>();

    private static async Task<ScoringClient> DeployAsync(
        LocalWorkspace workspace, string flow, Func<FlowCall, FlowAnswer> answer, string fileName = "flow.dag.yaml")
    {
        var endpoint = await DeployEndpointAsync(workspace, flow, answer, fileName);
        return new ScoringClient(endpoint.ScoringUri, endpoint.Key);
    }

    private static async Task<LocalEndpoint> DeployEndpointAsync(
        LocalWorkspace workspace, string flow, Func<FlowCall, FlowAnswer> answer, string fileName = "flow.dag.yaml")
    {
        using var folder = new TemporaryFolder();
        folder.Write($"my-flow/{fileName}", flow);
        return await workspace.DeployAsync(Path.Combine(folder.Path, "my-flow"), new() { Answer = answer }, Token);
    }
}
