using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>Speaks to the local workspace of a state folder, past the targets: turns faults on, and sees what stands.</summary>
internal sealed class LocalWorkspaceClient : IDisposable
{
    private readonly HttpClient _http;
    private readonly string _workspace;

    /// <summary>Connects to the workspace that runs.</summary>
    public LocalWorkspaceClient(string stateFolder)
    {
        using var state = JsonDocument.Parse(File.ReadAllText(Path.Combine(stateFolder, "workspace.json")));
        string Read(string name) => state.RootElement.GetProperty(name).GetString()!;
        var pinned = Read("certificate");
        Token = Read("token");
        _workspace = $"subscriptions/{Read("subscriptionId")}/resourceGroups/{Read("resourceGroup")}/providers/Microsoft.MachineLearningServices/workspaces/{Read("workspace")}";
        _http = new HttpClient(new HttpClientHandler
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => Convert.ToBase64String(certificate!.RawData) == pinned,
        })
        {
            BaseAddress = new Uri(Read("controlPlane") + "/"),
        };
        _http.DefaultRequestHeaders.Authorization = new("Bearer", Token);
    }

    /// <summary>The bearer token. A secret.</summary>
    public string Token { get; }

    /// <summary>Turns faults on; "{}" turns them off.</summary>
    public Task SetFaultsAsync(string json) => PutAsync(new Uri("local/faults", UriKind.Relative), json);

    /// <summary>A resource below the workspace, or null.</summary>
    public async Task<JsonNode?> GetAsync(string path)
    {
        using var response = await _http.GetAsync(At(path), TestContext.Current.CancellationToken);
        return response.IsSuccessStatusCode ? JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)) : null;
    }

    /// <summary>Puts a resource below the workspace.</summary>
    public Task PutAsync(string path, string json) => PutAsync(At(path), json);

    /// <summary>The answer to an action.</summary>
    public async Task<JsonNode> PostAsync(string path)
    {
        using var response = await _http.PostAsync(At(path), null, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, body);
        return JsonNode.Parse(body)!;
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task PutAsync(Uri address, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = await _http.PutAsync(address, content, TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private Uri At(string path) => new($"{_workspace}/{path}?api-version=2024-10-01", UriKind.Relative);
}
