using System.Globalization;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Naming;
using FlowBuild.Deployment;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;
using Microsoft.Build.Framework;

namespace FlowBuild.Tasks;

/// <summary>Reads the settings item. Nothing here is secret: MSBuild records what is handed to a task.</summary>
internal sealed class FlowTaskSettings(ITaskItem settings, ITaskItem[] flows, string serveCommand, bool isFlowGlobal)
{
    public string ProjectFile => Text("ProjectFile");

    public string ProjectName => Path.GetFileNameWithoutExtension(ProjectFile);

    public string ProjectDirectory => Path.GetDirectoryName(ProjectFile)!;

    /// <summary>What makes two deployers different.</summary>
    public string Key => "FlowBuild:" + string.Join('|', Names(settings).Select(name => $"{name}={settings.GetMetadata(name)}"))
        + string.Concat(flows.Select(f => $"|{f.ItemSpec};{f.GetMetadata("Endpoint")};{f.GetMetadata("Deployment")};{f.GetMetadata("Model")}"));

    /// <summary>The project with the flows that the property Flow selects.</summary>
    public FlowProject Project => FlowSelection.Select(
        new FlowProject(ProjectName, ProjectDirectory, Items(), null, Flag("AllowOutsideFiles"), FlowOverrides.Parse(Text("Set"), Environment.GetEnvironmentVariable))
        {
            HasSlots = List("Slots").Length > 0,
        },
        SelectedFlows);

    // MSBuild takes any environment variable as a property, whatever its case; a variable such as FLOW is somebody else's.
    private string[] SelectedFlows => Text("Flow").Length > 0 && Environment.GetEnvironmentVariable("Flow") is null
        && Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Any(variable => string.Equals((string)variable.Key, "Flow", StringComparison.OrdinalIgnoreCase) && (string?)variable.Value == Text("Flow"))
        && !isFlowGlobal
            ? []
            : List("Flow");

