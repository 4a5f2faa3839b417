namespace FlowBuild;

/// <summary>How often, and after what wait, a call of a flow is repeated that the flow has not seen.</summary>
public sealed class FlowResilienceOptions
{
    /// <summary>How often a call is repeated at most. 0 to 100; default: 3.</summary>
    public int MaxRetries { get; set; } = 3;

    /// <summary>
    /// The wait before the first repetition, when the server asks for none; it doubles with each, and varies at random so that clients do
    /// not come back all at once. Above zero; default: 1 second.
    /// </summary>
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// The longest wait. When the server asks for a longer one (<c>Retry-After</c>), the call fails with the server's answer. At least
    /// <see cref="Delay"/>; default: 30 seconds.
    /// </summary>
    public TimeSpan MaxDelay { get; set; } = TimeSpan.FromSeconds(30);
}
