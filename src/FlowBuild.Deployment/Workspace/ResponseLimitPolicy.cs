using Azure.Core;
using Azure.Core.Pipeline;

namespace FlowBuild.Deployment.Workspace;

/// <summary>
/// Bounds a response's size and the time in which its body arrives. Azure.Core reads a body into memory whole, and its own time-out
/// starts again with every byte.
/// </summary>
/// <param name="time">How long one body may take.</param>
internal sealed class ResponseLimitPolicy(TimeSpan time) : HttpPipelineSynchronousPolicy
{
    public override void OnReceivedResponse(HttpMessage message)
    {
        if (message.Response.ContentStream is { } content)
        {
            var request = $"{message.Request.Method} {SaidRetryPolicy.Subject(message.Request.Uri.ToUri())}";
            message.Response.ContentStream = new BoundedStream(content, time, request);
        }
    }
}
