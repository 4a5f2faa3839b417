using System.Text.Json;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Naming;
using FlowBuild.Generator.Tests.Harness;
using FlowBuild.LocalWorkspace.Page;
using static FlowBuild.Generator.Tests.Harness.Contracts;

namespace FlowBuild.Generator.Tests;

/// <summary>The C# that the local workspace's page shows for a request compiles with the generated client and sends that request.</summary>
public sealed class WrittenCallTests
{
    private static readonly FlowContract All = Dag(
        [
            .. Enum.GetValues<FlowValueType>().Select(static type => In(type.ToString().ToLowerInvariant(), type)),
            In("class", FlowValueType.String, "\"x\""), In("my odd-name", FlowValueType.Double, "1"),
        ],
        [Out("answer", canStream: true)]);

    [Theory]
    [InlineData("""{"string":"a \"quoted\"\nline é 😀","int":9223372036854775807,"double":0.5,"bool":true,"list":[1,"two",null],"object":{"k":[1]},"image":{"data:image/png;base64":"AQID"}}""")]
    [InlineData("""{"string":"","int":-1,"double":12,"bool":false,"list":[],"object":null,"image":{"data:image/png;url":"https://example.com/a.png"},"class":"c"}""")]
    [InlineData("""{"string":"x","int":0,"double":1E+300,"bool":false,"list":["\"\"\""],"object":"text","image":{"data:image/*;url":"https://example.com/a.png"},"my odd-name":"NaN"}""")]
    public async Task A_request_with_every_type_is_sent_again(string request) => await SendsAsync("All", All, request);

    [Theory]
    [InlineData("""{"chat_history":[],"question":"What is a flow?"}""")]
    [InlineData("""{"chat_history":[{"inputs":{"question":"a"},"outputs":{"answer":"b"}},{"inputs":{"question":"c"},"outputs":{"answer":"d"}}],"question":"e"}""")]
    [InlineData("""{"question":"A question that is long enough for the initializer to be broken into lines of its own, as people do"}""")]
    public async Task A_chat_is_sent_again(string request) => await SendsAsync("ChatBasic", ChatBasic, request);

    [Fact]
    public async Task An_image_of_the_vision_format_is_sent_again() => await SendsAsync(
        "See", Dag([In("picture", FlowValueType.Image)], [Out("answer", canStream: true)], format: FlowMessageFormat.OpenAIVision),
        """{"picture":{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}}""");

    [Fact]
    public async Task Any_object_is_sent_again_where_the_flow_declares_no_inputs() => await SendsAsync(
        "Any", Open(),
        """{"a":[1,{"b":"c"}]}""");

    [Fact]
    public void What_the_client_cannot_send_is_said() => Assert.Equal(
        "// The generated client cannot send 9223372036854775808 as 'int'.", Write("All", All, """{"int":9223372036854775808}"""));

    [Fact]
    public void A_large_image_is_read_from_a_file() => Assert.Contains(
        "FlowImage.FromBytes(File.ReadAllBytes(\"image.png\"), \"image/png\")",
        Write("All", All, $$$"""{"image":{"data:image/png;base64":"{{{new string('A', 100)}}}"}}"""), StringComparison.Ordinal);

    private static async Task SendsAsync(string name, FlowContract contract, string request)
    {
        using var endpoint = new Answering("""{"answer":"x"}""");
        foreach (var isStreamed in (bool[])[false, true])
        {
            var call = Write(name, contract, request, isStreamed);
            Assert.DoesNotContain("//", call.Replace("https://", "", StringComparison.Ordinal), StringComparison.Ordinal);
            await GeneratedAssembly.RunAsync(endpoint.Client(), $"var client = new {name}Client(http);\n{call}\nreturn \"\";", Model(name, contract));
        }

        Assert.Equal(2, endpoint.Requests.Count);
        Assert.All(endpoint.Requests, sent => Assert.True(
            JsonElement.DeepEquals(JsonDocument.Parse(request).RootElement, JsonDocument.Parse(sent).RootElement), sent));
    }

    private static string Write(string name, FlowContract contract, string request, bool isStreamed = false) =>
        CSharpCall.Write(new ContractNames(name, contract), contract, JsonDocument.Parse(request).RootElement, isStreamed);
}
