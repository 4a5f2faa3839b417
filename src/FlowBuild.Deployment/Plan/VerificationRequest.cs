using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Plan;

/// <summary>The request that a new deployment must answer.</summary>
/// <param name="Body">The JSON body.</param>
/// <param name="Source">Where it comes from, for the log.</param>
public sealed record VerificationRequest(byte[] Body, string Source)
{
    /// <summary>
    /// The named file, else the first row of the flow's samples.json. Of a row only the flow's inputs are sent, and an object in a
    /// named file is sent as it is. Where there is neither, a request made up from the contract for the local workspace, and none for
    /// Azure, where a meaningless request would cost tokens.
    /// </summary>
    /// <param name="sources">The files.</param>
    /// <param name="file">Full path of the named file, or null.</param>
    /// <param name="isLocal">The local workspace is asked.</param>
    /// <exception cref="FlowDeploymentException">A file is no usable JSON.</exception>
    public static VerificationRequest? Find(FlowSources sources, string? file, bool isLocal)
    {
        if (file is not null)
        {
            return new VerificationRequest(ReadFile(file, sources), Path.GetFileName(file));
        }

        var samples = Path.Combine(sources.Item.Folder, "samples.json");
        if (File.Exists(samples) && Parse(samples) is JsonArray { Count: > 0 } rows && rows[0] is JsonObject first)
        {
            return new VerificationRequest(InputsOf(first, samples, sources), "samples.json");
        }

        return isLocal && sources is { IsFlowServed: true, Contract: { } contract }
            ? new VerificationRequest(JsonSerializer.SerializeToUtf8Bytes(MadeUp(contract)), "the contract (made up)")
            : null;
    }

    private static byte[] ReadFile(string file, FlowSources sources) => Parse(file) switch
    {
        JsonObject request => JsonSerializer.SerializeToUtf8Bytes(request),
        JsonArray { Count: > 0 } rows when rows[0] is JsonObject first => InputsOf(first, file, sources),
        _ => throw FlowDeploymentException.At(ConfigurationRules.InvalidRequestFile, file, null, Path.GetFileName(file), "it holds no JSON object"),
    };

    // A row may hold recorded outputs beside the inputs, or both under names of their own. Another server than the flow's takes what
    // it takes, so its row goes as it stands.
    private static byte[] InputsOf(JsonObject row, string file, FlowSources sources)
    {
        if (sources is not { IsFlowServed: true, Contract: { } contract })
        {
            return JsonSerializer.SerializeToUtf8Bytes(row);
        }

        try
        {
            var request = Given(row, contract);
            return JsonSerializer.SerializeToUtf8Bytes(contract.AcceptsAnyInput
                ? request
                : new JsonObject(contract.Inputs.Where(i => request.ContainsKey(i.Name)).Select(i => KeyValuePair.Create(i.Name, request[i.Name]?.DeepClone()))));
        }
        catch (ArgumentException e)
        {
            // The names of an object are looked at when the first one is asked for.
            throw new FlowDeploymentException(
                FlowDiagnostic.At(ConfigurationRules.InvalidRequestFile, file, null, Path.GetFileName(file), "its first row holds a name twice"), null, e);
        }
    }

    // Code that takes any input may take one that is called "inputs"; with outputs beside it, it is a recorded row.
    private static JsonObject Given(JsonObject row, FlowContract contract) =>
        row["inputs"] is JsonObject inputs && (contract.AcceptsAnyInput ? row.ContainsKey("outputs") : !contract.Inputs.Any(static i => i.Name == "inputs"))
            ? inputs
            : row;

    private static JsonNode? Parse(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllBytes(file).AsSpan() is [0xEF, 0xBB, 0xBF, .. var text] ? text : File.ReadAllBytes(file));
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new FlowDeploymentException(
                FlowDiagnostic.At(ConfigurationRules.InvalidRequestFile, file, null, Path.GetFileName(file), e.Message.Split('\n')[0]), null, e);
        }
    }

    private static JsonObject MadeUp(FlowContract contract)
    {
        var request = new JsonObject();
        foreach (var input in contract.Inputs.Where(static i => i.IsRequired))
        {
            request[input.Name] = input.Type switch
            {
                FlowValueType.Int => 1,
                FlowValueType.Double => 1.5,
                FlowValueType.Bool => true,
                FlowValueType.List => new JsonArray(),
                FlowValueType.Object => new JsonObject(),
                FlowValueType.Image => new JsonObject { ["data:image/png;url"] = "https://example.com/image.png" },
                _ => "Hello",
            };
        }

        return request;
    }
}
