using Azure;
using Azure.Core;

namespace FlowBuild;

/// <summary>How a client calls its endpoint. Read once, when the <see cref="FlowEndpoint"/> is made; later changes have no effect.</summary>
public sealed class FlowClientOptions
{
    private const int MaxResponseSizeBound = 1024 * 1024 * 1024;

    /// <summary>The endpoint's scoring URI, such as <c>https://name.region.inference.ml.azure.com/score</c>. Absolute.</summary>
    public Uri? ScoringUri { get; set; }

    /// <summary>
    /// The endpoint's key (<c>auth_mode: key</c>). It is read for every call, so <c>AzureKeyCredential.Update</c> rotates it.
    /// At most one of this and <see cref="TokenCredential"/>.
    /// </summary>
    public AzureKeyCredential? KeyCredential { get; set; }

    /// <summary>
    /// Where tokens come from: any credential of Azure.Identity for an endpoint with <c>auth_mode: aad_token</c> (the scope asked for is
    /// <c>https://ml.azure.com/.default</c>), a <see cref="FlowEndpointTokenCredential"/> for one with <c>auth_mode: aml_token</c>.
    /// A token is kept until shortly before it expires. At most one of this and <see cref="KeyCredential"/>.
    /// </summary>
    public TokenCredential? TokenCredential { get; set; }

    /// <summary>
    /// The deployment that shall answer, whatever the endpoint's traffic says (header <c>azureml-model-deployment</c>).
    /// Default: null, the endpoint chooses by traffic.
    /// </summary>
    public string? DeploymentName { get; set; }

    /// <summary>
    /// The longest wait: of a score call for its whole answer, of a stream for its first byte and then for each next one.
    /// Default: 10 minutes, as long as prompt flow lets a flow run. <see cref="Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>
    /// The longest wait of a stream for one update to be whole, comments before it included, while bytes keep coming within
    /// <see cref="Timeout"/>; the time that the caller takes between two updates does not count. Default: 10 minutes, as long as prompt flow
    /// lets a flow run. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> waits for ever.
    /// </summary>
    public TimeSpan UpdateTimeout { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The largest answer, or single event of a stream, that is read, in bytes. 1 to 1 GiB; default: 64 MiB.</summary>
    public int MaxResponseSize { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Gives each call the id to send as <c>x-ms-client-request-id</c>, by which Azure ML's logs name it: 1 to 40 characters of
    /// <c>A-Z a-z 0-9 - _</c>. Default: null, no id is sent.
    /// </summary>
    public Func<string>? ClientRequestId { get; set; }

    /// <summary>
    /// Whether <see cref="FlowRequestException.ServerMessage"/> keeps all that the server said, and the exception's message ends with it.
    /// The server repeats parts of the request there, so what users typed would reach the logs. Default: false.
    /// </summary>
    public bool IncludeServerMessage { get; set; }

    /// <summary>The clock of <see cref="UpdateTimeout"/>.</summary>
    internal TimeProvider Time { get; set; } = TimeProvider.System;

    /// <summary>What is wrong with these options: the option and a sentence about it each; empty when nothing is.</summary>
    /// <param name="section">The path of the configuration section that they come from; null when they are set in code.</param>
    internal IEnumerable<(string Option, string Sentence)> Problems(string? section = null)
    {
        var prefix = section is null ? "" : section + ":";
        if (ScoringUri is null)
        {
            yield return (nameof(ScoringUri), $"'{prefix}ScoringUri' is missing: set it to the endpoint's scoring URI.");
        }
        else if (!ScoringUri.IsAbsoluteUri || ScoringUri.Scheme is not ("http" or "https"))
        {
            yield return (nameof(ScoringUri), $"'{prefix}ScoringUri' is not an absolute http or https URI.");
        }
        else if ((KeyCredential is not null || TokenCredential is not null) && !TransportSecurity.MayCarryCredentials(ScoringUri))
        {
            yield return (nameof(ScoringUri), TransportSecurity.Refusal(ScoringUri));
        }

        if (KeyCredential is { } key && !TransportSecurity.FitsHeader(key.Key))
        {
            yield return (nameof(KeyCredential), $"'{(section is null ? "KeyCredential" : prefix + "Key")}' {TransportSecurity.UnfitForHeader}");
        }

        if (KeyCredential is not null && TokenCredential is not null)
        {
            yield return (nameof(TokenCredential), "'KeyCredential' and 'TokenCredential' are both set: an endpoint has one way to authenticate.");
        }

        if (DeploymentName is not null && (DeploymentName.Length == 0 || !DeploymentName.All(IsNameCharacter)))
        {
            yield return (nameof(DeploymentName), $"'{prefix}DeploymentName' is no name of a deployment: letters, digits and '-' are allowed.");
        }

        foreach (var (option, time) in ((string, TimeSpan)[])[(nameof(Timeout), Timeout), (nameof(UpdateTimeout), UpdateTimeout)])
        {
            if (time <= TimeSpan.Zero && time != System.Threading.Timeout.InfiniteTimeSpan || time.TotalMilliseconds > int.MaxValue)
            {
                yield return (option, section is null
                    ? $"'{option}' must be above zero and below 25 days, or infinite."
                    : $"'{prefix}{option}' must be a time such as '00:02:00', above zero and below 25 days, or '-00:00:00.001' for infinite.");
            }
        }

        if (MaxResponseSize is < 1 or > MaxResponseSizeBound)
        {
            yield return (nameof(MaxResponseSize), $"'MaxResponseSize' must be 1 to {MaxResponseSizeBound} bytes.");
        }
    }

    // Underscores and dots are no characters of a deployment's name, but a stricter rule than the service's would be ours to maintain.
    private static bool IsNameCharacter(char c) => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.';
}
