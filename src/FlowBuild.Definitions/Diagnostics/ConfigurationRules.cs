namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW4xxx: properties, items and credentials of the build.</summary>
public static class ConfigurationRules
{
    /// <summary>No workspace is named.</summary>
    public static readonly DiagnosticRule WorkspaceNotConfigured = new(
        "FLOW4001", "No workspace is configured", "No workspace is configured: {0}", RuleSeverity.Error);

    /// <summary>A source names a part of the workspace only.</summary>
    public static readonly DiagnosticRule WorkspaceIncomplete = new(
        "FLOW4002",
        "The workspace is named in part",
        "The workspace is named in part, without {1} ({0}); name subscription, resource group and workspace in one place",
        RuleSeverity.Error);

    /// <summary>The subscription id is no GUID.</summary>
    public static readonly DiagnosticRule InvalidSubscription = new(
        "FLOW4003",
        "The subscription id is no GUID",
        "The subscription id from {0} is no GUID; 'az account show --query id' prints it",
        RuleSeverity.Error);

    /// <summary>The word of FlowCredential is not known.</summary>
    public static readonly DiagnosticRule UnknownCredential = new(
        "FLOW4004", "FlowCredential is not known", "FlowCredential='{0}' is not known; write one of {1}", RuleSeverity.Error);

    /// <summary>The project has no flow.</summary>
    public static readonly DiagnosticRule NoFlow = new(
        "FLOW4005",
        "The project has no flow",
        "The project has no PromptFlow item, so there is nothing to do; add a folder with a flow.dag.yaml",
        RuleSeverity.Warning);

    /// <summary>No flow of the project has a deployment file.</summary>
    public static readonly DiagnosticRule NoDeployment = new(
        "FLOW4006",
        "No flow names a deployment",
        "Nothing is deployed: no deployment file is named for {0}; {1}",
        RuleSeverity.Error);

    /// <summary>Two items end at the same deployment.</summary>
    public static readonly DiagnosticRule SameDeployment = new(
        "FLOW4007",
        "Two flows share a deployment",
        "The flows '{0}' and '{1}' both deploy to '{2}'; give one of them a deployment of its own",
        RuleSeverity.Error);

    /// <summary>The model's path is not the flow's folder.</summary>
    public static readonly DiagnosticRule ModelPathOutside = new(
        "FLOW4008",
        "The model's path lies outside the flow's folder",
        "The model's path '{0}' lies outside the flow's folder '{1}'; write '{2}', or leave path out",
        RuleSeverity.Error);

    /// <summary>Endpoint file and deployment file name different endpoints.</summary>
    public static readonly DiagnosticRule EndpointNamesDiffer = new(
        "FLOW4009",
        "The files name different endpoints",
        "'endpoint_name' is '{0}' here and the endpoint file names '{1}'; write the same name in both",
        RuleSeverity.Error);

    /// <summary>Endpoint and deployment are of different kinds.</summary>
    public static readonly DiagnosticRule KindsDiffer = new(
        "FLOW4010",
        "Endpoint and deployment are of different kinds",
        "The endpoint is {0} and the deployment is {1}; a Kubernetes endpoint has 'compute', a Kubernetes deployment 'type: kubernetes'",
        RuleSeverity.Error);

    /// <summary>No credential could get a token.</summary>
    public static readonly DiagnosticRule NotSignedIn = new(
        "FLOW4011",
        "No credential for Azure",
        "No token for Azure could be got with FlowCredential={0}; {1}. Azure.Identity says: {2}",
        RuleSeverity.Error);

    /// <summary>A property of the build has a value that cannot be read, or does not fit the workspace.</summary>
    public static readonly DiagnosticRule InvalidProperty = new(
        "FLOW4012", "A property cannot be used", "{0}='{1}' cannot be used: {2}", RuleSeverity.Error);

    /// <summary>A deployment variable names another workspace, endpoint or deployment than the real one.</summary>
    public static readonly DiagnosticRule OverrideDisagrees = new(
        "FLOW4013",
        "PRT_CONFIG_OVERRIDE disagrees with the deployment",
        "PRT_CONFIG_OVERRIDE says {0}={1}, the real name is '{2}'; correct it, or leave the variable out: it is then filled in",
        RuleSeverity.Error);

    /// <summary>The endpoint is named by no file and does not exist.</summary>
    public static readonly DiagnosticRule EndpointFileMissing = new(
        "FLOW4014",
        "The endpoint does not exist and no file describes it",
        "The endpoint '{0}' does not exist in the workspace, and no endpoint file describes it; add endpoint.yml beside the project",
        RuleSeverity.Error);

    /// <summary>The request file of verification or invocation cannot be used.</summary>
    public static readonly DiagnosticRule InvalidRequestFile = new(
        "FLOW4015", "The request file cannot be used", "The request file '{0}' cannot be used: {1}", RuleSeverity.Error);

    /// <summary>A part of the build is missing that a target needs.</summary>
    public static readonly DiagnosticRule ToolMissing = new(
        "FLOW4016", "A part of FlowBuild is missing", "'{0}' is missing: {1}", RuleSeverity.Error);

    /// <summary>The build host cannot run the tasks.</summary>
    public static readonly DiagnosticRule HostTooOld = new(
        "FLOW4017",
        "The build host cannot run the targets",
        "FlowBuild's targets need MSBuild 18 or the dotnet command; run 'dotnet publish -t:DeployFlow'",
        RuleSeverity.Error);

    /// <summary>A property that a target needs is not set.</summary>
    public static readonly DiagnosticRule PropertyMissing = new(
        "FLOW4018", "A property is not set", "{0} needs the property {1}: {2}", RuleSeverity.Error);

