using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// A change that the workspace works on. Waiting reads the operation where the service named one, else the resource itself; that
/// also is how a later run finds the change again, since the resource tells its state.
/// </summary>
public sealed class ResourceOperation
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    private readonly MachineLearningWorkspace _workspace;
    private readonly string _path;
    private readonly JsonObject? _answer;
    private readonly Uri? _operation;
    private readonly Uri? _location;

    internal ResourceOperation(MachineLearningWorkspace workspace, string path, string what, JsonObject? answer, Uri? operation, Uri? location)
    {
        _workspace = workspace;
        _path = path;
        What = what;
        _answer = answer;
        _operation = operation;
        _location = location;
    }

    /// <summary>What is changed, such as <c>deployment blue</c>.</summary>
    public string What { get; }

    /// <summary>Sends the change again, as what stands then asks for; null for one that somebody else started.</summary>
    internal Func<Task<ResourceOperation>>? Again { get; init; }

    /// <summary>Waits for the end. A change that the service gave up for another one is sent again, once.</summary>
    /// <param name="timeout">How long at most.</param>
    /// <param name="cancellationToken">Stops waiting; the change goes on.</param>
    /// <returns>The resource as it is then; an empty object when it was deleted.</returns>
    /// <exception cref="FlowDeploymentException">The change failed, or did not end in time.</exception>
    public async Task<JsonObject> WaitAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            return await WaitForEndAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            _workspace.Connection.Log.Result(
                $"{Capital(What)} is still being changed in the workspace; it is not waited for any more. Run the target again to wait for it and go on, or ShowFlow to see its state");
            throw;
        }
    }

    private async Task<JsonObject> WaitForEndAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var log = _workspace.Connection.Log;
        var started = DateTime.UtcNow;
        var shown = "";
        var pause = _workspace.Connection.Patience.Poll;
        for (var poll = await PollAsync(first: true, cancellationToken).ConfigureAwait(false); ; poll = await PollAsync(first: false, cancellationToken).ConfigureAwait(false))
        {
            if (poll.Fault is { } fault)
            {
                var failure = Failed(fault, DateTime.UtcNow - started);
                return Again is not null && IsSuperseded(fault) ? await DoAgainAsync(Again, failure, timeout, cancellationToken).ConfigureAwait(false) : throw failure;
            }

            if (poll.Done)
            {
                log.Progress($"{What}: {poll.State} after {Elapsed(DateTime.UtcNow - started)}");
                return _location is not null || _path.Length == 0 ? [] : await _workspace.GetAsync(_path, cancellationToken).ConfigureAwait(false) ?? [];
            }

            // Each state once, and a sign of life every minute: a line per poll would bury the log.
            var elapsed = DateTime.UtcNow - started;
            var line = $"{What}: {poll.State}{(poll.Percent is { } percent ? $" {percent:0} %" : "")}|{(int)elapsed.TotalMinutes}";
            if (line != shown)
            {
                shown = line;
                log.Progress($"{line.Split('|')[0]}{(elapsed.TotalSeconds >= 1 ? $", {Elapsed(elapsed)} so far" : "")}");
            }

            if (elapsed > timeout)
            {
                throw FlowDeploymentException.Of(WorkspaceRules.OperationTimedOut, Capital(What), Elapsed(timeout));
            }

            await Task.Delay(poll.RetryAfter ?? pause, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < Longest ? pause * 2 : Longest;
        }
    }

    // The service gives a change up when another one comes before it, or holds the lock.
    private static bool IsSuperseded(ServiceFault fault) => Is(fault.Code, "OperationCanceled") || Is(fault.Code, "Canceled");

    private async Task<JsonObject> DoAgainAsync(Func<Task<ResourceOperation>> again, FlowDeploymentException failure, TimeSpan timeout, CancellationToken cancellationToken)
    {
        _workspace.Connection.Log.Result($"{failure.Diagnostic.Arguments[0]} was given up for another operation ({failure.Diagnostic.Arguments[1]}); trying once more");
        await Task.Delay(_workspace.Connection.Patience.BusyDelay, cancellationToken).ConfigureAwait(false);
        var next = await again().ConfigureAwait(false);
        return await new ResourceOperation(_workspace, _path, What, next._answer, next._operation, next._location).WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
    }

    private async Task<Poll> PollAsync(bool first, CancellationToken cancellationToken)
    {
        if (_location is not null)
        {
            var response = await _workspace.RawAsync(_location, cancellationToken).ConfigureAwait(false);
            if (response.Status is not (202 or 404))
            {
                MachineLearningWorkspace.Check(response, What);
            }

            return new Poll(response.Status == 202 ? "Deleting" : "Succeeded", response.Status != 202, null, null, RetryAfter(response));
        }

        if (_operation is not null)
        {
            var response = MachineLearningWorkspace.Check(await _workspace.RawAsync(_operation, cancellationToken).ConfigureAwait(false), What);
            var status = MachineLearningWorkspace.Read(response);
            var state = status.TextAt("status") ?? "Running";

            // The resource's own word says more than InProgress.
            var word = Is(state, "InProgress") || Is(state, "Running") ? _answer.TextAt("properties", "provisioningState") ?? state : state;
            return new Poll(
                word, Is(state, "Succeeded"), Is(state, "Failed") || Is(state, "Canceled") ? ServiceFault.Of(response, state) : null,
                status["percentComplete"] is JsonValue value && value.TryGetValue<double>(out var percent) ? percent : null, RetryAfter(response));
        }

        // The answer to the request itself already tells a state.
        var resource = first && _answer is not null ? _answer : await _workspace.GetAsync(_path, cancellationToken).ConfigureAwait(false);
        if (resource is null)
        {
            return new Poll("Deleted", true, null, null, null);
        }

        var provisioning = resource.TextAt("properties", "provisioningState") ?? "Succeeded";
        return new Poll(
            provisioning, Is(provisioning, "Succeeded"),
            Is(provisioning, "Failed") || Is(provisioning, "Canceled") ? await FindFaultAsync(resource, provisioning, cancellationToken).ConfigureAwait(false) : null, null, null);
    }

    // A resource tells that it failed, and its last operation why.
    private async Task<ServiceFault> FindFaultAsync(JsonObject resource, string state, CancellationToken cancellationToken)
    {
        var unknown = new ServiceFault(state, "the workspace gives no reason", null);
        if (resource.TextAt("properties", "properties", "AzureAsyncOperationUri") is not { } text
            || !Uri.TryCreate(text, UriKind.Absolute, out var address) || !_workspace.IsOwn(address))
        {
            return unknown;
        }

        var response = await _workspace.RawAsync(address, cancellationToken).ConfigureAwait(false);
        var fault = ServiceFault.Of(response, state);
        return response.Status == 200 && fault.Message.Length > 0 ? fault : unknown;
    }

    private FlowDeploymentException Failed(ServiceFault fault, TimeSpan elapsed) => FlowDeploymentException.Of(
        WorkspaceRules.OperationFailed, Capital(What), fault.Code, fault.Message.TrimEnd('.') + ".",
        $"{Remedies.For(fault.Code) ?? "The container logs may say more."} (after {Elapsed(elapsed)}{(fault.Correlation is { } ids ? $", {ids}" : "")})");

    private static TimeSpan? RetryAfter(Azure.Response response) =>
        response.Headers.TryGetValue("Retry-After", out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0
            ? TimeSpan.FromSeconds(Math.Min(seconds, 600))
            : null;

    private static bool Is(string state, string word) => string.Equals(state, word, StringComparison.OrdinalIgnoreCase);

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    internal static string Elapsed(TimeSpan time) => time.TotalMinutes >= 1
        ? string.Create(CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes} min {time.Seconds} s")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");

    private sealed record Poll(string State, bool Done, ServiceFault? Fault, double? Percent, TimeSpan? RetryAfter);
}
