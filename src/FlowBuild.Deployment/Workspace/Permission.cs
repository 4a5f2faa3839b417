using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace FlowBuild.Deployment.Workspace;

/// <summary>What a role, or all roles of an identity together, allow: actions with <c>*</c> for anything, less those that are taken out.</summary>
/// <param name="Actions">Actions of the control plane.</param>
/// <param name="NotActions">Those of them that are not allowed.</param>
/// <param name="DataActions">Actions on data.</param>
/// <param name="NotDataActions">Those of them that are not allowed.</param>
internal sealed record Permission(
    IReadOnlyList<string> Actions, IReadOnlyList<string> NotActions, IReadOnlyList<string> DataActions, IReadOnlyList<string> NotDataActions)
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);

    /// <summary>Reads a list of permissions as ARM writes it.</summary>
    public static IReadOnlyList<Permission> Read(JsonNode? list) =>
        [.. (list as JsonArray ?? []).OfType<JsonObject>().Select(static p => new Permission(Words(p["actions"]), Words(p["notActions"]), Words(p["dataActions"]), Words(p["notDataActions"])))];

    /// <summary>Whether one of several permissions allows an action.</summary>
    public static bool Allows(IEnumerable<Permission> permissions, string action, bool isData = false) => permissions.Any(p =>
        (isData ? p.DataActions : p.Actions).Any(pattern => Matches(pattern, action))
        && !(isData ? p.NotDataActions : p.NotActions).Any(pattern => Matches(pattern, action)));

    private static bool Matches(string pattern, string action) => Regex.IsMatch(
        action, $"^{Regex.Escape(pattern).Replace(@"\*", ".*", StringComparison.Ordinal)}$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant | RegexOptions.NonBacktracking, MatchLimit);

    private static string[] Words(JsonNode? list) => [.. (list as JsonArray ?? []).Select(static w => w?.ToString() ?? "")];
}
