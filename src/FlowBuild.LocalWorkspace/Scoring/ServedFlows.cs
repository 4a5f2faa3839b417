using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Text;
using FlowBuild.LocalWorkspace.Blobs;
using FlowBuild.LocalWorkspace.ControlPlane;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>How starting a deployment's containers went.</summary>
/// <param name="Error">Why they did not become ready, or null.</param>
/// <param name="StorageInitializerLog">Log of the container that fetches the model.</param>
/// <param name="InferenceServerLog">Log of the container that serves.</param>
internal sealed record ContainerStart(ArmError? Error, string StorageInitializerLog, string InferenceServerLog);

/// <summary>
/// Makes served flows of deployments: model version, its files in the blob store, the flow file among them. A deployment that brings a
/// server of its own, as a scoring script or in its image, is accepted too; it takes any input and gives a made-up sentence.
/// </summary>
internal sealed class ServedFlows(BlobStore blobs, Assets models, Assets environments, Assets codes, WorkspaceScope scope, IReadOnlyDictionary<string, FlowStandIn> standIns)
{
    internal static readonly string[] FlowFiles = ["flow.dag.yaml", "flow.dag.yml", "flow.flex.yaml", "flow.flex.yml"];
    private readonly ConcurrentDictionary<string, ServedFlow> _served = new(StringComparer.Ordinal);

    /// <summary>Starts a deployment's containers, as far as a local workspace has any.</summary>
    public async Task<ContainerStart> StartAsync(StoredDeployment deployment, CancellationToken cancellationToken)
    {
        var log = new ContainerLog();
        try
        {
            var flow = await LoadAsync(deployment, log, cancellationToken).ConfigureAwait(false);
            log.Serve($"Start promptflow server with engine {EngineOf(deployment) ?? "flask"}, flow {flow.Name}.");
            log.Serve($"Promptflow version: {FlowServer.Version}. Answers are recorded or made up from the contract: no model is asked.");
            log.Serve("Listening at: http://0.0.0.0:8080");
            return new ContainerStart(null, log.StorageInitializer, log.InferenceServer);
        }
        catch (ContainerStartException e)
        {
            return new ContainerStart(e.Error, log.StorageInitializer, log.InferenceServer);
        }
    }

    /// <summary>What a deployment serves, or null when its containers did not start.</summary>
    public async Task<ServedFlow?> FindAsync(StoredDeployment deployment, CancellationToken cancellationToken)
    {
        var model = deployment.Properties.Text("model") is { } id ? models.FindById(id)?.Properties.Text("modelUri") : null;
        var code = deployment.Properties["codeConfiguration"]?.ToJsonString();
        var key = string.Join(
            '\n', model, code, deployment.Properties.Text("environmentId"), EngineOf(deployment), Variable(deployment, ResponseFieldsName),
            Variable(deployment, "BUILD_INFO"));
        if (_served.TryGetValue(key, out var served))
        {
            return served;
        }

        try
        {
            served = await LoadAsync(deployment, new ContainerLog(), cancellationToken).ConfigureAwait(false);
            return _served.GetOrAdd(key, served);
        }
        catch (ContainerStartException)
        {
            return null;
        }
    }

    private const string ResponseFieldsName = "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS";

    private async Task<ServedFlow> LoadAsync(StoredDeployment deployment, ContainerLog log, CancellationToken cancellationToken)
    {
        if (deployment.Properties.Object("codeConfiguration") is { } code)
        {
            return ReadScript(deployment, code, log);
        }

        var id = deployment.Properties.Text("model");
        if (id is null)
        {
            return ReadImage(deployment, log);
        }

        if (models.FindById(id) is not { } version)
        {
            log.Fetch($"The model '{id}' does not exist in this workspace.");
            throw Failed("ResourceNotFound", $"The model '{id}' could not be found. Models of registries are not available in the local workspace.");
        }

        var uri = version.Properties.Text("modelUri")!;
        if (PathOf(uri) is not { } path)
        {
            log.Fetch($"Cannot resolve '{uri}'.");
            throw Failed("BadArgument", $"The model path '{uri}' is in no datastore of this workspace.");
        }

        log.Fetch($"Downloading {uri}");
        var files = blobs.List(WorkspaceNames.Container, path + "/");
        log.Fetch($"{files.Count} files downloaded.");
        if (files.Count == 0)
        {
            throw Failed("ResourceNotFound", $"The model path '{uri}' holds no files.");
        }

        return await ReadAsync(deployment, path, [.. files.Select(static f => f.Name)], log, cancellationToken).ConfigureAwait(false);
    }

