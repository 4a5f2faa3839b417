using System.Diagnostics;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests.Security;

/// <summary>
/// Every key whose value is a path, with every path that must not be read or uploaded: ValidateFlow reports it at its place, and no
/// plan is made.
/// </summary>
[Trait("Category", "Security")]
public sealed class NamedPathTests
{
    private const string Secret = "content-of-the-outside-file";

    private static readonly string[] Items = ["item flow", "item Endpoint", "item Deployment", "item Model"];
    private static readonly string[] TextKeys = [.. Items, "source.path", "conda_file", ".amlignore", ".gitignore"];
    private static readonly string[] Keys =
        [.. TextKeys, "samples.json", "additional_includes", "model.path", "inline model.path", "code", "scoring_script", "build.path",
            "dockerfile_path"];

    // These are found by their names: no path is written that could lead elsewhere, except through a link.
    private static readonly string[] FoundByName = ["samples.json", ".amlignore", ".gitignore"];

    public static TheoryData<string, string> Cases()
    {
        var cases = new TheoryData<string, string>();
        foreach (var key in Keys)
        {
            foreach (var fault in (string[])["outside", "absolute", "link", "link above", "dangling link", "circle", "pipe", "device",
                "large"])
            {
                if ((fault is not ("outside" or "absolute" or "link above" or "device") || !FoundByName.Contains(key))
                    // A samples.json that cannot be read is a warning: no request is sent.
                    && (fault != "large" || TextKeys.Contains(key))
                    // No device is called like a Python module.
                    && (fault, key) != ("device", "scoring_script")
                    // What leads nowhere is the missing file of other tests, and no ignore file.
                    && (fault is not ("dangling link" or "circle") || !FoundByName.Contains(key)))
                {
                    cases.Add(key, fault);
                }
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_path_that_must_not_be_read_is_reported_at_its_place_and_never_read(string key, string fault)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links, and has other pipes and devices.");
        await using var chat = await BasicChat.StartAsync();
        var project = Write(chat, key, await PathOfAsync(chat, key, fault)) with { AllowOutsideFiles = fault == "device" };
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, project: project);

        // Whoever opens the pipe waits for its writer for ever.
        await Task.Run(Act, TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1),
            TestContext.Current.CancellationToken);

        var error = log.Diagnostics.FirstOrDefault(d => Expected(key, fault).Contains(d.Rule));
        Assert.True(error is not null, $"{key}, {fault}: {log.Text}");
        Assert.NotNull(error.File);
        Assert.Equal(!Items.Contains(key) && !FoundByName.Contains(key), error.Span is not null);
        Assert.DoesNotContain(Secret, log.Text, StringComparison.Ordinal);

        async Task Act()
        {
            // Ignore files are read when the package is made.
            var isValid = deployer.Validate(reportText: true);
            Assert.True(!isValid || key is ".amlignore" or ".gitignore", $"{key}, {fault}: {log.Text}");
            try
            {
                Assert.Null(await deployer.PlanAsync(writes: false, TestContext.Current.CancellationToken));
            }
            catch (FlowDeploymentException e)
            {
                log.Report(e.Diagnostic);
            }
        }
    }

    [Theory]
    [InlineData("conda_file", "../project/.git/config")]
    [InlineData("conda_file", ".env")]
    [InlineData("model.path", "keys/id_ed25519")]
    [InlineData("code", ".ssh")]
    [InlineData("build.path", "deep/.aws/inner")]
    [InlineData("inline model.path", "link-to-git")]
    public async Task A_path_to_what_usually_holds_secrets_is_refused_inside_the_repository_too(string key, string path)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        await using var chat = await BasicChat.StartAsync();
        foreach (var file in (string[])[".git/config", ".env", "keys/id_ed25519", ".ssh/config", "deep/.aws/inner/credentials"])
        {
            chat.Write(file, Secret);
        }

        Directory.CreateSymbolicLink(Path.Combine(chat.Project.Directory, "link-to-git"), ".git");
        var log = new RecordingLog();

        Assert.False(chat.Deployer(log, project: Write(chat, key, path)).Validate(reportText: true));

