using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests.Faults;

/// <summary>The three ways a deployment goes.</summary>
public enum Way
{
    /// <summary>Nothing is there yet.</summary>
    First,

    /// <summary>The deployment with all traffic is changed.</summary>
    InPlace,

    /// <summary>The new version goes to the slot without traffic, which then gets it.</summary>
    Slots,
}

/// <summary>What stands in the workspace.</summary>
/// <param name="Traffic">The endpoint's traffic.</param>
/// <param name="States">The deployments' states.</param>
/// <param name="Running">The model versions that they run.</param>
/// <param name="Models">What the versions of the model hold.</param>
internal sealed record Standing(
    TrafficMap Traffic, IReadOnlyDictionary<string, string> States, IReadOnlyDictionary<string, string> Running, IReadOnlyDictionary<string, string> Models)
{
    /// <summary>The model version that callers reach, or none.</summary>
    public string Live => string.Join(' ', Traffic.Percentages.Keys.Select(name => Running[name]).Distinct());
}

/// <summary>
/// One project and one workspace that go through many cases, one after another: each begins with a change of the flow that is not
/// deployed yet (or, for a first deployment, with another endpoint), and ends with the change deployed.
/// </summary>
internal sealed class FaultCase : IAsyncDisposable
{
    private const string Endpoint = "basic-chat-endpoint";
    private readonly Way _way;
    private readonly BasicChat _chat;
    private int _changes;
    private string _endpoint = Endpoint;
    private MachineLearningWorkspace? _workspace;

    private FaultCase(Way way, BasicChat chat)
    {
        _way = way;
        _chat = chat;
    }

    public BasicChat Chat => _chat;

    public DeploySettings Settings => _way == Way.Slots ? new DeploySettings { Slots = ["blue", "green"] } : new DeploySettings();

    public static async Task<FaultCase> StartAsync(Way way, Patience? patience = null, TimeSpan provisioningTime = default)
    {
        var chat = await BasicChat.StartAsync(provisioningTime, patience);
        chat.Replace("deployment.yml", "instance_count: 1\n", "instance_count: 1\nrequest_settings:\n  request_timeout_ms: 500\n");
        var started = new FaultCase(way, chat);
        if (way != Way.First)
        {
            await chat.DeployAsync(started.Settings);
        }

        return started;
    }

    /// <summary>Makes a change: another template, another image, and another description of the endpoint.</summary>
    public void Change()
    {
        var text = $"change {_changes}";
        _changes++;
        _chat.Write("basic-chat/chat.jinja2", $"system:\nAnswer briefly ({text}).\n\nuser:\n{{{{question}}}}\n");
        var image = File.ReadAllText(_chat.DeploymentFile);
        _chat.Write("deployment.yml", System.Text.RegularExpressions.Regex.Replace(image, "basic-chat:\\d+", $"basic-chat:{_changes}"));
        if (_way != Way.First)
        {
            _chat.Write("endpoint.yml", $"name: {_endpoint}\nauth_mode: key\ndescription: change {_changes}\n");
        }
        else
        {
            var next = $"{Endpoint}-{_changes}";
            _chat.Replace("endpoint.yml", $"name: {_endpoint}\n", $"name: {next}\n");
            _chat.Replace("deployment.yml", $"endpoint_name: {_endpoint}\n", $"endpoint_name: {next}\n");
            _endpoint = next;
        }
    }

    /// <summary>What stands in the workspace now.</summary>
    public async Task<Standing> LookAsync()
    {
        var workspace = await WorkspaceAsync();
        var token = TestContext.Current.CancellationToken;
        var endpoint = await workspace.GetEndpointAsync(_endpoint, token);
        var deployments = await workspace.GetDeploymentsAsync(_endpoint, token);
        var models = await workspace.GetModelVersionsAsync("basic-chat-model", token);
        return new Standing(
            new TrafficMap(endpoint?.Traffic ?? new Dictionary<string, int>()),
            deployments.ToDictionary(static d => d.Name, static d => d.State),
            deployments.ToDictionary(static d => d.Name, static d => d.ModelId?.Split('/')[^1] ?? ""),
            models.ToDictionary(static m => m.Name, static m => m.ContentHash ?? ""));
    }

    /// <summary>What is wrong whatever has happened: something is lost, or callers reach a deployment that failed, or nothing.</summary>
    public async Task<IReadOnlyList<string>> FindHarmAsync(Standing before, Standing after)
    {
        List<string> harm =
        [
            .. before.Models.Where(m => after.Models.GetValueOrDefault(m.Key) != m.Value).Select(static m => $"model version {m.Key} is lost"),
            .. after.Traffic.Percentages.Keys.Where(name => after.States.GetValueOrDefault(name) is null or "Failed" or "Canceled")
                .Select(name => $"{name} has traffic and is {after.States.GetValueOrDefault(name)}"),
        ];
        if (before.Traffic.Percentages.Count > 0)
        {
            var workspace = await WorkspaceAsync();
            var endpoint = (await workspace.GetEndpointAsync(_endpoint, TestContext.Current.CancellationToken))!;
            using var client = await ScoringClient.OpenAsync(workspace, endpoint, TestContext.Current.CancellationToken);
            var answer = await client.SendAsync("""{ "question": "Do you serve?" }"""u8.ToArray(), null, TestContext.Current.CancellationToken);
            if (answer.Status != 200)
            {
                harm.Add($"callers get {answer.StatusText}");
            }
        }

        return harm;
    }

    /// <summary>What is not as the files say, once a run has succeeded.</summary>
    public async Task<IReadOnlyList<string>> FindDifferencesAsync(Standing before, Standing after)
    {
        var name = _way == Way.Slots && before.Traffic.Percentages.ContainsKey("blue") ? "green" : "blue";
        List<string> differences = [];
        if (after.Traffic.ToString() != $"{name}=100" || after.States[name] != "Succeeded")
        {
            differences.Add($"traffic is {after.Traffic}, {name} is {after.States.GetValueOrDefault(name)}");
        }

        if (after.Models.Count != before.Models.Count + 1)
        {
            differences.Add($"{after.Models.Count - before.Models.Count} model versions were registered");
        }

        var plan = await _chat.PlanAsync(Settings);
        return plan.HasChanges ? [.. differences, .. plan.ToLines()] : differences;
    }

    public ValueTask DisposeAsync() => _chat.DisposeAsync();

    private async Task<MachineLearningWorkspace> WorkspaceAsync() => _workspace ??= await _chat.OpenWorkspaceAsync();
}
