using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>The part of a deployment that a step belongs to, in the order in which they are done.</summary>
public enum FlowStage
{
    /// <summary>Upload and registration of the model.</summary>
    Model,

    /// <summary>Upload and registration of environment and code.</summary>
    Environment,

    /// <summary>The endpoint.</summary>
    Endpoint,

    /// <summary>The deployment.</summary>
    Deployment,

    /// <summary>A request to the new deployment, before it gets traffic.</summary>
    Verification,

    /// <summary>The traffic.</summary>
    Traffic,

    /// <summary>The end of deployments that have no traffic any more.</summary>
    Retirement,
}

/// <summary>One value that changes.</summary>
/// <param name="Path">What it is called in the YAML or the resource.</param>
/// <param name="From">The value now, or null when there is none; values that may be secret are never shown.</param>
/// <param name="To">The value wanted, or null when it goes away.</param>
public sealed record PlanChange(string Path, string? From, string? To);

/// <summary>One step: what it makes or changes, why, and from what to what.</summary>
/// <param name="Stage">Where it stands in the order.</param>
/// <param name="Creates">True for something new, false for a change of something there.</param>
/// <param name="Kind">The kind of thing, such as <c>model</c>.</param>
/// <param name="Subject">Its name.</param>
/// <param name="Why">The reason.</param>
/// <param name="Changes">The values that change.</param>
public abstract record PlanStep(FlowStage Stage, bool Creates, string Kind, string Subject, string Why, IReadOnlyList<PlanChange> Changes);

/// <summary>Files are sent.</summary>
public sealed record UploadStep(FlowStage Part, FlowPackage Package, string Asset, string Version, int MissingFiles, long MissingBytes) : PlanStep(
    Part, true, "upload", $"{MissingFiles} of {Sizes.Files(Package.Files.Count)}, {Sizes.Text(MissingBytes)}", $"to {Package.BlobPath}", []);

/// <summary>A version of a model, an environment, code or data is made, or a model version gets missing properties.</summary>
/// <param name="Collection"><c>models</c>, <c>environments</c>, <c>codes</c> or <c>data</c>.</param>
/// <param name="Name">The asset.</param>
/// <param name="Version">The version.</param>
/// <param name="Body">The body to send.</param>
/// <param name="IsNew">False when a version that is there gets properties.</param>
/// <param name="Reason">Why.</param>
public sealed record VersionStep(string Collection, string Name, string Version, JsonObject Body, bool IsNew, string Reason) : PlanStep(
    Collection == "models" ? FlowStage.Model : FlowStage.Environment, IsNew, MachineLearningWorkspace.KindOf(Collection), $"{Name}:{Version}", Reason, []);

/// <summary>The endpoint is made or changed.</summary>
/// <param name="Name">The endpoint.</param>
/// <param name="Body">The body to send.</param>
/// <param name="IsNew">There is none yet.</param>
/// <param name="Reason">Why.</param>
/// <param name="Differences">What changes.</param>
/// <param name="IsLate">Done after the deployment: the service refuses a change of an endpoint whose traffic goes to a failed deployment.</param>
public sealed record EndpointStep(
    string Name, JsonObject Body, bool IsNew, string Reason, IReadOnlyList<PlanChange> Differences, bool IsLate = false) : PlanStep(
    IsLate ? FlowStage.Traffic : FlowStage.Endpoint, IsNew, "endpoint", Name, Reason, Differences)
{
    /// <summary>The endpoint that the plan was made for, or null when there was none.</summary>
    public EndpointResource? Seen { get; init; }

    /// <summary>Roles that the identity needs which is made with the endpoint; whether it has them is seen only then.</summary>
    public IReadOnlyList<RoleNeed> Needs { get; init; } = [];
}