        var error = Assert.Single(log.Diagnostics, static d => d.Rule == PackageRules.PathExcluded);
        Assert.NotNull(error.Span);
    }

    // A folder may be called like a scheme: what follows it must not pass for an address.
    [Theory]
    [InlineData("conda_file")]
    [InlineData("model.path")]
    [InlineData("inline model.path")]
    [InlineData("code")]
    [InlineData("build.path")]
    public async Task A_path_that_resembles_an_address_is_checked_as_a_path(string key)
    {
        await using var chat = await BasicChat.StartAsync();
        var outside = Path.Combine(chat.Folder, "outside", "folder");
        Directory.CreateDirectory(outside);
        File.WriteAllText(Path.Combine(outside, "score.py"), Secret);
        Directory.CreateDirectory(Path.Combine(chat.Project.Directory, "x:"));
        var log = new RecordingLog();

        Assert.False(chat.Deployer(log, project: Write(chat, key, "x://../../outside/folder")).Validate(reportText: true));

        var error = Assert.Single(log.Diagnostics, static d => d.Rule == PackageRules.PathOutside);
        Assert.NotNull(error.Span);
        Assert.DoesNotContain(Secret, log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("outside")]
    public async Task A_file_that_must_not_be_read_tells_no_endpoint_by_which_a_flow_is_selected(string fault)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links, and has other pipes and devices.");
        await using var chat = await BasicChat.StartAsync();
        var path = await PathOfAsync(chat, "item Deployment", fault);
        if (fault == "outside")
        {
            File.WriteAllText(Path.GetFullPath(path, chat.Project.Directory), "name: blue\nendpoint_name: content-of-the-outside-file\n");
        }

        var full = Path.GetFullPath(path, chat.Project.Directory);
        var project = With(chat.Project, item => item with { DeploymentFile = full, EndpointFile = full });

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(
            () => Task.Run(() => FlowSelection.Select(project, ["content-of-the-outside-file"]), TestContext.Current.CancellationToken)
                .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.DoesNotContain("(endpoint", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("source.path")]
    [InlineData("conda_file")]
    [InlineData("model.path")]
    public async Task A_link_to_nothing_is_a_missing_file(string key)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        await using var chat = await BasicChat.StartAsync();
        File.CreateSymbolicLink(Path.Combine(chat.Project.Directory, "named"), "nothing");
        var log = new RecordingLog();

        Assert.False(chat.Deployer(log, project: Write(chat, key, "named")).Validate(reportText: true));

        Assert.Single(log.Diagnostics, static d => d.Rule == PackageRules.FileNotFound && d.Span is not null);
    }

    [Fact]
    public async Task Files_outside_are_taken_where_the_build_allows_them()
    {
        await using var chat = await BasicChat.StartAsync();
        var conda = Path.Combine(chat.Folder, "outside", "conda.yml");
        Directory.CreateDirectory(Path.GetDirectoryName(conda)!);
        File.WriteAllText(conda, "dependencies: [python=3.11]\n");

        var plan = await chat.PlanAsync(project: Write(chat, "conda_file", "../outside/conda.yml") with { AllowOutsideFiles = true });

        Assert.True(plan.HasChanges);
    }

    [Theory]
    [InlineData("pipe")]
    [InlineData("device")]
    [InlineData("large")]
    public async Task A_request_file_that_the_user_names_is_bounded_too(string fault)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other pipes and devices.");
        await using var chat = await BasicChat.StartAsync();
        var request = Path.GetFullPath(await PathOfAsync(chat, "samples.json", fault), chat.Project.Directory);
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, new DeploySettings { VerifyRequestFile = request });

        Assert.False(await Task.Run(() => deployer.Validate(reportText: true), TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal(fault == "large" ? PackageRules.FileTooLarge : PackageRules.NotRegularFile, Assert.Single(log.Diagnostics,
            static d => d.Rule.Severity == RuleSeverity.Error).Rule);
    }

    [Fact]
    public async Task ValidateFlow_prints_the_place_of_a_path_that_leaves_the_repository()
    {
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat);
        Write(chat, "conda_file", "../outside/conda.yml");

        var validated = await run.RunAsync("ValidateFlow");

        Assert.True(validated.ExitCode == 1, validated.Output);
        Assert.Contains("deployment.yml(6,15,6,35): error FLOW3016: '../outside/conda.yml' leads out of the folder '", validated.Output,
            StringComparison.Ordinal);
    }

    private static DiagnosticRule[] Expected(string key, string fault) => fault switch
    {
        "large" => [PackageRules.FileTooLarge],
        "pipe" or "device" or "circle" => [PackageRules.NotRegularFile, PackageRules.SourceOutside, PackageRules.PathOutside],
        _ when key == "additional_includes" => [PackageRules.IncludeOutside],
        _ when key == "source.path" => [PackageRules.SourceOutside, PackageRules.PathOutside],
        _ => [PackageRules.PathOutside],
    };

    // A path as it is written for the key, relative to the project's folder.
    private static async Task<string> PathOfAsync(BasicChat chat, string key, string fault)
    {
        var isFolder = key is "build.path" or "code";
        var outside = Path.Combine(chat.Folder, "outside", isFolder ? "folder" : key == "scoring_script" ? "file.py" : "file.yml");
        Directory.CreateDirectory(isFolder ? outside : Path.GetDirectoryName(outside)!);
        File.WriteAllText(isFolder ? Path.Combine(outside, "score.py") : outside, Secret);
        var name = NameOf(key);
        var inside = Path.Combine(chat.Project.Directory, name);
        switch (fault)
        {
            case "outside":
                return $"../outside/{Path.GetFileName(outside)}";
            case "absolute":
                return outside;
            case "link":
                File.CreateSymbolicLink(inside, outside);
                return name;
            case "link above":
                File.CreateSymbolicLink(inside, Path.GetDirectoryName(outside)!);
                return $"{name}/{Path.GetFileName(outside)}";
            case "dangling link":
                File.CreateSymbolicLink(inside, outside + "-that-is-not-there");
                return name;
            case "circle":
                File.CreateSymbolicLink(inside, $"{name}/below");
                return name;
            case "pipe":
                using (var made = Process.Start("mkfifo", inside))
                {
                    await made.WaitForExitAsync(TestContext.Current.CancellationToken);
                }

                return name;
            case "device":
                return "/dev/zero";
            default:
                using (var large = File.Create(inside))
                {
                    large.SetLength(65 * 1024 * 1024);
                }

                return name;
        }
    }

    // A scoring script is a Python module.
    private static string NameOf(string key) => key == "scoring_script" ? "named.py" : "named";

    private static FlowProject Write(BasicChat chat, string key, string path)
    {
        var full = Path.GetFullPath(path, chat.Project.Directory);
        var project = chat.Project;
        const string Image = "  image: example.azurecr.io/flows/basic-chat:1\n";
        switch (key)
        {
            case "item flow":
                return With(project, item => item with { FlowFile = full });
            case "item Endpoint":
                return With(project, item => item with { EndpointFile = full });
            case "item Deployment":
                return With(project, item => item with { DeploymentFile = full });
            case "item Model":
                return With(project, item => item with { ModelFile = full });
            case "source.path":
                chat.Replace("basic-chat/flow.dag.yaml", "path: chat.jinja2", $"path: {Below(chat, path, "basic-chat/chat.jinja2")}");
                break;
            case "additional_includes":
                chat.Replace("basic-chat/flow.dag.yaml", "inputs:\n  chat_history",
                    $"additional_includes:\n- {(Path.IsPathRooted(path) ? path : $"../{path}")}\ninputs:\n  chat_history");
                break;
            case "samples.json" or ".amlignore" or ".gitignore":
                File.Delete(Path.Combine(chat.FlowFolder, key));
                File.Move(full, Path.Combine(chat.FlowFolder, key));
                break;
            case "model.path":
                chat.Replace("model.yml", "path: basic-chat", $"path: {path}");
                break;
            case "inline model.path":
                chat.Replace("deployment.yml", "model: azureml:basic-chat-model@latest", $"model:\n  path: {path}");
                return With(project, static item => item with { ModelFile = null });
            case "conda_file":
                chat.Replace("deployment.yml", Image, $"{Image}  conda_file: {path}\n");
                break;
            case "code":
                chat.Replace("deployment.yml", "environment:\n",
                    $"code_configuration:\n  code: {path}\n  scoring_script: score.py\nenvironment:\n");
                break;
            case "scoring_script":
                chat.Write("code/other.py", "");
                chat.Replace("deployment.yml", "environment:\n",
                    $"code_configuration:\n  code: code\n  scoring_script: {Below(chat, path, "code/named.py")}\nenvironment:\n");
                break;
            case "build.path":
                chat.Replace("deployment.yml", Image, $"  build:\n    path: {path}\n");
                break;
            case "dockerfile_path":
                chat.Write("context/other", "");
                chat.Replace("deployment.yml", Image,
                    $"  build:\n    path: context\n    dockerfile_path: {Below(chat, path, "context/named")}\n");
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(key), key, null);
        }

        return project;
    }

    // A key whose path is relative to a folder: what lies in the project's folder is moved into it.
    private static string Below(BasicChat chat, string path, string place)
    {
        var name = path.Split('/')[0];
        var full = Path.Combine(chat.Project.Directory, name);
        if (Path.IsPathRooted(path) || path.StartsWith("..", StringComparison.Ordinal))
        {
            return Path.IsPathRooted(path) ? path : $"../{path}";
        }

        var target = Path.Combine(chat.Project.Directory, place);
        File.Delete(target);
        if (new FileInfo(full).LinkTarget is { } link)
        {
            File.CreateSymbolicLink(target, link.Replace(name, Path.GetFileName(target), StringComparison.Ordinal));
        }
        else
        {
            File.Move(full, target);
        }

        return Path.GetFileName(target) + path[name.Length..];
    }

    private static FlowProject With(FlowProject project, Func<FlowItem, FlowItem> change) =>
        project with { Items = [.. project.Items.Select(change)] };
}
