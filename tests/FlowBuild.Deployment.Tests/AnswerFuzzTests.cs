using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.Deployment.Plan;

namespace FlowBuild.Deployment.Tests;

/// <summary>
/// Whatever members the documents of a control plane hold, a run ends well or in a coded error. The seed is fixed, so a failure comes
/// again; <c>FLOWBUILD_FUZZ_ROUNDS</c> sets how many runs are made (default 60).
/// </summary>
[Trait("Category", "Security")]
public sealed class AnswerFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Values =
    [
        "null", "true", "5", "-1", "1e999", "99999999999999999999", "0.5", "\"\"", "\"text\"", "\"a:b:c\"", "\"/x/y/z\"", "\"https://[\"", "\"\\ud800\"", "\"\\u0000\\n\"",
        "[]", "{}", "[null]", "[5]", "[[]]", "{\"a\":null}", "{\"a\":{\"b\":[1]}}", "{\"a\":1,\"a\":2}", "\"PT0S\"", "\"Failed\"", "\"Succeeded\"",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Any_document_of_a_control_plane_ends_well_or_in_a_coded_error()
    {
        var random = new Random(20261129);
        await using var chat = await BasicChat.StartAsync(patience: BasicChat.Impatience with { Retries = 0, BusyAttempts = 2, Verification = TimeSpan.Zero });
        await chat.DeployAsync();
        await using var proxy = await TamperingProxy.StartAsync(chat);
        var rounds = int.TryParse(Environment.GetEnvironmentVariable("FLOWBUILD_FUZZ_ROUNDS"), NumberStyles.None, CultureInfo.InvariantCulture, out var given) ? given : 60;
        var refused = 0;
        for (var round = 0; round < rounds; round++)
        {
            var changes = new List<string>();
            var odds = random.Next(1, 6);
            proxy.Rewrite = (path, body) =>
            {
                lock (random)
                {
                    // How the workspace answers to the search for it is not part of the run.
                    return path.StartsWith("/local/", StringComparison.Ordinal) || random.Next(odds) > 0 ? body : Damage(path, body, random, changes);
                }
            };
            foreach (var (name, run) in Runs(chat))
            {
                try
                {
                    await run();
                }
                catch (FlowDeploymentException)
                {
                    refused++;
                }
                catch (Exception e)
                {
                    Assert.Fail($"round {round}, {name}: {e}\n{string.Join('\n', changes)}");
                }
            }
        }

        output.WriteLine($"{rounds} rounds, {refused} coded errors");
        Assert.NotEqual(0, refused);
    }

    private static IEnumerable<(string Name, Func<Task> Run)> Runs(BasicChat chat)
    {
        yield return ("show", () => chat.Deployer(new RecordingLog()).ShowAsync(Token));
        yield return ("plan", () => chat.Deployer(new RecordingLog()).PlanAsync(writes: false, Token));
        yield return ("invoke", () => chat.Deployer(new RecordingLog()).InvokeAsync(null, Token));
        yield return ("logs", () => chat.Deployer(new RecordingLog()).ShowLogsAsync("", 5, Token));
        yield return ("rollback", () => chat.Deployer(new RecordingLog()).RollbackAsync(Token));
        yield return ("traffic", () => chat.Deployer(new RecordingLog(), new DeploySettings { AllTraffic = true }).SetTrafficAsync(Token));
        yield return ("deploy", async () =>
        {
            var deployer = chat.Deployer(new RecordingLog(), new DeploySettings { GrantAccess = true });
            foreach (var stage in Enum.GetValues<FlowStage>())
            {
                await deployer.ApplyAsync(stage, Token);
            }
        });
    }

    // One to three members of the document take a value of another kind, or go.
    private static string Damage(string path, string body, Random random, List<string> changes)
    {
        const string Mark = "\u0001";
        if (JsonNode.Parse(body) is not { } document)
        {
            return body;
        }

        var values = new List<string>();
        for (var edits = random.Next(1, 4); edits > 0; edits--)
        {
            var places = Places(document).ToList();
            if (places.Count == 0)
            {
                break;
            }

            var (parent, key) = places[random.Next(places.Count)];
            var value = Values[random.Next(Values.Length)];
            changes.Add($"{path.Split('?')[0]}: {parent.GetPath()}.{key} = {value}");
            if (parent is JsonObject members && random.Next(4) == 0)
            {
                members.Remove(key);
            }
            else if (parent is JsonObject changed)
            {
                changed[key] = $"{Mark}{values.Count}{Mark}";
                values.Add(value);
            }
            else
            {
                parent[int.Parse(key, CultureInfo.InvariantCulture)] = $"{Mark}{values.Count}{Mark}";
                values.Add(value);
            }
        }

        // The values are put in as text, since some are no JSON that a tree holds.
        var text = document.ToJsonString();
        for (var i = 0; i < values.Count; i++)
        {
            text = text.Replace($"\"\\u0001{i}\\u0001\"", values[i], StringComparison.Ordinal);
        }

        return text;
    }

    private static IEnumerable<(JsonNode Parent, string Key)> Places(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(m => Places(m.Value).Prepend((node, m.Key))),
        JsonArray items => items.SelectMany((item, i) => Places(item).Prepend((node, i.ToString(CultureInfo.InvariantCulture)))),
        _ => [],
    };
}
