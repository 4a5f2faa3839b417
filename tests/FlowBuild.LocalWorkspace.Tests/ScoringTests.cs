using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.Tests;

public sealed class ScoringTests
{
    [Fact]
    public async Task An_answer_is_made_up_from_the_contract_and_says_so()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "classify-it", ("flow.dag.yaml", Flows.Classify));
        using var client = await workspace.DeployAsync("my-endpoint", model);

        var answer = await client.ScoreAsync("""{"url":"https://example.test/secret"}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal("made-up", answer.Headers["x-flowbuild-answer"]);
        Assert.Equal("blue", answer.Headers["azureml-model-deployment"]);
        Assert.True(Guid.TryParse(answer.Headers["x-request-id"], out _));
        var json = answer.Json!.AsObject();
        Assert.Equal(["category", "evidence", "score"], json.Select(static p => p.Key));
        Assert.Contains("classify-it", json["category"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(0.5, json["score"]!.GetValue<double>());
        Assert.IsType<JsonArray>(json["evidence"]);
        Assert.DoesNotContain("secret", answer.Body, StringComparison.Ordinal);
        Assert.Equal(answer.Body, (await client.ScoreAsync("""{"url":"https://example.test/secret"}""")).Body);
    }

    [Fact]
    public async Task The_deployment_chooses_the_outputs_and_the_engine()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "classify-it", ("flow.dag.yaml", Flows.Classify));
        using var client = await workspace.DeployAsync(
            "my-endpoint", model, ("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS", """["score","hidden"]"""), ("PROMPTFLOW_SERVING_ENGINE", "fastapi"));

        var answer = await client.ScoreAsync("""{"url":"u"}""");

        Assert.Equal(["score", "hidden"], answer.Json!.AsObject().Select(static p => p.Key));
        Assert.DoesNotContain('\n', answer.Body);
    }

    [Fact]
    public async Task Response_fields_that_are_no_list_of_names_keep_the_server_from_starting()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "classify-it", ("flow.dag.yaml", Flows.Classify));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());

        var state = await workspace.PutAndSettleAsync(
            "onlineEndpoints/my-endpoint/deployments/blue", RunningWorkspace.Deployment(model, ("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS", "score")));

        Assert.Equal("Failed", state);
    }

    [Fact]
    public async Task A_row_of_the_folder_answers_for_its_inputs()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync(
            "m", "1", "classify-it",
            ("flow.dag.yaml", Flows.Classify),
            ("samples.json", """[{"url":"only-inputs"}]"""),
            ("data.jsonl", "{\"url\":\"a\",\"category\":\"Movie\",\"score\":0.9,\"evidence\":[\"title\"]}\nnot json\n{\"url\":\"b\",\"limit\":5,\"category\":\"App\",\"score\":1,\"evidence\":[]}\n"));
        using var client = await workspace.DeployAsync("my-endpoint", model);

        var first = await client.ScoreAsync("""{"url":"a"}""");
        Assert.Equal("recorded", first.Headers["x-flowbuild-answer"]);
        Assert.Equal("Movie", first.Json!["category"]!.GetValue<string>());
        var second = await client.ScoreAsync("""{"url":"b","limit":"5"}""");
        Assert.Equal("App", second.Json!["category"]!.GetValue<string>());
        Assert.Equal("made-up", (await client.ScoreAsync("""{"url":"b"}""")).Headers["x-flowbuild-answer"]);
        Assert.Equal("made-up", (await client.ScoreAsync("""{"url":"only-inputs"}""")).Headers["x-flowbuild-answer"]);
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_chat_answer_comes_word_by_word_when_events_are_wanted(string engine)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model, ("PROMPTFLOW_SERVING_ENGINE", engine));
        const string Body = """{"question":"q"}""";

        var whole = (await client.ScoreAsync(Body, "application/json")).Json!["answer"]!.GetValue<string>();
        var stream = await client.ScoreAsync(Body, "text/event-stream, application/json");

        Assert.Equal("text/event-stream; charset=utf-8", stream.Headers["Content-Type"]);
        Assert.False(stream.Headers.ContainsKey("Content-Length"));
        var events = stream.Body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.True(events.Length > 5);
        Assert.All(events, static e => Assert.StartsWith("data: {\"answer\": \"", e, StringComparison.Ordinal));
        Assert.Equal(whole, string.Concat(events.Select(static e => JsonNode.Parse(e["data: ".Length..])!["answer"]!.GetValue<string>())));
    }

    [Fact]
    public async Task A_container_error_goes_through_as_424_with_its_own_status()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model);

        var answer = await client.ScoreAsync("{}");

        Assert.Equal(424, answer.Status);
        Assert.Equal("400", answer.Headers["ms-azureml-model-error-statuscode"]);
        Assert.Equal("UserError", answer.Json!["error"]!["code"]!.GetValue<string>());
        Assert.Equal("Required input fields ['question'] are missing in request data {}", answer.Json["error"]!["message"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("")]
    [InlineData("wrong")]
    public async Task A_request_without_a_key_of_the_endpoint_is_401(string key)
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model);

        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", """{"question":"q"}""", bearer: key)).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Get, "swagger.json", bearer: key)).Status);
        Assert.Equal(401, (await client.SendAsync(HttpMethod.Post, "score", """{"question":"q"}""", bearer: workspace.Host.Token)).Status);
    }

    [Fact]
    public async Task A_regenerated_key_replaces_the_old_one()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var before = await workspace.DeployAsync("my-endpoint", model);

        await workspace.PostAsync("onlineEndpoints/my-endpoint/regenerateKeys", new JsonObject { ["keyType"] = "Primary" });

        Assert.Equal(401, (await before.ScoreAsync("""{"question":"q"}""")).Status);
        using var after = await workspace.ScoringAsync("my-endpoint");
        Assert.Equal(200, (await after.ScoreAsync("""{"question":"q"}""")).Status);
    }

    [Fact]
    public async Task Requests_are_split_by_weight_and_can_be_pinned()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint/deployments/green", RunningWorkspace.Deployment(model));
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint(traffic: [("blue", 90), ("green", 10)]));

        var served = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            served.Add((await client.ScoreAsync("""{"question":"q"}""")).Headers["azureml-model-deployment"]);
        }

        Assert.Equal(90, served.Count(static name => name == "blue"));
        Assert.Equal(10, served.Count(static name => name == "green"));
        Assert.Equal("green", (await client.ScoreAsync("""{"question":"q"}""", deployment: "green")).Headers["azureml-model-deployment"]);
        Assert.Equal(404, (await client.ScoreAsync("""{"question":"q"}""", deployment: "red")).Status);
    }

    [Fact]
    public async Task An_endpoint_without_traffic_is_404()
    {
        await using var workspace = await RunningWorkspace.StartAsync();
        var model = await workspace.RegisterFlowAsync("m", "1", "chat-flow", ("flow.dag.yaml", Flows.Chat));
        using var client = await workspace.DeployAsync("my-endpoint", model);
        await workspace.PutAndSettleAsync("onlineEndpoints/my-endpoint", RunningWorkspace.Endpoint());

        Assert.Equal(404, (await client.ScoreAsync("""{"question":"q"}""")).Status);
    }

    [Fact]
    public async Task A_node_whose_condition_is_not_met_gives_null_and_so_do_those_that_read_only_such()
    {
        const string Flow = """
            inputs:
              mode: {type: int, default: 1}
            outputs:
              first: {type: string, reference: "${first.output}"}
              second: {type: string, reference: "${second.output}"}
              third: {type: string, reference: "${third.output}"}
            nodes:
            - {name: first, type: python, source: {type: code, path: a.py}, inputs: {}, activate: {when: "${inputs.mode}", is: 2.0}}
            - {name: second, type: python, source: {type: code, path: a.py}, inputs: {a: "${first.output}"}}
            - {name: third, type: python, source: {type: code, path: a.py}, inputs: {a: "${second.output}", b: "${other.output}"}}
            - {name: other, type: python, source: {type: code, path: a.py}, inputs: {a: "${inputs.mode}"}}
            """;
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "branches", ("flow.dag.yaml", Flow)));

        var bypassed = (await client.ScoreAsync("{}")).Json!.AsObject();
        var run = (await client.ScoreAsync("""{"mode": 2}""")).Json!.AsObject();

        Assert.Equal([true, true, false], bypassed.Select(static output => output.Value is null));
        Assert.Equal([false, false, false], run.Select(static output => output.Value is null));
    }

    [Fact]
    public async Task A_property_of_a_bypassed_node_is_an_error_and_its_null_is_no_stream()
    {
        const string Flow = """
            inputs:
              text: {type: string, default: a}
            outputs:
              output: {type: string, reference: "${n.output.answer}"}
            nodes:
            - {name: n, type: python, source: {type: code, path: n.py}, inputs: {text: "${inputs.text}"}, activate: {when: "${inputs.text}", is: go}}
            """;
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "property", ("flow.dag.yaml", Flow)));
        using var whole = await workspace.DeployAsync(
            "whole", await workspace.RegisterFlowAsync("w", "1", "whole", ("flow.dag.yaml", Flow.Replace(".answer", "", StringComparison.Ordinal))));

        var error = (await client.ScoreAsync("{}")).Json!["error"]!["message"]!.GetValue<string>();
        var answer = await whole.ScoreAsync("{}", "text/event-stream, application/json");

        Assert.StartsWith("Flow execution failed. Invalid property 'answer' when accessing the node 'n'.", error, StringComparison.Ordinal);
        Assert.Equal("application/json", answer.Headers["Content-Type"]);
    }

    [Fact]
    public async Task A_prompty_without_outputs_answers_with_a_bare_text()
    {
        const string Prompty = """
            ---
            name: ask
            model: {api: chat, configuration: {type: openai, model: x}}
            inputs:
              question: {type: string}
            ---
            user:
            {{question}}
            """;
        await using var workspace = await RunningWorkspace.StartAsync();
        using var client = await workspace.DeployAsync("my-endpoint", await workspace.RegisterFlowAsync("m", "1", "ask", ("ask.prompty", Prompty)));

        var answer = await client.ScoreAsync("""{"question":"q"}""");

        Assert.Equal("made-up", answer.Headers["x-flowbuild-answer"]);
        Assert.Equal(System.Text.Json.JsonValueKind.String, answer.Json!.GetValueKind());
    }
}
