using Azure.Core;
using Azure.Core.Pipeline;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Says of every request for a token that Azure.Identity sends again what came before. When it is sent again is left to
/// Azure.Identity, which treats a machine's own endpoint otherwise than Microsoft Entra's.
/// </summary>
internal sealed class SaidTokenRetries(IFlowLog log) : HttpPipelinePolicy
{
    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Say(message);
        try
        {
            ProcessNext(message, pipeline);
        }
        catch (Exception e)
        {
            Keep(message, e);
            throw;
        }

        Keep(message, $"HTTP {message.Response.Status}");
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Say(message);
        try
        {
            await ProcessNextAsync(message, pipeline).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Keep(message, e);
            throw;
        }

        Keep(message, $"HTTP {message.Response.Status}");
    }

    private void Say(HttpMessage message)
    {
        if (message.ProcessingContext.RetryNumber > 0 && message.TryGetProperty(typeof(SaidTokenRetries), out var before))
        {
            var address = message.Request.Uri.ToUri();
            log.Progress($"{message.Request.Method} {address.Host}{address.AbsolutePath}: {before}, sent again (try {message.ProcessingContext.RetryNumber + 1})");
        }
    }

    private static void Keep(HttpMessage message, Exception exception) => Keep(message, $"no answer ({SaidRetryPolicy.Reason(exception)})");

    private static void Keep(HttpMessage message, string outcome) => message.SetProperty(typeof(SaidTokenRetries), outcome);
}
