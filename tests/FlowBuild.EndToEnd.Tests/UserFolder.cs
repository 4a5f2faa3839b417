namespace FlowBuild.EndToEnd.Tests;

/// <summary>
/// A folder of a user outside the repository: its projects restore from the packed feed, and its local workspace and user secrets are its own.
/// Disposing it stops the local workspace that a target may have started.
/// </summary>
public sealed class UserFolder : IAsyncDisposable
{
    private const string Flow = """
        inputs:
          text:
            type: string
        outputs:
          output:
            type: string
            reference: ${inputs.text}
        nodes: []
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly PackedFeed _feed;

    /// <summary>Makes the folder with a NuGet configuration that adds the feed to the machine's own.</summary>
    public UserFolder(PackedFeed feed)
    {
        _feed = feed;
        _folder.Write("nuget.config", $"""
            <configuration>
              <packageSources>
                <add key="flowbuild-under-test" value="{feed.Folder}" />
              </packageSources>
            </configuration>
            """);
        Variables = new Dictionary<string, string?>
        {
            ["NUGET_PACKAGES"] = feed.PackagesFolder,
            ["FLOWBUILD_LOCAL_WORKSPACE"] = StateFolder,
            ["APPDATA"] = System.IO.Path.Combine(_folder.Path, "appdata"),
            ["AZURE_SUBSCRIPTION_ID"] = null,
            ["AZURE_RESOURCE_GROUP"] = null,
            ["AZUREML_WORKSPACE_NAME"] = null,
        };
    }

    /// <summary>Full path of the folder.</summary>
    public string Path => _folder.Path;

    /// <summary>Where the local workspace of this user keeps its state.</summary>
    public string StateFolder => System.IO.Path.Combine(_folder.Path, "workspace-state");

    /// <summary>The environment that commands of this user run in.</summary>
    public Dictionary<string, string?> Variables { get; }

    /// <summary>Writes a file below the folder and returns its full path.</summary>
    public string Write(string relativePath, string content) => _folder.Write(relativePath, content);

    /// <summary>Copies a sample of the repository, without what builds left in it, and returns the folder of the copy.</summary>
    public string CopySample(string name, string? copyName = null)
    {
        copyName ??= name;
        var source = System.IO.Path.Combine(Repository.Root, "samples", name);
        foreach (var file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            var relative = System.IO.Path.GetRelativePath(source, file);
            if (relative.Split(System.IO.Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"))
            {
                var copy = System.IO.Path.Combine(Path, copyName, relative);
                Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
                File.Copy(file, copy);
            }
        }

        return System.IO.Path.Combine(Path, copyName);
    }

    /// <summary>Writes a console project that references FlowBuild, with warnings as errors, into a folder of its name.</summary>
    public string WriteConsoleProject(string name, string program, string properties = "", string items = "")
    {
        Write($"{name}/Program.cs", program);
        Write($"{name}/{System.IO.Path.GetFileName(name)}.csproj", $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <ImplicitUsings>enable</ImplicitUsings>
                <Nullable>enable</Nullable>
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                {properties}
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="FlowBuild" Version="{_feed.Version}" />
                {items}
              </ItemGroup>
            </Project>
            """);
        return System.IO.Path.Combine(Path, name);
    }

    /// <summary>
    /// Writes a console project with flows that repeat their input, for the local workspace: each with an endpoint NAME-endpoint, a
    /// deployment blue, and a sample. With several flows the files are NAME-endpoint.yml and NAME-deployment.yml.
    /// </summary>
    public string WriteFlows(string name, string[] flows, string? items = null, string properties = "")
    {
        foreach (var flow in flows)
        {
            Write($"{name}/{flow}/flow.dag.yaml", Flow);
            Write($"{name}/{flow}/samples.json", """[ { "text": "hello" } ]""");
            var prefix = flows.Length == 1 ? "" : $"{flow}-";
            Write($"{name}/{prefix}endpoint.yml", $"name: {flow}-endpoint\nauth_mode: key\n");
            Write($"{name}/{prefix}deployment.yml", $"""
                name: blue
                endpoint_name: {flow}-endpoint
                environment:
                  image: example.azurecr.io/flows/{flow}:1
                instance_type: Standard_DS3_v2
                instance_count: 3
                """);
        }

        items ??= flows.Length == 1 ? "" : string.Join('\n', flows.Select(static flow =>
            $"""<PromptFlow Update="{flow}/flow.dag.yaml" Endpoint="{flow}-endpoint.yml" Deployment="{flow}-deployment.yml" />"""));
        return WriteConsoleProject(
            name, "System.Console.WriteLine();", $"<FlowWorkspace>local</FlowWorkspace><TreatWarningsAsErrors>false</TreatWarningsAsErrors>{properties}", items);
    }

    /// <summary>Runs dotnet in the folder, with its input and output at a terminal of 120 columns, by <c>script</c> of util-linux.</summary>
    public Task<CommandResult> InTerminalAsync(params string[] arguments) => DotNetCommand.RunInTerminalAsync(
        Path, Variables, [.. arguments, "-tl:on"], TestContext.Current.CancellationToken);

    /// <summary>Runs dotnet in the folder.</summary>
    public Task<CommandResult> DotNetAsync(params string[] arguments) =>
        DotNetCommand.RunAsync(Path, Variables, arguments, TestContext.Current.CancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await LocalWorkspaceProcess.StopAsync(StateFolder);
        _folder.Dispose();
    }
}
