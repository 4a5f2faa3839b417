using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Tests;

/// <summary>A request that the flow would refuse is found in its file, before anything is deployed.</summary>
public sealed class RequestCheckTests
{
    [Theory]
    [InlineData("""[{ "question": "q" }]""")]
    [InlineData("""[{ "question": null, "limit": "3", "rate": "inf", "deep": "TRUE", "tags": "[1]", "more": 1, "picture": "aGk=" }]""")]
    [InlineData("""[{ "question": 1, "limit": 2.9, "rate": true, "deep": false, "tags": [], "more": {} }, { "limit": "only the first row counts" }]""")]
    [InlineData("""[{ "question": "q", "answer": "recorded", "note": "for people" }]""")]
    [InlineData("""[{ "inputs": { "question": "q" }, "outputs": { "answer": "recorded" }, "limit": "for people" }]""")]
    [InlineData("""[{ "question": "q", "picture": { "data:image/png;url": "https://example.com/a.png" } }]""")]
    [InlineData("""[{ "question": "q", "picture": { "type": "image_url", "image_url": { "url": "https://example.com/a.png" } } }]""")]
    [InlineData("""[{ "question": "q", "picture": { "data:image/PNG;base64": "aGk=" } }]""")]
    [InlineData("""[{ "question": "q", "picture": [{ "data:image/*;path": "a.png" }, "aGk="] }]""")]
    [InlineData("[]")]
    public Task What_the_flow_takes_is_no_problem(string rows) => CheckAsync("basic-chat/samples.json", rows);

    [Theory]
    [InlineData("""[{ "limit": 3 }]""", "FLOW3013 (1,2): The flow requires the input 'question' and refuses a request without it; add it, or give the input a default")]
    [InlineData(
        """[{ "limit": 3, "quesion": "q" }]""",
        "FLOW3013 (1,16): The flow requires the input 'question' and refuses a request without it; did you mean it by 'quesion'?")]
    [InlineData("""[{ "inputs": { "limit": 3 } }]""", "FLOW3013 (1,14): The flow requires the input 'question' and refuses a request without it; add it, or give the input a default")]
    [InlineData("""[{ "question": "q", "limit": "many" }]""", "FLOW3014 (1,30): The value of 'limit' is no int, and the flow refuses a request with it; write a whole number")]
    [InlineData("[\n  { \"note\": \"é中😀\", \"question\": \"q\",\r\n    \"limit\": 1e999 }]", "FLOW3014 (3,14): The value of 'limit' is no int, and the flow refuses a request with it; write a whole number")]
    [InlineData("[\n  { \"question\": \"é中😀\", \"limit\": null }]", "FLOW3014 (2,34): The value of 'limit' is no int, and the flow refuses a request with it; write a whole number")]
    [InlineData("""[{ "question": "q", "rate": "fast" }]""", "FLOW3014 (1,29): The value of 'rate' is no double, and the flow refuses a request with it; write a number")]
    [InlineData("""[{ "question": "q", "deep": 1 }]""", "FLOW3014 (1,29): The value of 'deep' is no bool, and the flow refuses a request with it; write true or false")]
    [InlineData("""[{ "question": "q", "tags": {} }]""", "FLOW3014 (1,29): The value of 'tags' is no list, and the flow refuses a request with it; write a list")]
    [InlineData(
        """[{ "question": "q", "picture": { "url": "https://example.com/a.png" } }]""",
        """FLOW3014 (1,32): The value of 'picture' is no image, and the flow refuses a request with it; write an image such as {"data:image/png;url": "https://…"}""")]
    [InlineData("""[{ "question": "q", "limits": 3 }]""", "FLOW3015 (1,21): 'limits' is no input of the flow, so the flow ignores it; did you mean 'limit'?")]
    [InlineData("""[{ "inputs": { "question": "q", "note": 3 } }]""", "FLOW3015 (1,33): 'note' is no input of the flow, so the flow ignores it")]
    [InlineData("\uFEFF[{ \"question\": \"q\", \"deep\": 1 }]", "FLOW3014 (1,29): The value of 'deep' is no bool, and the flow refuses a request with it; write true or false")]
    [InlineData("""[{ "question": "a", "question": "b" }]""", "FLOW4015 (1,21): The request file 'samples.json' cannot be used: its first row holds a name twice")]
    [InlineData("[{ \"question\": \"é\", 'limit': 3 }]", "FLOW4015 (1,21): The request file 'samples.json' cannot be used: from here on it is no JSON, which has names and texts in double quotes, a comma between two values, and no comments")]
    public Task What_the_flow_refuses_is_told_where_it_stands(string rows, string problem) => CheckAsync("basic-chat/samples.json", rows, problem);

