using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>
/// Every recorded exchange of the real server, asked again of a flow that is deployed to a local workspace. What must be equal is in
/// <c>TranscriptOutcomes.tsv</c>: <c>exact</c> status, content type and body; <c>json</c> the same with members in any order;
/// <c>shape</c> status, content type, and members with their kinds, since the values come from Python; <c>events</c> the same for a
/// stream, with its framing; <c>left-out</c> nothing, for the reason beside it.
/// </summary>
public sealed class TranscriptTests(TranscriptTests.Workspace workspace) : IClassFixture<TranscriptTests.Workspace>
{
    private static readonly IReadOnlyDictionary<string, (string Outcome, string Reason)> Table = File
        .ReadAllLines(Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "TranscriptOutcomes.tsv"))
        .Skip(1)
        .Select(static line => line.Split('\t'))
        .ToDictionary(static row => row[0], static row => (row[1], row[2]));

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
        var status = answer.Headers.TryGetValue("ms-azureml-model-error-statuscode", out var own) ? int.Parse(own, System.Globalization.CultureInfo.InvariantCulture) : answer.Status;
        var head = transcript.AnswerHead.Split("\r\n");
        Assert.Equal(int.Parse(head[0].Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture), status);
        Assert.Equal(Header(head, "Content-Type"), answer.Headers.GetValueOrDefault("Content-Type"));
        Assert.Equal(Header(head, "Allow"), answer.Headers.GetValueOrDefault("Allow"));
        var recorded = transcript.AnswerBody.Replace(transcript.RequestHeaders["Host"], workspace.Running.Host.Scoring.Authority, StringComparison.Ordinal);
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
    }

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

    /// <summary>A workspace to which each recorded flow is deployed once for each environment that it was recorded in.</summary>
    public sealed class Workspace : IAsyncLifetime
    {
        private readonly Dictionary<string, ScoringClient> _clients = [];
        private readonly SemaphoreSlim _one = new(1);

        public RunningWorkspace Running { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Running = await RunningWorkspace.StartAsync();

        public async Task<ScoringClient> ClientAsync(string transcript)
        {
            var engine = transcript[..transcript.IndexOf('_', StringComparison.Ordinal)];
            var name = transcript[(engine.Length + 1)..];
            var flow = FlowOf(name);
            var fields = name.StartsWith("response_included_fields", StringComparison.Ordinal) ? """["output","hidden"]"""
                : name == "included_fields_unknown_name" ? """["zzz"]"""
                : null;
            var endpoint = $"{flow}-{engine}{(fields is null ? "" : fields.Length > 10 ? "-two" : "-none")}";
            await _one.WaitAsync();
            try
            {
                if (!_clients.TryGetValue(endpoint, out var client))
                {
                    _clients.Add(endpoint, client = await DeployAsync(endpoint, flow, engine, fields));
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
            await Running.DisposeAsync();
        }

        private async Task<ScoringClient> DeployAsync(string endpoint, string flow, string engine, string? fields)
        {
            var file = Directory.GetFiles(Path.Combine(Transcript.Folder, "flows"), flow + ".*").Single();
            var model = await Running.RegisterFlowAsync(endpoint, "1", flow, (Path.GetFileName(file)[(flow.Length + 1)..], await File.ReadAllTextAsync(file)));
            var variables = new List<(string, string)> { ("PROMPTFLOW_SERVING_ENGINE", engine) };
            if (fields is not null)
            {
                variables.Add(("PROMPTFLOW_RESPONSE_INCLUDED_FIELDS", fields));
            }

            return await Running.DeployAsync(endpoint, model, [.. variables]);
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
