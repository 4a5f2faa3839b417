using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>
/// What all tasks share: the flows and settings of the project, a deployer that the tasks of one build hand on, cancellation, and
/// one place where everything that can go wrong becomes a coded error, and a record of it.
/// </summary>
public abstract class FlowTask : Microsoft.Build.Utilities.Task, ICancelableTask, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private FlowDeployer? _deployer;

    /// <summary>The project's <c>PromptFlow</c> items.</summary>
    public ITaskItem[] Flows { get; set; } = [];

    /// <summary>One item whose metadata hold the build's settings, named as the properties are without <c>Flow</c>.</summary>
    [Required]
    public ITaskItem Settings { get; set; } = null!;

    /// <summary>The build's log; it replaces the log of the base class, which prints any text as it is.</summary>
    private protected new TaskLog Log => new(base.Log);

    /// <summary>Full path of the JSON file that a failed run writes how each flow's deployment ended to, or empty for none.</summary>
    public string RecordFile { get; set; } = "";

    /// <inheritdoc/>
    public sealed override bool Execute()
    {
        var settings = new FlowTaskSettings(
            Settings, Flows, ServeCommand, BuildEngine6.GetGlobalProperties().Keys.Contains("Flow", StringComparer.OrdinalIgnoreCase));
        var log = new TaskFlowLog(Log, settings.ProjectFile);
        var isDone = false;
        try
        {
            isDone = Task.Run(() => RunAsync(settings, log, _cancellation.Token)).GetAwaiter().GetResult() && !Log.HasLoggedErrors;
        }
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
        {
            log.Report(FlowDiagnostic.At(WorkspaceRules.Stopped, null, null, "what is done stays done; run the target again to continue"));
        }
        catch (Exception e)
        {
            log.Report(FlowFailure.Of(e, GetType().Name));
        }

        if (!isDone && RecordFile.Length > 0)
        {
            WriteRecord(settings, log);
        }

        return isDone;
    }

    /// <inheritdoc/>
    public void Cancel() => _cancellation.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _cancellation.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Does the work.</summary>
    /// <returns>Whether it succeeded; a problem has been reported when not.</returns>
    private protected abstract Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken);

    /// <summary>
    /// The deployer of this project and these settings. The targets of one build share it, so that a later one knows what an earlier
    /// one planned; where the build does not hand it on, it is made anew and finds out again.
    /// </summary>
    private protected FlowDeployer Deployer(FlowTaskSettings settings, IFlowLog log)
    {
        var key = settings.Key;
        if (BuildEngine4.GetRegisteredTaskObject(key, RegisteredTaskObjectLifetime.Build) is not Session session)
        {
            var relay = new RelayLog();
            session = new Session(relay, new FlowDeployer(settings.Project, settings.Workspace, settings.Deployment, relay));
            BuildEngine4.RegisterTaskObject(key, session, RegisteredTaskObjectLifetime.Build, allowEarlyCollection: false);
        }

        session.Log.Target = log;
        return _deployer = session.Deployer;
    }

    // Settings that cannot be used stop every flow before a deployer exists.
    private void WriteRecord(FlowTaskSettings settings, TaskFlowLog log)
    {
        var outcomes = _deployer?.GetOutcomes(log.Errors)
            ?? [.. settings.FlowNames.Select(name => DeployedFlow.NotDeployed(name, "", null, log.Errors is [var first, ..] ? first : null))];
        try
        {
            DeployedFlow.Write(outcomes, RecordFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Report(FlowDiagnostic.At(ConfigurationRules.ResultNotWritten, null, null, e.Message.TrimEnd('.')));
        }
    }

    // What a user says on the command line or in the environment, and no file of the project.
    private string ServeCommand => BuildEngine6.GetGlobalProperties().TryGetValue("FlowServeCommand", out var value)
        ? value
        : Environment.GetEnvironmentVariable("FlowServeCommand") ?? Environment.GetEnvironmentVariable("FLOWBUILD_SERVE_COMMAND") ?? "";

    private sealed record Session(RelayLog Log, FlowDeployer Deployer);
}
