using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
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

    [Fact]
    public async Task Nothing_acknowledged_is_lost_when_the_process_is_killed()
    {
        var kills = int.TryParse(Environment.GetEnvironmentVariable("FLOWBUILD_KILLS"), CultureInfo.InvariantCulture, out var wanted) ? wanted : 3;
        using var folder = new TemporaryFolder();
        var state = Path.Combine(folder.Path, "state");
        var acknowledged = new ConcurrentDictionary<string, string>();
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

    private static async Task WriteAsync(WorkspaceProcessRun run, string writer, ConcurrentDictionary<string, string> acknowledged, int last)
    {
        using var client = run.Client();
        for (var i = 0; ; i++)
        {
            var content = $"{writer}-{i}";
            var path = i % 2 == 0
                ? $"/flowbuildlocal/azureml-blobstore-local/k/{content}"
                : $"{run.WorkspaceId}/models/m-{writer}/versions/{i}?api-version=2024-10-01";
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Put, path)
                {
                    Content = i % 2 == 0 ? new StringContent(content) : JsonContent.Create(Model(content)),
                };
                request.Headers.Add("x-ms-blob-type", "BlockBlob");
                using var answer = await client.SendAsync(request);
                Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
            }
            catch (HttpRequestException)
            {
                return;
            }

            acknowledged[path] = content;
            if (acknowledged.Count >= last)
            {
                run.Kill();
                return;
            }
        }
    }

    private static async Task<IReadOnlyList<string>> FindLostAsync(WorkspaceProcessRun run, ConcurrentDictionary<string, string> acknowledged)
    {
        using var client = run.Client();
        var lost = new List<string>();
        foreach (var (path, content) in acknowledged)
        {
            using var answer = await client.GetAsync(new Uri(path, UriKind.Relative));
            var text = await answer.Content.ReadAsStringAsync();
            if (!answer.IsSuccessStatusCode || !text.Contains(content, StringComparison.Ordinal))
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
