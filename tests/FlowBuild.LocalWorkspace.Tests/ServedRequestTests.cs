using System.Net.Http.Headers;
using System.Text;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>What the serving app makes of images, encodings and <c>Accept</c>, where its code says it and no exchange was recorded.</summary>
public sealed class ServedRequestTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string Pictures = """
        inputs:
          picture: {type: image, default: {"data:image/png;url": "https://example.com/a.png"}}
          parts: {type: list, default: []}
        outputs:
          picture: {type: image, reference: "${inputs.picture}"}
          parts: {type: list, reference: "${inputs.parts}"}

        """;

    private const string Single = """
        inputs:
          text: {type: string}
        outputs:
          text: {type: string, reference: "${inputs.text}"}
        """;

    private const string Python = """
        inputs:
          text: {type: string, default: ""}
        outputs:
          answer: {type: string, reference: "${n.output.answer}"}
          other: {type: string, reference: "${m.output}"}
        nodes:
        - {name: n, type: python, source: {type: code, path: n.py}}
        - {name: m, type: llm, source: {type: code, path: m.jinja2}, inputs: {deployment_name: gpt}, connection: c, api: chat}

        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("basic", """{"data:image/JPEG;base64":"iVBORw0KGgo="}""", """{"data:image/jpeg;base64":"iVBORw0KGgo="}""")]
    [InlineData("basic", """{"data:image/*;base64":"iVBORw0KGgo="}""", """{"data:image/*;base64":"iVBORw0KGgo="}""")]
    [InlineData("basic", "\"data:image/gif;base64,iVBORw0KGgo=\"", """{"data:image/png;base64":"iVBORw0KGgo="}""")]
    [InlineData("basic", "\"AQID\"", """{"data:image/*;base64":"AQID"}""")]
    [InlineData("basic", "\"https://example.com/a.png\"", "\"https://example.com/a.png\"")]
    [InlineData("openai-vision", """{"type":"image_url","image_url":{"url":"iVBORw0KGgo="}}""", """{"image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"type":"image_url"}""")]
    [InlineData("openai-vision", "\"AQID\"", """{"image_url":{"url":"data:image/*;base64,AQID"},"type":"image_url"}""")]
    public async Task An_image_goes_out_in_the_flows_message_format(string format, string sent, string received)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, $"message_format: {format}\n{Pictures}");

        Assert.Equal($$"""{"parts":[],"picture":{{received}}}""", (await client.ScoreAsync($$"""{"picture":{{sent}}}""")).Body.TrimEnd());
    }

    [Theory]
    [InlineData("basic", """{"type":"image_url","image_url":{"url":"AQID"}}""", "(InvalidImageInput) Invalid image input format. The image input should be a dictionary like: {data:image/<image_type>;[path|base64|url]: <image_data>}.")]
    [InlineData("openai-vision", """{"data:image/png;base64":"AQID"}""", "(InvalidImageInput) Invalid image input format. The image input should be a dictionary like: {data:image/<image_type>;[path|base64|url]: <image_data>}.")]
    [InlineData("basic", """{"data:image/png;base64":"no image!"}""", "(InvalidImageInput) Invalid base64 image: no image!.")]
    [InlineData("basic", """{"data:image/png;base64":"AQ"}""", "(Error) Incorrect padding")]
    [InlineData("basic", """{"data:image/png;base64":"A="}""", "(Error) Invalid base64-encoded string: number of data characters (1) cannot be 1 more than a multiple of 4")]
    [InlineData("basic", """{"data:image/png;base64":1}""", "(AttributeError) 'int' object has no attribute 'split'")]
    [InlineData("basic", "\"no image!\"", "(FileNotFoundError) [Errno 2] No such file or directory: 'no image!'")]
    [InlineData("basic", "5", "(InvalidImageInput) Unsupported image input type: <class 'int'>. The image inputs should be a string or a dictionary.")]
    [InlineData("basic", "null", "(InvalidImageInput) Unsupported image input type: <class 'NoneType'>. The image inputs should be a string or a dictionary.")]
    [InlineData("openai-vision", """{"type":"image_url","image_url":{"url":"no image!"}}""", "(InvalidImageInput) Invalid image url: no image!. Should be a valid url or base64 string.")]
    public async Task An_image_of_the_wrong_form_is_refused(string format, string sent, string reason)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, $"message_format: {format}\n{Pictures}");

        await AssertRefusedAsync(client, $$"""{"picture":{{sent}}}""", "400", $"Failed to load image for input 'picture': {reason}");
    }

    [Fact]
    public async Task Images_inside_a_list_are_read_too()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Pictures);

        var answer = await client.ScoreAsync($$"""{"parts":["text",[{"data:image/PNG;base64":"{{Png}}"}],{"other":1}]}""");

        Assert.Contains($$"""{"parts":["text",[{"data:image/png;base64":"{{Png}}"}],{"other":1}],""", answer.Body, StringComparison.Ordinal);
        await AssertRefusedAsync(
            client, """{"parts":[{"data:image/png;base64":"?"}]}""", "400", "Failed to load image for input 'parts': (InvalidImageInput) Invalid base64 image: ?.");
    }

    [Theory]
    [InlineData("FF", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte")]
    [InlineData("7B 22 C3 22 7D", "'utf-8' codec can't decode byte 0xc3 in position 2: invalid continuation byte")]
    [InlineData("61 E2 82", "'utf-8' codec can't decode bytes in position 1-2: unexpected end of data")]
    [InlineData("C3", "'utf-8' codec can't decode byte 0xc3 in position 0: unexpected end of data")]
    public async Task A_body_that_is_not_utf8_is_pythons_error_where_one_input_takes_any_text(string body, string message)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Single);

        await AssertRefusedAsync(client, Convert.FromHexString(body.Replace(" ", "", StringComparison.Ordinal)), "500", message);
    }

    [Fact]
    public async Task A_body_that_is_not_utf8_is_no_json_where_there_are_several_inputs()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Pictures);

        await AssertRefusedAsync(
            client, [0xFF, 0x80], "400", "Promptflow executor received non json data, but there's more than 1 input fields, please use json request data instead.");
    }

    [Fact]
    public async Task Json_in_utf16_and_utf32_is_read()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Single);

        foreach (var encoding in (Encoding[])[Encoding.Unicode, Encoding.BigEndianUnicode, Encoding.UTF32, new UTF32Encoding(bigEndian: true, byteOrderMark: true)])
        {
            var bytes = encoding.GetBytes("""{"text":"é"}""");
            Assert.Equal("{\"text\":\"\\u00e9\"}", (await SendAsync(client, bytes)).Body.TrimEnd());
            Assert.Equal("{\"text\":\"\\u00e9\"}", (await SendAsync(client, [.. encoding.GetPreamble(), .. bytes])).Body.TrimEnd());
        }
    }

    [Theory]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("[1]")]
    [InlineData("\"text\"")]
    [InlineData("")]
    [InlineData("{")]
    public async Task A_flow_without_inputs_takes_any_body(string body)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, "outputs:\n  a: {type: string, reference: fixed}\n");

        Assert.Equal("""{"a":"fixed"}""", (await client.ScoreAsync(body)).Body.TrimEnd());
    }

    [Fact]
    public async Task A_generator_beside_a_model_that_streams_is_refused()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Python, _ => FlowAnswer.Outputs(new { answer = Pieces() }));

        await AssertRefusedAsync(client, "{}"u8.ToArray(), "400", "Multiple stream output fields not supported.", "text/event-stream, application/json");
    }

    [Fact]
    public async Task Events_alone_are_refused_where_the_code_gives_a_text()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        var flow = Python.Replace("  other: {type: string, reference: \"${m.output}\"}\n", "", StringComparison.Ordinal);
        using var client = await DeployAsync(workspace, flow, _ => FlowAnswer.Outputs(new { answer = "two words" }));

        await AssertRefusedAsync(
            client,
            "{}"u8.ToArray(),
            "406",
            "Media type text/event-stream in Accept header is not acceptable. Supported media type(s) - application/json",
            "text/event-stream");
        Assert.Equal(200, (await client.ScoreAsync("{}", "text/event-stream, application/json")).Status);
    }

    [Theory]
    [InlineData("flask")]
    [InlineData("fastapi")]
    public async Task A_bare_result_that_is_a_generator_is_a_stream_of_an_output_without_a_name(string engine)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, "entry: flow:run\n", _ => FlowAnswer.Result(Pieces()), "flow.flex.yaml", engine);

        Assert.Equal("data: {\"output\": \"a\"}\n\ndata: {\"output\": \"b\"}\n\n", (await client.ScoreAsync("{}", "text/event-stream, application/json")).Body);
        Assert.Equal("\"ab\"", (await client.ScoreAsync("{}", "application/json")).Body.TrimEnd());
    }

    [Theory]
    [InlineData("flask", false, "*", null)]
    [InlineData("flask", true, "own", "Origin")]
    [InlineData("fastapi", false, null, null)]
    [InlineData("fastapi", true, "*", null)]
    public async Task Pages_of_other_sites_are_allowed_as_the_engine_allows_them(string engine, bool hasOrigin, string? allowed, string? vary)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, Single, engine: engine);
        var own = "http://" + client.Authority;

        foreach (var body in (string[])["{}", """{"text":"a"}"""])
        {
            var answer = await SendAsync(client, Encoding.UTF8.GetBytes(body), origin: hasOrigin ? own : null);

            Assert.Equal(allowed == "own" ? own : allowed, answer.Headers.GetValueOrDefault("Access-Control-Allow-Origin"));
            Assert.Equal(vary, answer.Headers.GetValueOrDefault("Vary"));
        }
    }

    private static async IAsyncEnumerable<string> Pieces()
    {
        yield return "a";
        await Task.CompletedTask;
        yield return "b";
    }

    private static Task AssertRefusedAsync(ScoringClient client, string body, string status, string message) =>
        AssertRefusedAsync(client, Encoding.UTF8.GetBytes(body), status, message);

    private static async Task AssertRefusedAsync(ScoringClient client, byte[] body, string status, string message, string? accept = null)
    {
        var answer = await SendAsync(client, body, accept);

        Assert.Equal((424, status), (answer.Status, answer.Headers.GetValueOrDefault("ms-azureml-model-error-statuscode")));
        Assert.Equal(message, answer.Json!["error"]!["message"]!.GetValue<string>());
    }

    private static async Task<ScoringAnswer> SendAsync(ScoringClient client, byte[] body, string? accept = null, string? origin = null)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, client.Uri) { Content = new ByteArrayContent(body) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", client.Key);
        request.Headers.TryAddWithoutValidation("Accept", accept ?? "*/*");
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        using var response = await http.SendAsync(request, Token);
        return new ScoringAnswer(
            (int)response.StatusCode,
            await response.Content.ReadAsStringAsync(Token),
            response.Headers.ToDictionary(static h => h.Key, static h => string.Join(',', h.Value), StringComparer.OrdinalIgnoreCase),
            IsCut: false);
    }

    private static async Task<ScoringClient> DeployAsync(
        LocalWorkspace workspace, string flow, Func<FlowCall, FlowAnswer>? answer = null, string fileName = "flow.dag.yaml", string engine = "flask")
    {
        using var folder = new TemporaryFolder();
        folder.Write($"my-flow/{fileName}", flow);
        var variables = new Dictionary<string, string> { ["PROMPTFLOW_SERVING_ENGINE"] = engine };
        var endpoint = await workspace.DeployAsync(
            Path.Combine(folder.Path, "my-flow"), new() { Answer = answer, EnvironmentVariables = variables }, Token);
        return new ScoringClient(endpoint.ScoringUri, endpoint.Key);
    }
}
