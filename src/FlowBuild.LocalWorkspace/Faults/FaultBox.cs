using System.Text.RegularExpressions;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Faults;

/// <summary>The faults that are on, and how often each has matched. They live as long as the process.</summary>
internal sealed class FaultBox
{
    private static readonly TimeSpan MatchLimit = TimeSpan.FromSeconds(1);
    private readonly object _gate = new();
    private readonly Dictionary<object, int> _matches = new(ReferenceEqualityComparer.Instance);
    private FaultPlan _plan = new();

    /// <summary>The faults that are on; setting them begins all counts anew.</summary>
    public FaultPlan Plan
    {
        get
        {
            lock (_gate)
            {
                return _plan;
            }
        }

        set
        {
            lock (_gate)
            {
                _plan = value;
                _matches.Clear();
            }
        }
    }

    /// <summary>The fault that hits a call, or null.</summary>
    public CallFault? Hit(string method, string target) => Hit(
        Plan.Calls,
        fault => (fault.Method is null || string.Equals(fault.Method, method, StringComparison.OrdinalIgnoreCase))
            && (fault.Path is null || Regex.IsMatch(target, fault.Path, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, MatchLimit)),
        static fault => (fault.Nth, fault.Times));

    /// <summary>The fault that hits an operation, or null.</summary>
    public OperationFault? Hit(StoredOperation operation) => Hit(
        Plan.Operations,
        fault => (fault.Kind is null || fault.Kind == operation.Kind)
            && (fault.Endpoint is null || string.Equals(fault.Endpoint, operation.Endpoint, StringComparison.OrdinalIgnoreCase))
            && (fault.Deployment is null || string.Equals(fault.Deployment, operation.Deployment, StringComparison.OrdinalIgnoreCase)),
        static fault => (fault.Nth, fault.Times));

    /// <summary>Whether the caller's roles do not allow an action.</summary>
    public bool Denies(string action) => (Plan.DeniedActions ?? []).Any(denied => denied.EndsWith('*')
        ? action.StartsWith(denied[..^1], StringComparison.OrdinalIgnoreCase)
        : string.Equals(action, denied, StringComparison.OrdinalIgnoreCase));

    /// <summary>The endpoint of another workspace with this ARM id, or null.</summary>
    public EndpointElsewhere? FindElsewhere(Guid subscription, string id) =>
        (Plan.EndpointsElsewhere ?? []).FirstOrDefault(e => string.Equals(e.IdIn(subscription), id, StringComparison.OrdinalIgnoreCase));

    private T? Hit<T>(IReadOnlyList<T>? faults, Func<T, bool> matches, Func<T, (int Nth, int Times)> span)
        where T : class
    {
        lock (_gate)
        {
            T? hit = null;
            foreach (var fault in (faults ?? []).Where(matches))
            {
                var count = _matches[fault] = _matches.GetValueOrDefault(fault) + 1;
                var (nth, times) = span(fault);
                hit ??= count >= nth && count < nth + times ? fault : null;
            }

            return hit;
        }
    }
}
