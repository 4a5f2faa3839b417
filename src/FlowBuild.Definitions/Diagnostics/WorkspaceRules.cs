namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW5xxx: what the workspace or the service answered.</summary>
public static class WorkspaceRules
{
    /// <summary>The workspace refused or failed a request.</summary>
    public static readonly DiagnosticRule RequestFailed = new(
        "FLOW5001", "The workspace refused a request", "{0}", RuleSeverity.Error);

    /// <summary>An operation of the workspace ended in failure.</summary>
    public static readonly DiagnosticRule OperationFailed = new(
        "FLOW5002", "An operation failed in the workspace", "{0} failed with {1}: {2} {3}", RuleSeverity.Error);

    /// <summary>An operation takes longer than the user wants to wait.</summary>
    public static readonly DiagnosticRule OperationTimedOut = new(
        "FLOW5003",
        "An operation did not finish in time",
        "{0} did not finish within {1} and goes on in the workspace; run the target again to wait for it, or raise FlowTimeout",
        RuleSeverity.Error);

    /// <summary>A pinned model version holds other content.</summary>
    public static readonly DiagnosticRule ModelVersionTaken = new(
        "FLOW5004",
        "The model version holds other content",
        "Version {0} of {1} holds other content; write 'azureml:{1}@latest', another version, or set FlowModelVersion=auto",
        RuleSeverity.Error);

    /// <summary>An asset that a file refers to is not in the workspace.</summary>
    public static readonly DiagnosticRule AssetNotFound = new(
        "FLOW5005", "An asset is not in the workspace", "The {0} '{1}' is not in the workspace '{2}'; {3}", RuleSeverity.Error);

    /// <summary>The new deployment did not answer as it should.</summary>
    public static readonly DiagnosticRule VerificationFailed = new(
        "FLOW5006", "The deployment did not answer the test request", "The deployment '{0}' did not answer the test request: {1}; {2}", RuleSeverity.Error);

    /// <summary>The workspace could not be reached.</summary>
    public static readonly DiagnosticRule Unreachable = new(
        "FLOW5007", "The workspace cannot be reached", "The workspace at {0} cannot be reached: {1}", RuleSeverity.Error);

    /// <summary>The endpoint or deployment is not there.</summary>
    public static readonly DiagnosticRule NotDeployed = new(
        "FLOW5008", "The endpoint is not deployed", "{0} is not in the workspace '{1}'; run the target DeployFlow first", RuleSeverity.Error);

    /// <summary>The service shows another traffic than the one that was set.</summary>
    public static readonly DiagnosticRule TrafficNotSet = new(
        "FLOW5009",
        "The traffic was not set",
        "The endpoint '{0}' shows traffic {1} after {2} was set; another change may have come between, run the target again",
        RuleSeverity.Error);

    /// <summary>The service sends requests elsewhere.</summary>
    public static readonly DiagnosticRule ForeignAddress = new(
        "FLOW5010",
        "The workspace names a foreign address",
        "The workspace answered with an address outside itself ({0}); credentials are not sent there",
        RuleSeverity.Error);

    /// <summary>A call of the endpoint failed.</summary>
    public static readonly DiagnosticRule InvocationFailed = new(
        "FLOW5011", "The endpoint answered with an error", "The endpoint '{0}' answered {1}", RuleSeverity.Error);

    /// <summary>Another change is in progress.</summary>
    public static readonly DiagnosticRule EndpointBusy = new(
        "FLOW5012",
        "The endpoint is being changed",
        "The endpoint '{0}' is being changed by another operation ({1}); run the target again when that is done",
        RuleSeverity.Error);

    /// <summary>A pinned environment version holds something else.</summary>
    public static readonly DiagnosticRule EnvironmentVersionTaken = new(
        "FLOW5013",
        "The environment version holds something else",
        "Version {0} of the environment {1} is registered with another '{2}', and versions cannot be changed; write another version, or leave it out",
        RuleSeverity.Error);

