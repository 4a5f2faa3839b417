using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

/// <summary>A project with the basic chat flow in a temporary folder, and a local workspace in this process.</summary>
internal sealed class BasicChat : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string? _stateFolder;
    private LocalWorkspaceHost? _host;
    private HttpClient? _admin;

    private BasicChat(string? stateFolder = null)
    {
        _stateFolder = stateFolder;
    }

    public string Folder => _folder.Path;

    public string StateFolder => _stateFolder ?? Path.Combine(_folder.Path, "state");

    public string FlowFolder => Path.Combine(_folder.Path, "project", "basic-chat");

    public string DeploymentFile => Path.Combine(_folder.Path, "project", "deployment.yml");

    public string EndpointFile => Path.Combine(_folder.Path, "project", "endpoint.yml");

    internal LocalWorkspaceHost Host => _host ?? throw new InvalidOperationException("The workspace is not started.");

    public FlowProject Project => new(
        "BasicChat", Path.Combine(_folder.Path, "project"),
        [
            new FlowItem(
                Path.Combine(FlowFolder, "flow.dag.yaml"), "BasicChat", EndpointFile, DeploymentFile, Path.Combine(_folder.Path, "project", "model.yml")),
        ]);

    /// <summary>The retries of a build, without its pauses.</summary>
    public static Patience Impatience { get; } = Patience.Local with
    {
        RetryDelay = TimeSpan.FromMilliseconds(1), BusyDelay = TimeSpan.FromMilliseconds(50), BusyAttempts = 100,
        Poll = TimeSpan.FromMilliseconds(1), VerificationDelay = TimeSpan.FromMilliseconds(1), Verification = TimeSpan.FromSeconds(1),
    };

    /// <summary>Ends deployments that run as nothing else does: they do not get to clean up.</summary>
    public CancellationToken Kill { get; set; }

    private Patience Patience { get; init; } = Impatience;

    /// <summary>How long operations take from the next start of the workspace on.</summary>
    public TimeSpan ProvisioningTime { get; set; }

    private WorkspaceSettings Settings => new(
        Project.Directory, "", "", "local", "", "", UseAzureCliDefaults: false, new LocalWorkspaceSettings("", "dotnet", StateFolder, null, ""))
    {
        Patience = Patience,
    };

    private string? ServeCommand { get; init; }

    public static async Task<BasicChat> StartAsync(TimeSpan provisioningTime = default, Patience? patience = null, string? serveCommand = null)
    {
        var chat = new BasicChat { ProvisioningTime = provisioningTime, Patience = patience ?? Impatience, ServeCommand = serveCommand };
        chat.Write("basic-chat/flow.dag.yaml", """
            inputs:
              chat_history:
                type: list
                default: []
              question:
                type: string
                is_chat_input: true
            outputs:
              answer:
                type: string
                reference: ${chat.output}
                is_chat_output: true
            nodes:
            - name: chat
              type: llm
              source:
                type: code
                path: chat.jinja2
              inputs:
                deployment_name: gpt-4o-mini
                chat_history: ${inputs.chat_history}
                question: ${inputs.question}
              api: chat
              connection: open_ai_connection
            """);
        chat.Write("basic-chat/chat.jinja2", "system:\nAnswer briefly.\n\nuser:\n{{question}}\n");
        chat.Write("basic-chat/samples.json", """[{ "question": "What is a flow?" }]""");
        chat.Write("endpoint.yml", "name: basic-chat-endpoint\nauth_mode: key\n");
        chat.Write("model.yml", "name: basic-chat-model\npath: basic-chat\n");
        chat.Write("deployment.yml", """
            name: blue
            endpoint_name: basic-chat-endpoint
            model: azureml:basic-chat-model@latest
            environment:
              image: example.azurecr.io/flows/basic-chat:1
            instance_type: Standard_DS3_v2
            instance_count: 1
            environment_variables:
              OPENAI_API_KEY: secret-of-the-variable
            """);
        await chat.StartHostAsync();
        return chat;
    }

    /// <summary>Another project with the same files, which deploys to the same workspace.</summary>
    public BasicChat Copy()
    {
        var copy = new BasicChat(StateFolder) { Patience = Patience };
        foreach (var file in Directory.EnumerateFiles(Project.Directory, "*", SearchOption.AllDirectories))
        {
            copy.Write(Path.GetRelativePath(Project.Directory, file), File.ReadAllText(file));
        }

        return copy;
    }

    public void Write(string path, string text) => _folder.Write(Path.Combine("project", path), text);

    public void Replace(string path, string from, string to)
    {
        var file = Path.Combine(_folder.Path, "project", path);
        var text = File.ReadAllText(file);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(file, text.Replace(from, to, StringComparison.Ordinal));
    }

    /// <summary>Adds a flow of the same kind, with files of its own in its folder.</summary>
    /// <param name="name">The flow's folder, from which its client gets its name.</param>
    /// <param name="endpoint">The endpoint; null: <c>NAME-endpoint</c>.</param>
    /// <param name="deployment">The deployment.</param>
    public FlowItem AddFlow(string name, string? endpoint = null, string deployment = "blue")
    {
        endpoint ??= $"{name}-endpoint";
        foreach (var file in (string[])["flow.dag.yaml", "chat.jinja2", "samples.json"])
        {
            Write($"{name}/{file}", File.ReadAllText(Path.Combine(FlowFolder, file)));
        }

        Write($"{name}/endpoint.yml", $"name: {endpoint}\nauth_mode: key\n");
        Write($"{name}/deployment.yml", $"""
            name: {deployment}
            endpoint_name: {endpoint}
            environment:
              image: example.azurecr.io/flows/{name}:1
            instance_type: Standard_DS3_v2
            instance_count: 1
            """);
        var folder = Path.Combine(Project.Directory, name);
        return new FlowItem(
            Path.Combine(folder, "flow.dag.yaml"), System.Globalization.CultureInfo.InvariantCulture.TextInfo.ToTitleCase(name),
            Path.Combine(folder, "endpoint.yml"), Path.Combine(folder, "deployment.yml"), null);
    }

    /// <summary>Everything that DeployFlow does for several flows.</summary>
    public async Task<IReadOnlyList<DeployedFlow>> DeployAllAsync(FlowProject project, RecordingLog log, DeploySettings? settings = null)
    {
        var deployer = Deployer(log, settings, project);
        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            await deployer.ApplyAsync(stage, TestContext.Current.CancellationToken);
        }

        Assert.True(await deployer.ApplyRemainingAsync(TestContext.Current.CancellationToken), log.Text);
        return (await deployer.GetDeployedAsync(TestContext.Current.CancellationToken))!;
    }

    public async Task StartHostAsync() => _host = await LocalWorkspaceHost.StartAsync(
        new LocalWorkspaceOptions { StateFolder = StateFolder, ProvisioningTime = ProvisioningTime, RetryAfter = TimeSpan.Zero, ServeCommand = ServeCommand },
        TestContext.Current.CancellationToken);

    public async Task StopHostAsync()
    {
        await Host.DisposeAsync();
        _host = null;
    }

    /// <summary>Turns faults of the workspace on; "{}" turns them off.</summary>
    public Task SetFaultsAsync(string json) => PutAsync("local/faults", json);

    /// <summary>Puts a resource of the workspace beside what a deployment makes.</summary>
    public Task PutResourceAsync(string path, string json) => PutAsync(ResourcePath(path), json);

    /// <summary>A resource of the workspace as it is, or null.</summary>
    public async Task<System.Text.Json.Nodes.JsonObject?> GetResourceAsync(string path)
    {
        using var response = await Admin.GetAsync(new Uri(Host.ControlPlane, ResourcePath(path)), TestContext.Current.CancellationToken);
        return response.IsSuccessStatusCode
            ? System.Text.Json.Nodes.JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!.AsObject()
            : null;
    }

    private string ResourcePath(string path) =>
        $"subscriptions/{Host.SubscriptionId}/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/{path}?api-version=2024-10-01";

    private HttpClient Admin => _admin ??= new HttpClient(new SocketsHttpHandler
    {
        SslOptions = { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetRawCertData().SequenceEqual(Host.Certificate.RawData) },
    })
    {
        DefaultRequestHeaders = { Authorization = new("Bearer", Host.Token) },
    };

    /// <summary>Puts any resource.</summary>
    /// <param name="path">Its path with the api-version.</param>
    /// <param name="json">Its body.</param>
    public async Task PutAsync(string path, string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var response = await Admin.PutAsync(new Uri(Host.ControlPlane, path), content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    /// <summary>Gets any resource.</summary>
    /// <param name="path">Its path with the api-version.</param>
    public async Task<System.Text.Json.Nodes.JsonNode> GetAsync(string path) =>
        System.Text.Json.Nodes.JsonNode.Parse(await Admin.GetStringAsync(new Uri(Host.ControlPlane, path), TestContext.Current.CancellationToken))!;

    /// <summary>The workspace's blobs.</summary>
    public Azure.Storage.Blobs.BlobContainerClient Blobs() => new(
        new Uri(Host.ControlPlane, "flowbuildlocal/azureml-blobstore-local"), new FixedToken(Host.Token),
        new Azure.Storage.Blobs.BlobClientOptions { Transport = new Azure.Core.Pipeline.HttpClientTransport(Admin) });

    private sealed class FixedToken(string token) : Azure.Core.TokenCredential
    {
        public override Azure.Core.AccessToken GetToken(Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(token, DateTimeOffset.MaxValue);

        public override ValueTask<Azure.Core.AccessToken> GetTokenAsync(Azure.Core.TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));
    }

    /// <summary>Settings with a verification request that the flow refuses.</summary>
    public DeploySettings WithRefusedRequest(DeploySettings? settings = null)
    {
        Write("refused.json", """{ "wrong": "name" }""");
        return (settings ?? new DeploySettings()) with { VerifyRequestFile = Path.Combine(Project.Directory, "refused.json") };
    }

    /// <summary>A deployer as a new build makes it.</summary>
    public FlowDeployer Deployer(IFlowLog log, DeploySettings? settings = null, FlowProject? project = null) => new(
        project ?? Project, Settings, settings ?? new DeploySettings(), log);

    /// <summary>Everything that DeployFlow does.</summary>
    public async Task<(RecordingLog Log, DeployedFlow Deployed)> DeployAsync(DeploySettings? settings = null, RecordingLog? log = null, FlowProject? project = null)
    {
        log ??= new RecordingLog();
        using var either = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken, Kill);
        var deployer = Deployer(log, settings, project);
        foreach (var stage in Enum.GetValues<FlowStage>())
        {
            Assert.True(await deployer.ApplyAsync(stage, either.Token), log.Text);
        }

        var deployed = await deployer.GetDeployedAsync(either.Token);
        return (log, Assert.Single(deployed!));
    }

    /// <summary>Everything that PlanFlow does.</summary>
    public async Task<DeploymentPlan> PlanAsync(DeploySettings? settings = null, FlowProject? project = null)
    {
        var log = new RecordingLog();
        var plans = await Deployer(log, settings, project).PlanAsync(writes: false, TestContext.Current.CancellationToken);
        Assert.True(plans is not null, log.Text);
        return Assert.Single(plans);
    }

    public Task<MachineLearningWorkspace> OpenWorkspaceAsync() => WorkspaceOpener.OpenAsync(
        Settings, writes: false, new RecordingLog(), TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_host is not null)
        {
            await _host.DisposeAsync();
        }

        _admin?.Dispose();
        _folder.Dispose();
    }
}