    /// <summary>The names of the project's flows that are deployed, for a record of settings that cannot be used.</summary>
    public IEnumerable<string> FlowNames => flows.Where(static flow => flow.GetMetadata("Deployment").Length > 0 || flow.GetMetadata("Endpoint").Length > 0)
        .Select(flow => Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(flow.ItemSpec, ProjectDirectory)))!);

    /// <summary>Whether OpenFlow opens a browser (FlowOpenBrowser, true).</summary>
    public bool OpensBrowser => Flag("OpenBrowser", unset: true);

    public WorkspaceSettings Workspace => new(
        ProjectDirectory, Text("SubscriptionId"), Text("ResourceGroup"), Text("Workspace"), Text("Credential"), Text("ApiVersion"),
        Flag("UseAzureCliDefaults"), Local)
    {
        Cloud = Text("Cloud"),
    };

    public LocalWorkspaceSettings Local => new(
        Text("LocalWorkspaceAssembly") is { Length: > 0 } assembly ? Path.GetFullPath(assembly, ProjectDirectory) : "",
        Text("DotNetHost"), "", Number("LocalIdleTimeout"), serveCommand);

    public DeploySettings Deployment => new()
    {
        AllTraffic = Flag("AllTraffic"),
        Traffic = Text("Traffic") is { Length: > 0 } traffic ? TrafficMap.Parse("FlowTraffic", traffic) : null,
        MirrorTraffic = Text("MirrorTraffic") is { Length: > 0 } mirror ? TrafficMap.Parse("FlowMirrorTraffic", mirror) : null,
        Timeout = TimeSpan.FromMinutes(Number("Timeout") ?? 60),
        VerifyRequestFile = FilePath("VerifyRequest"),
        NoWait = Flag("NoWait"),
        AllowBreakingChange = Flag("AllowBreakingChange"),
        Retire = Flag("Retire"),
        WriteUserSecrets = Flag("WriteUserSecrets", unset: true),
        UserSecretsId = Text("UserSecretsId"),
        GrantAccess = Flag("GrantAccess"),
        DeploymentName = Text("DeploymentName") is { Length: > 0 } name ? name.ToLowerInvariant() : null,
        Force = Flag("Force"),
        ContinueOnError = Flag("ContinueOnError"),
        CheckImage = Flag("CheckImage", unset: true),
        Slots = [.. List("Slots").Select(static s => s.ToLowerInvariant())],
        Rollout = [.. List("Rollout").Select(Percentage)],
        RolloutInterval = TimeSpan.FromSeconds(Number("RolloutInterval", "seconds") ?? 300),
        NextModelVersion = Text("ModelVersion").ToLowerInvariant() switch
        {
            "auto" => true,
            "" => false,
            _ => throw new FlowDeploymentException(FlowDiagnostic.At(
                ConfigurationRules.InvalidProperty, null, null, "FlowModelVersion", Text("ModelVersion"), "write 'auto', or leave it out and let the files name the version")),
        },
        ModelTags = Tags(),
    };

    public string Text(string name) => settings.GetMetadata(name).Trim();

    /// <summary>A file that a setting names, as full path, or null.</summary>
    public string? FilePath(string name) => FullPath(Text(name));

    // Blanks, as az ml separates lists: MSBuild splits semicolons on its command line.
    private string[] List(string name) => Text(name).Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries);

    private static int Percentage(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is > 0 and <= 100 ? number
            : throw new FlowDeploymentException(FlowDiagnostic.At(ConfigurationRules.InvalidProperty, null, null, "FlowRollout", text, "write percentages, such as '10 50 100'"));

    /// <summary>What cannot be undone needs FlowConfirm=true.</summary>
    public void RequireConfirmation(string target)
    {
        if (!Flag("Confirm"))
        {
            throw new FlowDeploymentException(FlowDiagnostic.At(
                ConfigurationRules.PropertyMissing, null, null, target, "FlowConfirm", "it cannot be undone; write FlowConfirm=true"));
        }
    }

    private FlowItem[] Items()
    {
        var files = flows.Select(flow => Path.GetFullPath(flow.ItemSpec, ProjectDirectory)).ToArray();
        var rootNamespace = Text("RootNamespace");
        var names = ClientNames.Of([.. flows.Select((flow, i) => new ClientNameSource(
            files[i], flow.GetMetadata("ClientName"), flow.GetMetadata("Namespace") is { Length: > 0 } chosen ? chosen : rootNamespace))]);
        return [.. flows.Select((flow, i) => new FlowItem(
            files[i], names[i], FullPath(flow.GetMetadata("Endpoint")), FullPath(flow.GetMetadata("Deployment")), FullPath(flow.GetMetadata("Model"))))];
    }

    private string? FullPath(string path) => path.Length == 0 ? null : Path.GetFullPath(path.Replace('\\', '/'), ProjectDirectory);

    // In one of MSBuild's own words for true and false.
    private bool Flag(string name, bool unset = false) => Text(name).ToLowerInvariant() switch
    {
        "true" or "on" or "yes" or "!false" or "!off" or "!no" => true,
        "" => unset,
        "false" or "off" or "no" or "!true" or "!on" or "!yes" => false,
        _ => throw new FlowDeploymentException(FlowDiagnostic.At(ConfigurationRules.InvalidProperty, null, null, $"Flow{name}", Text(name), "write true or false")),
    };

    /// <summary>A positive number that a setting holds, or null when it is not set.</summary>
    public int? Number(string name, string unit = "minutes")
    {
        var text = Text(name);
        return text.Length == 0 ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number
            : throw new FlowDeploymentException(FlowDiagnostic.At(ConfigurationRules.InvalidProperty, null, null, $"Flow{name}", text, $"write a whole number of {unit}"));
    }

    private Dictionary<string, string> Tags()
    {
        var tags = new Dictionary<string, string> { ["flowbuild.version"] = typeof(FlowDeployer).Assembly.GetName().Version!.ToString(3) };
        if (Text("Commit") is { Length: > 0 } commit)
        {
            tags["flowbuild.commit"] = commit;
        }

        return tags;
    }

    private static IEnumerable<string> Names(ITaskItem item) => item.CloneCustomMetadata().Keys.Cast<string>().Order(StringComparer.Ordinal);
}
