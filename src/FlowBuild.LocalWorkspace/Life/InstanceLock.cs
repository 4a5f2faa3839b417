using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Held by the one process that serves a state folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class InstanceLock : IDisposable
{
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <exception cref="WorkspaceStartException">Another process holds it.</exception>
    public static InstanceLock Take(StateFolder folder)
    {
        var path = folder.FilePath("lock");
        try
        {
            return new InstanceLock(StateFolder.OpenFile(path, FileMode.OpenOrCreate, FileShare.None));
        }
        catch (IOException e)
        {
            throw new WorkspaceStartException($"Another process serves the local workspace in '{folder.Path}'.", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
