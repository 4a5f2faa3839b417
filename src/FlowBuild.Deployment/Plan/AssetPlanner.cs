using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Plan;

/// <summary>Decides which versions of model and environment a deployment runs, and what must be made for that.</summary>
internal sealed class AssetPlanner(
    MachineLearningWorkspace workspace, FlowSources sources, FlowPackage? package, DeploySettings settings, List<PlanStep> steps, List<string> notes)
{
    private const string Models = "models";
    private const string Environments = "environments";
    private const string Codes = "codes";
    private const string Data = "data";

    /// <summary>The id of the model version, with the steps that make it where it is not there.</summary>
    /// <param name="live">The deployment as it is, or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<string?> PlanModelAsync(DeploymentResource? live, CancellationToken cancellationToken)
    {
        if (sources.Model is ModelChoice.None)
        {
            return null;
        }

        if (sources.Model is ModelChoice.Foreign foreign)
        {
            var id = await ResolveAsync(Models, "model", foreign.Reference, foreign.Span, cancellationToken).ConfigureAwait(false);
            await CheckTimeoutAsync(id, cancellationToken).ConfigureAwait(false);
            notes.Add($"the model {AssetNames.Short(id)} is used as it is; nothing is packaged");
            return id;
        }

        var own = (ModelChoice.Own)sources.Model;
        var remote = own.RemoteUri is { } path ? workspace.FullUri(path) : null;
        var (version, reused) = await ChooseVersionAsync(own, remote, live, cancellationToken).ConfigureAwait(false);
        var properties = ModelProperties.Of(sources, own);
        if (reused is not null)
        {
            var missing = properties.Where(p => !reused.ModelProperties.ContainsKey(p.Key)).ToList();
            if (missing.Count > 0)
            {
                steps.Add(new VersionStep(
                    Models, own.Name, version, MachineLearningWorkspace.WithModelProperties(reused, missing), IsNew: false,
                    $"properties are missing: {string.Join(", ", missing.Select(static m => m.Key))}"));
            }

            return workspace.VersionId(Models, own.Name, version);
        }

        var modelUri = remote ?? workspace.UploadUri(await PlanUploadAsync(
            FlowStage.Model, InDatastore(package!, own.Spec?.Datastore), own.Name, version, cancellationToken).ConfigureAwait(false));

        var tags = settings.ModelTags.Concat(own.Spec?.Tags ?? EquatableArray.Empty<KeyValuePair<string, string>>())
            .GroupBy(static t => t.Key, StringComparer.Ordinal).Select(static g => g.Last());
        steps.Add(new VersionStep(
            Models, own.Name, version, MachineLearningWorkspace.ModelBody(own.Spec, modelUri, properties, tags), IsNew: true,
            live?.ModelId is { } old && AssetNames.Parts(old)?.Name == own.Name ? $"the content differs from {AssetNames.Short(old)}" : "its content is new"));
        return workspace.VersionId(Models, own.Name, version);
    }

    /// <summary>The id of the environment version, with the steps that make it where it is not there; null when the file names none.</summary>
    public async Task<string?> PlanEnvironmentAsync(CancellationToken cancellationToken)
    {
        if (sources.Deployment!.Environment is not { } environment)
        {
            return null;
        }

        if (environment.Reference is { } reference)
        {
            return await ResolveAsync(Environments, "environment", reference, environment.Span, cancellationToken).ConfigureAwait(false);
        }

        var spec = environment.Inline!;
        var folder = Path.GetDirectoryName(sources.Item.DeploymentFile)!;
        var conda = spec.CondaJson
            ?? (spec.CondaFile is { } path ? sources.Paths.ReadText(NamedPath.Of(sources.Item.DeploymentFile!, path)) : null);
        var context = BuildContextPackage(spec, folder, cancellationToken);
        var routes = Routes(spec);
        var isAnonymous = spec.Name is null;
        JsonObject BodyAt(string? contextUri) => MachineLearningWorkspace.EnvironmentBody(spec, contextUri, conda, isAnonymous, routes);

        // A version holds this content whichever of its two places it names: both are named by the content's hash.
        JsonObject[] bodies = context is null
            ? [BodyAt(spec.Build?.Path.Value)]
            : [
                BodyAt(await ContextAddressAsync(context, cancellationToken).ConfigureAwait(false)),
                BodyAt(await ContextAddressAsync(context with { Origin = FlowPackage.LegacyFolder }, cancellationToken).ConfigureAwait(false)),
            ];
        List<PlanChange> ChangesOf(EnvironmentVersionResource version) =>
            bodies.Select(body => ResourceDifferences.OfEnvironment(body, version.Document)).MinBy(static changes => changes.Count)!;

        var name = spec.Name?.Value ?? $"{sources.EndpointName}-environment";
        var version = isAnonymous ? HashOf(bodies[0]) : spec.Version?.Value;

        EnvironmentVersionResource? existing;
        if (version is not null)
        {
            existing = await workspace.GetEnvironmentVersionAsync(name, version, cancellationToken).ConfigureAwait(false);
            if (existing is not null && !isAnonymous && ChangesOf(existing) is { Count: > 0 } changes)
            {
                throw FlowDeploymentException.At(
                    WorkspaceRules.EnvironmentVersionTaken, sources.Item.DeploymentFile, (spec.Version ?? spec.Name)!.Span, version, name, changes[0].Path);
            }
        }
        else
        {
            var latest = await workspace.GetLatestVersionAsync(Environments, name, cancellationToken).ConfigureAwait(false);
            existing = latest is null ? null : await workspace.GetEnvironmentVersionAsync(name, latest, cancellationToken).ConfigureAwait(false);
            if (existing is not null && ChangesOf(existing).Count > 0)
            {
                existing = null;
            }

            version = existing?.Name ?? await workspace.GetNextVersionAsync(Environments, name, cancellationToken).ConfigureAwait(false);
        }

        if (existing is null)
        {
            var body = bodies[0];
            if (context is not null)
            {
                var located = await PlanUploadAsync(FlowStage.Environment, context, name, version, cancellationToken).ConfigureAwait(false);
                body = BodyAt(await ContextAddressAsync(located, cancellationToken).ConfigureAwait(false));
            }

            steps.Add(new VersionStep(Environments, name, version, body, IsNew: true, spec.Image?.Value ?? "built from a Dockerfile"));
        }

        return workspace.VersionId(Environments, name, version);
    }

    /// <summary>The id of the code version, with the steps that make it where it is not there; null for a flow, which needs none.</summary>
    public async Task<string?> PlanCodeAsync(CancellationToken cancellationToken)
    {
        switch (sources.Deployment!.Code)
        {
            case null:
                return null;
            case { Reference: { } reference } code:
                return await ResolveAsync(Codes, "code", reference, code.ScoringScript.Span, cancellationToken).ConfigureAwait(false);
            case { Code: { } path }:
                var folder = FolderOf(Path.GetDirectoryName(sources.Item.DeploymentFile)!, path.Value);
                var files = PackageBuilder.Build(
                    new PackageSource(folder, null, null, [sources.Item.DeploymentFile!], sources.Paths.Root, sources.Paths.AllowOutside),
                    workspace.Connection.Log, cancellationToken);

                var hash = CodeHash.Of(files, cancellationToken);
                if (await workspace.FindCodeAsync(hash, cancellationToken).ConfigureAwait(false) is { } known)
                {
                    return known;
                }

                // Named by its content, so that two runs at a time make one version.
                const string Version = "1";
                files = await PlanUploadAsync(FlowStage.Environment, files, hash, Version, cancellationToken).ConfigureAwait(false);
                var uri = await UploadAddressAsync(files, cancellationToken).ConfigureAwait(false);
                steps.Add(new VersionStep(Codes, hash, Version, MachineLearningWorkspace.CodeBody(uri, hash), IsNew: true, path.Value));
                return workspace.VersionId(Codes, hash, Version);
            default:
                return null;
        }
    }

    /// <summary>
    /// The ids of the data assets that a data collector writes to, by collection, with the steps that make those that are not
    /// there; name, path and version are az ml's where the file does not say them.
    /// </summary>
    /// <param name="live">The deployment as it is, or null.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyDictionary<string, string>> PlanDataAsync(DeploymentResource? live, CancellationToken cancellationToken)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (collection, data) in sources.Deployment!.DataCollector?.Collections ?? EquatableArray.Empty<KeyValuePair<string, CollectedData>>())
        {
            var name = data.DataName ?? $"{sources.EndpointName}-{sources.DeploymentName}-{collection}";
            var version = data.DataVersion ?? "1";
            ids[collection] = workspace.VersionId(Data, name, version);
            if (!string.Equals(live?.DataIdOf(collection), ids[collection], StringComparison.OrdinalIgnoreCase)
                && await workspace.GetVersionAsync(Data, name, version, cancellationToken).ConfigureAwait(false) is null)
            {
                var path = data.DataPath
                    ?? $"azureml://datastores/{MachineLearningWorkspace.UploadDatastore}/paths/modelDataCollector/{sources.EndpointName}/{sources.DeploymentName}/{collection}";
                steps.Add(new VersionStep(
                    Data, name, version, MachineLearningWorkspace.DataBody(workspace.FullUri(path)), IsNew: true, $"what the collection {collection} goes into"));
            }
        }

        return ids;
    }

    // Whether the service takes the model for a flow is asked only where the answer matters.
    private async Task CheckTimeoutAsync(string modelId, CancellationToken cancellationToken)
    {
        if (RequestTimeout.Fault(sources, modelIsFlow: false) is { } fault && AssetNames.Parts(modelId) is { } model
            && modelId.StartsWith(workspace.Address.ArmId, StringComparison.OrdinalIgnoreCase)
            && await workspace.GetModelVersionAsync(model.Name, model.Version, cancellationToken).ConfigureAwait(false) is { } version
            && !version.ModelProperties.ContainsKey(RequestTimeout.FlowProperty))
        {
            throw new FlowDeploymentException(fault);
        }
    }

    // Code and build contexts are named by the address of their blobs.
    private async Task<string> UploadAddressAsync(FlowPackage files, CancellationToken cancellationToken) =>
        $"{(await workspace.GetDatastoreAsync(files.Datastore, cancellationToken).ConfigureAwait(false)).Container}/{files.BlobFolder}";

    private async Task<string> ContextAddressAsync(FlowPackage context, CancellationToken cancellationToken) =>
        await UploadAddressAsync(context, cancellationToken).ConfigureAwait(false) + "/";

    private static FlowPackage InDatastore(FlowPackage files, Located<string>? datastore) => datastore is null ? files
        : files with { Datastore = datastore.Value.StartsWith("azureml:", StringComparison.Ordinal) ? datastore.Value["azureml:".Length..] : datastore.Value };

    // The version that holds the package's content, first where the live deployment has it, then newest first.
    private async Task<(string Version, ModelVersionResource? Reused)> ChooseVersionAsync(
        ModelChoice.Own own, string? remote, DeploymentResource? live, CancellationToken cancellationToken)
    {
        bool Holds(ModelVersionResource version) => remote is null
            ? version.ContentHash == package!.Hash
            : string.Equals(version.Property("modelUri"), remote, StringComparison.Ordinal);

        if (own.Pinned is { } pinned && !settings.NextModelVersion)
        {
            var there = await workspace.GetModelVersionAsync(own.Name, pinned.Value, cancellationToken).ConfigureAwait(false);
            return there is null || Holds(there) ? (pinned.Value, there)
                : throw FlowDeploymentException.At(
                    WorkspaceRules.ModelVersionTaken, own.Pinned == own.Spec?.Version ? own.File : sources.Item.DeploymentFile, pinned.Span, pinned.Value, own.Name);
        }

        if (AssetNames.Parts(live?.ModelId) is { } parts && parts.Name == own.Name
            && await workspace.GetModelVersionAsync(parts.Name, parts.Version, cancellationToken).ConfigureAwait(false) is { } current && Holds(current))
        {
            return (current.Name, current);
        }

        var versions = await workspace.GetModelVersionsAsync(own.Name, cancellationToken).ConfigureAwait(false);
        return versions.FirstOrDefault(Holds) is { } match ? ((string, ModelVersionResource?))(match.Name, match)
            : versions.Count == 0 ? ("1", null)
            : (await workspace.GetNextVersionAsync(Models, own.Name, cancellationToken).ConfigureAwait(false), null);
    }

    // The package where it lies, or goes to.
    private async Task<FlowPackage> PlanUploadAsync(FlowStage stage, FlowPackage files, string asset, string version, CancellationToken cancellationToken)
    {
        var store = await ArtifactStore.OpenAsync(workspace, files.Datastore, cancellationToken).ConfigureAwait(false);
        var (located, missing) = await store.LocateAsync(files, cancellationToken).ConfigureAwait(false);
        steps.Add(new UploadStep(stage, located, asset, version, missing.Count, missing.Sum(static f => f.Length)));
        return located;
    }

    private async Task<string> ResolveAsync(string collection, string kind, AssetReference reference, SourceSpan span, CancellationToken cancellationToken)
    {
        switch (reference)
        {
            // The service expands the short names of curated environments by itself; they are in no workspace.
            case AssetReference.Label { Name: var name, Value: var value } when IsCurated(name):
                return $"azureml:{name}@{value}";
            case AssetReference.Version { Name: var name, Value: var value } when IsCurated(name):
                return $"azureml:{name}:{value}";
            case AssetReference.ArmId id:
                return id.Id;
            case AssetReference.Registry id:
                return id.Id;
            case AssetReference.Label label:
                var latest = await workspace.GetLatestVersionAsync(collection, label.Name, cancellationToken).ConfigureAwait(false)
                    ?? throw Missing(kind, label.Name, span);
                return workspace.VersionId(collection, label.Name, latest);
            case AssetReference.Version version:
                var isThere = await workspace.GetVersionAsync(collection, version.Name, version.Value, cancellationToken).ConfigureAwait(false) is not null;
                return isThere ? workspace.VersionId(collection, version.Name, version.Value)
                    : throw Missing(kind, $"{version.Name}:{version.Value}", span);
            default:
                throw new InvalidOperationException($"A reference of the form {reference.GetType().Name} is not known.");
        }

        bool IsCurated(string name) => collection == Environments && name.StartsWith("AzureML-", StringComparison.Ordinal);
    }

    private FlowDeploymentException Missing(string kind, string name, SourceSpan span) => FlowDeploymentException.At(
        WorkspaceRules.AssetNotFound, sources.Item.DeploymentFile, span, kind, name, workspace.Address.Name,
        kind == "model" ? $"register it, or name the item's own model ('azureml:{((sources.Model as ModelChoice.Own)?.Name ?? sources.ModelFile?.Name?.Value ?? sources.EndpointName + "-model")}@latest')" : "register it, or describe it inline");

    // The stock server of a flow listens on these; without routes the service knows no server in the image.
    private InferenceConfig? Routes(EnvironmentSpec spec)
    {
        if (spec.Inference is not null || !sources.IsFlowServed)
        {
            return spec.Inference;
        }

        notes.Add("inference_config is filled in: /health, /health and /score on port 8080");
        var nowhere = default(SourceSpan);
        var port = new Located<int>(8080, nowhere);
        var health = new InferenceRoute(new Located<string>("/health", nowhere), port);
        return new InferenceConfig(health, health, new InferenceRoute(new Located<string>("/score", nowhere), port), null);
    }

    private FlowPackage? BuildContextPackage(EnvironmentSpec spec, string folder, CancellationToken cancellationToken) =>
        spec.Build is not { } build || RemotePath.IsRemote(build.Path.Value) ? null
            : InDatastore(
                PackageBuilder.Build(
                    new PackageSource(FolderOf(folder, build.Path.Value), null, null, [], sources.Paths.Root, sources.Paths.AllowOutside),
                    workspace.Connection.Log, cancellationToken),
                spec.Datastore);

    private static string FolderOf(string folder, string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(Path.Combine(folder, path)));

    // Anonymous versions are named by their content; the service does not look at the name.
    private static string HashOf(JsonObject body) =>
        Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(body.ToJsonString())))[..32].ToLowerInvariant();
}
