using System.Collections.Immutable;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>
/// The states of an endpoint that a run has read when it planned first, or has written itself. Any other state is the change of another
/// run, and a plan that replaces it would undo that change.
/// </summary>
/// <param name="Traffic">The traffic.</param>
/// <param name="Deployments">What deployments ran, by name in lower case; null where there was no such deployment.</param>
/// <param name="EndpointChanges">What the first plan had to change in the endpoint; null where there was no endpoint.</param>
internal sealed record KnownStates(
    ImmutableList<TrafficMap> Traffic, ImmutableDictionary<string, ImmutableList<RememberedDeployment?>> Deployments, ImmutableList<PlanChange>? EndpointChanges)
{
    /// <summary>What a first plan has read.</summary>
    public static KnownStates Of(EndpointResource? endpoint, IReadOnlyList<DeploymentResource> deployments, IEnumerable<PlanChange> endpointChanges) => new(
        [new TrafficMap(endpoint?.Traffic ?? new Dictionary<string, int>())],
        deployments.ToImmutableDictionary(static d => d.Name.ToLowerInvariant(), static d => ImmutableList.Create<RememberedDeployment?>(RememberedDeployment.Of(d))),
        endpoint is null ? null : [.. endpointChanges]);

    /// <summary>These states after the run has set traffic: what was there before would be another run's change.</summary>
    public KnownStates With(TrafficMap traffic) => this with { Traffic = [traffic] };

    /// <summary>These states after the run has deployed.</summary>
    public KnownStates With(string deployment, RememberedDeployment written) =>
        this with { Deployments = Deployments.SetItem(deployment.ToLowerInvariant(), [written]) };

    /// <summary>These states and those of another flow of the run that is deployed to the same endpoint.</summary>
    public KnownStates With(KnownStates other) => new(
        Traffic.AddRange(other.Traffic),
        other.Deployments.Aggregate(Deployments, static (all, next) => all.SetItem(next.Key, next.Value.AddRange(all.GetValueOrDefault(next.Key) ?? []))),
        EndpointChanges ?? other.EndpointChanges);

    /// <summary>Whether an endpoint's traffic is known.</summary>
    public bool Has(TrafficMap traffic) => Traffic.Contains(traffic);

    /// <summary>Whether a deployment runs what it is known to have run; null: it does not exist.</summary>
    public bool Has(string deployment, DeploymentResource? now)
    {
        var current = now is null ? null : RememberedDeployment.Of(now);
        return StatesOf(deployment.ToLowerInvariant()).Exists(known => known is null || current is null ? known == current : known.Matches(current));
    }

    /// <summary>Whether the endpoint has only the differences from its file that the first plan found too.</summary>
    public bool Has(IEnumerable<PlanChange> endpointChanges) => EndpointChanges is not null && endpointChanges.All(EndpointChanges.Contains);

    private ImmutableList<RememberedDeployment?> StatesOf(string name) => Deployments.GetValueOrDefault(name) ?? [null];
}
