namespace FlowBuild.Deployment.Tests;

/// <summary>A property, or metadata of an item, that changes what a target prints.</summary>
/// <param name="Name">The property or the metadata.</param>
/// <param name="Target">The target.</param>
/// <param name="Value">The value.</param>
/// <param name="Text">What the target prints with the value and not without it, or the other way round.</param>
/// <param name="Other">The properties of both runs, separated by semicolons.</param>
/// <param name="IsGone">The target prints the text only without the value.</param>
internal sealed record PropertyEffect(string Name, string Target, string Value, string Text, string Other = "", bool IsGone = false);

/// <summary>What each property and each metadata does. The rows run one after another on one workspace, each without its value first.</summary>
internal static class PropertyEffects
{
    private const string Subscription = "00000000-0000-0000-0000-000000000001";
    private const string Azure = $"FlowSubscriptionId={Subscription};FlowResourceGroup=group;FlowWorkspace=workspace";
    private const string InPart = "named in part, without ";

    public static IReadOnlyList<PropertyEffect> OfProperties { get; } =
    [
        // Which workspace.
        new("FlowWorkspace", "PlanFlow", "local", "Plan: no changes", ""),
        new("FlowWorkspace", "ShowFlow", "workspace", $"{InPart}FlowWorkspace", $"FlowSubscriptionId={Subscription};FlowResourceGroup=group", IsGone: true),
        new("FlowResourceGroup", "ShowFlow", "group", $"{InPart}FlowResourceGroup", $"FlowSubscriptionId={Subscription};FlowWorkspace=other", IsGone: true),
        new("FlowSubscriptionId", "ShowFlow", Subscription, $"{InPart}FlowSubscriptionId", "FlowResourceGroup=group;FlowWorkspace=third", IsGone: true),
        new("FlowCredential", "ShowFlow", "Environment", "AZURE_CLIENT_SECRET", Azure),
        new("FlowCloud", "ShowFlow", "Moon", "FlowCloud='Moon' cannot be used", Azure),
        new("FlowUseAzureCliDefaults", "DeployFlow", "true", "set FlowUseAzureCliDefaults=true", "FlowCredential=Environment", IsGone: true),
        new("FlowApiVersion", "PlanFlow", "2020-01-01", "2020-01-01", Local()),

        // Which flow, and which files.
        new("Flow", "PlanFlow", "tell", "ask-endpoint", Local("several"), IsGone: true),
        new("FlowEndpointFile", "PlanFlow", "other-endpoint.yml", "other-endpoint", Local("defaults")),
        new("FlowDeploymentFile", "PlanFlow", "wait.yml", "Plan for basic-chat-endpoint/first", Local("defaults")),
        new("FlowModelFile", "PlanFlow", "pinned.yml", "pinned-model:7", Local("defaults") + ";FlowDeploymentFile=plain.yml"),
        new("FlowTargetFramework", "PlanFlow", "net10.0", "the target framework is net10.0", Local("frameworks")),
        new("FlowAllowOutsideFiles", "PlanFlow", "true", "Plan for outside-endpoint/blue", Local("outside")),
        new("FlowSet", "PlanFlow", "instance_count=2", "instance_count: 1 -> 2", Local()),
        new("FlowModelVersion", "PlanFlow", "auto", "-> pinned-model:1", Local("pinned")),

        // How a deployment goes.
        new("FlowAllTraffic", "PlanFlow", "true", "green=100", Local("green")),
        new("FlowTraffic", "PlanFlow", "blue=60 green=40", "blue=60 green=40", Local("green")),
        new("FlowMirrorTraffic", "PlanFlow", "green=20", "green=20", Local("green")),
        new("FlowSlots", "PlanFlow", "blue green", "slot green", Local() + ";FlowSet=instance_count=2"),
        new("FlowRollout", "PlanFlow", "25 100", "blue=75 green=25, then green=100", Local("green") + ";FlowAllTraffic=true"),
        new("FlowRetire", "PlanFlow", "true", "FlowRetire is set", Local("green") + ";FlowAllTraffic=true"),
        new("FlowGrantAccess", "PlanFlow", "true", "+ role", Local()),
        new("FlowVerifyRequest", "PlanFlow", "second.json", "one request from second.json", Local() + ";FlowSet=instance_count=2"),
        new("FlowAllowBreakingChange", "PlanFlow", "true", "Plan for basic-chat-endpoint/blue", Local("breaking")),
        // What is waited for would take minutes here; that the values are read is seen by one that cannot be used.
        new("FlowTimeout", "PlanFlow", "soon", "FlowTimeout='soon' cannot be used: write a whole number of minutes", Local()),
        new("FlowRolloutInterval", "PlanFlow", "0", "FlowRolloutInterval='0' cannot be used: write a whole number of seconds", Local()),
        new("FlowNoWait", "DeployFlow", "true", "(started, not verified)", Local("wait")),
        new("FlowContinueOnError", "DeployFlow", "true", "live: 'tell' (endpoint tell-endpoint) blue 100 %", Local("failing")),
        new("FlowWriteUserSecrets", "DeployFlow", "false", "are in the project's user secrets", Local("secrets"), IsGone: true),

        // What is deployed.
        new("FlowRequestFile", "InvokeFlow", "second.json", "the second answer", Local()),
        new("FlowDeploymentName", "ShowFlow", "green", "  blue ", Local(), IsGone: true),
        new("FlowContainer", "GetFlowLogs", "storage-initializer", "StorageInitializer", Local()),
        new("FlowLogTail", "GetFlowLogs", "1", "Start promptflow server", Local(), IsGone: true),
        new("FlowCredentialsFile", "GetFlowCredentials", "obj/credentials.json", "obj/credentials.json", Local()),
        new("FlowOpenBrowser", "OpenFlow", "false", "opened in the browser", Local(), IsGone: true),
        new("FlowForce", "DeleteFlowDeployment", "true", "basic-chat-endpoint/blue: deleted", Local() + ";FlowConfirm=true"),
        new("FlowConfirm", "DeleteFlowEndpoint", "true", "basic-chat-endpoint: deleted", Local()),
    ];

    /// <summary>The metadata that the targets read; the others are the generator's.</summary>
    public static IReadOnlyList<PropertyEffect> OfMetadata { get; } =
    [
        new("Endpoint", "PlanFlow", "other-endpoint.yml", "other-endpoint", Local("metadata") + ";DeploymentMetadata=plain.yml"),
        new("Deployment", "PlanFlow", "green.yml", "basic-chat-endpoint/green", Local("metadata") + ";EndpointMetadata=endpoint.yml"),
        new("Model", "PlanFlow", "pinned.yml", "pinned-model:7", Local("metadata") + ";EndpointMetadata=endpoint.yml;DeploymentMetadata=plain.yml"),
    ];

    /// <summary>What a local workspace starts with; a test of its own starts one.</summary>
    public static IReadOnlyList<string> OfStart { get; } = ["FlowServeCommand", "FlowLocalIdleTimeout"];

    /// <summary>Those whose effect needs a registry or a compiled project, which tests of their own have.</summary>
    public static IReadOnlyList<string> OfOtherTests { get; } = ["FlowCheckImage", "FlowCheckFolder"];

    private static string Local(string kind = "") => kind.Length == 0 ? "FlowWorkspace=local" : $"FlowWorkspace=local;Case={kind}";
}
