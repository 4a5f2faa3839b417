using FlowBuild.Definitions.Flows;
using FlowBuild.LocalWorkspace.Scoring;

namespace FlowBuild.LocalWorkspace.InProcess;

/// <summary>A flow folder that a test deploys.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Files">
/// The files that a local workspace reads, by full path: the flow file and recorded rows. Templates and code stay where they are, since
/// nothing here runs them.
/// </param>
internal sealed record FlowFolder(string Name, IReadOnlyList<string> Files)
{
    private static readonly string[] RowFiles = ["samples.json", "data.jsonl"];

    /// <summary>Opens a folder and checks its flow file as the compiler does.</summary>
    /// <exception cref="LocalDeploymentException">There is no such folder or no flow in it, or the flow file has errors.</exception>
    public static FlowFolder Open(string path)
    {
        var folder = TestFiles.Find(path);
        if (!Directory.Exists(folder))
        {
            throw new LocalDeploymentException($"'{folder}' is a file. Name the folder that holds the flow file.");
        }

        var flow = FlowFileOf(folder);
        _ = TestFiles.ValueOf(FlowReader.Read(flow, File.ReadAllText(flow)));
        return new FlowFolder(Path.GetFileName(folder), [flow, .. RowFiles.Select(name => Path.Combine(folder, name)).Where(File.Exists)]);
    }

    private static string FlowFileOf(string folder)
    {
        var files = ServedFlows.FlowFiles.Select(name => Path.Combine(folder, name)).Where(File.Exists).ToList();
        if (files.Count == 0)
        {
            files.AddRange(Directory.EnumerateFiles(folder, "*.prompty"));
        }

        return files.Count switch
        {
            1 => files[0],
            0 => throw new LocalDeploymentException($"'{folder}' holds no flow: neither {string.Join(", ", ServedFlows.FlowFiles)} nor a *.prompty file."),
            _ => throw new LocalDeploymentException(
                $"'{folder}' holds {string.Join(" and ", files.Select(Path.GetFileName).Order(StringComparer.Ordinal))}; prompt flow serves a folder with one flow file. Keep one of them."),
        };
    }
}
