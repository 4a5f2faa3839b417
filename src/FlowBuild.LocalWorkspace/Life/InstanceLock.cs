using System.Diagnostics;
using System.Globalization;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Held by the one process that serves a state folder. The system lets go of it when the process ends, however it ends.</summary>
internal sealed class InstanceLock : IDisposable
{
    private static readonly TimeSpan LeavingLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LeavingPoll = TimeSpan.FromMilliseconds(50);
    private readonly FileStream _file;
    private readonly StateFolder _folder;
    private readonly bool _isOwnProcess;

    private InstanceLock(FileStream file, StateFolder folder, bool isOwnProcess) => (_file, _folder, _isOwnProcess) = (file, folder, isOwnProcess);

    /// <summary>
    /// Says which process holds the lock, in <c>lock.pid</c> (id, start, <c>starting</c>, <c>ready</c> or <c>leaving</c>), so that a caller
    /// can end one that is ready and has lost its <c>workspace.json</c> or does not answer. A workspace inside another program does not
    /// say so: nobody may end that.
    /// </summary>
    public void Sign(string word)
    {
        var path = _folder.FilePath("lock.pid");
        if (!_isOwnProcess)
        {
            File.Delete(path);
            return;
        }

        using var process = Process.GetCurrentProcess();
        DurableFile.Write(path, System.Text.Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture, $"{process.Id} {process.StartTime.ToUniversalTime():O} {word}\n")));
    }

    /// <summary>Takes the lock. Waits a few seconds for a process that is on its way out: it has taken its <c>workspace.json</c> away already.</summary>
    /// <exception cref="WorkspaceStartException">Another process holds it, or the user may not open it.</exception>
    public static async Task<InstanceLock> TakeAsync(StateFolder folder, bool isOwnProcess, CancellationToken cancellationToken)
    {
        var path = folder.FilePath("lock");
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return new InstanceLock(StateFolder.OpenFile(path, FileMode.OpenOrCreate, FileShare.None), folder, isOwnProcess);
            }
            catch (IOException) when (!WorkspaceFile.Exists(folder) && Stopwatch.GetElapsedTime(started) < LeavingLimit)
            {
                await Task.Delay(LeavingPoll, cancellationToken).ConfigureAwait(false);
            }
            catch (IOException e)
            {
                throw new WorkspaceStartException($"Another process serves the local workspace in '{folder.Path}'.", e) { IsBusy = true };
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
