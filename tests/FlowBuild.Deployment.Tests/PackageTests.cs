using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Tests;

public sealed class PackageTests
{
    private const string Flow = """
        # the flow's own comment
        inputs:
          text:
            type: string
        additional_includes:
        - ../shared/convert.py
        - ../shared/lib
        outputs:
          result:
            type: string
            reference: ${convert.output}
        nodes:
        - name: convert
          type: python
          source:
            type: code
            path: convert.py
          inputs:
            text: ${inputs.text}
        """;

    [Fact]
    public void Includes_lie_in_the_flow_s_folder_and_their_key_is_gone()
    {
        using var folder = new TemporaryFolder();
        WriteFlow(folder);

        var package = Build(folder, new RecordingLog());

        Assert.Equal(["convert.py", "flow.dag.yaml", "lib/a.py", "lib/deep/b.py"], package.Files.Select(static f => f.Path));
        using var reader = new StreamReader(package.Files[1].Open());
        var text = reader.ReadToEnd();
        Assert.DoesNotContain("additional_includes", text, StringComparison.Ordinal);
        Assert.StartsWith("# the flow's own comment\ninputs:", text, StringComparison.Ordinal);
        Assert.Contains("outputs:\n  result:", text, StringComparison.Ordinal);
        Assert.Equal(package.Files[1].Length, System.Text.Encoding.UTF8.GetByteCount(text));
    }

    [Fact]
    public void An_include_that_replaces_a_file_is_a_warning()
    {
        using var folder = new TemporaryFolder();
        WriteFlow(folder);
        folder.Write("repo/flow/convert.py", "mine");
        var log = new RecordingLog();

        var package = Build(folder, log);

        Assert.Equal(PackageRules.IncludeReplaces, Assert.Single(log.Diagnostics).Rule);
        using var reader = new StreamReader(package.Files[0].Open());
        Assert.Equal("shared", reader.ReadToEnd());
    }

    [Trait("Category", "Security")]
    [Fact]
    public void An_include_outside_the_repository_is_refused_at_its_place()
    {
        using var folder = new TemporaryFolder();
        WriteFlow(folder);
        folder.Write("outside.py", "");
        File.WriteAllText(Path.Combine(folder.Path, "repo/flow/flow.dag.yaml"), Flow.Replace("../shared/convert.py", "../../outside.py", StringComparison.Ordinal));

        var refused = Assert.Throws<FlowDeploymentException>(() => Build(folder, new RecordingLog()));

        Assert.Equal(PackageRules.IncludeOutside, refused.Diagnostic.Rule);
        Assert.Equal(5, refused.Diagnostic.Span?.StartLine);
    }

