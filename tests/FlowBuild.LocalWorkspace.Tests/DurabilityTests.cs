using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests;

/// <summary>
/// Kills the process during writes. <c>FLOWBUILD_KILLS=100 dotnet test --project tests/FlowBuild.LocalWorkspace.Tests --filter-class
/// FlowBuild.LocalWorkspace.Tests.DurabilityTests --output Detailed</c> prints how many acknowledged writes were looked for and found.
/// </summary>
public sealed class DurabilityTests
{
    private const int Writers = 4;
    private const string Container = "/flowbuildlocal/azureml-blobstore-local/k";

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("FLOWBUILD_KILLS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : 3;
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        var acknowledged = new ConcurrentDictionary<string, string[]>();
        var random = new Random(20260101);
        var lost = new List<string>();
        for (var kill = 0; kill < kills; kill++)
        {
            using var run = await WorkspaceProcessRun.StartAsync(state);
            lost.AddRange(await FindLostAsync(run, acknowledged));
            // Killed right after the n-th acknowledgement, while the other writers are somewhere in a write.
            var last = acknowledged.Count + random.Next(1, 60);
            await Task.WhenAll(Enumerable.Range(0, Writers).Select(writer => WriteAsync(run, $"{kill}-{writer}", acknowledged, last)));
        }

        using var final = await WorkspaceProcessRun.StartAsync(state);
        lost.AddRange(await FindLostAsync(final, acknowledged));
        TestContext.Current.TestOutputHelper?.WriteLine($"killed {kills} times, {acknowledged.Count} writes acknowledged, {lost.Count} lost");
        Assert.Empty(lost);
    }

    private static async Task WriteAsync(WorkspaceProcessRun run, string writer, ConcurrentDictionary<string, string[]> acknowledged, int last)
    {
        using var client = run.Client();
        for (var i = 0; ; i++)
        {
            try
            {
                await WriteAsync(client, run.WorkspaceId, writer, i, acknowledged);
            }
            catch (HttpRequestException)
            {
                return;
            }

            if (acknowledged.Count >= last)
            {
                run.Kill();
                return;
            }
        }
    }

    // A blob, a model, a blob of blocks that replaces the one before, or a block that waits.
    private static async Task WriteAsync(HttpClient client, string workspaceId, string writer, int i, ConcurrentDictionary<string, string[]> acknowledged)
    {
        var content = $"{writer}-{i};";
        var block = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{i:D8}"));
        switch (i % 4)
        {
            case 0:
                await PutAsync(client, $"{Container}/{writer}-{i}", new StringContent(content));
                acknowledged[$"{Container}/{writer}-{i}"] = [content];
                break;
            case 1:
                var model = $"{workspaceId}/models/m-{writer}/versions/{i}?api-version=2024-10-01";
                await PutAsync(client, model, JsonContent.Create(Model(content)));
                acknowledged[model] = [content];
                break;
            case 2:
                var blob = $"{Container}/blocks-{writer}";
                var next = $"begins {content} ends {content}";
                await PutAsync(client, $"{blob}?comp=block&blockid=b25l", new StringContent($"begins {content} "));
                await PutAsync(client, $"{blob}?comp=block&blockid=dHdv", new StringContent($"ends {content}"));
                // Killed in the commit the blob is the one or the other.
                acknowledged.AddOrUpdate(blob, static (_, next) => ["BlobNotFound", next], static (_, before, next) => [.. before, next], next);
                await PutAsync(client, $"{blob}?comp=blocklist", new StringContent("<BlockList><Latest>b25l</Latest><Latest>dHdv</Latest></BlockList>"));
                acknowledged[blob] = [next];
                break;
            default:
                var waiting = $"{Container}/waits-{writer}?comp=block";
                await PutAsync(client, $"{waiting}&blockid={Uri.EscapeDataString(block)}", new StringContent(content));
                acknowledged[$"{waiting}list&blocklisttype=uncommitted&i={i}"] = [$"<Name>{block}</Name><Size>{content.Length}</Size>"];
                break;
        }
    }

    private static async Task PutAsync(HttpClient client, string path, HttpContent content)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, path) { Content = content };
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        using var answer = await client.SendAsync(request);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private static async Task<IReadOnlyList<string>> FindLostAsync(WorkspaceProcessRun run, ConcurrentDictionary<string, string[]> acknowledged)
    {
        using var client = run.Client();
        var lost = new List<string>();
        foreach (var (path, contents) in acknowledged)
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            var text = await answer.Content.ReadAsStringAsync();
            if (!contents.Any(content => text.Contains(content, StringComparison.Ordinal)))
            {
                lost.Add(path);
            }
        }

        return lost;
    }

    private static JsonObject Model(string content) => new()
    {
        ["properties"] = new JsonObject { ["modelUri"] = "azureml://datastores/workspaceblobstore/paths/" + content },
    };
}
