using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>Known secrets, looked for in everything that deployments leave behind: in good runs and in failed ones.</summary>
[Trait("Category", "Security")]
public sealed class SecretTests(PackedFeed feed)
{
    private const string InFile = "value-of-the-file-7f3a9c";
    private const string InEnvironment = "value-of-the-environment-51d2e8";
    private const string Changed = "value-that-is-new-c04b77";

    [Fact]
    public async Task No_secret_is_in_any_output_of_good_and_failed_runs()
    {
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        var deployment = Path.Combine(sample, "deployment.yml");
        var text = await File.ReadAllTextAsync(deployment, TestContext.Current.CancellationToken);
        await WriteAsync(text.Replace("environment_variables:\n", $"environment_variables:\n  OPENAI_API_KEY: {InFile}\n", StringComparison.Ordinal));
        user.Variables["SEARCH_KEY"] = InEnvironment;
        var outputs = new Dictionary<string, string>();
        const string Set = "-p:FlowSet=environment_variables.SEARCH_KEY=@env:SEARCH_KEY";

        // Storage refuses the identity, so that the account's key comes into play.
        await RunAsync(0, "start", "build", "BasicChat", "-restore", "-t:StartLocalWorkspace");
        using var workspace = new LocalWorkspaceClient(user.StateFolder);
        await workspace.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "^/flowbuildlocal/", "times": 1, "status": 403, "code": "AuthorizationPermissionMismatch" } ] }""");
        await RunAsync(0, "deploy", "publish", "BasicChat", "-t:DeployFlow", Set, "-v:detailed");
        await RunAsync(0, "plan", "build", "BasicChat", "-t:PlanFlow", Set, "-v:detailed");
        await RunAsync(0, "invoke", "build", "BasicChat", "-t:InvokeFlow", "-v:detailed");
        await RunAsync(0, "logs", "build", "BasicChat", "-t:GetFlowLogs", "-v:detailed");
        await RunAsync(0, "show", "build", "BasicChat", "-t:ShowFlow", "-v:detailed");
        var credentials = Path.Combine(user.Path, "credentials.json");
        await RunAsync(0, "credentials", "build", "BasicChat", "-t:GetFlowCredentials", $"-p:FlowCredentialsFile={credentials}", "-v:detailed");

        // A change of a secret, whose container crashes and which is put back; a refused request; a workspace that goes away.
        await WriteAsync((await File.ReadAllTextAsync(deployment, TestContext.Current.CancellationToken)).Replace(InFile, Changed, StringComparison.Ordinal));
        await RunAsync(0, "plan of a change", "build", "BasicChat", "-t:PlanFlow", Set, "-v:detailed");
        await workspace.SetFaultsAsync("""{ "operations": [ { "kind": "PutDeployment", "code": "ResourceNotReady", "message": "It crashed." } ] }""");
        await RunAsync(1, "crash", "publish", "BasicChat", "-t:DeployFlow", Set, "-v:detailed");
        await workspace.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "method": "PUT", "path": "/deployments/", "times": 1000, "status": 400, "code": "BadArgument" } ] }""");
        await RunAsync(1, "refusal", "publish", "BasicChat", "-t:DeployFlow", Set, "-v:detailed");
        await workspace.SetFaultsAsync("""{ "calls": [ { "action": "Fail", "path": "/score$", "times": 1000, "status": 401 } ] }""");
        await RunAsync(1, "not invoked", "build", "BasicChat", "-t:InvokeFlow", "-v:detailed");
        await workspace.SetFaultsAsync("""{ "calls": [ { "action": "Cut", "method": "PUT", "path": "/deployments/", "times": 1000 } ] }""");
        await RunAsync(1, "cut", "publish", "BasicChat", "-t:DeployFlow", Set, "-v:detailed");

        await workspace.SetFaultsAsync("{}");
        var keys = await workspace.PostAsync("onlineEndpoints/basic-chat-endpoint/listKeys");
        var account = await workspace.PostAsync("datastores/workspaceblobstore/listSecrets");
        string[] secrets = [InFile, InEnvironment, Changed, workspace.Token, $"{keys["primaryKey"]}", $"{keys["secondaryKey"]}", $"{account["key"]}"];
        Assert.All(secrets, static secret => Assert.True(secret.Length > 10));

        foreach (var file in Directory.EnumerateFiles(user.Path, "*.binlog"))
        {
            outputs[Path.GetFileName(file)] = await DecompressAsync(file);
        }

        string[] folders = [Path.Combine(sample, "bin"), Path.Combine(sample, "obj")];
        foreach (var file in folders.SelectMany(static folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)).Append(Path.Combine(user.StateFolder, "workspace.log")))
        {
            outputs[Path.GetRelativePath(user.Path, file)] = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
        }

        // The search finds what is there: what the log, the binary log and the files say of themselves.
        Assert.Contains(outputs, static o => o.Key == "deploy.binlog" && o.Value.Contains("basic-chat-endpoint", StringComparison.Ordinal));
        Assert.Contains(outputs, static o => o.Key.EndsWith("plan.json", StringComparison.Ordinal) && o.Value.Contains("OPENAI_API_KEY", StringComparison.Ordinal));
        Assert.Contains(outputs, static o => o.Key.EndsWith("flow-deployment.json", StringComparison.Ordinal));
        Assert.Contains(outputs, static o => o.Key.EndsWith(".package.json", StringComparison.Ordinal));
        Assert.Contains(secrets[4], await File.ReadAllTextAsync(credentials, TestContext.Current.CancellationToken), StringComparison.Ordinal);
        var leaks = outputs.SelectMany(output => secrets.Where(secret => output.Value.Contains(secret, StringComparison.Ordinal)).Select(secret => $"{output.Key}: {secret[..8]}…"))
            .Concat(outputs.Where(static o => Regex.IsMatch(o.Value, "[?&]sig=[A-Za-z0-9%+/]{20,}|AccountKey=|Bearer [A-Za-z0-9._-]{16,}")).Select(static o => $"{o.Key}: a signature, a key or a token"));
        Assert.Empty(leaks);

        Task WriteAsync(string content) => File.WriteAllTextAsync(deployment, content, TestContext.Current.CancellationToken);

        async Task RunAsync(int exitCode, string name, params string[] arguments)
        {
            var result = await user.DotNetAsync([.. arguments, $"-bl:{Path.Combine(user.Path, name.Replace(' ', '-'))}.binlog"]);
            Assert.True(result.ExitCode == exitCode, $"{name}: {result.Output}");
            outputs.Add(name, result.Output);
        }
    }

    // A binary log is a gzip stream whose texts stand in it as they are.
    private static async Task<string> DecompressAsync(string file)
    {
        using var bytes = new MemoryStream();
        await using var content = new GZipStream(File.OpenRead(file), CompressionMode.Decompress);
        await content.CopyToAsync(bytes, TestContext.Current.CancellationToken);
        return Encoding.Latin1.GetString(bytes.ToArray());
    }
}