    [Fact]
    public Task A_request_may_nest_as_deep_as_the_server_reads() =>
        CheckAsync("basic-chat/samples.json", $$"""[{ "question": "q", "more": {{new string('[', 988)}}1{{new string(']', 988)}} }]""");

    [Fact]
    public Task A_request_that_nests_deeper_than_that_is_told() => CheckAsync(
        "basic-chat/samples.json",
        $$"""[{ "more": {{new string('[', 10_000)}}{{new string(']', 10_000)}} }]""",
        "FLOW4015 (1,1000): The request file 'samples.json' cannot be used: it nests deeper than 990 levels here");

    [Theory]
    [InlineData("[{ \"note\": \"\\ud83d\\ude00\",\n  \"question\": \"\\ud83d\" }]", "FLOW4015 (2,15): The request file 'samples.json' cannot be used: it holds half of a character; write both \\u of a pair, or the character itself")]
    [InlineData("[{ \"question\": \"q\", \"\\ude00\": 1 }]", "FLOW4015 (1,21): The request file 'samples.json' cannot be used: it holds half of a character; write both \\u of a pair, or the character itself")]
    public Task Half_a_character_is_told_where_it_stands(string rows, string problem) => CheckAsync("basic-chat/samples.json", rows, problem);

    [Theory]
    [InlineData("iso-8859-1", "FLOW3021 (2,16): This is not UTF-8, the encoding in which the flow reads the file: the byte 0xE9 begins no character; save the file as UTF-8")]
    [InlineData("utf-16", "FLOW3021 (1,1): This is not UTF-8, the encoding in which the flow reads the file: it begins with the byte order mark of UTF-16; save the file as UTF-8")]
    public async Task A_file_in_another_encoding_is_told_where_that_shows(string encoding, string problem)
    {
        await using var chat = await StartAsync();
        await File.WriteAllTextAsync(
            Path.Combine(chat.Project.Directory, "basic-chat", "samples.json"), "[{\n  \"question\": \"é\" }]", System.Text.Encoding.GetEncoding(encoding),
            TestContext.Current.CancellationToken);

        Assert.Equal([problem], Check(chat, null));
    }

    [Fact]
    public async Task Of_a_name_that_a_named_file_holds_twice_the_last_one_counts_as_the_server_reads_it()
    {
        await using var chat = await StartAsync();
        chat.Write("request.json", """{ "question": "q", "limit": "many", "limit": 3 }""");

        Assert.Empty(Check(chat, "request.json"));
    }

    [Fact]
    public Task All_problems_of_a_request_are_told() => CheckAsync(
        "basic-chat/samples.json",
        """[{ "limit": "many", "deep": 0 }]""",
        "FLOW3013 (1,2): The flow requires the input 'question' and refuses a request without it; add it, or give the input a default",
        "FLOW3014 (1,13): The value of 'limit' is no int, and the flow refuses a request with it; write a whole number",
        "FLOW3014 (1,29): The value of 'deep' is no bool, and the flow refuses a request with it; write true or false");

    [Theory]
    [InlineData("""{ "question": "q", "note": 1 }""", "FLOW3015 (1,20): 'note' is no input of the flow, so the flow ignores it")]
    [InlineData("""{ "inputs": { "question": "q" } }""", "FLOW3013 (1,1): The flow requires the input 'question' and refuses a request without it; add it, or give the input a default")]
    [InlineData("7", "FLOW4015: The request file 'request.json' cannot be used: it holds no JSON object")]
    public async Task A_named_file_is_checked_in_the_place_of_the_samples(string request, string problem)
    {
        await using var chat = await StartAsync();
        chat.Write("basic-chat/samples.json", "no JSON");
        chat.Write("request.json", request);

        Assert.Contains(problem, Check(chat, "request.json"));
    }

