using System.Globalization;
using System.Runtime.InteropServices;

namespace FlowBuild.LocalWorkspace.Life;

/// <summary>The program: starts a workspace, waits until it is asked to stop, stops it.</summary>
internal static class WorkspaceProcess
{
    private const int Stopped = 0;
    private const int BadArguments = 2;
    private const int NotStarted = 3;
    private const int Busy = 4;

    // A process that nobody sees must not stay for ever.
    private static readonly TimeSpan DefaultIdleTimeout = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan LongestIdleTimeout = TimeSpan.FromDays(365);

    /// <summary>Runs the program.</summary>
    /// <returns>0 after a clean stop, 2 for arguments it does not know, 3 when the workspace cannot start, 4 when another process serves the
    /// folder; standard error says why.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        if (Parse(args) is not { } options)
        {
            await Console.Error.WriteLineAsync("usage: FlowBuild.LocalWorkspace [--state DIR] [--idle-timeout MINUTES]").ConfigureAwait(false);
            return BadArguments;
        }

        // Before the workspace says "ready": who hears that may terminate it at once.
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var terminate = Register(PosixSignal.SIGTERM, signalled);
        using var interrupt = Register(PosixSignal.SIGINT, signalled);
        LocalWorkspaceHost host;
        try
        {
            host = await LocalWorkspaceHost.StartAsync(options).ConfigureAwait(false);
        }
        catch (WorkspaceStartException e)
        {
            await Console.Error.WriteLineAsync(e.Message).ConfigureAwait(false);
            return e.IsBusy ? Busy : NotStarted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            await Console.Error.WriteLineAsync($"{e.Message.TrimEnd('.')}. The state folder must be one that you can write; FLOWBUILD_LOCAL_WORKSPACE names another.").ConfigureAwait(false);
            return NotStarted;
        }

        await using (host.ConfigureAwait(false))
        {
            await Task.WhenAny(host.StopRequested, signalled.Task).ConfigureAwait(false);
        }

        return Stopped;
    }

    private static PosixSignalRegistration Register(PosixSignal signal, TaskCompletionSource signalled) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        signalled.TrySetResult();
    });

    private static LocalWorkspaceOptions? Parse(string[] args)
    {
        string? state = null;
        TimeSpan? idle = null;
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : "";
            switch (args[i])
            {
                case "--state" when value.Length > 0:
                    state = value;
                    break;
                case "--idle-timeout" when double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var minutes) && minutes > 0 && minutes <= LongestIdleTimeout.TotalMinutes:
                    idle = TimeSpan.FromMinutes(minutes);
                    break;
                default:
                    return null;
            }
        }

        return new LocalWorkspaceOptions { StateFolder = state, IdleTimeout = idle ?? DefaultIdleTimeout, IsOwnProcess = true, ServeCommand = Environment.GetEnvironmentVariable(Serving.ServeCommand.VariableName) };
    }
}
