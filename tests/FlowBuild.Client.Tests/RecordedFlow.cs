using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Client.Tests.Recorded;

namespace FlowBuild.Client.Tests;

/// <summary>
/// A flow of tests/Transcripts/flows, called through the client that the generator makes for it. What comes back is given as a line of
/// text, such as <c>output=hi; count=1</c>.
/// </summary>
/// <param name="ScoreAsync">Calls the flow for its whole answer.</param>
/// <param name="StreamAsync">Calls the flow for its answer piece by piece; null for a flow that cannot stream.</param>
internal sealed record RecordedFlow(
    Func<FlowEndpoint, CancellationToken, Task<string>> ScoreAsync,
    Func<FlowEndpoint, CancellationToken, IAsyncEnumerable<string>>? StreamAsync = null)
{
    private static readonly RecordedFlow Hello = new(async (endpoint, stop) =>
    {
        var output = await new HelloClient(endpoint).ScoreAsync(new() { Text = "hi" }, stop);
        return Whole(("output", output.Output), ("count", output.Count), ("types", output.Types), ("passthru", output.Passthru));
    });

    // What the deployment of the recording returned: PROMPTFLOW_RESPONSE_INCLUDED_FIELDS=["output","hidden"].
    private static readonly RecordedFlow HelloWithHidden = new(async (endpoint, stop) =>
    {
        var output = await new HelloWithHiddenClient(endpoint).ScoreAsync(new() { Text = "hi" }, stop);
        return Whole(("output", output.Output), ("hidden", output.Hidden));
    });

    private static readonly RecordedFlow Chat = new(
        async (endpoint, stop) =>
        {
            var output = await new ChatClient(endpoint).ScoreAsync(new() { Question = "a b" }, stop);
            return Whole(("answer", output.Answer), ("turns", output.Turns));
        },
        (endpoint, stop) => Lines(
            new ChatClient(endpoint).StreamAsync(new() { Question = "a b" }, stop),
            update => Part(("answer", update.Answer), ("turns", update.Turns))));

    private static readonly RecordedFlow Odd = new(async (endpoint, stop) =>
    {
        var output = await new OddClient(endpoint).ScoreAsync(new(), stop);
        return Whole(("out-put", output.OutPut), ("out put", output.OutPut2), ("class", output.Class), ("1st", output._1st), ("naïve", output.Naïve));
    });

    private static readonly RecordedFlow Image = new(async (endpoint, stop) =>
    {
        var input = new ImageInput { Image = FlowImage.FromBytes(new byte[] { 1 }, "image/png") };
        var output = await new ImageClient(endpoint).ScoreAsync(input, stop);
        return Whole(("output", output.Output), ("all", output.All));
    });

    private static readonly RecordedFlow TwoGenerators = new(
        async (endpoint, stop) =>
        {
            var output = await new TwoGeneratorsClient(endpoint).ScoreAsync(new(), stop);
            return Whole(("o1", output.O1), ("o2", output.O2));
        },
        (endpoint, stop) => Lines(
            new TwoGeneratorsClient(endpoint).StreamAsync(new(), stop), update => Part(("o1", update.O1), ("o2", update.O2))));

    private static readonly RecordedFlow NotANumber = new(async (endpoint, stop) =>
        Whole(("output", (await new NotANumberClient(endpoint).ScoreAsync(new(), stop)).Output)));

    private static readonly RecordedFlow Mismatch = new(async (endpoint, stop) =>
    {
        var output = await new MismatchClient(endpoint).ScoreAsync(new(), stop);
        return Whole(("i", output.I), ("s", output.S), ("u", output.U));
    });

    private static readonly RecordedFlow NoInput = new(async (endpoint, stop) =>
    {
        var output = await new NoInputClient(endpoint).ScoreAsync(new(), stop);
        return Whole(("lit", output.Lit), ("output", output.Output));
    });

    private static readonly RecordedFlow AnyChunks = new(
        async (endpoint, stop) => Whole(("output", (await new AnyChunksClient(endpoint).ScoreAsync(new(), stop)).Output)),
        (endpoint, stop) => Lines(new AnyChunksClient(endpoint).StreamAsync(new(), stop), update => Part(("output", update.Output))));

    private static readonly RecordedFlow AsyncGenerator = new(
        async (endpoint, stop) => Whole(("output", (await new AsyncGeneratorClient(endpoint).ScoreAsync(new(), stop)).Output)),
        (endpoint, stop) => Lines(new AsyncGeneratorClient(endpoint).StreamAsync(new(), stop), update => Part(("output", update.Output))));

    private static readonly RecordedFlow EmptyGenerator = new(
        async (endpoint, stop) => Whole(("output", (await new EmptyGeneratorClient(endpoint).ScoreAsync(new(), stop)).Output)),
        (endpoint, stop) => Lines(new EmptyGeneratorClient(endpoint).StreamAsync(new(), stop), update => Part(("output", update.Output))));

    private static readonly RecordedFlow Bypass = new(async (endpoint, stop) =>
        Whole(("output", (await new BypassClient(endpoint).ScoreAsync(new(), stop)).Output)));

    private static readonly RecordedFlow Single = new(async (endpoint, stop) =>
        Whole(("output", (await new SingleClient(endpoint).ScoreAsync(new() { Text = "hi" }, stop)).Output)));

    private static readonly RecordedFlow References = new(async (endpoint, stop) =>
    {
        var output = await new ReferencesClient(endpoint).ScoreAsync(new(), stop);
        return Whole(
            ("whole", output.Whole), ("short", output.Short), ("idx_on_section", output.IdxOnSection), ("idx_dot", output.IdxDot),
            ("prop", output.Prop), ("prop_idx", output.PropIdx), ("prop_nested", output.PropNested), ("prop_quoted", output.PropQuoted),
            ("dotted_input", output.DottedInput), ("flow_prefix", output.FlowPrefix), ("notref", output.Notref), ("partial", output.Partial));
    });

    private static readonly RecordedFlow BadProperty = new(async (endpoint, stop) =>
        Whole(("o", (await new BadPropertyClient(endpoint).ScoreAsync(new(), stop)).O)));

    private static readonly RecordedFlow FlexClass = new(async (endpoint, stop) =>
        (await new FlexClassClient(endpoint).ScoreAsync([], stop)).GetRawText());

    private static readonly RecordedFlow FlexDeclared = new(async (endpoint, stop) =>
        (await new FlexDeclaredClient(endpoint).ScoreAsync(new() { Question = "q" }, stop)).GetRawText());

    private static readonly RecordedFlow FlexFunction = new(async (endpoint, stop) =>
        (await new FlexFunctionClient(endpoint).ScoreAsync(new JsonObject { ["question"] = "q" }, stop)).GetRawText());

    // The first match counts: the longer beginning stands before the shorter.
    private static readonly (string Beginning, RecordedFlow Flow)[] Flows =
    [
        ("included_fields_", Hello),
        ("response_included_fields", HelloWithHidden),
        ("chat_", Chat),
        ("stream_", Chat),
        ("odd_", Odd),
        ("image_", Image),
        ("flex_class_", FlexClass),
        ("flex_declared_", FlexDeclared),
        ("flex_", FlexFunction),

        // A prompty has no flow file to make a client from; its recorded error is read as by any other client.
        ("prompty_", FlexFunction),
        ("two_generators_", TwoGenerators),
        ("nan_output", NotANumber),
        ("inf_output", NotANumber),
        ("output_type_mismatch", Mismatch),
        ("unserializable_", Mismatch),
        ("no_inputs_", NoInput),
        ("non_string_chunks_", AnyChunks),
        ("async_generator_", AsyncGenerator),
        ("empty_generator_", EmptyGenerator),
        ("bypass", Bypass),
        ("raw_text_body", Single),
        ("reference_forms", References),
        ("missing_property", BadProperty),
    ];

    /// <summary>The flow that a case ran against.</summary>
    public static RecordedFlow Of(string transcript)
    {
        var name = transcript[(transcript.IndexOf('_', StringComparison.Ordinal) + 1)..];
        var flow = Flows.FirstOrDefault(entry => name.StartsWith(entry.Beginning, StringComparison.Ordinal)).Flow;
        return flow ?? (name.EndsWith("_single", StringComparison.Ordinal) || name.EndsWith("_single_input", StringComparison.Ordinal) ? Single : Hello);
    }

    private static async IAsyncEnumerable<string> Lines<TUpdate>(
        IAsyncEnumerable<TUpdate> updates, Func<TUpdate, string> describe, [EnumeratorCancellation] CancellationToken stop = default)
    {
        await foreach (var update in updates.WithCancellation(stop))
        {
            yield return describe(update);
        }
    }

    private static string Whole(params (string Name, object? Value)[] outputs) =>
        string.Join("; ", outputs.Select(output => $"{output.Name}={Text(output.Value)}"));

    private static string Part(params (string Name, object? Value)[] outputs)
    {
        var present = outputs.Where(output => output.Value is not null).ToArray();
        return present.Length == 0 ? "(nothing)" : Whole(present);
    }

    private static string Text(object? value) => value switch
    {
        null => "null",
        string text => text.Replace("\n", "\\n", StringComparison.Ordinal),
        JsonElement element => element.GetRawText(),
        IReadOnlyList<JsonElement> list => $"[{string.Join(',', list.Select(item => item.GetRawText()))}]",
        FlowImage image => $"{image.MediaType}, {image.Bytes.Length} bytes",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
