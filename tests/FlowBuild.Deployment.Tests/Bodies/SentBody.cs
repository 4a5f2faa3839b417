using System.Text.Json.Nodes;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests.Bodies;

/// <summary>A body that a deployment sends with PUT.</summary>
/// <param name="Origin">The file that it comes from, for messages.</param>
/// <param name="Operation">The operation in Azure's API description.</param>
/// <param name="Type">The resource's type.</param>
/// <param name="Name">The resource's name, with those of its parents below the workspace.</param>
/// <param name="Body">The body.</param>
internal sealed record SentBody(string Origin, string Operation, string Type, string Name, JsonObject Body)
{
    private const string Provider = "Microsoft.MachineLearningServices/workspaces/";

    /// <summary>What a plan sends.</summary>
    public static IEnumerable<SentBody> Of(string origin, DeploymentPlan plan)
    {
        foreach (var step in plan.Steps)
        {
            switch (step)
            {
                case VersionStep version:
                    var operation = version.Collection switch { "models" => "ModelVersions", "environments" => "EnvironmentVersions", "codes" => "CodeVersions", _ => "DataVersions" };
                    yield return new SentBody(
                        origin, operation + "_CreateOrUpdate", $"{Provider}{version.Collection}/versions", $"{version.Name}/{version.Version}", version.Body);
                    break;
                case EndpointStep endpoint:
                    yield return Endpoint(origin, endpoint.Name, endpoint.Body);
                    break;
                case DeploymentStep deployment:
                    yield return Deployment(origin, plan.Endpoint, deployment.Name, deployment.Body);
                    if (deployment.Previous is not null)
                    {
                        yield return Deployment(origin + " (put back)", plan.Endpoint, deployment.Name + "-before", deployment.Previous);
                    }

                    break;
            }
        }
    }

    /// <summary>The body of an endpoint.</summary>
    public static SentBody Endpoint(string origin, string name, JsonObject body) =>
        new(origin, "OnlineEndpoints_CreateOrUpdate", Provider + "onlineEndpoints", name, body);

    /// <summary>The body of a deployment.</summary>
    public static SentBody Deployment(string origin, string endpoint, string name, JsonObject body) =>
        new(origin, "OnlineDeployments_CreateOrUpdate", Provider + "onlineEndpoints/deployments", $"{endpoint}/{name}", body);
}
