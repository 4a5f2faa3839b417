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
    /// The named file, else the first element of the flow's samples.json. Where there is neither, a request made up from the
    /// contract for the local workspace, and none for Azure, where a meaningless request would cost tokens.
    /// </summary>
    /// <param name="sources">The files.</param>
    /// <param name="file">Full path of the named file, or null.</param>
    /// <param name="isLocal">The local workspace is asked.</param>
    /// <exception cref="FlowDeploymentException">A file is no usable JSON.</exception>
    public static VerificationRequest? Find(FlowSources sources, string? file, bool isLocal)
    {
        if (file is not null)
        {
            return new VerificationRequest(ReadFile(file), Path.GetFileName(file));
        }

        var samples = Path.Combine(sources.Item.Folder, "samples.json");
        if (File.Exists(samples) && Parse(samples) is JsonArray { Count: > 0 } rows && rows[0] is JsonObject first)
        {
            return new VerificationRequest(JsonSerializer.SerializeToUtf8Bytes(first), "samples.json");
        }

        return isLocal && sources is { IsFlowServed: true, Contract: { } contract }
            ? new VerificationRequest(JsonSerializer.SerializeToUtf8Bytes(MadeUp(contract)), "the contract (made up)")
            : null;
    }

    /// <summary>Reads a file with one request: a JSON object, or an array whose first element is one.</summary>
    /// <exception cref="FlowDeploymentException">The file is missing or holds something else.</exception>
    public static byte[] ReadFile(string file) => Parse(file) switch
    {
        JsonObject request => JsonSerializer.SerializeToUtf8Bytes(request),
        JsonArray { Count: > 0 } rows when rows[0] is JsonObject first => JsonSerializer.SerializeToUtf8Bytes(first),
        _ => throw FlowDeploymentException.At(ConfigurationRules.InvalidRequestFile, file, null, Path.GetFileName(file), "it holds no JSON object"),
    };

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
