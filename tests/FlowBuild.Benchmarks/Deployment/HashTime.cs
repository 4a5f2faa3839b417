using System.Diagnostics;
using System.Security.Cryptography;
using FlowBuild.Deployment.Package;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Deployment;

/// <summary>Packaging a folder, which makes two hashes of its content, against a loop that reads the files and makes one MD5 of each.</summary>
internal static class HashTime
{
    private const int Rounds = 25;

    public static void Measure(Bounds bounds)
    {
        using var folder = new TemporaryFolder();
        MeasureOne(bounds, "2 000 small files", PackageFolder.Small(folder));
        MeasureOne(bounds, "three of 64 MB", PackageFolder.Large(folder));
    }

    private static void MeasureOne(Bounds bounds, string what, string folder)
    {
        List<double> ours = [], plain = [];
        for (var round = 0; round < Rounds; round++)
        {
            plain.Add(Time(() => ReadAll(folder)));
            ours.Add(Time(() => PackageFolder.Pack(folder)));
        }

        bounds.Check($"hash, {what}, time / plain MD5", ours.Min() / plain.Min(), 1.2);
    }

    private static double Time(Action action)
    {
        var start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static void ReadAll(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
        var buffer = new byte[128 * 1024];
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.SequentialScan);
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                hash.AppendData(buffer, 0, read);
            }

            hash.GetHashAndReset();
        }
    }
}