    private ServedFlow ReadScript(StoredDeployment deployment, JsonObject code, ContainerLog log)
    {
        var script = code.Text("scoringScript")!;
        var uri = code.Text("codeId") is { } id ? codes.FindById(id)?.Properties.Text("codeUri") : null;
        log.Fetch($"Downloading {uri}");
        if (uri is not null && uri.StartsWith(scope.BlobEndpoint + "/", StringComparison.OrdinalIgnoreCase))
        {
            // container, then the folder in it
            var parts = uri[(scope.BlobEndpoint.Length + 1)..].TrimEnd('/').Split('/', 2);
            var blob = parts.Length > 1 ? $"{parts[1]}/{script}" : script;
            if (!blobs.HasContainer(parts[0]) || blobs.Find(parts[0], blob) is null)
            {
                log.Serve($"FileNotFoundError: {script}");
                throw Failed("UserScriptImportError", $"The scoring script '{script}' is not in the code of the deployment.");
            }
        }

        log.Serve($"The scoring script {script} is not run in the local workspace; its answers are made up.");
        return AnyServer(deployment, script);
    }

    private ServedFlow ReadImage(StoredDeployment deployment, ContainerLog log)
    {
        var environment = deployment.Properties.Text("environmentId") is { } id ? environments.FindById(id) : null;
        if (environment?.Properties.Object("inferenceConfig") is null)
        {
            log.Serve("No model and no code is mounted, and the environment says nothing of a server in its image.");
            throw Failed("MissingDriverProgram", "The deployment has neither a model nor code, and its environment has no inferenceConfig: nothing in it can serve.");
        }

        log.Serve("The server of the image is not run in the local workspace; its answers are made up.");
        return AnyServer(deployment, environment.Properties.Text("image") ?? "image");
    }

    private static ServedFlow AnyServer(StoredDeployment deployment, string name)
    {
        var none = new FlowDefinition(
            FlowKind.Flex,
            Description: null,
            "python",
            EquatableArray.Empty<FlowInput>(),
            EquatableArray.Empty<FlowOutput>(),
            EquatableArray.Empty<FlowNode>(),
            EquatableArray.Empty<Located<string>>(),
            FlowMessageFormat.Basic,
            Entry: null,
            EquatableArray.Empty<KeyValuePair<string, string>>());
        return new ServedFlow(
            "", name, none, FlowReader.GetContract(none, null), null, ServingEngine.Named(EngineOf(deployment)), [], PythonValue.Dict(), Variable(deployment, "BUILD_INFO") ?? "");
    }

    private async Task<ServedFlow> ReadAsync(
        StoredDeployment deployment, string path, IReadOnlyList<string> files, ContainerLog log, CancellationToken cancellationToken)
    {
        var file = FlowFileOf(path, files);
        if (file is null)
        {
            log.Serve($"FileNotFoundError: flow.dag.yaml is not in the model folder '{path[(path.LastIndexOf('/') + 1)..]}'.");
            throw Crashed("The model holds no flow: neither flow.dag.yaml nor flow.flex.yaml is in its folder, nor a single *.prompty.");
        }

        var folder = file[..file.LastIndexOf('/')];
        var name = folder[(folder.LastIndexOf('/') + 1)..];
        var read = FlowReader.Read(file[(folder.Length + 1)..], await TextAsync(file, cancellationToken).ConfigureAwait(false));
        if (read.Value is null || read.HasErrors)
        {
            foreach (var problem in read.Diagnostics)
            {
                log.Serve($"{problem.Rule.Id} {problem.File}({problem.Span?.StartLine + 1}): {problem.Message}");
            }

            throw Crashed($"The flow {name} cannot be loaded: {string.Join(" ", read.Diagnostics.Where(static d => d.Rule.Severity == RuleSeverity.Error).Take(1).Select(static d => d.Message))}");
        }

        var fields = ResponseFields(deployment, log);
        var samples = await RowsAsync(folder, files, cancellationToken).ConfigureAwait(false);
        return new ServedFlow(
            folder,
            name,
            read.Value,
            FlowReader.GetContract(read.Value, fields is null ? null : new EquatableArray<string>(fields)),
            fields,
            ServingEngine.Named(EngineOf(deployment)),
            samples.Rows,
            samples.Example,
            Variable(deployment, "BUILD_INFO") ?? "",
            standIns.GetValueOrDefault(folder));
    }

