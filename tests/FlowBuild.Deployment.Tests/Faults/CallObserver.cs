using System.Diagnostics;
using Microsoft.AspNetCore.Http;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>
/// Hears of every call that reaches a local workspace of this process, before the workspace does anything: what it does with it holds
/// the call up. The same calls are counted as the workspace counts for its faults.
/// </summary>
internal sealed class CallObserver : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
{
    private const string Incoming = "Microsoft.AspNetCore.Hosting.HttpRequestIn";

    private readonly int[] _ports;
    private readonly Action<string> _onCall;
    private readonly List<IDisposable> _subscriptions = [];

    private CallObserver(LocalWorkspaceHost host, Action<string> onCall)
    {
        _ports = [host.ControlPlane.Port, host.Scoring.Port];
        _onCall = onCall;
    }

    /// <summary>Observes until it is disposed.</summary>
    /// <param name="host">The workspace.</param>
    /// <param name="onCall">Gets what the call is, in a few words; may be called side by side.</param>
    public static CallObserver Start(LocalWorkspaceHost host, Action<string> onCall)
    {
        var observer = new CallObserver(host, onCall);
        observer._subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(observer));
        return observer;
    }

    public void OnNext(DiagnosticListener value)
    {
        if (value.Name == "Microsoft.AspNetCore")
        {
            _subscriptions.Add(value.Subscribe(this, static (name, _, _) => name.StartsWith(Incoming, StringComparison.Ordinal)));
        }
    }

    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value is { Key: Incoming + ".Start", Value: HttpContext context } && _ports.Contains(context.Connection.LocalPort)
            && !context.Request.Path.StartsWithSegments("/local", StringComparison.Ordinal))
        {
            _onCall(Describe(context.Request));
        }
    }

    public void OnError(Exception error)
    {
    }

    public void OnCompleted()
    {
    }

    public void Dispose() => _subscriptions.ForEach(static s => s.Dispose());

    // What is asked for, less the names that differ from case to case.
    private static string Describe(HttpRequest request)
    {
        var path = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var what = path[0] switch
        {
            "flowbuildlocal" => request.Query["comp"].ToString() switch { "" => "blob", var comp => $"blob {comp}" },
            "endpoints" => "score",
            "subscriptions" when path.Length > 8 => string.Join('/', path[8..].Where(static (_, i) => i % 2 == 0)) + (path.Length % 2 == 0 ? "/{}" : ""),
            "subscriptions" when path.Length == 8 => "workspace",
            _ => path[^1],
        };
        return $"{request.Method} {what}";
    }
}
