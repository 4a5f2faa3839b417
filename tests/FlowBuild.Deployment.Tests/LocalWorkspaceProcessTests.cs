using System.Diagnostics;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.LocalWorkspace;
using FlowBuild.Deployment.Workspace;

namespace FlowBuild.Deployment.Tests;

/// <summary>The local workspace as a process that targets find, start, replace and stop.</summary>
public sealed class LocalWorkspaceProcessTests : IAsyncDisposable
{
    private static readonly CancellationToken Token = TestContext.Current.CancellationToken;

    private readonly TemporaryFolder _folder = new();
    private readonly RecordingLog _log = new();

    private string State => Path.Combine(_folder.Path, "state");

    private string StateFile => Path.Combine(State, "workspace.json");

    [Theory]
    [InlineData("removed")]
    [InlineData("cut off")]
    public async Task A_running_workspace_whose_state_file_is_gone_is_replaced_and_can_be_stopped(string how)
    {
        await StartAsync(State);
        using var first = Process.GetProcessById(ProcessId());
        Lose(how);

        await StartAsync(State);

        await first.WaitForExitAsync(Token);
        Assert.NotEqual(first.Id, ProcessId());
        Assert.Contains(_log.Lines, l => l.Contains($"process {first.Id}) does not answer; replacing it", StringComparison.Ordinal));

        using var second = Process.GetProcessById(ProcessId());
        Lose(how);
        Assert.True(await StopAsync());
        await second.WaitForExitAsync(Token);
        Assert.False(await StopAsync());
    }

