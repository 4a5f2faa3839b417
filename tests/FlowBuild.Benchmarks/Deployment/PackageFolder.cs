using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment;
using FlowBuild.Deployment.Package;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Deployment;

/// <summary>The folders that are packaged and uploaded.</summary>
internal static class PackageFolder
{
    private const int LargeLength = 64 * 1024 * 1024;

    /// <summary>2 000 files of at most 4 000 bytes.</summary>
    public static string Small(TemporaryFolder folder)
    {
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            Write(folder, $"small/part-{i % 7}/file-{i}.bin", random, random.Next(1, 4000));
        }

        return Path.Combine(folder.Path, "small");
    }

    /// <summary>Three files of 64 MB.</summary>
    public static string Large(TemporaryFolder folder)
    {
        var random = new Random(2);
        for (var i = 0; i < 3; i++)
        {
            Write(folder, $"large/file-{i}.bin", random, LargeLength);
        }

        return Path.Combine(folder.Path, "large");
    }

    /// <summary>Makes the package of a folder.</summary>
    public static FlowPackage Pack(string folder) =>
        PackageBuilder.Build(new PackageSource(folder, null, null, [], folder, AllowOutsideFiles: false), Silent.Log, CancellationToken.None);

    private static void Write(TemporaryFolder folder, string path, Random random, int length)
    {
        var content = new byte[length];
        random.NextBytes(content);
        File.WriteAllBytes(folder.Write(path, ""), content);
    }
}

/// <summary>A log that nobody reads.</summary>
internal sealed class Silent : IFlowLog
{
    public static IFlowLog Log { get; } = new Silent();

    public void Detail(string message)
    {
    }

    public void Progress(string message)
    {
    }

    public void Output(IReadOnlyList<OutputLine> lines)
    {
    }

    public void Result(string message)
    {
    }

    public void Report(FlowDiagnostic diagnostic) => throw new InvalidOperationException(diagnostic.ToString());
}