    [Fact]
    public async Task Nothing_is_said_of_a_flow_that_is_not_deployed()
    {
        await using var chat = await StartAsync();
        chat.Write("basic-chat/samples.json", "no JSON");
        var log = new RecordingLog();
        var item = chat.Project.Items[0] with { DeploymentFile = null, EndpointFile = null };

        Assert.True(chat.Deployer(log, project: chat.Project with { Items = [item] }).Validate(reportText: false), log.Text);
    }

    [Fact]
    public async Task A_build_points_at_the_value_and_sends_nothing()
    {
        await using var chat = await StartAsync();
        chat.Write("basic-chat/samples.json", """[{ "question": "q", "limit": "many" }]""");

        var run = await new TargetRun(chat).RunAsync("DeployFlow", "FlowWorkspace=local", "FlowVerifyRequest=basic-chat/samples.json");

        Assert.Contains("samples.json(1,30,1,36): error FLOW3014: The value of 'limit' is no int", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("workspace 'local'", run.Output, StringComparison.Ordinal);
        Assert.NotEqual(0, run.ExitCode);
    }

    [Theory]
    [InlineData("""[{ "topic": "atom" }]""", "FLOW3025 (1,2)", "requires the input 'question'")]
    [InlineData("""[{ "question": "q", "limit": "many" }]""", "FLOW3025 (1,30)", "is no int")]
    [InlineData("""[{ "question": "q", }]""", "FLOW3025 (1,21)", "it is no JSON")]
    public async Task A_samples_json_that_nobody_named_and_that_does_not_fit_is_a_warning_and_is_not_sent(string rows, string place, string reason)
    {
        await using var chat = await StartAsync();
        chat.Write("basic-chat/samples.json", rows);

        var problem = Assert.Single(Check(chat, null));

        Assert.StartsWith(place, problem, StringComparison.Ordinal);
        Assert.Contains(reason, problem, StringComparison.Ordinal);
        var (log, _) = await chat.DeployAsync();
        Assert.Contains(log.Lines, static line => line.Contains("the contract (made up)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("ValidateFlow", "FlowVerifyRequest")]
    [InlineData("InvokeFlow", "FlowRequestFile")]
    public async Task A_named_file_that_is_missing_is_told_in_words_of_the_project(string target, string property)
    {
        await using var chat = await StartAsync();
        await chat.DeployAsync();

        var run = await new TargetRun(chat).RunAsync(target, "FlowWorkspace=local", $"{property}=tests/one.json");

        var file = Path.Combine(chat.Project.Directory, "tests", "one.json");
        Assert.Contains(
            $"BasicChat.proj : error FLOW4015: The request file 'one.json' cannot be used: there is no file '{file}'; a relative path begins at the project's folder",
            run.Output, StringComparison.Ordinal);
    }

    private static async Task<BasicChat> StartAsync()
    {
        var chat = await BasicChat.StartAsync();
        chat.Replace("basic-chat/flow.dag.yaml", "inputs:\n  chat_history:", """
            inputs:
              limit:
                type: int
                default: 1
              rate:
                type: double
                default: 1.5
              deep:
                type: bool
                default: false
              tags:
                type: list
                default: []
              more:
                type: object
                default: {}
              picture:
                type: image
                default: aGk=
              chat_history:
            """);
        return chat;
    }

    private static async Task CheckAsync(string file, string text, params string[] problems)
    {
        await using var chat = await StartAsync();
        chat.Write(file, text);

        // Errors are told of a file that someone named.
        Assert.Equal(problems, Check(chat, problems.Length == 0 ? null : file));
    }

    private static IReadOnlyList<string> Check(BasicChat chat, string? named)
    {
        var log = new RecordingLog();
        var settings = new DeploySettings { VerifyRequestFile = named is null ? null : Path.Combine(chat.Project.Directory, named) };

        var isGood = chat.Deployer(log, settings).Validate(reportText: false);

        Assert.Equal(isGood, log.Diagnostics.All(static d => d.Rule.Severity == RuleSeverity.Warning));
        return [.. log.Diagnostics.Select(static d => d.Span is { } span
            ? $"{d.Rule.Id} ({span.StartLine + 1},{span.StartColumn + 1}): {d.Message}"
            : $"{d.Rule.Id}: {d.Message}")];
    }
}
