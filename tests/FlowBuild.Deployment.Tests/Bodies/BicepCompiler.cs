using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests.Bodies;

/// <summary>
/// Bicep's compiler over bodies of requests. It knows names, types and which members are required or read-only; it takes any word for
/// an extensible enum, and any text for a duration.
/// </summary>
internal static class BicepCompiler
{
    private static readonly string? Program =
        typeof(BicepCompiler).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().FirstOrDefault(static a => a.Key == "BicepPath")?.Value;

    /// <summary>Compiles all bodies in one file.</summary>
    /// <returns>What the compiler says, a line each, with the body that it says it of.</returns>
    public static async Task<IReadOnlyList<string>> CompileAsync(IReadOnlyList<SentBody> bodies)
    {
        var starts = new List<int>();
        var text = new StringBuilder();
        foreach (var (i, body) in bodies.Index())
        {
            starts.Add(text.ToString().Count(static c => c == '\n') + 1);
            text.Append(CultureInfo.InvariantCulture, $"resource r{i} '{body.Type}@{MachineLearningWorkspace.DefaultApiVersion}' = ");
            var named = (JsonObject)body.Body.DeepClone();

            // A workspace of its own for each, since files name the same things.
            named.Insert(0, "name", string.Create(CultureInfo.InvariantCulture, $"workspace-{i}/{body.Name}"));
            Write(text, named, "");
            text.Append('\n');
        }

        var (said, template) = await RunAsync(text.ToString());
        Assert.True(said.Length > 0 || JsonNode.Parse(template)!["resources"]!.AsArray().Count == bodies.Count, "The compiler gave no template.");
        return [.. said.Select(line => $"{OriginOf(line)}: {line}")];

        // path(line,column) : Warning CODE: text
        string OriginOf(string line) =>
            line.IndexOf('(', StringComparison.Ordinal) is > 0 and var at && int.TryParse(line[(at + 1)..].Split(',')[0], out var number)
                ? bodies[starts.FindLastIndex(first => first <= number)].Origin
                : "";
    }

    /// <summary>The api-versions, of those given, that the compiler knows a type in.</summary>
    public static async Task<IReadOnlyList<string>> KnownVersionsAsync(string type, IReadOnlyList<string> versions)
    {
        var text = string.Concat(versions.Select((version, i) => string.Create(
            CultureInfo.InvariantCulture, $"resource r{i} '{type}@{version}' existing = {{ name: 'workspace/name' }}\n")));
        var (said, _) = await RunAsync(text);
        return [.. versions.Where(version => !said.Any(line => line.Contains("BCP081", StringComparison.Ordinal) && line.Contains(version, StringComparison.Ordinal)))];
    }

    private static async Task<(string[] Said, string Template)> RunAsync(string text)
    {
        Assert.SkipWhen(Program is null && !Repository.AllTestsMustRun, "The Bicep compiler is here for Linux on x64 only.");
        using var folder = new TemporaryFolder();

        // Style is not at issue: JSON quotes every name.
        folder.Write("bicepconfig.json", """{ "analyzers": { "core": { "enabled": false } } }""");
        var start = new ProcessStartInfo(Program!)
        {
            ArgumentList = { "build", folder.Write("bodies.bicep", text), "--stdout" },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["HOME"] = folder.Path },
        };
        using var process = Process.Start(start)!;
        var template = process.StandardOutput.ReadToEndAsync();
        var said = (await process.StandardError.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await process.WaitForExitAsync();
        return (said, await template);
    }

    private static void Write(StringBuilder text, JsonNode? node, string indent)
    {
        var inner = indent + "  ";
        switch (node)
        {
            case JsonObject json:
                text.Append("{\n");
                foreach (var (name, value) in json)
                {
                    text.Append(inner).Append(Quoted(name)).Append(": ");
                    Write(text, value, inner);
                    text.Append('\n');
                }

                text.Append(indent).Append('}');
                break;
            case JsonArray items:
                text.Append("[\n");
                foreach (var item in items)
                {
                    text.Append(inner);
                    Write(text, item, inner);
                    text.Append('\n');
                }

                text.Append(indent).Append(']');
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                text.Append(Quoted(value.GetValue<string>()));
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.Number && !value.TryGetValue<int>(out _):
                text.Append("json('").Append(value.ToJsonString()).Append("')");
                break;
            case null:
                text.Append("null");
                break;
            default:
                text.Append(node.ToJsonString());
                break;
        }
    }

    private static string Quoted(string value) => '\'' + value
        .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal).Replace("${", "\\${", StringComparison.Ordinal)
        .Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal) + '\'';
}