    [Fact]
    public async Task A_running_workspace_is_replaced_by_one_that_serves_as_the_target_says_and_kept_by_targets_that_say_nothing()
    {
        const string Secret = "http://127.0.0.1:9/?key=secret";
        await StartAsync(State);
        var first = ProcessId();
        Assert.EndsWith("it answers by contract", _log.Lines[^1], StringComparison.Ordinal);
        var address = JsonNode.Parse(await File.ReadAllTextAsync(StateFile, Token))!["controlPlane"]!.ToString();

        await StartAsync(State, Secret);

        var second = ProcessId();
        Assert.NotEqual(first, second);
        Assert.Contains(_log.Lines, static l => l.Contains("answers by contract, and FlowServeCommand is given; replacing it", StringComparison.Ordinal));
        Assert.EndsWith("a real server answers (FlowServeCommand)", _log.Lines[^1], StringComparison.Ordinal);
        var state = await File.ReadAllTextAsync(StateFile, Token);
        Assert.Equal(address, JsonNode.Parse(state)!["controlPlane"]!.ToString());
        Assert.DoesNotContain("secret", state + _log.Text, StringComparison.Ordinal);

        foreach (var same in (string[])[$" {Secret} ", ""])
        {
            await StartAsync(State, same);
            Assert.Equal(second, ProcessId());
        }

        await StartAsync(State, "http://127.0.0.1:10");
        Assert.NotEqual(second, ProcessId());
        Assert.Contains(_log.Lines, static l => l.Contains("serves flows with another FlowServeCommand; replacing it", StringComparison.Ordinal));

        Assert.True(await StopAsync());
        await StartAsync(State);
        Assert.EndsWith("it answers by contract", _log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task The_command_line_of_the_workspace_holds_no_secret()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "command lines are read from /proc");
        const string ServeCommand = "http://127.0.0.1:9/?key=secret-of-the-server";

        await StartAsync(State, ServeCommand);

        var state = JsonNode.Parse(await File.ReadAllTextAsync(StateFile, Token))!;
        var commandLine = await File.ReadAllTextAsync($"/proc/{ProcessId()}/cmdline", Token);
        Assert.Contains("FlowBuild.LocalWorkspace.dll", commandLine, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-of-the-server", commandLine, StringComparison.Ordinal);
        Assert.DoesNotContain(state["token"]!.ToString(), commandLine, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_workspace_inside_another_program_is_never_ended()
    {
        await using var host = await LocalWorkspaceHost.StartAsync(new LocalWorkspaceOptions { StateFolder = State }, Token);
        File.Delete(StateFile);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => StartAsync(State));

        Assert.Equal(LocalWorkspaceRules.DidNotStart, refused.Diagnostic.Rule);
        Assert.Contains("another program serves the state folder", refused.Message, StringComparison.Ordinal);
        Assert.False(await StopAsync());
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_state_file_of_a_killed_process_is_not_trusted_although_another_one_answers_at_its_address()
    {
        await StartAsync(State);
        var stale = JsonNode.Parse(await File.ReadAllTextAsync(StateFile, Token))!;
        stale["processId"] = 1;
        var running = ProcessId();
        await File.WriteAllTextAsync(StateFile, stale.ToJsonString(), Token);

        await StartAsync(State);

        Assert.NotEqual(1, ProcessId());
        Assert.NotEqual(running, ProcessId());
    }

    [Fact]
    public async Task What_the_shell_of_the_build_holds_open_the_workspace_does_not()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux shows what a process holds open.");
        var tasks = Path.Combine(Repository.Root, "src", "FlowBuild.Tasks", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net8.0", "FlowBuild.Tasks.dll");
        _folder.Write("Start.proj", $"""
            <Project>
              <PropertyGroup>
                <FlowWorkspace>local</FlowWorkspace>
                <FlowBuildTasksAssembly>{tasks}</FlowBuildTasksAssembly>
                <FlowBuildLocalWorkspaceAssembly>{typeof(LocalWorkspaceHost).Assembly.Location}</FlowBuildLocalWorkspaceAssembly>
              </PropertyGroup>
              <Import Project="{Path.Combine(Repository.Root, "build", "FlowBuild.Deployment.targets")}" />
            </Project>
            """);
        var shell = new ProcessStartInfo("/bin/sh", ["-c", "exec 9>held; exec dotnet msbuild Start.proj -t:StartLocalWorkspace -nodeReuse:false"])
        {
            WorkingDirectory = _folder.Path,
            Environment = { ["FLOWBUILD_LOCAL_WORKSPACE"] = State },
        };
        foreach (var name in shell.Environment.Keys.Where(static k => k.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
        {
            shell.Environment.Remove(name);
        }

        using var build = Process.Start(shell)!;
        await build.WaitForExitAsync(Token);

        Assert.Equal(0, build.ExitCode);
        Assert.True(File.Exists(Path.Combine(_folder.Path, "held")));
        Assert.DoesNotContain(Directory.GetFiles($"/proc/{ProcessId()}/fd"), static f => new FileInfo(f).LinkTarget?.EndsWith("/held", StringComparison.Ordinal) == true);
    }

    [Fact]
    public async Task A_start_that_fails_says_why()
    {
        Directory.CreateDirectory(Path.Combine(State, "workspace.log"));
        OwnAlone(State);

        var failed = await Assert.ThrowsAsync<FlowDeploymentException>(() => StartAsync(State));

        Assert.Equal(LocalWorkspaceRules.DidNotStart, failed.Diagnostic.Rule);
        Assert.Contains("workspace.log", failed.Message, StringComparison.Ordinal);
        Assert.Contains("denied", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("; see ", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [Trait("Category", "Security")]
    public async Task A_state_folder_that_is_a_link_is_refused(string end)
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "real"));
        Directory.CreateSymbolicLink(State, Path.Combine(_folder.Path, "real"));

        await RefusesAsync(State + end, "is a symbolic link");
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_state_file_that_is_a_link_or_open_to_others_is_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no modes.");
        Directory.CreateDirectory(State);
        OwnAlone(State);
        File.CreateSymbolicLink(StateFile, _folder.Write("elsewhere.json", "{}"));
        await RefusesAsync(State, "holds 'workspace.json', which is a symbolic link");

        File.Delete(StateFile);
        await File.WriteAllTextAsync(StateFile, "{}", Token);
        SetMode(StateFile, "666");
        await RefusesAsync(State, "holds 'workspace.json', which is open to others (mode 666)");

        SetMode(State, "777");
        await RefusesAsync(State, "is open to others (mode 777)");
    }

    [Fact]
    [Trait("Category", "Security")]
    public async Task A_state_folder_of_another_user_is_refused()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && Environment.UserName == "root", "Only root can give a folder away.");
        Directory.CreateDirectory(State);
        OwnAlone(State);
        using (var chown = Process.Start("chown", ["12345", State]))
        {
            await chown.WaitForExitAsync(Token);
            Assert.Equal(0, chown.ExitCode);
        }

        await RefusesAsync(State, "belongs to another user");
    }

    [Theory]
    [InlineData("")]
    [InlineData("home")]
    public void Without_a_home_folder_the_state_folder_must_be_named(string home)
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => new StatePath("", null, home));

        Assert.Equal(LocalWorkspaceRules.NoStateFolder, refused.Diagnostic.Rule);
        Assert.Contains("FLOWBUILD_LOCAL_WORKSPACE", refused.Message, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(_folder.Path, "named"), new StatePath("", Path.Combine(_folder.Path, "named"), home).Path);
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (new DirectoryInfo(State) is { Exists: true, LinkTarget: null })
            {
                await StopAsync();
            }
        }
        catch (FlowDeploymentException)
        {
            // The folder is one that the client refuses; nothing runs there.
        }

        _folder.Dispose();
    }

    private async Task RefusesAsync(string folder, string problem)
    {
        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => StartAsync(folder));
        Assert.Equal(LocalWorkspaceRules.UnsafeFolder, refused.Diagnostic.Rule);
        Assert.Contains(problem, refused.Message, StringComparison.Ordinal);
    }

    private Task StartAsync(string folder, string serveCommand = "") =>
        WorkspaceOpener.StartLocalAsync(Settings(folder) with { ServeCommand = serveCommand }, _log, Token);

    private Task<bool> StopAsync() => WorkspaceOpener.StopLocalAsync(Settings(State), _log, CancellationToken.None);

    private static LocalWorkspaceSettings Settings(string folder) => new(typeof(LocalWorkspaceHost).Assembly.Location, "dotnet", folder, null, "");

    private int ProcessId() => JsonNode.Parse(File.ReadAllText(StateFile))!["processId"]!.GetValue<int>();

    private void Lose(string how)
    {
        if (how == "removed")
        {
            File.Delete(StateFile);
        }
        else
        {
            File.WriteAllText(StateFile, File.ReadAllText(StateFile)[..40]);
        }
    }

    private static void OwnAlone(string folder) => SetMode(folder, "700");

    private static void SetMode(string path, string octal)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(octal, 8));
        }
    }
}
