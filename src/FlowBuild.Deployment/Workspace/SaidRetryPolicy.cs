using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Azure.Core's retries (429, 5xx, broken connections), said in the log: which call, what came, when it is tried again.
/// Where a workspace goes away, all calls that are on their way fail: while one waits that was said, none is that waits no longer.
/// Only the path of an address is said, since a query may hold a signature.
/// </summary>
internal sealed class SaidRetryPolicy : RetryPolicy
{
    // A service may name any time; whoever waits for a deployment gets the error instead.
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    private readonly int _maxRetries;
    private readonly DelayStrategy _delays;
    private readonly IFlowLog _log;
    private readonly object _gate = new();
    private HttpMessage? _waiting;
    private DateTimeOffset _waitsUntil;

    public SaidRetryPolicy(RetryOptions options, IFlowLog log)
        : this(options.MaxRetries, DelayStrategy.CreateExponentialDelayStrategy(options.Delay, options.MaxDelay), log)
    {
    }

    private SaidRetryPolicy(int maxRetries, DelayStrategy delays, IFlowLog log)
        : base(maxRetries, delays) => (_maxRetries, _delays, _log) = (maxRetries, delays, log);

    protected override bool ShouldRetry(HttpMessage message, Exception? exception) =>
        Say(message, exception, base.ShouldRetry(message, exception));

    protected override async ValueTask<bool> ShouldRetryAsync(HttpMessage message, Exception? exception) =>
        Say(message, exception, await base.ShouldRetryAsync(message, exception).ConfigureAwait(false));

    protected override void OnSendingRequest(HttpMessage message) => EndWait(message);

    protected override ValueTask OnSendingRequestAsync(HttpMessage message)
    {
        EndWait(message);
        return default;
    }

    private void EndWait(HttpMessage message)
    {
        lock (_gate)
        {
            if (_waiting == message)
            {
                _waiting = null;
            }
        }
    }

    // A call that is given up while it waits is not sent again, so the wait ends by the clock too.
    private bool BeginWait(HttpMessage message, TimeSpan pause)
    {
        lock (_gate)
        {
            var now = DateTimeOffset.UtcNow;
            if (_waiting is not null && now + pause <= _waitsUntil)
            {
                return false;
            }

            (_waiting, _waitsUntil) = (message, now + (2 * pause));
            return true;
        }
    }

    private bool Say(HttpMessage message, Exception? exception, bool again)
    {
        if (again)
        {
            var response = exception is null && message.HasResponse ? message.Response : null;
            var tries = message.ProcessingContext.RetryNumber + 1;

            // The pause itself varies by a fifth, so that many calls do not come back at once.
            var pause = _delays.GetNextDelay(response, tries);
            if (pause > LongestPause)
            {
                return false;
            }

            if (!BeginWait(message, pause))
            {
                return again;
            }

            var what = response is null ? $"no answer ({Reason(exception)})"
                : response.Headers.TryGetValue("x-ms-error-code", out var code) ? $"HTTP {response.Status} {code}" : $"HTTP {response.Status}";
            _log.Progress(string.Create(
                CultureInfo.InvariantCulture,
                $"{message.Request.Method} {Subject(message.Request.Uri.ToUri())}: {what}, again in about {pause.TotalSeconds:0.#} s (try {tries + 1} of {_maxRetries + 1})"));
        }

        return again;
    }

    // What stands before is the same in every address of the workspace.
    internal static string Subject(Uri address)
    {
        var path = address.AbsolutePath;
        foreach (var prefix in (string[])["/workspaces/", "/locations/"])
        {
            var start = path.IndexOf(prefix, StringComparison.OrdinalIgnoreCase);
            if (start >= 0 && path.IndexOf('/', start + prefix.Length) is > 0 and var end)
            {
                return path[(end + 1)..];
            }
        }

        return $"{address.Host}{path}";
    }

    internal static string Reason(Exception? exception)
    {
        while (exception?.InnerException is { } inner)
        {
            exception = inner;
        }

        return exception?.Message.Split('\n')[0].Trim().TrimEnd('.') ?? "the connection broke";
    }
}
