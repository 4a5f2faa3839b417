namespace FlowBuild.LocalWorkspace.State;

/// <summary>Tells those who look on that something has changed, not what.</summary>
internal sealed class ChangeSignal
{
    private TaskCompletionSource _next = NewSource();

    /// <summary>Ends at the next change. To miss none, take it before reading what may change.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Says that something has changed.</summary>
    public void Set() => Interlocked.Exchange(ref _next, NewSource()).SetResult();

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
