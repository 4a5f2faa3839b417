using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Tests;

/// <summary>The content hash against a second implementation, written from az ml's description and as plainly as can be.</summary>
[SuppressMessage("Security", "CA5351", Justification = "MD5 is az ml's choice; the hash names content and protects nothing.")]
public sealed class ContentHashTests
{
    [Fact]
    public void A_folder_hashes_as_the_description_says()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flow/flow.dag.yaml", "inputs: {}\n");
        folder.Write("flow/B.txt", "b");
        folder.Write("flow/a.txt", "a");
        folder.Write("flow/Ä.txt", "umlaut");
        folder.Write("flow/sub/z.txt", "z");
        folder.Write("flow/sub.txt", "beside the folder of that name");
        folder.Write("flow/empty.txt", "");
        Directory.CreateDirectory(Path.Combine(folder.Path, "flow", "void"));
        var large = new byte[300_000];
        new Random(7).NextBytes(large);
        File.WriteAllBytes(Path.Combine(folder.Path, "flow", "large.bin"), large);

        Assert.Equal(Naive(Path.Combine(folder.Path, "flow")), Build(Path.Combine(folder.Path, "flow")).Hash);
    }

    [Fact]
    public void The_hash_of_a_known_folder_is_this_one()
    {
        // MD5 over the seed, then "a.txt" and "a", then "b" and its child "c.txt" with "c"; computed by hand with md5sum.
        using var folder = new TemporaryFolder();
        folder.Write("flow/a.txt", "a");
        folder.Write("flow/b/c.txt", "c");

        Assert.Equal(
            Md5("Initialize for october 2021 AML CLI version" + "a.txt" + "a" + "b" + "c.txt" + "c"),
            Build(Path.Combine(folder.Path, "flow")).Hash);
    }

    [Fact]
    public void The_name_of_the_root_and_the_times_of_files_do_not_matter()
    {
        using var folder = new TemporaryFolder();
        folder.Write("one/a.txt", "a");
        var other = folder.Write("two/a.txt", "a");
        File.SetLastWriteTimeUtc(other, new DateTime(2001, 1, 1, 0, 0, 0, DateTimeKind.Utc));

        Assert.Equal(Build(Path.Combine(folder.Path, "one")).Hash, Build(Path.Combine(folder.Path, "two")).Hash);
    }

    [Fact]
    public void Files_are_sorted_by_path_and_carry_length_and_MD5()
    {
        using var folder = new TemporaryFolder();
        folder.Write("flow/b.txt", "bb");
        folder.Write("flow/a/z.txt", "z");

        var package = Build(Path.Combine(folder.Path, "flow"));

        Assert.Equal(["a/z.txt", "b.txt"], package.Files.Select(static f => f.Path));
        Assert.Equal(2, package.Files[1].Length);
        Assert.Equal(MD5.HashData("bb"u8), package.Files[1].Md5);
        Assert.Equal($"LocalUpload/{package.Hash}/flow", package.BlobFolder);
    }

    internal static FlowPackage Build(string folder) =>
        PackageBuilder.Build(new PackageSource(folder, null, null, [], folder, AllowOutsideFiles: false), new RecordingLog(), TestContext.Current.CancellationToken);

    private static string Naive(string root)
    {
        using var bytes = new MemoryStream();
        bytes.Write("Initialize for october 2021 AML CLI version"u8);
        Append(root);
        return Convert.ToHexStringLower(MD5.HashData(bytes.ToArray()));

        void Append(string folder)
        {
            var children = Directory.GetFileSystemEntries(folder);
            Array.Sort(children, static (a, b) => string.CompareOrdinal(a.ToLowerInvariant(), b.ToLowerInvariant()));
            foreach (var child in children)
            {
                bytes.Write(Encoding.UTF8.GetBytes(Path.GetFileName(child)));
                if (Directory.Exists(child))
                {
                    Append(child);
                }
                else
                {
                    bytes.Write(File.ReadAllBytes(child));
                }
            }
        }
    }

    internal static string Md5(string text) => Convert.ToHexStringLower(MD5.HashData(Encoding.UTF8.GetBytes(text)));
}
