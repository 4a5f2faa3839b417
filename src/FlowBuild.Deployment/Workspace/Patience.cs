using Azure.Core;

namespace FlowBuild.Deployment.Workspace;

/// <summary>How long a deployment waits: for an answer, until it tries again, for changes that others make.</summary>
public sealed record Patience
{
    /// <summary>What suits Azure: the Azure SDK's own waits, and changes that take minutes.</summary>
    public static Patience Azure { get; } = new();

    /// <summary>What suits a local workspace, which answers at once or not at all.</summary>
    public static Patience Local { get; } = new()
    {
        Retries = 2, RetryDelay = TimeSpan.FromMilliseconds(200), BusyDelay = TimeSpan.FromMilliseconds(500), Verification = TimeSpan.FromSeconds(3),
    };

    /// <summary>How long one call may go without an answer before it is tried again. Default: 100 s.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>How long the body of one answer may take to arrive. Default: 10 min.</summary>
    public TimeSpan WholeAnswer { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often a call that failed on the way, or with 408, 429 or 5xx, is tried again. Default: 5, as the Azure SDK calls storage.</summary>
    public int Retries { get; init; } = 5;

    /// <summary>The pause before the first of these tries; it doubles with each, and <c>Retry-After</c> goes before it. Default: 0.8 s.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(0.8);

    /// <summary>How often a change is sent while another one is in progress. Default: 12.</summary>
    public int BusyAttempts { get; init; } = 12;

    /// <summary>The pause between these tries. Default: 10 s.</summary>
    public TimeSpan BusyDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The pause before an operation is asked for the first time, where the service names none; it doubles up to 5 s. Default: 0.1 s.</summary>
    public TimeSpan Poll { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a deployment that does not answer well yet is asked again. Default: 1 min.</summary>
    public TimeSpan Verification { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The pause before it is asked again for the first time; it doubles. Default: 0.25 s.</summary>
    public TimeSpan VerificationDelay { get; init; } = TimeSpan.FromSeconds(0.25);

    internal void Configure(RetryOptions retry)
    {
        retry.NetworkTimeout = Answer;
        retry.MaxRetries = Retries;
        retry.Delay = RetryDelay;
    }
}
