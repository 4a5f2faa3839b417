using System.Text;
using System.Text.Json;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Tests;

/// <summary>Whatever the files of a folder are called and its rules say, a package and its manifest hold files of the folder, or a coded error is thrown.</summary>
[Trait("Category", "Security")]
public sealed class PackageFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] Fragments =
    [
        "*", "**", "?", "[", "]", "[!", "[a-", "\\", "!", "#", "/", "//", "..", "../", ".", " ", "\n", "\r", "\t", "'", "\"", "{", "}", "é", "日本", "\u202e", "\u2028", "\u001b", ":", "~", "%",
        "##vso[task.complete]", new string('*', 200),
    ];

    private static readonly string[] Rules = ["*.log\n!keep.log\n/build/\n**/cache/**\n", "a/[b-d]?.txt\n# comment\n\\#name\n", "*\n!*.py\n", ""];

    private static readonly string[] Names = ["a.py", "b c.txt", "deep", "keep.log", "x", "data.jsonl"];

    [Fact]
    public void A_package_of_any_folder_holds_its_files_or_is_a_coded_error()
    {
        var random = new Random(20261129);
        var count = Fuzz.Count(200);
        var packed = 0;
        for (var i = 0; i < count; i++)
        {
            using var folder = new TemporaryFolder();
            var root = Path.Combine(folder.Path, "flow");
            Directory.CreateDirectory(root);
            for (var file = random.Next(1, 6); file > 0; file--)
            {
                TryWrite(root, Fuzz.Damage(Names, Fragments, random), $"{file}");
            }

            TryWrite(root, random.Next(2) == 0 ? ".amlignore" : ".gitignore", Fuzz.Damage(Rules, Fragments, random));
            try
            {
                var package = PackageBuilder.Build(new PackageSource(root, null, null, [], folder.Path, false), new RecordingLog(), TestContext.Current.CancellationToken);
                var manifest = Path.Combine(folder.Path, "manifest.json");
                PackageManifest.Write(package, manifest);
                using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
                Assert.Equal(package.Files.Select(static f => f.Path), json.RootElement.GetProperty("files").EnumerateArray().Select(static f => f.GetProperty("path").GetString()));
                Assert.All(package.Files, f => Assert.True(File.Exists(Path.Combine(root, f.Path)) && !f.Path.Split('/').Contains(".."), f.Path));
                packed++;
            }
            catch (FlowDeploymentException)
            {
                // Such as a folder of which nothing is left.
            }
            catch (Exception e) when (e is not Xunit.Sdk.IAssertionException)
            {
                Assert.Fail($"Folder {i}: {e}\n{string.Join('\n', Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))}");
            }
        }

        output.WriteLine($"{count} folders, {packed} packed");
        Assert.NotEqual(0, packed);
    }

    // Not every name is one that the file system takes.
    private static void TryWrite(string root, string name, string content)
    {
        var path = Path.GetFullPath(Path.Combine(root, name.TrimStart('/').Replace("\0", "", StringComparison.Ordinal)));
        if (!path.StartsWith(root + "/", StringComparison.Ordinal) || path.EndsWith('/'))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, content, new UTF8Encoding(false));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
        }
    }
}
