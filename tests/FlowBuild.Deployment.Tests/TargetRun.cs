using System.Diagnostics;
using System.Text;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>
/// Targets of the basic chat's project in a real <c>dotnet msbuild</c>. The project imports the file of the deployment targets and
/// no SDK, so there is nothing to restore or to compile.
/// </summary>
internal sealed class TargetRun
{
    private readonly BasicChat _chat;

    /// <summary>Writes the project.</summary>
    /// <param name="chat">The folder and the workspace.</param>
    /// <param name="flows">The project's flows; none: the basic chat.</param>
    public TargetRun(BasicChat chat, params FlowItem[] flows)
    {
        _chat = chat;
        Assert.True(File.Exists(TasksAssembly), TasksAssembly);
        chat.Write("BasicChat.proj", $"""
            <Project>
              <PropertyGroup>
                <FlowBuildTasksAssembly>{TasksAssembly}</FlowBuildTasksAssembly>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
                <OutDir>bin/</OutDir>
              </PropertyGroup>
              <ItemGroup>
                {string.Join("\n    ", (flows.Length > 0 ? flows : chat.Project.Items).Select(Item))}
              </ItemGroup>
              <Import Project="{Path.Combine(Repository.Root, "build", "FlowBuild.Deployment.targets")}" />
            </Project>
            """);

        // What the machine's user has set must not decide which workspace or identity is meant.
        foreach (var name in System.Environment.GetEnvironmentVariables().Keys.Cast<string>())
        {
            if (name.StartsWith("AZURE", StringComparison.OrdinalIgnoreCase) || name.StartsWith("IDENTITY_", StringComparison.Ordinal) || name.StartsWith("Flow", StringComparison.OrdinalIgnoreCase))
            {
                Environment[name] = null;
            }
        }

        Environment["FLOWBUILD_LOCAL_WORKSPACE"] = chat.StateFolder;
        Environment["AZURE_CONFIG_DIR"] = Path.Combine(chat.Folder, "azure-cli");
    }

    /// <summary>The assembly of the tasks, as it was built with these tests.</summary>
    public static string TasksAssembly { get; } = Path.Combine(
        Repository.Root, "src", "FlowBuild.Tasks", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net8.0", "FlowBuild.Tasks.dll");

    /// <summary>The environment that the process runs in, over the one of the tests.</summary>
    public Dictionary<string, string?> Environment { get; } = [];

    /// <summary>MSBuild's verbosity.</summary>
    public string Verbosity { get; init; } = "minimal";

    public Task<CommandResult> RunAsync(string target, params string[] properties) =>
        RunProjectAsync("BasicChat.proj", target, properties);

    /// <summary>Runs a target of another project of the folder.</summary>
    public Task<CommandResult> RunProjectAsync(string project, string target, params string[] properties) =>
        DotNetCommand.RunAsync(Folder, Environment, Arguments(project, target, properties), TestContext.Current.CancellationToken);

    /// <summary>Runs a target and interrupts the process, as Ctrl+C does, when its output holds a text.</summary>
    public async Task<CommandResult> InterruptAsync(string target, string text, params string[] properties)
    {
        using var process = DotNetCommand.StartInterruptible(Folder, Environment, Arguments("BasicChat.proj", target, properties));
        process.StandardInput.Close();
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = new StringBuilder();
        var isSent = false;
        while (await process.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
        {
            output.Append(line).Append('\n');
            if (!isSent && line.Contains(text, StringComparison.Ordinal))
            {
                isSent = true;
                using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            }
        }

        output.Append(await errors);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(isSent, output.ToString());
        return new CommandResult(process.ExitCode, output.ToString());
    }

    private string Folder => Path.Combine(_chat.Folder, "project");

    private string Item(FlowItem flow) =>
        $"""<PromptFlow Include="{Relative(flow.FlowFile)}" Endpoint="{Relative(flow.EndpointFile)}" """
        + $"""Deployment="{Relative(flow.DeploymentFile)}" Model="{Relative(flow.ModelFile)}" />""";

    private string? Relative(string? file) => file is null ? null : Path.GetRelativePath(Folder, file);

    private string[] Arguments(string project, string target, string[] properties) =>
        ["msbuild", project, $"-t:{target}", "-nologo", "-tl:off", $"-v:{Verbosity}", .. properties.Select(static p => $"-p:{p}")];
}
