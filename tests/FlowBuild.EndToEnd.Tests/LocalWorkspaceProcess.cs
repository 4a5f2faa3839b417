using System.Diagnostics;
using System.Text.Json;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>The local workspace process of a state folder, as its own file names it.</summary>
internal static class LocalWorkspaceProcess
{
    /// <summary>The process that the state folder names, or null when there is none or it has ended.</summary>
    public static Process? Find(string stateFolder)
    {
        var file = Path.Combine(stateFolder, "workspace.json");
        if (!File.Exists(file))
        {
            return null;
        }

        using var document = JsonDocument.Parse(File.ReadAllText(file));
        try
        {
            return Process.GetProcessById(document.RootElement.GetProperty("processId").GetInt32());
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Ends the process of the state folder, if any, and waits until it is gone.</summary>
    public static async Task StopAsync(string stateFolder)
    {
        using var process = Find(stateFolder);
        if (process is not null)
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}
