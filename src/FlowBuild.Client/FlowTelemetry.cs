using System.Diagnostics;

namespace FlowBuild;

/// <summary>
/// Spans of the whole call, from request to the end of the answer. <see cref="HttpClient"/> makes its own below them, which ends with the
/// answer's headers, and sends <c>traceparent</c>; so nothing here does.
/// </summary>
internal static class FlowTelemetry
{
    public const string SourceName = "FlowBuild.Client";

    private static readonly ActivitySource Source = new(SourceName);

    public static Activity? Start(string name, Uri scoringUri, string? deploymentName)
    {
        var activity = Source.StartActivity(name);
        if (activity is { IsAllDataRequested: true })
        {
            activity.SetTag("server.address", scoringUri.Host);
            activity.SetTag("server.port", scoringUri.Port);
            if (deploymentName is not null)
            {
                activity.SetTag("azureml.deployment.name", deploymentName);
            }
        }

        return activity;
    }

    /// <summary>Marks the span as failed. The status describes by type and code: messages may hold what a user wrote.</summary>
    public static void Fail(this Activity? activity, Exception exception)
    {
        if (activity is null)
        {
            return;
        }

        var request = exception as FlowRequestException;
        activity.SetStatus(ActivityStatusCode.Error, request?.Code);
        activity.SetTag("error.type", exception.GetType().FullName);
        if (request?.StatusCode is { } status)
        {
            activity.SetTag("http.response.status_code", (int)status);
        }

        if (request?.Node is { } node)
        {
            activity.SetTag("promptflow.node.name", node);
        }

        if (request?.RequestId is { } id)
        {
            activity.SetTag("azureml.request.id", id);
        }
    }
}
