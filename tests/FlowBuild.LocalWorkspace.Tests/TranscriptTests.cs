using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>
/// Every recorded exchange of the real server, asked again of a flow that is deployed to a local workspace. What must be equal is in
/// <c>TranscriptOutcomes.tsv</c>: <c>exact</c> status, content type and body; <c>json</c> the same with members in any order;
/// <c>shape</c> status, content type, and members with their kinds, since the values come from Python; <c>events</c> the same for a
/// stream, with its framing; <c>left-out</c> nothing, for the reason beside it. What the flow's Python gave in a case is in
/// <see cref="Given"/>, and said by the test as a user's test says it; the rest is the workspace's own.
/// </summary>
public sealed class TranscriptTests(TranscriptTests.Workspace workspace) : IClassFixture<TranscriptTests.Workspace>
{
    private static readonly IReadOnlyDictionary<string, (string Outcome, string Reason)> Table = File
        .ReadAllLines(Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "TranscriptOutcomes.tsv"))
        .Skip(1)
        .Select(static line => line.Split('\t'))
        .ToDictionary(static row => row[0], static row => (row[1], row[2]));

    // What the code of a flow gave in a case.
    private static readonly Dictionary<string, Func<FlowAnswer>> Given = new()
    {
        ["empty_generator_event_stream"] = static () => FlowAnswer.Outputs(new { output = Pieces() }),
        ["empty_generator_json"] = static () => FlowAnswer.Outputs(new { output = Pieces() }),
        ["flex_class_success"] = static () => FlowAnswer.Result(new { answer = "p:q", n = 1 }),
        ["inf_output"] = static () => FlowAnswer.Outputs(new { output = double.PositiveInfinity }),
        ["line_timeout"] = static () => FlowAnswer.Failure("Line None execution timeout for exceeding 2 seconds"),
        ["missing_property"] = static () => FlowAnswer.Failure(
            "Flow execution failed. Invalid property 'zzz' when accessing the node 'n'. Please check the property and try again."),
        ["nan_output"] = static () => FlowAnswer.Outputs(new { output = double.NaN }),
        ["node_exception"] = static () => FlowAnswer.Failure("Execution failure in 'echo': (ValueError) boom from the node"),
        ["non_string_chunks_event_stream"] = static () => FlowAnswer.Outputs(new { output = OddPieces() }),
        ["non_string_chunks_json"] = static () => FlowAnswer.Outputs(new { output = OddPieces() }),
        ["output_type_mismatch_and_null"] = static () => FlowAnswer.Outputs(new
        {
            i = "not an int", s = (string?)null, u = JsonNode.Parse("""{"inf": 1, "big": 1180591620717411303424, "t": [1, 2]}"""),
        }),
        ["reference_forms"] = static () => FlowAnswer.Outputs(new
        {
            whole = Referred(), @short = Referred(), idx_on_section = Referred(), idx_dot = "first", prop = "pv", prop_idx = 20, prop_nested = 5, prop_quoted = 7,
        }),
        ["stream_error_first_item"] = static () => FlowAnswer.Outputs(new { answer = BrokenPieces(), turns = 0 }),
        ["stream_error_midway"] = static () => FlowAnswer.Outputs(new { answer = BrokenPieces("Echo: ", "a "), turns = 0 }),
        ["stream_error_midway_json_accept"] = static () => FlowAnswer.Outputs(new { answer = BrokenPieces("Echo: ", "a "), turns = 0 }),
        ["two_generators_event_stream"] = static () => FlowAnswer.Outputs(new { o1 = Pieces("a"), o2 = Pieces("b") }),
        ["unserializable_output"] = static () => FlowAnswer.Failure(
            "The output 'u' for flow is incorrect. The output value is not JSON serializable. JSON dump failed: (TypeError) Object of type X is not JSON serializable. Please verify your flow output and make sure the value serializable."),
    };

    public static TheoryData<string> Held => new(Transcript.Names.Where(static name => Table[name].Outcome != "left-out"));

    [Fact]
    public void The_table_names_every_transcript_and_gives_a_reason_for_each_that_it_leaves_out()
    {
        Assert.Equal(Transcript.Names, Table.Keys.Order(StringComparer.Ordinal));
        Assert.All(Table.Values, static row => Assert.True(row.Outcome != "left-out" || row.Reason.Length > 10));
        var counts = Table.Values.GroupBy(static row => row.Outcome).Select(static g => $"{g.Key} {g.Count()}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{Table.Count} transcripts: {string.Join(", ", counts.Order(StringComparer.Ordinal))}");
    }

    [Theory]
    [MemberData(nameof(Held))]
    public async Task The_answer_is_that_of_the_real_server(string name)
    {
        var transcript = Transcript.Load(name);
        var client = await workspace.ClientAsync(name);
        transcript.RequestHeaders.TryGetValue("Accept", out var accept);
        // The recording names the three bytes of the mark, and its length counts them as three.
        var body = transcript.RequestBody.StartsWith("<bytes", StringComparison.Ordinal) ? "\uFEFF{\"text\":\"hi\"}" : transcript.RequestBody;

        var answer = await client.SendAsync(new HttpMethod(transcript.Method), transcript.Target.TrimStart('/'), body, accept);

        // The real server has no gateway before it, which answers 424 for every error of a container.
        var status = answer.Headers.TryGetValue("ms-azureml-model-error-statuscode", out var own) ? int.Parse(own, CultureInfo.InvariantCulture) : answer.Status;
        var head = transcript.AnswerHead.Split("\r\n");
        Assert.Equal(int.Parse(head[0].Split(' ')[1], CultureInfo.InvariantCulture), status);
        Assert.Equal(Header(head, "Content-Type"), answer.Headers.GetValueOrDefault("Content-Type"));
        Assert.Equal(Header(head, "Access-Control-Allow-Origin"), answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin"));
        Assert.Equal(Header(head, "Allow"), answer.Headers.GetValueOrDefault("Allow"));
        Assert.Equal(OfHere(Header(head, "Location")), answer.Headers.GetValueOrDefault("Location"));
        Assert.Equal(transcript.IsCut, answer.IsCut);
        var recorded = OfHere(transcript.AnswerBody)!;
        switch (Table[name].Outcome)
        {
            case "exact":
                Assert.Equal(recorded, answer.Body);
                break;
            case "json":
                Assert.True(JsonNode.DeepEquals(JsonNode.Parse(recorded), answer.Json), answer.Body);
                break;
            case "shape":
                Assert.Equal(Shape(JsonNode.Parse(recorded)!), Shape(answer.Json!));
                break;
            case "events":
                Assert.False(answer.Headers.ContainsKey("Content-Length"));
                Assert.Equal(Events(recorded).Distinct(), Events(answer.Body).Distinct());
                break;
            default:
                Assert.Fail($"'{Table[name].Outcome}' is no outcome.");
                break;
        }

        string? OfHere(string? text) => text?.Replace(transcript.RequestHeaders["Host"], client.Authority, StringComparison.Ordinal);
    }

    private static async IAsyncEnumerable<object?> Pieces(params object?[] pieces)
    {
        foreach (var piece in pieces)
        {
            await Task.Yield();
            yield return piece;
        }
    }

    private static IAsyncEnumerable<object?> OddPieces() => Pieces(1, new { a = "line1\nline2" }, null, "x\n\ny", (string[])["l"]);

    private static async IAsyncEnumerable<string> BrokenPieces(params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            await Task.Yield();
            yield return piece;
        }

        throw new InvalidOperationException("boom in the middle of the stream");
    }

    private static JsonNode Referred() => JsonNode.Parse("""{"p": "pv", "q": [10, 20], "r": {"s": 5}, "a-b": 7}""")!;

    private static string? Header(string[] head, string name) =>
        head.FirstOrDefault(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))?[(name.Length + 1)..].Trim();

    // The members in their order, each with its kind; of anything else the kind alone.
    private static string Shape(JsonNode node) => node is JsonObject json
        ? string.Join(' ', json.Select(static member => $"{member.Key}:{member.Value?.GetValueKind()}"))
        : node.GetValueKind().ToString();

    private static IEnumerable<string> Events(string body)
    {
        Assert.EndsWith("\n\n", body, StringComparison.Ordinal);
        foreach (var data in body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            Assert.StartsWith("data: {", data, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', data);
            Assert.All(data, static character => Assert.True(char.IsAscii(character)));
            yield return Shape(JsonNode.Parse(data["data: ".Length..])!);
        }
    }

    /// <summary>A workspace to which each recorded flow is deployed once for each environment, and each case that says what its code gave.</summary>
    public sealed class Workspace : IAsyncLifetime
    {
        private readonly Dictionary<string, ScoringClient> _clients = [];
        private readonly SemaphoreSlim _one = new(1);
        private readonly TemporaryFolder _flows = new();
        private LocalWorkspace _workspace = null!;

        public async ValueTask InitializeAsync() => _workspace = await LocalWorkspace.StartAsync(TestContext.Current.CancellationToken);

        public async Task<ScoringClient> ClientAsync(string transcript)
        {
            var engine = transcript[..transcript.IndexOf('_', StringComparison.Ordinal)];
            var name = transcript[(engine.Length + 1)..];
            var flow = FlowOf(name);
            var fields = name.StartsWith("response_included_fields", StringComparison.Ordinal) ? """["output","hidden"]"""
                : name == "included_fields_unknown_name" ? """["zzz"]"""
                : null;
            var key = $"{engine} {flow} {fields}{(Given.ContainsKey(name) ? name : "")}";
            await _one.WaitAsync();
            try
            {
                if (!_clients.TryGetValue(key, out var client))
                {
                    _clients.Add(key, client = await DeployAsync(flow, engine, fields, Given.GetValueOrDefault(name)));
                }

                return client;
            }
            finally
            {
                _one.Release();
            }
        }

        public async ValueTask DisposeAsync()
        {
            foreach (var client in _clients.Values)
            {
                client.Dispose();
            }

            _one.Dispose();
            await _workspace.DisposeAsync();
            _flows.Dispose();
        }

        private async Task<ScoringClient> DeployAsync(string flow, string engine, string? fields, Func<FlowAnswer>? given)
        {
            var recorded = Directory.GetFiles(Path.Combine(Transcript.Folder, "flows"), flow + ".*").Single();
            // hello.flow.dag.yaml is the file flow.dag.yaml of the folder hello.
            var file = _flows.Write($"{flow}/{Path.GetFileName(recorded)[(flow.Length + 1)..]}", await File.ReadAllTextAsync(recorded));
            var variables = new Dictionary<string, string> { ["PROMPTFLOW_SERVING_ENGINE"] = engine };
            if (fields is not null)
            {
                variables.Add("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS", fields);
            }

            var endpoint = await _workspace.DeployAsync(Path.GetDirectoryName(file)!, new LocalDeploymentOptions
            {
                EnvironmentVariables = variables,
                Answer = given is null ? null : _ => given(),
            });
            return new ScoringClient(endpoint.ScoringUri, endpoint.Key);
        }

        // Which flow a case ran on, as the README of the transcripts says.
        private static string FlowOf(string name)
        {
            return name switch
            {
                _ when Is("chat_", "stream_") => "stream",
                _ when Is("odd_") => "odd",
                _ when Is("image_") => "image",
                _ when Is("flex_class_") => "flexcls",
                _ when Is("flex_declared_") => "flexdecl",
                _ when Is("flex_") => "flexfn",
                _ when Is("two_generators_") => "twogen",
                _ when Is("nan_output", "inf_") => "nan",
                _ when Is("output_type_mismatch", "unserializable") => "mismatch",
                _ when Is("no_inputs_") => "noinput",
                _ when Is("non_string_chunks_") => "nonstrgen",
                _ when Is("async_generator_") => "asyncgen",
                _ when Is("empty_generator_") => "emptygen",
                _ when Is("bypass") => "activate",
                _ when Is("reference_forms") => "refs",
                _ when Is("missing_property") => "badprop",
                _ when Is("prompty_") => "prompty",
                _ when Is("raw_text_body") || name.Contains("_single", StringComparison.Ordinal) => "single",
                _ => "hello",
            };

            bool Is(params string[] prefixes) => prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
        }
    }
}