/// <summary>The containers' identity is given a role.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Need">The role, and where.</param>
/// <param name="Principal">Object id of the identity; null: the one that the endpoint has then.</param>
public sealed record GrantStep(string Endpoint, RoleNeed Need, string? Principal) : PlanStep(
    FlowStage.Endpoint, true, "role", $"{Need.Role.Name} at {Need.ScopeName}", $"for the identity of {Endpoint}", []);

/// <summary>The deployment is made or changed.</summary>
/// <param name="Name">The deployment.</param>
/// <param name="Body">The body to send. Its variables may be secret.</param>
/// <param name="Seen">The deployment that the plan was made for, or null when there is none.</param>
/// <param name="Previous">The body that is put back when the change fails, or null when nothing good is known: the deployment is new, or failed before.</param>
/// <param name="TrafficNow">The percentage of traffic that it carries while it changes.</param>
/// <param name="Reason">Why.</param>
/// <param name="Differences">What changes.</param>
public sealed record DeploymentStep(
    string Name, JsonObject Body, DeploymentResource? Seen, JsonObject? Previous, int TrafficNow, string Reason, IReadOnlyList<PlanChange> Differences) : PlanStep(
    FlowStage.Deployment, Seen is null, "deployment", Name, Reason, Differences);

/// <summary>The endpoint's tags are told what is deployed now, before it changes: a rollback and a run after a crash find it there.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Tags">The tags to write.</param>
/// <param name="TagsNow">The same tags as they are now; null for one that is not there.</param>
/// <param name="Reason">Why.</param>
public sealed record RememberStep(
    string Endpoint, IReadOnlyDictionary<string, string?> Tags, IReadOnlyDictionary<string, string?> TagsNow, string Reason) : PlanStep(
    FlowStage.Deployment, false, "tags", Endpoint, Reason, []);

/// <summary>The deployment is sent one request.</summary>
/// <param name="Name">The deployment.</param>
/// <param name="Request">The request's body.</param>
/// <param name="Source">Where the request comes from.</param>
/// <param name="HasTraffic">The deployment carries traffic already: it was changed in place.</param>
public sealed record VerificationStep(string Name, byte[] Request, string Source, bool HasTraffic) : PlanStep(
    FlowStage.Verification, true, "verify", Name, $"one request from {Source}, {(HasTraffic ? "after the change" : "before it gets traffic")}", [])
{
    /// <summary>The endpoint's tag that says that the deployment is not verified; it goes when the deployment answers. Null: there is none.</summary>
    public string? MarkTag { get; init; }

    /// <summary>For a change that an earlier run left unverified: the body that is put back when the deployment does not answer.</summary>
    public JsonObject? Previous { get; init; }
}

/// <summary>The traffic is set.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Traffic">The traffic wanted, or null to leave it.</param>
/// <param name="Mirror">The mirrored traffic wanted, or null to leave it.</param>
/// <param name="Tags">Tags of the endpoint that tell a rollback where to go; null removes one.</param>
/// <param name="Reason">Why.</param>
/// <param name="Differences">What changes.</param>
public sealed record TrafficStep(
    string Endpoint, TrafficMap? Traffic, TrafficMap? Mirror, IReadOnlyDictionary<string, string?> Tags, string Reason, IReadOnlyList<PlanChange> Differences) : PlanStep(
    FlowStage.Traffic, false, "traffic", Endpoint, Reason, Differences)
{
    /// <summary>The traffic that the plan was made for; null: whatever it is.</summary>
    public TrafficMap? Seen { get; init; }

    /// <summary>The traffic that is set again when the deployment does not answer under its own; null: what it is before the move.</summary>
    public TrafficMap? GoesBackTo { get; init; }

    /// <summary>The way to <see cref="Traffic"/>, which ends it; empty: at once.</summary>
    public IReadOnlyList<TrafficMap> Rollout { get; init; } = [];
}

