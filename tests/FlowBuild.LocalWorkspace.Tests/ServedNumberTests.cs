using System.Globalization;
using System.Text.RegularExpressions;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>Numbers that pass through a served flow: they come out as Python holds and prints them.</summary>
public sealed class ServedNumberTests
{
    private const string Echo = """
        inputs:
          number: {type: double, default: 0}
          whole: {type: int, default: 0}
          text: {type: string, default: ""}
          many: {type: list, default: []}
        outputs:
          number: {type: double, reference: "${inputs.number}"}
          whole: {type: int, reference: "${inputs.whole}"}
          text: {type: string, reference: "${inputs.text}"}
          many: {type: list, reference: "${inputs.many}"}
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // What CPython 3.11 prints for json.dumps(float(x)).
    [Theory]
    [InlineData("1e22", "1e+22")]
    [InlineData("9.999999999999999e22", "1e+23")]
    [InlineData("1e23", "1e+23")]
    [InlineData("1.0000000000000001e23", "1.0000000000000001e+23")]
    [InlineData("9.999999999999999e23", "9.999999999999998e+23")]
    [InlineData("1e24", "1e+24")]
    [InlineData("9007199254740993", "9007199254740992.0")]
    [InlineData("9007199254740995", "9007199254740996.0")]
    [InlineData("9007199254740993.0", "9007199254740992.0")]
    [InlineData("9007199254740994.0", "9007199254740994.0")]
    [InlineData("1234567890123456.0", "1234567890123456.0")]
    [InlineData("123456789012345.6", "123456789012345.6")]
    [InlineData("36028797018963969", "3.602879701896397e+16")]
    [InlineData("18446744073709551615", "1.8446744073709552e+19")]
    [InlineData("9999999999999999", "1e+16")]
    [InlineData("9999999999999998.0", "9999999999999998.0")]
    [InlineData("1e16", "1e+16")]
    [InlineData("0.0001", "0.0001")]
    [InlineData("0.00001", "1e-05")]
    [InlineData("1.5e-7", "1.5e-07")]
    [InlineData("5e-324", "5e-324")]
    [InlineData("1.7976931348623157e308", "1.7976931348623157e+308")]
    [InlineData("-0.0", "-0.0")]
    [InlineData("-0", "0.0")]
    [InlineData("-1e100", "-1e+100")]
    public async Task A_double_is_what_python_prints(string sent, string received)
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace);

        Assert.Contains($"\"number\":{received},", (await client.ScoreAsync($$"""{"number":{{sent}}}""")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_hundred_thousand_doubles_come_out_as_their_shortest_digits_in_pythons_form()
    {
        var random = new Random(16);
        var values = new List<double>();
        while (values.Count < 100_000)
        {
            // Any bits; around the bounds of the fixed form; whole numbers above 2^53.
            var value = (values.Count % 4) switch
            {
                0 => BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue)),
                1 => (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-7, 26)),
                2 => random.NextInt64(1L << 53, long.MaxValue),
                _ => Math.Round(random.NextDouble() * 1000, random.Next(0, 5)),
            };
            if (double.IsFinite(value))
            {
                values.Add(value);
            }
        }

        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace);

        var body = (await client.ScoreAsync($"{{\"many\":[{string.Join(',', values.Select(AsFloat))}]}}")).Body;

        var texts = Regex.Match(body, @"""many"":\[(?<items>[^\]]*)\]").Groups["items"].Value.Split(',');
        Assert.Equal(values.Count, texts.Length);
        Assert.All(values.Zip(texts), static pair => AssertPython(pair.First, pair.Second));
    }

    [Theory]
    [InlineData("number")]
    [InlineData("text")]
    public async Task An_integer_beyond_double_is_refused_as_a_double_and_kept_as_text(string input)
    {
        var digits = "1" + new string('0', 400);
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace);

        var answer = await client.ScoreAsync($$"""{"{{input}}":{{digits}}}""");

        Assert.Contains(
            input == "text" ? $"\"text\":\"{digits}\"" : "The value for flow input 'number' does not match the expected type 'double'.",
            answer.Body,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_test_gives_is_a_float_wherever_it_is_one_in_csharp()
    {
        await using var workspace = await LocalWorkspace.StartAsync(Token);
        using var client = await DeployAsync(workspace, FlowAnswer.Outputs(new
        {
            number = 1.0,
            whole = 1,
            many = new object[] { 2.0, double.NaN, 0.1f, 1e23, new { deep = -0.0 }, 4 },
            text = new System.Text.Json.Nodes.JsonObject { ["a"] = 5.0 },
        }));

        Assert.Equal(
            """{"many":[2.0,NaN,0.1,1e+23,{"deep":-0.0},4],"number":1.0,"text":{"a":5.0},"whole":1}""", (await client.ScoreAsync("{}")).Body.TrimEnd());
    }

    // A literal that Python reads as a float.
    private static string AsFloat(double value)
    {
        var text = value.ToString("E16", CultureInfo.InvariantCulture);
        return text.Contains('.', StringComparison.Ordinal) ? text : text + ".0";
    }

    private static void AssertPython(double value, string text)
    {
        Assert.Equal(BitConverter.DoubleToInt64Bits(value), BitConverter.DoubleToInt64Bits(double.Parse(text, CultureInfo.InvariantCulture)));

        var magnitude = Math.Abs(value);
        var digits = text.TrimStart('-').Split('e')[0].Replace(".", "", StringComparison.Ordinal).TrimStart('0').TrimEnd('0');
        if (digits.Length > 1)
        {
            var shorter = value.ToString($"E{digits.Length - 2}", CultureInfo.InvariantCulture);
            Assert.NotEqual(value, double.Parse(shorter, CultureInfo.InvariantCulture));
        }

        Assert.Matches(magnitude == 0 || magnitude is >= 1e-4 and < 1e16 ? @"^-?(0|[1-9]\d*)\.(0|\d*[1-9])$" : @"^-?[1-9](\.\d*[1-9])?e[+-]\d\d+$", text);
    }

    private static async Task<ScoringClient> DeployAsync(LocalWorkspace workspace, FlowAnswer? answer = null)
    {
        using var folder = new TemporaryFolder();
        folder.Write("echo/flow.dag.yaml", Echo);
        var endpoint = await workspace.DeployAsync(Path.Combine(folder.Path, "echo"), new() { Answer = answer is null ? null : _ => answer }, Token);
        return new ScoringClient(endpoint.ScoringUri, endpoint.Key);
    }
}