    /// <summary>There is nothing to go back to.</summary>
    public static readonly DiagnosticRule NoRollback = new(
        "FLOW5014", "There is nothing to go back to", "The endpoint '{0}' cannot be rolled back: {1}", RuleSeverity.Error);

    /// <summary>The machine size cannot be used.</summary>
    public static readonly DiagnosticRule InstanceTypeUnusable = new(
        "FLOW5015", "The instance type cannot be used", "The instance type '{0}' {1} in the region '{2}'{3}", RuleSeverity.Error);

    /// <summary>The quota does not suffice.</summary>
    public static readonly DiagnosticRule QuotaExceeded = new(
        "FLOW5016",
        "The quota does not suffice",
        "{0} more cores are needed for {1} (a fifth more is reserved for upgrades), and the quota of {2} in '{3}' has {4} left; ask for quota, or choose a smaller instance_type or instance_count",
        RuleSeverity.Error);

    /// <summary>The new contract breaks the callers of the live one.</summary>
    public static readonly DiagnosticRule BreakingContract = new(
        "FLOW5017",
        "The contract breaks its callers",
        "The flow breaks callers of '{0}', which carries traffic: {1}; keep the contract, deploy to another endpoint, or set FlowAllowBreakingChange=true",
        RuleSeverity.Error);

    /// <summary>A connection that the flow names is not in the workspace.</summary>
    public static readonly DiagnosticRule ConnectionMissing = new(
        "FLOW5018",
        "A connection is not in the workspace",
        "The connection '{0}' of {1} is not in the workspace '{2}'; create it there, or set the environment variable {3} of the deployment{4}",
        RuleSeverity.Warning);

    /// <summary>The deployer may not do what the plan needs.</summary>
    public static readonly DiagnosticRule PermissionMissing = new(
        "FLOW5019",
        "The signed-in identity may not deploy",
        "The signed-in identity may not do this in the workspace '{0}': {1}; let an owner run: az role assignment create --assignee <your object id> --role \"AzureML Data Scientist\" --scope {2}",
        RuleSeverity.Error);

    /// <summary>The endpoint's identity lacks a role.</summary>
    public static readonly DiagnosticRule RoleMissing = new(
        "FLOW5020",
        "The endpoint's identity lacks a role",
        "The identity of the endpoint '{0}' lacks the role '{1}' at '{2}', {3}; set FlowGrantAccess=true, or run: {4}",
        RuleSeverity.Warning);

    /// <summary>A role could not be given.</summary>
    public static readonly DiagnosticRule RoleNotGiven = new(
        "FLOW5021",
        "A role could not be given to the endpoint's identity",
        "The role '{0}' at '{1}' could not be given to the endpoint's identity ({2}); let an owner run: {3}",
        RuleSeverity.Error);

    /// <summary>AZURE_CLIENT_ID names another identity than the endpoint's.</summary>
    public static readonly DiagnosticRule ClientIdDisagrees = new(
        "FLOW5022",
        "AZURE_CLIENT_ID is not the endpoint's identity",
        "AZURE_CLIENT_ID is not the client id of the endpoint's identity '{0}'; write '{1}', or leave the variable out: it is then filled in",
        RuleSeverity.Warning);

    /// <summary>Another workspace of the region has an endpoint of the same name.</summary>
    public static readonly DiagnosticRule EndpointNameTaken = new(
        "FLOW5023",
        "The endpoint's name is taken",
        "The workspace '{1}' of the resource group '{2}' has an endpoint '{0}' in the region '{3}', and a name is given once in a region; write another name, or deploy to that workspace",
        RuleSeverity.Error);

    /// <summary>A container image is not in its registry.</summary>
    public static readonly DiagnosticRule ImageNotFound = new(
        "FLOW5024",
        "The container image does not exist",
        "The image '{0}' is not in the registry '{1}' ({2}); push it there, or correct its name",
        RuleSeverity.Error);

