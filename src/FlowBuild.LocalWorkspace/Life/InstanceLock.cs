using System.Diagnostics;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Held by the one process that serves a state folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class InstanceLock : IDisposable
{
    private static readonly TimeSpan LeavingLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeavingPoll = TimeSpan.FromMilliseconds(50);
    private readonly FileStream _file;

    private InstanceLock(FileStream file) => _file = file;

    /// <summary>Takes the lock. Waits a few seconds for a process that is on its way out: it has taken its <c>workspace.json</c> away already.</summary>
    /// <exception cref="WorkspaceStartException">Another process holds it.</exception>
    public static async Task<InstanceLock> TakeAsync(StateFolder folder, CancellationToken cancellationToken)
    {
        var path = folder.FilePath("lock");
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new InstanceLock(StateFolder.OpenFile(path, FileMode.OpenOrCreate, FileShare.None));
            }
            catch (IOException) when (!WorkspaceFile.Exists(folder) && Stopwatch.GetElapsedTime(started) < LeavingLimit)
            {
                await Task.Delay(LeavingPoll, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new WorkspaceStartException($"Another process serves the local workspace in '{folder.Path}'.", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
