using System.Text;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment;

/// <summary>
/// The file of <c>GITHUB_ENV</c> or <c>GITHUB_OUTPUT</c>. A line break in a value would set further variables of the job, so values are
/// printable ASCII and stand between delimiters that nobody can foresee.
/// </summary>
internal static class GitHubFile
{
    /// <summary>Appends the connection of a program: <c>SECTION__ScoringUri</c> and <c>SECTION__Key</c>.</summary>
    /// <param name="file">Full path of the file.</param>
    /// <param name="section">The configuration section, which is an identifier.</param>
    /// <param name="scoringUri">The scoring URI.</param>
    /// <param name="key">The key or token.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="FlowDeploymentException">A value is not printable ASCII; nothing is written then.</exception>
    public static Task AppendConnectionAsync(string file, string section, Uri scoringUri, string key, CancellationToken cancellationToken)
    {
        var text = Variable($"{section}__ScoringUri", PrintableText.Require(scoringUri.AbsoluteUri, $"scoring URI of {section}"))
            + Variable($"{section}__Key", PrintableText.Require(key, $"key or token of {section}"));
        return File.AppendAllTextAsync(file, text, new UTF8Encoding(false), cancellationToken);
    }

    private static string Variable(string name, string value)
    {
        var delimiter = $"ghadelimiter_{Guid.NewGuid()}";
        return $"{name}<<{delimiter}\n{value}\n{delimiter}\n";
    }
}