    /// <summary>A deployment with traffic is not deleted.</summary>
    public static readonly DiagnosticRule DeploymentHasTraffic = new(
        "FLOW5025",
        "The deployment has traffic",
        "The deployment '{0}' has {1} and was not deleted; move the traffic with SetFlowTraffic first, or set FlowForce=true",
        RuleSeverity.Error);

    /// <summary>A target failed for some of a project's flows.</summary>
    public static readonly DiagnosticRule FlowsFailed = new(
        "FLOW5026", "The target failed for some flows", "{0} failed for {1}{2}", RuleSeverity.Error);

    /// <summary>Another run changed what this run was changing.</summary>
    public static readonly DiagnosticRule ChangedByAnotherRun = new(
        "FLOW5027",
        "Another run changed the deployment",
        "{0} was changed by another run in the meantime, and that change was kept ({1}); run the target again if this run's change is to replace it",
        RuleSeverity.Error);

    /// <summary>No deployment of an endpoint has traffic.</summary>
    public static readonly DiagnosticRule NoTraffic = new(
        "FLOW5028",
        "No deployment has traffic",
        "No deployment of the endpoint '{0}' has traffic, so its callers get errors; run SetFlowTraffic with FlowTraffic=\"{1}=100\", or set FlowAllTraffic=true",
        RuleSeverity.Warning);

    /// <summary>The run was stopped, as by Ctrl+C.</summary>
    public static readonly DiagnosticRule Stopped = new(
        "FLOW5029", "The run was stopped", "Stopped: {0}", RuleSeverity.Warning);

    /// <summary>A datastore names an account that is not storage of the cloud.</summary>
    public static readonly DiagnosticRule DatastoreRefused = new(
        "FLOW5035",
        "A datastore does not lead to Azure Storage",
        "The datastore '{0}' names '{1}', so no file and no token is sent there: {2}; correct the datastore in the workspace, or name the workspace's cloud with FlowCloud",
        RuleSeverity.Error);

    /// <summary>A scoring URI must not be sent a key or token.</summary>
    public static readonly DiagnosticRule ScoringUriRefused = new(
        "FLOW5036",
        "No key or token is sent to the scoring URI",
        "The scoring URI of the endpoint '{0}' is at '{1}', so no key or token is sent there: {2}; check the endpoint and FlowCloud",
        RuleSeverity.Error);

    /// <summary>A response is too large, too slow or malformed.</summary>
    public static readonly DiagnosticRule ResponseUnusable = new(
        "FLOW5037",
        "A response of a service cannot be used",
        "The response of the service ({0}) cannot be used: {1}; run the target again, and when it stays, check what answers there, such as a proxy",
        RuleSeverity.Error);

    /// <summary>A key or token cannot be sent or written.</summary>
    public static readonly DiagnosticRule CredentialUnusable = new(
        "FLOW5038",
        "A key or token cannot be used",
        "The {0} cannot be used: it is empty or holds a blank, a line break or another character that is not printable ASCII; create it again in the workspace",
        RuleSeverity.Error);

    /// <summary>A fault of FlowBuild itself.</summary>
    public static readonly DiagnosticRule Unexpected = new(
        "FLOW5999",
        "Unexpected fault",
        "Unexpected fault in {0}: {1}; run again with -v:detailed and report it with the lines that follow there",
        RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        RequestFailed, OperationFailed, OperationTimedOut, ModelVersionTaken, AssetNotFound, VerificationFailed, Unreachable,
        NotDeployed, TrafficNotSet, ForeignAddress, InvocationFailed, EndpointBusy, EnvironmentVersionTaken, NoRollback, InstanceTypeUnusable,
        QuotaExceeded, BreakingContract, ConnectionMissing, PermissionMissing, RoleMissing, RoleNotGiven, ClientIdDisagrees, EndpointNameTaken,
        ImageNotFound, DeploymentHasTraffic, FlowsFailed, ChangedByAnotherRun, NoTraffic, Stopped, DatastoreRefused, ScoringUriRefused,
        ResponseUnusable, CredentialUnusable, Unexpected,
    ];
}
