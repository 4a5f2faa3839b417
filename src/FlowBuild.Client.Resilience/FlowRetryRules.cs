using System.Net;
using Polly;

namespace FlowBuild;

/// <summary>Which outcomes prove that the flow has not run.</summary>
internal static class FlowRetryRules
{
    public static bool MayRepeat(Outcome<HttpResponseMessage> outcome, TimeSpan maxDelay, TimeProvider time)
    {
        if (outcome.Exception is not null)
        {
            // Before a connection stands, nothing was sent. A time-out is another exception, a cut connection another error: of that, only one
            // that was closed before the first byte proves that the server has read nothing.
            return IsUnsent(outcome)
                || outcome.Exception is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError };
        }

        var response = outcome.Result!;
        var asked = AskedDelay(response, time);
        if (asked > maxDelay)
        {
            return false;
        }

        return response.StatusCode switch
        {
            HttpStatusCode.TooManyRequests => true,
            HttpStatusCode.ServiceUnavailable => asked is not null,
            HttpStatusCode.FailedDependency => IsContainerStarting(response),
            _ => false,
        };
    }

    /// <summary>Whether the server had closed the pooled connection before the request was sent: another connection serves at once.</summary>
    public static bool IsUnsent(Outcome<HttpResponseMessage> outcome) => outcome.Exception is HttpRequestException { InnerException: UnsentRequestException };

    /// <summary>How long the server asks to wait; null when it does not say.</summary>
    public static TimeSpan? AskedDelay(HttpResponseMessage response, TimeProvider time)
    {
        var delay = response.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return delay < TimeSpan.Zero ? TimeSpan.Zero : delay;
    }

    // The endpoint answers 424 for every error of the container, with its status beside; without one the container did not answer at all.
    private static bool IsContainerStarting(HttpResponseMessage response) =>
        !response.Headers.TryGetValues("ms-azureml-model-error-statuscode", out var status) || status.SequenceEqual(["503"]);
}
