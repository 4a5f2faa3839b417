using System.Text;
using System.Text.Json;

namespace FlowBuild.Client.Tests;

public sealed class FlowJsonTests
{
    private delegate T Reader<out T>(ref Utf8JsonReader reader, string output);

    [Theory]
    [InlineData("7", 7)]
    [InlineData("2.0", 2)]
    [InlineData("1e3", 1000)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    public void A_whole_number_is_read_however_it_is_written(string json, long value) => Assert.Equal(value, Read(json, FlowJson.ReadInt64));

    [Theory]
    [InlineData("1.5")]
    [InlineData("1180591620717411303424")]
    [InlineData("1e400")]
    public void A_number_that_is_no_long_does_not_fit(string json) => Assert.Equal(
        "The output 'o' is declared as int, but the answer holds a number that is not whole or does not fit into 64 bits.",
        Assert.Throws<FlowContractException>(() => Read(json, FlowJson.ReadInt64)).Message);

    [Theory]
    [InlineData("\"2\"", "a string")]
    [InlineData("null", "null")]
    [InlineData("true", "a bool")]
    [InlineData("[2]", "an array")]
    [InlineData("{}", "an object")]
    public void What_came_in_place_of_a_number_is_said(string json, string kind)
    {
        var exception = Assert.Throws<FlowContractException>(() => Read(json, FlowJson.ReadInt64));

        Assert.Equal($"The output 'o' is declared as int, but the answer holds {kind}.", exception.Message);
        Assert.Equal("o", exception.OutputName);
        Assert.Equal("int", exception.DeclaredType);
    }

    [Fact]
    public void Null_is_null_where_it_may_be()
    {
        Assert.Null(Read("null", FlowJson.ReadNullableString));
        Assert.Null(Read("null", FlowJson.ReadNullableInt64));
        Assert.Null(Read("null", FlowJson.ReadNullableDouble));
        Assert.Null(Read("null", FlowJson.ReadNullableBoolean));
        Assert.Null(Read("null", FlowJson.ReadNullableList));
        Assert.Null(Read("null", FlowJson.ReadNullableImage));
        Assert.Equal(JsonValueKind.Null, Read("null", FlowJson.ReadElement).ValueKind);
    }

    [Fact]
    public void Null_is_refused_where_it_may_not_be()
    {
        Assert.Throws<FlowContractException>(() => Read("null", FlowJson.ReadString));
        Assert.Throws<FlowContractException>(() => Read("null", FlowJson.ReadDouble));
        Assert.Throws<FlowContractException>(() => Read("null", FlowJson.ReadBoolean));
        Assert.Throws<FlowContractException>(() => Read("null", FlowJson.ReadList));
        Assert.Throws<FlowContractException>(() => Read("null", FlowJson.ReadImage));
    }

    [Fact]
    public void Values_that_fit_are_read()
    {
        Assert.Equal("a\"é", Read("\"a\\\"\\u00e9\"", FlowJson.ReadString));
        Assert.Equal(1.5, Read("1.5", FlowJson.ReadDouble));
        Assert.Equal(3, Read("3", FlowJson.ReadDouble));
        Assert.True(Read("true", FlowJson.ReadBoolean));
        Assert.Equal(["1", "\"b\"", "{\"c\":[]}"], Read("[1,\"b\",{\"c\":[]}]", FlowJson.ReadList).Select(item => item.GetRawText()));
    }

    [Fact]
    public void A_number_beyond_all_doubles_does_not_fit() =>
        Assert.Throws<FlowContractException>(() => Read("1e999", FlowJson.ReadDouble));

    [Theory]
    [InlineData("\"a b\"", "a b")]
    [InlineData("null", null)]
    [InlineData("1.50", "1.50")]
    [InlineData("true", "true")]
    [InlineData("{\"a\": 1}", "{\"a\": 1}")]
    [InlineData("[ 1, 2 ]", "[ 1, 2 ]")]
    public void A_delta_that_is_no_text_is_its_raw_text(string json, string? delta) => Assert.Equal(delta, Read(json, FlowJson.ReadDelta));

    [Theory]
    [InlineData("""{"data:image/png;base64":"AQID"}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}""")]
    [InlineData("""{"image_url":{"detail":"low","url":"data:image/png;base64,AQID"},"type":"image_url"}""")]
    public void An_image_is_read_in_either_message_format(string json)
    {
        var image = Read(json, FlowJson.ReadImage);

        Assert.Equal(new byte[] { 1, 2, 3 }, image.Bytes.ToArray());
        Assert.Equal("image/png", image.MediaType);
        Assert.Null(image.Uri);
    }

    [Theory]
    [InlineData("""{"data:image/jpeg;url":"https://example.com/a.jpg"}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"https://example.com/a.jpg"}}""")]
    public void An_image_s_address_is_read_in_either_message_format(string json)
    {
        var image = Read(json, FlowJson.ReadImage);

        Assert.Equal("https://example.com/a.jpg", image.Uri?.AbsoluteUri);
        Assert.True(image.Bytes.IsEmpty);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("\"AQID\"")]
    [InlineData("""{"data:image/png;base64":"not base64"}""")]
    [InlineData("""{"data:image/png;base64":""}""")]
    [InlineData("""{"data:text/html;base64":"AQID"}""")]
    [InlineData("""{"data:image/png;path":"/etc/passwd"}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"data:image/png;base64,%"}}""")]
    [InlineData("""{"type":"image_url","image_url":{"url":"\ud83d"}}""")]
    [InlineData("""{"data:image/png;base64":"\ud83d"}""")]
    [InlineData("""{"data:image/png;url":"\ud83d"}""")]
    [InlineData("""{"\ud83d":"AQID"}""")]
    public void What_is_no_image_does_not_fit(string json) =>
        Assert.Equal("image", Assert.Throws<FlowContractException>(() => Read(json, FlowJson.ReadImage)).DeclaredType);

    [Theory]
    [InlineData(FlowImageFormat.Basic, """{"data:image/png;base64":"AQID"}""")]
    [InlineData(FlowImageFormat.OpenAIVision, """{"type":"image_url","image_url":{"url":"data:image/png;base64,AQID"}}""")]
    public void An_image_is_written_in_the_flow_s_message_format(FlowImageFormat format, string json) =>
        Assert.Equal(json, Write(writer => FlowJson.WriteImage(writer, FlowImage.FromBytes(new byte[] { 1, 2, 3 }, "image/png"), format)));

    [Fact]
    public void An_image_says_what_it_is_without_its_content_or_the_secrets_of_its_address()
    {
        Assert.Equal("image/png, 3 bytes", FlowImage.FromBytes(new byte[] { 1, 2, 3 }, "image/png").ToString());
        Assert.Equal("image/*, https://example.com/a%20b.png", FlowImage.FromUri(new Uri("https://me:pw@example.com/a b.png?sig=s#f")).ToString());
    }

    [Theory]
    [InlineData(FlowImageFormat.Basic, """{"data:image/*;url":"https://example.com/a%20b"}""")]
    [InlineData(FlowImageFormat.OpenAIVision, """{"type":"image_url","image_url":{"url":"https://example.com/a%20b"}}""")]
    public void An_image_s_address_is_written_in_the_flow_s_message_format(FlowImageFormat format, string json) =>
        Assert.Equal(json, Write(writer => FlowJson.WriteImage(writer, FlowImage.FromUri(new Uri("https://example.com/a b")), format)));

    [Theory]
    [InlineData(1.5, "1.5")]
    [InlineData(double.NaN, "\"NaN\"")]
    [InlineData(double.PositiveInfinity, "\"Infinity\"")]
    public void A_number_that_JSON_does_not_have_is_written_as_text(double value, string json) =>
        Assert.Equal(json, Write(writer => FlowJson.WriteDouble(writer, value)));

    [Fact]
    public void An_image_that_the_server_would_refuse_is_refused_here()
    {
        Assert.Throws<ArgumentException>(() => FlowImage.FromBytes(ReadOnlyMemory<byte>.Empty, "image/png"));
        Assert.Throws<ArgumentException>(() => FlowImage.FromBytes(new byte[] { 1 }, "text/plain"));
        Assert.Throws<ArgumentException>(() => FlowImage.FromBytes(new byte[] { 1 }, "image/png;base64"));
        Assert.Throws<ArgumentException>(() => FlowImage.FromUri(new Uri("file:///a.png")));
        Assert.Throws<ArgumentException>(() => FlowImage.FromUri(new Uri("a.png", UriKind.Relative)));
    }

    [Fact]
    public async Task An_image_is_read_from_a_stream()
    {
        using var stream = new MemoryStream([1, 2, 3]);

        var image = await FlowImage.FromStreamAsync(stream, "image/webp", TestContext.Current.CancellationToken);

        Assert.Equal(new byte[] { 1, 2, 3 }, image.Bytes.ToArray());
        Assert.Equal("image/webp", image.MediaType);
    }

    private static T Read<T>(string json, Reader<T> read)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        reader.Read();
        var value = read(ref reader, "o");
        Assert.False(reader.Read());
        return value;
    }

    private static string Write(Action<Utf8JsonWriter> write)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            write(writer);
        }

        return Encoding.UTF8.GetString(stream.ToArray());
    }
}
