using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Which members of a deployment its file said when it was sent last, kept in a tag of the deployment. The service fills in defaults
/// of its own and shows them like anything else; this tells a value that the file has given up from one that was never the file's.
/// </summary>
internal static class SentMembers
{
    /// <summary>The deployment's tag.</summary>
    public const string Tag = "flowbuild.sent";

    // Four characters for each member: names would not fit into the 256 characters that ARM takes.
    private const int Length = 4;
    private const int Most = 64;

    /// <summary>The tag's value for the properties of a body.</summary>
    public static string Of(JsonObject properties) =>
        string.Concat(Leaves(properties).Select(static leaf => Short(leaf.Path)).Distinct().Order(StringComparer.Ordinal).Take(Most));

    /// <summary>The members of a deployment that were sent the last time; none for one that another tool made.</summary>
    public static IEnumerable<(string Path, JsonNode? Value)> In(DeploymentResource deployment)
    {
        var tag = deployment.Tags.GetValueOrDefault(Tag) ?? "";
        var sent = Enumerable.Range(0, tag.Length / Length).Select(i => tag.Substring(i * Length, Length)).ToHashSet(StringComparer.Ordinal);
        return Leaves(deployment.Properties).Where(leaf => sent.Contains(Short(leaf.Path)));
    }

    // Variables are the file's alone, and compared as such.
    private static IEnumerable<(string Path, JsonNode? Value)> Leaves(JsonObject properties) =>
        MachineLearningWorkspace.FileMembers.Where(static member => member != "environmentVariables").SelectMany(member => Leaves(member, properties[member]));

    private static IEnumerable<(string Path, JsonNode? Value)> Leaves(string path, JsonNode? node) => node switch
    {
        null => [],
        JsonObject inner => inner.SelectMany(member => Leaves($"{path}.{member.Key}", member.Value)),
        _ => [(path, node)],
    };

    private static string Short(string path) => Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(path)))[..Length];
}
