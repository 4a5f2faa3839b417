using System.Security.Cryptography;
using System.Text;

namespace FlowBuild.LocalWorkspace.Serving;

/// <summary>
/// How the user says that flows are really served: the address of a server that runs already, or a command that starts one.
/// </summary>
/// <param name="Address">The server that runs, or null.</param>
/// <param name="Words">The command, or empty. <c>{flow}</c> stands for the flow's folder, <c>{port}</c> for the port to listen at.</param>
internal sealed record ServeCommand(Uri? Address, IReadOnlyList<string> Words)
{
    /// <summary>The environment variable that holds it for a workspace in a process of its own.</summary>
    public const string VariableName = "FLOWBUILD_SERVE_COMMAND";

    /// <summary>Reads what the user wrote; null when it is empty.</summary>
    /// <exception cref="WorkspaceStartException">A command that cannot be told where to listen.</exception>
    public static ServeCommand? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            return null;
        }

        if (Uri.TryCreate(text.Trim(), UriKind.Absolute, out var address) && address.Scheme is "http" or "https")
        {
            return new ServeCommand(address, []);
        }

        return text.Contains("{port}", StringComparison.Ordinal)
            ? new ServeCommand(null, [.. Split(text)])
            : throw new WorkspaceStartException(
                $"The serving command must hold {{port}}, such as: pf flow serve --source {{flow}} --port {{port}}. An address such as http://127.0.0.1:8080 names a server that runs already.");
    }

    /// <summary>
    /// SHA-256 of what the user wrote, in hexadecimal digits; null when it is empty. Tells a caller whether it means the same,
    /// and nothing that the command may hold.
    /// </summary>
    public static string? HashOf(string? text) => string.IsNullOrWhiteSpace(text)
        ? null
        : Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(text.Trim())));

    // Blanks divide words, double quotes keep them together.
    private static IEnumerable<string> Split(string text) => text.Split('"')
        .SelectMany(static (part, index) => index % 2 == 1 ? [part] : part.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
