using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;

namespace FlowBuild;

/// <summary>Adds retries to the client of a flow.</summary>
public static class FlowResilienceHttpClientBuilderExtensions
{
    private const int MaxRetriesBound = 100;

    /// <summary>
    /// Repeats a call that the flow has not seen, and no other, since each run of a flow costs tokens: when the endpoint throttles (429);
    /// when it is unavailable and says when to come back (503 with <c>Retry-After</c>); when the deployment's container is still starting
    /// (424 without an answer of the container, or with its 503); when no connection came about, or the server had closed the idle one before
    /// the request was sent. Nothing is repeated once an answer began, nor after a time-out, nor when the connection was cut after the
    /// first byte: nobody can tell then what the server has read.
    /// </summary>
    /// <remarks>
    /// It sets no time-outs of its own, so that a language model may take its time and a stream may last:
    /// <see cref="FlowClientOptions.Timeout"/> bounds the whole call, with all its repetitions and waits. It takes the place of every
    /// resilience handler that was added before, such as a standard one for all clients of the program: that one cuts calls after 10 and 30
    /// seconds, and repeats them. With 0 retries it does only that.
    /// </remarks>
    /// <param name="builder">What an <c>Add…Client</c> method returned.</param>
    /// <param name="configure">Sets the options.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static IHttpClientBuilder AddFlowResilience(this IHttpClientBuilder builder, Action<FlowResilienceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new FlowResilienceOptions();
        configure?.Invoke(options);
        Check(options);
        builder.ConfigureAdditionalHttpMessageHandlers(static (handlers, _) => RemoveResilience(handlers));
        if (options.MaxRetries == 0)
        {
            return builder;
        }

        builder.AddResilienceHandler("flow", (pipeline, context) =>
        {
            pipeline.TimeProvider = context.ServiceProvider.GetService<TimeProvider>() ?? TimeProvider.System;
            var time = pipeline.TimeProvider;
            pipeline.AddRetry(new HttpRetryStrategyOptions
            {
                MaxRetryAttempts = options.MaxRetries,
                Delay = options.Delay,
                MaxDelay = options.MaxDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = attempt => ValueTask.FromResult(FlowRetryRules.MayRepeat(attempt.Outcome, options.MaxDelay, time)),
                DelayGenerator = attempt => ValueTask.FromResult(
                    attempt.Outcome.Result is { } response ? FlowRetryRules.AskedDelay(response, time)
                    : FlowRetryRules.IsUnsent(attempt.Outcome) ? TimeSpan.Zero
                    : null),
            });
        });
        return builder;
    }

    private static void RemoveResilience(IList<DelegatingHandler> handlers)
    {
        foreach (var handler in handlers.OfType<ResilienceHandler>().ToList())
        {
            handlers.Remove(handler);
            handler.Dispose();
        }
    }

    private static void Check(FlowResilienceOptions options)
    {
        if (options.MaxRetries is < 0 or > MaxRetriesBound)
        {
            throw new ArgumentException($"'MaxRetries' must be 0 to {MaxRetriesBound}.", nameof(options));
        }

        if (options.Delay <= TimeSpan.Zero || options.MaxDelay < options.Delay || options.MaxDelay > TimeSpan.FromDays(1))
        {
            throw new ArgumentException("'Delay' must be above zero, 'MaxDelay' at least 'Delay' and at most a day.", nameof(options));
        }
    }
}
