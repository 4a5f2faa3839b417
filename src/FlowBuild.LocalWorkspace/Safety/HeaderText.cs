using Microsoft.Extensions.Primitives;

namespace FlowBuild.LocalWorkspace.Safety;

/// <summary>Text that a header can carry back.</summary>
internal static class HeaderText
{
    /// <summary>Whether all characters are printable ASCII; an answer with others in a header cannot be sent.</summary>
    public static bool IsPlain(string text) => text.All(static c => c is >= ' ' and <= '~');

    /// <summary>A header's one value, or null when there is none that can be sent back.</summary>
    public static string? Plain(StringValues values) => values is [{ Length: > 0 } value] && IsPlain(value) ? value : null;
}