    /// <summary>A deployment file lies beside the project and no flow takes it.</summary>
    public static readonly DiagnosticRule UnusedDeploymentFile = new(
        "FLOW4019",
        "No flow takes the deployment file",
        "No PromptFlow item names this deployment file, so its flow is not deployed; set the metadata Deployment of the item, or remove the file",
        RuleSeverity.Warning);

    /// <summary>The C# compiler cannot load the generator.</summary>
    public static readonly DiagnosticRule CompilerTooOld = new(
        "FLOW4020",
        "The compiler is too old for the generator",
        "FlowBuild needs the C# compiler 4.8 or later and this build uses {0}; use Visual Studio 2022 17.8 or the .NET SDK 8.0.100, or later",
        RuleSeverity.Error);

    /// <summary>An item names an endpoint and no deployment.</summary>
    public static readonly DiagnosticRule EndpointOnly = new(
        "FLOW4021",
        "The flow has an endpoint file and no deployment file",
        "The flow '{0}' has no deployment file, so only its endpoint is made and the flow is not deployed; add deployment.yml beside the project, or set the item's Deployment",
        RuleSeverity.Warning);

    /// <summary>The deployment runs a model that is not made of the item's flow.</summary>
    public static readonly DiagnosticRule FlowNotDeployed = new(
        "FLOW4022",
        "The deployment's model is not the flow",
        "The model '{0}' is not the flow, and the flow '{1}' is not deployed; name the model in model.yml with the flow's folder as path, or leave 'model' out",
        RuleSeverity.Warning);

    /// <summary>A file of the build cannot be read or written.</summary>
    public static readonly DiagnosticRule FileNotUsable = new(
        "FLOW4023",
        "A file cannot be read or written",
        "A file cannot be read or written: {0}; make it usable for the user who builds",
        RuleSeverity.Error);

    /// <summary>What a good deployment says about itself cannot be written.</summary>
    public static readonly DiagnosticRule ResultNotWritten = new(
        "FLOW4024",
        "The result of a deployment is not written",
        "The deployment stands, but its result could not be written: {0}",
        RuleSeverity.Warning);

    /// <summary>The user secrets cannot take the connection.</summary>
    public static readonly DiagnosticRule UserSecretsNotWritten = new(
        "FLOW4025",
        "The connection is not in the user secrets",
        "The deployment stands, but the connection of {0} is not in the user secrets: '{1}' {2}; mend the file, or set FlowWriteUserSecrets=false",
        RuleSeverity.Warning);

    /// <summary>A metadata name of an item that is nearly one of FlowBuild's.</summary>
    public static readonly DiagnosticRule ItemMetadataUnknown = new(
        "FLOW4026",
        "An item's metadata is not known",
        "The metadata '{1}' of the PromptFlow item '{0}' is not known and has no effect; did you mean '{2}'?",
        RuleSeverity.Warning);

    /// <summary>The property Flow names a flow that the project does not have, or several at once.</summary>
    public static readonly DiagnosticRule FlowNotSelected = new(
        "FLOW4027", "The property Flow selects no flow", "Flow='{0}' {1}; write one of: {2}", RuleSeverity.Error);

    /// <summary>A target was called on a solution that has projects without FlowBuild.</summary>
    public static readonly DiagnosticRule SolutionNotDeployable = new(
        "FLOW4028",
        "The target cannot run on the solution",
        "FlowBuild's targets cannot run on the solution '{0}', since these projects do not have them: {1}; nothing was sent, name a project instead, or add the Directory.Solution.targets of docs/ci.md",
        RuleSeverity.Error);

    /// <summary>A property of the build whose name is nearly one of FlowBuild's.</summary>
    public static readonly DiagnosticRule PropertyUnknown = new(
        "FLOW4029",
        "A property is not known",
        "The property '{0}' is not a FlowBuild property and has no effect; did you mean '{1}'?",
        RuleSeverity.Warning);

    /// <summary>FlowDeploymentName names a deployment that no endpoint of the project has.</summary>
    public static readonly DiagnosticRule DeploymentUnknown = new(
        "FLOW4030",
        "The deployment does not exist",
        "FlowDeploymentName='{0}': no endpoint of the selected flows has this deployment; write one of: {1}",
        RuleSeverity.Error);

    /// <summary>The deployment file of a flow that the property Flow leaves out cannot be read.</summary>
    public static readonly DiagnosticRule OtherFlowUnreadable = new(
        "FLOW4031",
        "The deployment file of another flow cannot be read",
        "The deployment file of the flow '{0}', which Flow leaves out, cannot be read, so it is not known which deployment to keep; correct the file",
        RuleSeverity.Error);

    /// <summary>The path of a flow holds a control character.</summary>
    public static readonly DiagnosticRule FlowPathUnusable = new(
        "FLOW4041",
        "The path of a flow holds a line break",
        "The path of a flow holds a line break or another control character, shown as '?' in '{0}'; rename the folder, or exclude it with DefaultItemExcludes",
        RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
    [
        WorkspaceNotConfigured, WorkspaceIncomplete, InvalidSubscription, UnknownCredential, NoFlow, NoDeployment, SameDeployment,
        ModelPathOutside, EndpointNamesDiffer, KindsDiffer, NotSignedIn, InvalidProperty, OverrideDisagrees, EndpointFileMissing,
        InvalidRequestFile, ToolMissing, HostTooOld, PropertyMissing, UnusedDeploymentFile, CompilerTooOld, EndpointOnly, FlowNotDeployed,
        FileNotUsable, ResultNotWritten, UserSecretsNotWritten, ItemMetadataUnknown, FlowNotSelected, SolutionNotDeployable,
        PropertyUnknown, DeploymentUnknown, OtherFlowUnreadable, FlowPathUnusable,
    ];
}
