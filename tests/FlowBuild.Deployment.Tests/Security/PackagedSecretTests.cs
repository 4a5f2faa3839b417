using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Tests.Security;

/// <summary>No file that usually holds credentials gets into a package, by whichever way a flow brings it.</summary>
[Trait("Category", "Security")]
public sealed class PackagedSecretTests
{
    private const string Secret = "credential-of-the-checkout";

    private static readonly string[] SecretFiles =
    [
        ".git/config", ".hg/hgrc", ".svn/entries", ".ssh/config", ".SSH/known_hosts", ".aws/credentials", ".azure/msal_token_cache.json",
        ".gnupg/secring.gpg", ".kube/config",
        ".npmrc", ".netrc", "_netrc", ".pypirc", ".git-credentials", ".gitconfig", ".env", ".env.production", "id_rsa", "id_ed25519.pub",
        "id_ecdsa_sk", "id_work",
        "server.key", "server.pem", "store.pfx", "store.p12", "store.jks", "site.PublishSettings", "terraform.tfstate",
        "application_default_credentials.json", "NuGet.Config", "local.settings.json", "secrets.json", "prod.tfvars", "kubeconfig",
        ".databrickscfg", ".docker/config.json", ".m2/settings.xml",
        "connections/open_ai.yaml",
    ];

    // What resembles them and belongs to a flow.
    private static readonly string[] Kept = ["id_mapping.py", "id_names.json", "keys.py", "monkey.txt", ".gitattributes",
        "azure/search.py", "environment.yml", "sshd.txt"];

    [Fact]
    public void Credential_files_are_left_out_wherever_they_lie_in_the_flow_s_folder()
    {
        using var folder = new TemporaryFolder();
        WriteAll(folder, "repo/flow");
        WriteAll(folder, "repo/flow/deep/deeper");
        var log = new RecordingLog();

        var package = Build(folder, "", log);

        Assert.Equal(
            Kept.Concat(Kept.Select(static k => "deep/deeper/" + k)).Append("flow.dag.yaml").Order(StringComparer.Ordinal),
            package.Files.Select(static f => f.Path));
        AssertNoSecret(package);
        Assert.Contains(log.Diagnostics, static d => d.Rule == PackageRules.SecretLeftOut && d.Message.Contains(".aws/",
            StringComparison.Ordinal));
    }

    [Fact]
    public void Credential_files_are_left_out_of_an_included_folder()
    {
        using var folder = new TemporaryFolder();
        WriteAll(folder, "repo/shared");

        var package = Build(folder, "- ../shared", new RecordingLog());

        Assert.Equal(Kept.Select(static k => "shared/" + k).Append("flow.dag.yaml").Order(StringComparer.Ordinal),
            package.Files.Select(static f => f.Path));
        AssertNoSecret(package);
    }

