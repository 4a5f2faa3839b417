using System.Globalization;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>Asks a workspace to stop once it has had nothing to do for long enough.</summary>
internal static class IdleWatch
{
    // A timer cannot wait for months.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromDays(1);

    /// <summary>Begins to watch.</summary>
    public static void Start(Activity activity, TimeSpan timeout, TaskCompletionSource stopRequested, WorkspaceLog log) =>
        _ = WatchAsync(activity, timeout, stopRequested, log);

    private static async Task WatchAsync(Activity activity, TimeSpan timeout, TaskCompletionSource stopRequested, WorkspaceLog log)
    {
        while (!stopRequested.Task.IsCompleted)
        {
            var rest = timeout - activity.Idle;
            if (rest <= TimeSpan.Zero)
            {
                log.Write(string.Create(CultureInfo.InvariantCulture, $"idle for {timeout.TotalMinutes:0.##} minutes: stopping"));
                stopRequested.TrySetResult();
                return;
            }

            await Task.WhenAny(stopRequested.Task, Task.Delay(rest < LongestDelay ? rest : LongestDelay)).ConfigureAwait(false);
        }
    }
}
