using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Plan;

/// <summary>What a plan is made of.</summary>
/// <param name="Sources">The files of the flow.</param>
/// <param name="Package">The package of the item's own model; null when the model is not the item's.</param>
/// <param name="Settings">How the deployment is to go.</param>
/// <param name="Siblings">Deployments that other flows of the project have on the same endpoint.</param>
/// <param name="Known">What an earlier plan of the same run has found; null for the first plan.</param>
internal sealed record PlanInput(
    FlowSources Sources, FlowPackage? Package, DeploySettings Settings, IReadOnlyList<string> Siblings, KnownStates? Known = null);