    // The flow is the folder itself, or the one folder in it. A folder without a flow file is one when it holds a single prompty.
    private static string? FlowFileOf(string path, IReadOnlyList<string> files)
    {
        var depth = path.Count(static c => c == '/') + 1;
        if (FlowFiles.Select(name => $"{path}/{name}").FirstOrDefault(files.Contains) is { } file)
        {
            return file;
        }

        file = files.FirstOrDefault(f => f.Count(static c => c == '/') == depth + 1 && FlowFiles.Contains(f[(f.LastIndexOf('/') + 1)..]));
        var prompties = files.Where(f => f.EndsWith(".prompty", StringComparison.Ordinal) && f.Count(static c => c == '/') == depth).ToList();
        return file ?? (prompties is [var prompty] ? prompty : null);
    }

    private static string[]? ResponseFields(StoredDeployment deployment, ContainerLog log)
    {
        if (Variable(deployment, ResponseFieldsName) is not { } text)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<string[]>(text) ?? [];
        }
        catch (JsonException)
        {
            log.Serve($"json.decoder.JSONDecodeError: {ResponseFieldsName} is not a JSON array of names.");
            throw Crashed($"{ResponseFieldsName} is not a JSON array of names.");
        }
    }

    private async Task<(IReadOnlyList<PythonDict> Rows, PythonValue Example)> RowsAsync(
        string folder, IReadOnlyList<string> files, CancellationToken cancellationToken)
    {
        var rows = new List<PythonDict>();
        PythonValue example = PythonValue.Dict();
        var samples = $"{folder}/samples.json";
        if (files.Contains(samples) && TryRead(await TextAsync(samples, cancellationToken).ConfigureAwait(false)) is PythonList { Items: [var first, ..] } list)
        {
            example = first;
            rows.AddRange(list.Items.OfType<PythonDict>());
        }

        var data = $"{folder}/data.jsonl";
        if (files.Contains(data))
        {
            var text = await TextAsync(data, cancellationToken).ConfigureAwait(false);
            rows.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(TryRead).OfType<PythonDict>());
        }

        return (rows, example);

        static PythonValue? TryRead(string text)
        {
            try
            {
                return PythonJsonReader.Read(text);
            }
            catch (PythonJsonException)
            {
                return null;
            }
        }
    }

    private async Task<string> TextAsync(string blob, CancellationToken cancellationToken)
    {
        var bytes = await blobs.ReadAsync(WorkspaceNames.Container, blob, cancellationToken).ConfigureAwait(false) ?? [];
        return Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');
    }

    // azureml://subscriptions/{s}/resourcegroups/{g}/workspaces/{w}/datastores/{d}/paths/{path}, or the short form without a workspace.
    private string? PathOf(string uri)
    {
        const string Scheme = "azureml://";
        const string Store = "datastores/" + WorkspaceNames.Datastore + "/paths/";
        var own = $"subscriptions/{scope.SubscriptionId}/resourcegroups/{WorkspaceNames.ResourceGroup}/workspaces/{WorkspaceNames.Workspace}/";
        if (!uri.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var rest = uri[Scheme.Length..];
        rest = rest.StartsWith(own, StringComparison.OrdinalIgnoreCase) ? rest[own.Length..] : rest;
        return rest.StartsWith(Store, StringComparison.OrdinalIgnoreCase) ? rest[Store.Length..].TrimEnd('/') : null;
    }

    private static string? EngineOf(StoredDeployment deployment) => Variable(deployment, "PROMPTFLOW_SERVING_ENGINE");

    private static string? Variable(StoredDeployment deployment, string name) => deployment.Properties.Object("environmentVariables")?.Text(name);

    private static ContainerStartException Crashed(string message) => Failed(
        "ResourceNotReady", $"User container has crashed or terminated: {message} Please see troubleshooting guide, available here: https://aka.ms/oe-tsg#error-resourcenotready");

    private static ContainerStartException Failed(string code, string message) => new(new ArmError(code, message));
}
