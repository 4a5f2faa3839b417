using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace FlowBuild.Deployment.Package;

/// <summary>
/// az ml's hash of a code folder: SHA-256 over the number of files, then <c>#path#size</c> of each file sorted by its path in lower
/// case, then the bytes of all files in the same order.
/// </summary>
public static class CodeHash
{
    /// <summary>What az ml calls this way of hashing.</summary>
    public const string Version = "202208";

    /// <summary>The hash, 64 lower-case hexadecimal digits.</summary>
    public static string Of(FlowPackage package, CancellationToken cancellationToken)
    {
        var files = package.Files.OrderBy(static f => f.Path.ToLowerInvariant(), StringComparer.Ordinal).ToList();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(files.Count.ToString(CultureInfo.InvariantCulture)));
        foreach (var file in files)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"#{file.Path}#{file.Length}")));
        }

        var buffer = new byte[128 * 1024];
        foreach (var file in files)
        {
            using var stream = file.Open();
            for (int read; (read = stream.Read(buffer)) > 0;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset()).ToLowerInvariant();
    }
}