    [Theory]
    [InlineData("../.git")]
    [InlineData("../.git/")]
    [InlineData("../.git/config")]
    [InlineData("../.git/hooks")]
    [InlineData("../.git.zip")]
    [InlineData("../.ssh")]
    [InlineData("../.ssh.zip")]
    [InlineData("../.aws/credentials")]
    [InlineData("../.npmrc")]
    [InlineData("../link-to-git")]
    [InlineData("../link-to-git/config")]
    [InlineData("../link-to-config")]
    [InlineData("../flow/../.git")]
    [InlineData("../bin")]
    [InlineData("../deep/.azure/inner")]
    public void An_include_that_is_a_default_exclude_is_left_out_and_warned_of_at_its_place(string include)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        using var folder = new TemporaryFolder();
        foreach (var file in (string[])[".git/config", ".git/hooks/pre-commit", ".ssh/id_rsa", ".aws/credentials", ".npmrc", "bin/a.dll",
            "deep/.azure/inner/token.json"])
        {
            folder.Write("repo/" + file, Secret);
        }

        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "link-to-git"), ".git");
        File.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "link-to-config"), ".git/config");
        var log = new RecordingLog();

        var package = Build(folder, $"- {include}", log);

        Assert.Equal(["flow.dag.yaml"], package.Files.Select(static f => f.Path));
        var warning = Assert.Single(log.Diagnostics, static d => d.Rule == PackageRules.IncludeExcluded);
        Assert.Equal(3, warning.Span?.StartLine);
        Assert.Contains($"'{include}'", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("data", ".git")]
    [InlineData("data", ".git/hooks")]
    [InlineData("data.txt", ".git/config")]
    public void A_link_to_a_default_exclude_is_left_out(string link, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        using var folder = new TemporaryFolder();
        folder.Write("repo/flow/.git/config", Secret);
        folder.Write("repo/flow/.git/hooks/pre-commit", Secret);
        File.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", link), target);

        AssertNoSecret(Build(folder, "", new RecordingLog()));
    }

    [Theory]
    [InlineData("../Tool.cs", "project file *.cs")]
    [InlineData("../a.pyc", "default exclude *.pyc")]
    public void An_included_file_that_is_left_out_is_warned_of_at_its_place(string include, string reason)
    {
        using var folder = new TemporaryFolder();
        folder.Write("repo/Tool.cs", "");
        folder.Write("repo/a.pyc", "");
        var log = new RecordingLog();

        Assert.Equal(["flow.dag.yaml"], Build(folder, $"- {include}", log).Files.Select(static f => f.Path));

        var warning = Assert.Single(log.Diagnostics);
        Assert.Equal((PackageRules.IncludeExcluded, 3), (warning.Rule, warning.Span?.StartLine));
        Assert.Contains(reason, warning.Message, StringComparison.Ordinal);
    }

    // A '..' after a link leaves the folder that the link leads to, for the system that opens the file; not so for a comparison of texts.
    [Theory]
    [InlineData("notes.txt", "")]
    [InlineData("folder", "whole/")]
    public void A_link_through_another_link_is_followed_as_the_system_follows_it(string target, string place)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        using var folder = new TemporaryFolder();
        folder.Write("outside/notes.txt", Secret);
        folder.Write("outside/folder/notes.txt", Secret);
        // Left out by default, so nobody looks at the link in it.
        Directory.CreateDirectory(Path.Combine(folder.Path, "repo", "flow", "bin", "sub"));
        Directory.CreateDirectory(Path.Combine(folder.Path, "repo", "flow", "p", "q", "r", "s"));
        File.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", "bin", "sub", "data"), $"../../../../outside/{target}");
        // Where the text of the link leads when the folder's own place counts.
        folder.Write($"repo/flow/outside/{target}{(place.Length > 0 ? "/notes.txt" : "")}", "decoy");
        folder.Write($"repo/outside/{target}{(place.Length > 0 ? "/notes.txt" : "")}", "decoy");
        Directory.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", "p", "q", "r", "s", "a"), "../../../../bin/sub");

        var refused = Assert.Throws<FlowDeploymentException>(() => Build(folder, "", new RecordingLog()));

        Assert.Equal(PackageRules.LinkLeavesFolder, refused.Diagnostic.Rule);
    }

    [Fact]
    public void Links_that_make_a_small_folder_endless_are_refused()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows lets few users make symbolic links.");
        using var folder = new TemporaryFolder();
        for (var i = 0; i < 24; i++)
        {
            Directory.CreateDirectory(Path.Combine(folder.Path, "repo", "flow", $"d{i}"));
            foreach (var name in (string[])["one", "two"])
            {
                Directory.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", $"d{i}", name), $"../d{i + 1}");
            }
        }

        folder.Write("repo/flow/d24/data.txt", "data");

        var refused = Assert.Throws<FlowDeploymentException>(() => Build(folder, "", new RecordingLog()));

        Assert.Equal(PackageRules.FileTooLarge, refused.Diagnostic.Rule);
        Assert.Contains("250000 files and folders", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_deep_in_each_other_are_refused()
    {
        using var folder = new TemporaryFolder();
        folder.Write($"repo/flow/{string.Concat(Enumerable.Repeat("d/", 200))}data.txt", "data");

        var refused = Assert.Throws<FlowDeploymentException>(() => Build(folder, "", new RecordingLog()));

        Assert.Equal(PackageRules.FileTooLarge, refused.Diagnostic.Rule);
        Assert.Contains("100 folders in each other", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_include_that_is_repeated_counts_once_and_too_many_are_refused_at_their_place()
    {
        using var folder = new TemporaryFolder();
        folder.Write("repo/shared/a.txt", "a");
        var log = new RecordingLog();

        var package = Build(folder, string.Join('\n', Enumerable.Repeat("- ../shared", 2000)), log);

        Assert.Equal(["flow.dag.yaml", "shared/a.txt"], package.Files.Select(static f => f.Path));
        Assert.Empty(log.Diagnostics);
        var refused = Assert.Throws<FlowDeploymentException>(
            () => Build(folder, string.Join('\n', Enumerable.Range(0, 1001).Select(static i => $"- ../shared{i}")), log));
        Assert.Equal(PackageRules.FileTooLarge, refused.Diagnostic.Rule);
        Assert.Equal(1003, refused.Diagnostic.Span?.StartLine);
    }

    [Theory]
    [InlineData(2001, 8, "2000 patterns")]
    [InlineData(2, 1025, "1024 characters in a line")]
    public void An_ignore_file_whose_patterns_would_take_hours_is_refused(int lines, int length, string limit)
    {
        using var folder = new TemporaryFolder();
        folder.Write("repo/flow/.amlignore", string.Join('\n', Enumerable.Range(0, lines).Select(i => $"{i}*".PadRight(length, 'x'))));

        var refused = Assert.Throws<FlowDeploymentException>(() => Build(folder, "", new RecordingLog()));

        Assert.Equal(PackageRules.FileTooLarge, refused.Diagnostic.Rule);
        Assert.Contains(limit, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.Diagnostic.Span);
    }

    [Theory]
    [InlineData(".amlignore", "pipe")]
    [InlineData(".gitignore", "/dev/zero")]
    public async Task An_ignore_file_that_has_no_end_is_refused(string name, string target)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has other pipes and devices.");
        using var folder = new TemporaryFolder();
        WriteAll(folder, "repo/flow");
        using (var made = System.Diagnostics.Process.Start("mkfifo", Path.Combine(folder.Path, "repo", "pipe")))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        File.CreateSymbolicLink(Path.Combine(folder.Path, "repo", "flow", name), target == "pipe" ? "../pipe" : target);

        var refused = await Assert.ThrowsAsync<FlowDeploymentException>(() => Task.Run(() => Build(folder, "", new RecordingLog()),
            TestContext.Current.CancellationToken)
            .WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));

        Assert.Equal(target == "pipe" ? PackageRules.NotRegularFile : PackageRules.PathOutside, refused.Diagnostic.Rule);
    }

    private static void WriteAll(TemporaryFolder folder, string path)
    {
        foreach (var file in SecretFiles)
        {
            folder.Write($"{path}/{file}", Secret);
        }

        foreach (var file in Kept)
        {
            folder.Write($"{path}/{file}", "kept");
        }
    }

    private static FlowPackage Build(TemporaryFolder folder, string includes, RecordingLog log)
    {
        var file = folder.Write("repo/flow/flow.dag.yaml",
            $"inputs: {{}}\noutputs: {{}}\n{(includes.Length > 0 ? $"additional_includes:\n{includes}\n" : "")}nodes: []\n");
        var flow = FlowReader.Read(file, File.ReadAllText(file)).Value;
        Assert.NotNull(flow);
        return PackageBuilder.Build(
            new PackageSource(Path.GetDirectoryName(file)!, file, flow, [], Path.Combine(folder.Path, "repo"), AllowOutsideFiles: false),
            log, TestContext.Current.CancellationToken);
    }

    private static void AssertNoSecret(FlowPackage package) => Assert.All(package.Files, static file =>
    {
        using var reader = new StreamReader(file.Open());
        Assert.DoesNotContain(Secret, reader.ReadToEnd(), StringComparison.Ordinal);
    });
}
