using System.Text.RegularExpressions;

namespace FlowBuild.Deployment.Workspace;

/// <summary>What Azure.Identity says of a failure, in one line.</summary>
internal static partial class CredentialFault
{
    /// <summary>The reason: Microsoft Entra's own words where it answered, else what each credential that was tried says.</summary>
    public static string Reason(Exception exception)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            // Behind the sentence stand ids and a time, and before it advice for those who write programs.
            if (EntraError().Match(e.Message) is { Success: true } error)
            {
                return error.Value.TrimEnd('.', ' ');
            }
        }

        var said = exception.Message.Split('\n').Select(static line => Pointer().Replace(line, "").Trim().TrimStart('-').Trim().TrimEnd('.', ':')).Where(static l => l.Length > 0).ToList();

        // A broker needs a package of the program's, which no user of a build can add.
        return said.Count > 1 ? string.Join("; ", said.Skip(1).Where(static line => !line.Contains("Broker", StringComparison.Ordinal)))
            : exception.InnerException is { } inner && exception.Message.TrimEnd().EndsWith(':') ? $"{said.FirstOrDefault()}: {Reason(inner)}"
            : said.FirstOrDefault() ?? "nothing";
    }

    [GeneratedRegex(@"AADSTS\d+:.*?(?=\s+Trace ID:|\r|\n|$)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex EntraError();

    [GeneratedRegex(@"See the troubleshooting guide for more information\.?\s*https?://\S+", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Pointer();
}
