using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Deployments;

/// <summary>How callers authenticate to an endpoint.</summary>
public enum EndpointAuthMode
{
    /// <summary><c>key</c>: two keys that do not expire.</summary>
    Key,

    /// <summary><c>aml_token</c>: tokens of the workspace that expire.</summary>
    AmlToken,

    /// <summary><c>aad_token</c>: Microsoft Entra tokens.</summary>
    AadToken,
}

/// <summary>What an endpoint file says.</summary>
/// <param name="Name">3 to 32 characters, letters, digits and single hyphens; unique in the Azure region.</param>
/// <param name="AuthMode">Default <see cref="EndpointAuthMode.Key"/>.</param>
/// <param name="Compute">The Kubernetes compute (<c>azureml:name</c> or an ARM id after the prefix); its presence makes the endpoint
/// a Kubernetes endpoint.</param>
/// <param name="Description">Free text, or null.</param>
/// <param name="Tags">Tags of the endpoint.</param>
/// <param name="Properties">Properties of the endpoint; can be added and never changed in the service.</param>
/// <param name="Identity">The identity block, or null: the service then makes a system-assigned one.</param>
/// <param name="PublicNetworkAccess">True for enabled, false for disabled, null when not said (the service enables it).</param>
/// <param name="Traffic">Percentages by deployment name (lower case), or empty.</param>
/// <param name="MirrorTraffic">At most one percentage by deployment name, or empty.</param>
public sealed record EndpointSpec(
    Located<string> Name,
    EndpointAuthMode AuthMode,
    Located<string>? Compute,
    string? Description,
    EquatableArray<KeyValuePair<string, string>> Tags,
    EquatableArray<KeyValuePair<string, string>> Properties,
    EndpointIdentity? Identity,
    bool? PublicNetworkAccess,
    EquatableArray<KeyValuePair<string, Located<int>>> Traffic,
    EquatableArray<KeyValuePair<string, Located<int>>> MirrorTraffic)
{
    /// <summary>Whether the endpoint runs on a Kubernetes compute.</summary>
    public bool IsKubernetes => Compute is not null;
}

/// <summary>The identity of an endpoint.</summary>
/// <param name="SystemAssigned">A system-assigned identity.</param>
/// <param name="UserAssigned">ARM ids of user-assigned identities; az ml takes one at most.</param>
public sealed record EndpointIdentity(bool SystemAssigned, EquatableArray<Located<string>> UserAssigned);