/// <summary>The traffic returns to where an interrupted rollout began, before its version is replaced.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Traffic">The traffic to return to.</param>
/// <param name="Seen">The traffic that the plan was made for.</param>
/// <param name="Reason">Why.</param>
public sealed record RolloutReturnStep(string Endpoint, TrafficMap Traffic, TrafficMap Seen, string Reason) : PlanStep(
    FlowStage.Endpoint, false, "traffic", Endpoint, Reason, [new PlanChange("traffic", Seen.ToString(), Traffic.ToString())]);

/// <summary>A deployment that has no traffic is deleted.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Name">The deployment.</param>
public sealed record RetireStep(string Endpoint, string Name) : PlanStep(
    FlowStage.Retirement, false, "deployment", Name, "deleted: it has no traffic, and FlowRetire is set", []);

/// <summary>What stands between the files and the workspace, computed by comparing them. Applying it makes it empty.</summary>
/// <param name="Workspace">The workspace.</param>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Deployment">The deployment, or null when only the endpoint is described.</param>
/// <param name="ModelId">Id of the model version that the deployment runs then, or null.</param>
/// <param name="Steps">What is to do, in order.</param>
/// <param name="Notes">What the plan decided by itself.</param>
public sealed record DeploymentPlan(
    WorkspaceAddress Workspace, string Endpoint, string? Deployment, string? ModelId, IReadOnlyList<PlanStep> Steps, IReadOnlyList<string> Notes)
{
    /// <summary>The states of the endpoint that are this run's own, or that it found at first.</summary>
    internal KnownStates? Known { get; init; }

    /// <summary>Whether no deployment of the endpoint has traffic, and nothing in the plan gives it to one.</summary>
    public bool IsWithoutTraffic { get; init; }

    /// <summary>Whether there is anything to do.</summary>
    public bool HasChanges => Steps.Count > 0;

    /// <summary>What is planned: <c>endpoint/deployment</c>.</summary>
    public string Target => Deployment is null ? Endpoint : $"{Endpoint}/{Deployment}";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes plans to a JSON file. It holds what the log shows, and so no secret.</summary>
    public static void Write(IEnumerable<DeploymentPlan> plans, string file)
    {
        var json = new JsonArray([.. plans.Select(static plan => new JsonObject
        {
            ["workspace"] = plan.Workspace.ArmId,
            ["endpoint"] = plan.Endpoint,
            ["deployment"] = plan.Deployment,
            ["model"] = plan.ModelId,
            ["hasChanges"] = plan.HasChanges,
            ["steps"] = new JsonArray([.. plan.Steps.Select(static step => new JsonObject
            {
                ["stage"] = step.Stage.ToString(),
                ["kind"] = step.Kind,
                ["subject"] = step.Subject,
                ["creates"] = step.Creates,
                ["why"] = step.Why,
                ["changes"] = new JsonArray([.. step.Changes.Select(static change => new JsonObject { ["path"] = change.Path, ["from"] = change.From, ["to"] = change.To })]),
            })]),
            ["notes"] = new JsonArray([.. plan.Notes.Select(static note => JsonValue.Create(note))]),
        })]);
        AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(json, Json));
    }

    /// <summary>The plan as people read it, a line per step and change.</summary>
    public IEnumerable<string> ToLines()
    {
        if (!HasChanges)
        {
            yield return IsWithoutTraffic ? $"Plan for {Target}: nothing to send, but no deployment of {Endpoint} has traffic" : "Plan: no changes";
        }
        else
        {
            yield return $"Plan for {Target}:";
        }

        foreach (var step in Steps)
        {
            yield return $"  {(step is VerificationStep ? '?' : step is RetireStep ? '-' : step.Creates ? '+' : '~')} {step.Kind,-11} {step.Subject}{(step.Why.Length > 0 ? $" ({step.Why})" : "")}";
            foreach (var change in step.Changes)
            {
                yield return $"      {change.Path}: {change.From ?? "not set"} -> {change.To ?? "not set"}";
            }
        }

        // What was filled in matters when something is sent.
        foreach (var note in HasChanges ? Notes : [])
        {
            yield return $"  note: {note}";
        }
    }
}