    [Trait("Category", "Security")]
    [Fact]
    public void What_never_belongs_into_a_flow_is_left_out_and_listed()
    {
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])
            ["a.py", "a.pyc", "__pycache__/a.pyc", ".env", ".env.local", "key.pem", "Program.cs", "App.csproj", "bin/x.dll", ".git/HEAD",
             "connections/open_ai.yaml", ".promptflow/flow.tools.json", "endpoint.yml"])
        {
            folder.Write("flow/" + file, file);
        }

        var root = Path.Combine(folder.Path, "flow");
        var log = new RecordingLog();
        var package = PackageBuilder.Build(
            new PackageSource(root, Path.Combine(root, "flow.dag.yaml"), null, [Path.Combine(root, "endpoint.yml")], root, AllowOutsideFiles: false), log, TestContext.Current.CancellationToken);

        Assert.Equal([".promptflow/flow.tools.json", "a.py"], package.Files.Select(static f => f.Path));
        Assert.Equal(
            [".env", ".env.local", ".git/", "App.csproj", "Program.cs", "__pycache__/", "a.pyc", "bin/", "connections/", "endpoint.yml", "key.pem"],
            package.LeftOut.Select(static l => l.Path).Order(StringComparer.Ordinal));
        Assert.Equal(4, log.Diagnostics.Count(static d => d.Rule == PackageRules.SecretLeftOut));
    }

    [Fact]
    public void A_folder_that_only_default_excludes_empty_does_not_count()
    {
        using var folder = new TemporaryFolder();
        folder.Write("one/a.py", "a");
        folder.Write("two/a.py", "a");
        folder.Write("two/tools/__pycache__/a.pyc", "a");

        Assert.Equal(ContentHashTests.Build(Path.Combine(folder.Path, "one")).Hash, ContentHashTests.Build(Path.Combine(folder.Path, "two")).Hash);
    }

    [Trait("Category", "Security")]
    [Fact]
    public void A_link_that_leaves_the_folder_is_refused_and_one_inside_is_followed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("secret.txt", "outside");
        folder.Write("flow/a.txt", "a");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "flow", "b.txt"), "a.txt");
        Assert.Equal(["a.txt", "b.txt"], ContentHashTests.Build(Path.Combine(folder.Path, "flow")).Files.Select(static f => f.Path));

        File.CreateSymbolicLink(Path.Combine(folder.Path, "flow", "c.txt"), Path.Combine(folder.Path, "secret.txt"));
        var refused = Assert.Throws<FlowDeploymentException>(() => ContentHashTests.Build(Path.Combine(folder.Path, "flow")));
        Assert.Equal(PackageRules.LinkLeavesFolder, refused.Diagnostic.Rule);
    }

    [Trait("Category", "Security")]
    [Fact]
    public void A_link_back_to_its_own_folder_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flow/a.txt", "a");
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "flow", "loop"), Path.Combine(folder.Path, "flow"));

        Assert.Equal(
            PackageRules.LinkCircle,
            Assert.Throws<FlowDeploymentException>(() => ContentHashTests.Build(Path.Combine(folder.Path, "flow"))).Diagnostic.Rule);
    }

    [Fact]
    public void A_folder_with_nothing_left_is_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flow/.amlignore", "*\n");

        var refused = Assert.Throws<FlowDeploymentException>(() => ContentHashTests.Build(Path.Combine(folder.Path, "flow")));

        Assert.Equal(PackageRules.EmptyPackage, refused.Diagnostic.Rule);
        Assert.Contains(".amlignore", refused.Message, StringComparison.Ordinal);
    }

    [Trait("Category", "Security")]
    [Fact]
    public void The_manifest_holds_no_path_of_this_machine()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flow/a.txt", "a");
        var file = Path.Combine(folder.Path, "obj", "package.json");

        PackageManifest.Write(ContentHashTests.Build(Path.Combine(folder.Path, "flow")), file);

        var text = File.ReadAllText(file);
        Assert.DoesNotContain(folder.Path, text, StringComparison.Ordinal);
        Assert.Contains("a.txt", text, StringComparison.Ordinal);
    }

    private static void WriteFlow(TemporaryFolder folder)
    {
        folder.Write("repo/flow/flow.dag.yaml", Flow);
        folder.Write("repo/shared/convert.py", "shared");
        folder.Write("repo/shared/lib/a.py", "a");
        folder.Write("repo/shared/lib/deep/b.py", "b");
    }

    [Trait("Category", "Security")]
    [Theory]
    [InlineData("")]
    [InlineData("link")]
    public async Task A_pipe_is_an_error_and_not_waited_for(string link)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS(), "Windows keeps its pipes elsewhere.");
        using var folder = new TemporaryFolder();
        WriteFlow(folder);
        folder.Write("repo/flow/empty.txt", "");
        using (var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder.Path, "repo", "flow", "pipe")))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        if (link.Length > 0)
        {
            folder.Write("repo/flow/.amlignore", "pipe\n");
            File.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", link), "pipe");
        }

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() =>
            Task.Run(() => Build(folder, new RecordingLog()), TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal(PackageRules.NotAFile, refused.Diagnostic.Rule);
        Assert.Contains("is a pipe, a socket or a device, and no file", refused.Message, StringComparison.Ordinal);
    }

    private static FlowPackage Build(TemporaryFolder folder, IFlowLog log)
    {
        var file = Path.Combine(folder.Path, "repo", "flow", "flow.dag.yaml");
        var flow = FlowReader.Read(file, File.ReadAllText(file)).Value;
        return PackageBuilder.Build(
            new PackageSource(Path.GetDirectoryName(file)!, file, flow, [], Path.Combine(folder.Path, "repo"), AllowOutsideFiles: false),
            log, TestContext.Current.CancellationToken);
    }
}
