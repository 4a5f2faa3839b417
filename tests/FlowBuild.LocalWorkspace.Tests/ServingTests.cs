using FlowBuild.LocalWorkspace.Tests.Node;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class ServingTests
{
    private const string Question = """{"question":"q"}""";

    [Theory]
    [InlineData("flask_success", 200, null)]
    [InlineData("flask_node_exception", 424, "400")]
    [InlineData("fastapi_stream_both_accept", 200, null)]
    public async Task A_server_that_runs_already_answers_and_is_passed_on_as_it_is(string name, int status, string? own)
    {
        var transcript = Transcript.Load(name);
        await using var server = ReplayServer.Start(transcript);
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        using var client = await DeployAsync(workspace);

        var answer = await client.ScoreAsync(Question, "text/event-stream, application/json");

        Assert.Equal((status, transcript.AnswerBody), (answer.Status, answer.Body));
        Assert.Equal(own, answer.Headers.GetValueOrDefault("ms-azureml-model-error-statuscode"));
        Assert.Equal("served", answer.Headers["x-flowbuild-answer"]);
        Assert.DoesNotContain(client.Key, string.Join('\n', server.Requests), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_header_and_byte_of_an_answer_is_passed_on_as_it_is()
    {
        byte[] body = [0x1F, 0x8B, 0xFF, 0x00, 0xC3];
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.SendAsync(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:8080/score?a=%C3%A9\r\nallow: POST,  PUT\r\nAccess-Control-Allow-Origin: *\r\n" +
                "content-type: text/plain;charset=UTF-8\r\nContent-Encoding: gzip\r\nx-own: a\r\nx-own: b\r\nx-request-id: theirs\r\nContent-Length: 5\r\n\r\n");
            await connection.SendAsync(body);
        });
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        using var client = await DeployAsync(workspace);
        using var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false });
        using var request = new HttpRequestMessage(HttpMethod.Post, client.Uri) { Content = new ByteArrayContent([0xFF, 0xFE, 0x00]) };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "text/odd;  x=1");
        request.Headers.Add("Authorization", "Bearer " + client.Key);

        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(307, (int)answer.StatusCode);
        Assert.Equal(body, await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken));
        Assert.Equal("http://127.0.0.1:8080/score?a=%C3%A9", answer.Headers.NonValidated["Location"].ToString());
        Assert.Equal("POST,  PUT", answer.Content.Headers.NonValidated["Allow"].ToString());
        Assert.Equal("text/plain;charset=UTF-8", answer.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Equal("gzip", answer.Content.Headers.NonValidated["Content-Encoding"].ToString());
        Assert.Equal(["a", "b"], answer.Headers.NonValidated["x-own"]);
        Assert.NotEqual("theirs", Assert.Single(answer.Headers.NonValidated["x-request-id"]));
        Assert.Equal("text/odd;  x=1", server.Requests[0].Headers["Content-Type"]);
        Assert.Equal("3", server.Requests[0].Headers["Content-Length"]);
    }

    [Fact]
    public async Task The_headers_of_a_stream_are_there_before_its_first_event()
    {
        var first = new TaskCompletionSource();
        await using var server = ReplayServer.Start(async connection =>
        {
            await connection.StartChunksAsync();
            await first.Task.WaitAsync(connection.Stopping);
            await connection.SendChunkAsync("data: {\"answer\": \"a\"}\n\n");
            await connection.EndChunksAsync();
        });
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        using var client = await DeployAsync(workspace);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, client.Uri) { Content = new StringContent(Question) };
        request.Headers.Add("Authorization", "Bearer " + client.Key);

        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        Assert.Equal("text/event-stream; charset=utf-8", answer.Content.Headers.NonValidated["Content-Type"].ToString());
        first.SetResult();
        Assert.Equal("data: {\"answer\": \"a\"}\n\n", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_stream_that_is_cut_is_cut_for_the_caller_too()
    {
        var transcript = Transcript.Load("flask_stream_error_midway");
        await using var server = ReplayServer.Start(transcript);
        await using var workspace = await RunningWorkspace.StartAsync(server.Origin.ToString());
        using var client = await DeployAsync(workspace);

        var answer = await client.ScoreAsync(Question, "text/event-stream");

        Assert.Equal((200, transcript.AnswerBody, true), (answer.Status, answer.Body, answer.IsCut));
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_424()
    {
        await using var workspace = await RunningWorkspace.StartAsync("http://127.0.0.1:1");
        using var client = await DeployAsync(workspace);

        var answer = await client.ScoreAsync(Question);

        Assert.Equal((424, "502"), (answer.Status, answer.Headers["ms-azureml-model-error-statuscode"]));
    }

    [Fact]
    public async Task A_command_serves_the_flows_folder_with_the_deployments_variables_and_is_started_again_when_it_ends()
    {
        var packages = new NodePackages();
        await packages.InitializeAsync();
        packages.Require();
        await using var workspace = await RunningWorkspace.StartAsync($"node \"{Path.Combine(NodePackages.Folder, "serve.cjs")}\" {{flow}} {{port}}");
        using var client = await DeployAsync(workspace, ("GREETING", "hello"));

        var first = (await client.ScoreAsync(Question)).Json!;
        Assert.Equal(Question, first["answer"]!.GetValue<string>());
        Assert.Equal("flow.dag.yaml", first["files"]!.AsArray().Single()!.GetValue<string>());
        Assert.Equal("hello", first["variable"]!.GetValue<string>());
        Assert.Equal("/score", first["path"]!.GetValue<string>());
        var notes = Path.Combine(workspace.Folder, "state", "servers");
        Assert.Equal(first["pid"]!.ToString(), Path.GetFileName(Assert.Single(Directory.GetFiles(notes))));
        Assert.Equal(424, (await client.ScoreAsync("FAIL")).Status);

        using (var ending = System.Diagnostics.Process.GetProcessById(first["pid"]!.GetValue<int>()))
        {
            Assert.Equal(424, (await client.ScoreAsync("END")).Status);
            await ending.WaitForExitAsync();
        }

        var second = (await client.ScoreAsync(Question)).Json!;
        Assert.NotEqual(first["pid"]!.GetValue<int>(), second["pid"]!.GetValue<int>());
        var log = await workspace.PostAsync("onlineEndpoints/my-endpoint/deployments/blue/getLogs", new System.Text.Json.Nodes.JsonObject());
        Assert.Contains("serving starts", log.Body!["content"]!.GetValue<string>(), StringComparison.Ordinal);

        await workspace.Host.DisposeAsync();
        Assert.Throws<ArgumentException>(() => System.Diagnostics.Process.GetProcessById(second["pid"]!.GetValue<int>()));
        Assert.Empty(Directory.GetFiles(notes));
    }

    [Fact]
    public async Task A_deployment_that_is_changed_gets_a_new_server_and_one_that_is_deleted_keeps_none()
    {
        var packages = new NodePackages();
        await packages.InitializeAsync();
        packages.Require();
        await using var workspace = await RunningWorkspace.StartAsync($"node \"{Path.Combine(NodePackages.Folder, "serve.cjs")}\" {{flow}} {{port}}");
        using var client = await DeployAsync(workspace, ("GREETING", "hello"));
        const string Blue = "onlineEndpoints/my-endpoint/deployments/blue";
        var model = (await workspace.GetAsync(Blue)).Body!["properties"]!["model"]!.GetValue<string>();
        var first = (await client.ScoreAsync(Question)).Json!;
        using var replaced = System.Diagnostics.Process.GetProcessById(first["pid"]!.GetValue<int>());

        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync(Blue, RunningWorkspace.Deployment(model, ("GREETING", "good day"))));
        var second = (await client.ScoreAsync(Question)).Json!;

        Assert.Equal(("hello", "good day"), (first["variable"]!.GetValue<string>(), second["variable"]!.GetValue<string>()));
        await replaced.WaitForExitAsync(TestContext.Current.CancellationToken);

        using var deleted = System.Diagnostics.Process.GetProcessById(second["pid"]!.GetValue<int>());
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());
        await workspace.SendAsync(HttpMethod.Delete, Blue);
        Assert.Equal("Deleted", await workspace.SettleAsync(Blue));
        await deleted.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_server_that_does_not_become_healthy_keeps_no_other_deployment_waiting()
    {
        var packages = new NodePackages();
        await packages.InitializeAsync();
        packages.Require();
        await using var workspace = await RunningWorkspace.StartAsync($"node \"{Path.Combine(NodePackages.Folder, "serve.cjs")}\" {{flow}} {{port}}");
        using var client = await DeployAsync(workspace);
        var stuck = await workspace.RegisterFlowAsync("stuck", "1", "never-healthy", ("flow.dag.yaml", Flows.Chat));
        Assert.Equal("Succeeded", await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/green", RunningWorkspace.Deployment(stuck)));
        using var other = await workspace.ScoringAsync("my-endpoint");

        var waiting = other.ScoreAsync(Question, deployment: "green");
        await workspace.LogAsync("green", "serving starts");

        Assert.Equal(200, (await client.ScoreAsync(Question)).Status);
        Assert.False(waiting.IsCompleted);
        await workspace.Host.DisposeAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => waiting);
    }

    [Fact]
    public async Task Servers_that_a_killed_workspace_left_behind_are_ended_and_no_other_process_is()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "There is no sleep to run.");
        await using var workspace = await RunningWorkspace.StartAsync();
        using var left = System.Diagnostics.Process.Start("sleep", ["600"]);
        using var other = System.Diagnostics.Process.Start("sleep", ["600"]);

        await workspace.RestartAsync(TimeSpan.Zero, state =>
        {
            Note(state, left, left.StartTime);
            // The id has gone to another process since.
            Note(state, other, other.StartTime.AddHours(-1));
        });

        await left.WaitForExitAsync();
        Assert.False(other.HasExited);
        other.Kill();
        Assert.Empty(Directory.GetFiles(Path.Combine(workspace.Folder, "state", "servers")));

        static void Note(string state, System.Diagnostics.Process process, DateTime start) => File.WriteAllText(
            Path.Combine(state, "servers", process.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            start.ToUniversalTime().ToString("O", System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_blob_whose_name_begins_with_a_slash_is_not_written_outside_of_the_flows_folder()
    {
        await using var workspace = await RunningWorkspace.StartAsync("no-such-program-here {flow} {port}");
        var outside = Path.Combine(workspace.Folder, "outside.txt");
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat), (outside, "x"));
        using var client = await workspace.DeployAsync("my-endpoint", model);

        await client.ScoreAsync(Question);

        Assert.False(File.Exists(outside));
    }

    [Fact]
    public async Task A_command_that_cannot_start_is_424_and_told_in_the_log()
    {
        await using var workspace = await RunningWorkspace.StartAsync("no-such-program-here {flow} {port}");
        using var client = await DeployAsync(workspace);

        Assert.Equal(424, (await client.ScoreAsync(Question)).Status);

        var log = await workspace.PostAsync("onlineEndpoints/my-endpoint/deployments/blue/getLogs", new System.Text.Json.Nodes.JsonObject());
        Assert.Contains("no-such-program-here", log.Body!["content"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_command_without_a_port_is_refused()
    {
        var error = await Assert.ThrowsAsync<WorkspaceStartException>(() => RunningWorkspace.StartAsync("pf flow serve"));

        Assert.Contains("{port}", error.Message, StringComparison.Ordinal);
    }

    private static async Task<ScoringClient> DeployAsync(RunningWorkspace workspace, params (string Name, string Value)[] variables)
    {
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        return await workspace.DeployAsync("my-endpoint", model, variables);
    }
}
