using System.Globalization;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.LocalWorkspace.InProcess;

/// <summary>Files and folders that a test names.</summary>
internal static class TestFiles
{
    /// <summary>The full path of a file or folder that is in the folder of the test's assembly or in one above it.</summary>
    /// <exception cref="LocalDeploymentException">There is none.</exception>
    public static string Find(string path)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            // A full path stands alone.
            var candidate = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path, folder.FullName));
            if (Path.Exists(candidate))
            {
                return candidate;
            }
        }

        throw new LocalDeploymentException(
            Path.IsPathFullyQualified(path)
                ? $"'{path}' does not exist."
                : $"'{path}' is neither in '{AppContext.BaseDirectory}' nor in a folder above it. Name it relative to the solution's folder, or give its full path.");
    }

    /// <summary>The value that a file holds.</summary>
    /// <exception cref="LocalDeploymentException">The file has errors.</exception>
    public static T ValueOf<T>(ReadResult<T> read)
        where T : class
    {
        if (read is { Value: { } value, HasErrors: false })
        {
            return value;
        }

        var errors = read.Diagnostics.Where(static d => d.Rule.Severity == RuleSeverity.Error).Select(static d => string.Create(
            CultureInfo.InvariantCulture, $"{d.File}({(d.Span?.StartLine ?? 0) + 1},{(d.Span?.StartColumn ?? 0) + 1}): error {d.Rule.Id}: {d.Message}"));
        throw new LocalDeploymentException(string.Join(Environment.NewLine, errors));
    }
}
