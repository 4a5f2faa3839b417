using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Plan;

/// <summary>The request that a new deployment must answer.</summary>
/// <param name="Body">The JSON body.</param>
/// <param name="Source">Where it comes from, for the log.</param>
public sealed record VerificationRequest(byte[] Body, string Source)
{
    private static readonly JsonSerializerOptions AsDeep = new() { MaxDepth = RequestFile.MaxDepth };

    /// <summary>
    /// The named file, else the first row of the flow's samples.json where it fits the flow. Of a row only the flow's inputs are sent, and an object in a
    /// named file is sent as it is. Where there is neither, a request made up from the contract for the local workspace, and none for
    /// Azure, where a meaningless request would cost tokens.
    /// </summary>
    /// <param name="sources">The files.</param>
    /// <param name="file">Full path of the named file, or null.</param>
    /// <param name="isLocal">The local workspace is asked.</param>
    /// <exception cref="FlowDeploymentException">A file is missing, or no usable JSON.</exception>
    public static VerificationRequest? Find(FlowSources sources, string? file, bool isLocal)
    {
        if (file is not null)
        {
            return new VerificationRequest(ReadFile(file, sources), Path.GetFileName(file));
        }

        if (SamplesOf(sources.Item) is { } samples && FitsFlow(sources) && RequestFile.Read(samples) is { IsRows: true, Request: { } first })
        {
            return new VerificationRequest(InputsOf(first, samples, sources), "samples.json");
        }

        return isLocal && sources is { IsFlowServed: true, Contract: { } contract }
            ? new VerificationRequest(JsonSerializer.SerializeToUtf8Bytes(MadeUp(contract)), "the contract (made up)")
            : null;
    }

    /// <summary>The flow's samples.json, or null.</summary>
    internal static string? SamplesOf(FlowItem item) => Path.Combine(item.Folder, "samples.json") is var samples && File.Exists(samples) ? samples : null;

    private static bool FitsFlow(FlowSources sources) =>
        RequestCheck.Check(sources, null).All(static problem => problem.Rule != PackageRules.SamplesDoNotFit);

    // Code that takes any input may take one that is called "inputs"; with outputs beside it, it is a recorded row.
    internal static bool IsWrapped(JsonObject row, FlowContract contract) =>
        row["inputs"] is JsonObject && (contract.AcceptsAnyInput ? row.ContainsKey("outputs") : !contract.Inputs.Any(static i => i.Name == "inputs"));

    internal static FlowDiagnostic NoRequest(string file) =>
        FlowDiagnostic.At(ConfigurationRules.InvalidRequestFile, file, null, Path.GetFileName(file), "it holds no JSON object");

    internal static FlowDiagnostic NameTwice(string file, SourceSpan? span) =>
        FlowDiagnostic.At(ConfigurationRules.InvalidRequestFile, file, span, Path.GetFileName(file), "its first row holds a name twice");

    private static byte[] ReadFile(string file, FlowSources sources) => RequestFile.Read(file) switch
    {
        { Request: null } => throw new FlowDeploymentException(NoRequest(file)),
        { IsRows: true, Request: { } first } => InputsOf(first, file, sources),
        { Request: { } request } => JsonSerializer.SerializeToUtf8Bytes(request, AsDeep),
    };

    // A row may hold recorded outputs beside the inputs, or both under names of their own. Another server than the flow's takes what
    // it takes, so its row goes as it stands.
    private static byte[] InputsOf(JsonObject row, string file, FlowSources sources)
    {
        if (sources is not { IsFlowServed: true, Contract: { } contract })
        {
            return JsonSerializer.SerializeToUtf8Bytes(row, AsDeep);
        }

        try
        {
            var request = IsWrapped(row, contract) ? row["inputs"]!.AsObject() : row;
            return JsonSerializer.SerializeToUtf8Bytes(contract.AcceptsAnyInput
                ? request
                : new JsonObject(contract.Inputs.Where(i => request.ContainsKey(i.Name)).Select(i => KeyValuePair.Create(i.Name, request[i.Name]?.DeepClone()))), AsDeep);
        }
        catch (ArgumentException e)
        {
            // The names of an object are looked at when the first one is asked for.
            throw new FlowDeploymentException(NameTwice(file, null), null, e);
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
