using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment;

/// <summary>How a deployment is to go.</summary>
public sealed record DeploySettings
{
    /// <summary>All traffic to the deployment once it is good (FlowAllTraffic).</summary>
    public bool AllTraffic { get; init; }

    /// <summary>The traffic map once the deployment is good (FlowTraffic), or null.</summary>
    public TrafficMap? Traffic { get; init; }

    /// <summary>The mirrored traffic (FlowMirrorTraffic), or null.</summary>
    public TrafficMap? MirrorTraffic { get; init; }

    /// <summary>How long to wait for one operation (FlowTimeout).</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(60);

    /// <summary>Full path of the file with one request (FlowVerifyRequest), or null: the first element of the flow's samples.json.</summary>
    public string? VerifyRequestFile { get; init; }

    /// <summary>Start the deployment's operation and do not wait for it (FlowNoWait); verification and traffic are left to a later run.</summary>
    public bool NoWait { get; init; }

    /// <summary>The deployments that take turns (FlowSlots); empty when the file's own name counts.</summary>
    public IReadOnlyList<string> Slots { get; init; } = [];

    /// <summary>Percentages of traffic on the way to all of it (FlowRollout); empty: at once.</summary>
    public IReadOnlyList<int> Rollout { get; init; } = [];

    /// <summary>How long each step of a rollout is observed (FlowRolloutInterval).</summary>
    public TimeSpan RolloutInterval { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Lets a contract that breaks callers of the live one go out (FlowAllowBreakingChange).</summary>
    public bool AllowBreakingChange { get; init; }

    /// <summary>Deletes the endpoint's deployments without traffic once the deployment is good (FlowRetire).</summary>
    public bool Retire { get; init; }

    /// <summary>Asks the registry of a new environment's image whether it has the image (FlowCheckImage).</summary>
    public bool CheckImage { get; init; } = true;

    /// <summary>Gives the endpoint's identity the roles that it lacks (FlowGrantAccess).</summary>
    public bool GrantAccess { get; init; }

    /// <summary>The project's UserSecretsId, or empty: no user secrets are written.</summary>
    public string UserSecretsId { get; init; } = "";

    /// <summary>Keeps the connection of a local deployment in the project's user secrets (FlowWriteUserSecrets).</summary>
    public bool WriteUserSecrets { get; init; } = true;

    /// <summary>The deployment that a target which reads, deletes or rolls back acts on (FlowDeploymentName), in lower case, or null.</summary>
    public string? DeploymentName { get; init; }

    /// <summary>Deletes a deployment although it has traffic (FlowForce).</summary>
    public bool Force { get; init; }

    /// <summary>Goes on with the next flow of the project after one that failed (FlowContinueOnError).</summary>
    public bool ContinueOnError { get; init; }

    /// <summary>Register the next version although the files pin one (FlowModelVersion=auto).</summary>
    public bool NextModelVersion { get; init; }

    /// <summary>Tags of a model version that is registered, such as the source's commit.</summary>
    public IReadOnlyDictionary<string, string> ModelTags { get; init; } = new Dictionary<string, string>();

    /// <summary>The traffic that the properties ask for, or null.</summary>
    /// <exception cref="FlowDeploymentException">They ask for all of it and for something else.</exception>
    internal TrafficMap? RequestedTraffic(string deployment) =>
        !AllTraffic ? Traffic
        : Traffic is null || Traffic.Equals(TrafficMap.All(deployment)) ? TrafficMap.All(deployment)
        : throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowTraffic", Traffic.ToString(), "FlowAllTraffic=true says otherwise; name one of the two");
}
