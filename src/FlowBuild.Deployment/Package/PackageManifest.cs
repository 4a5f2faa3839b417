using System.Text.Encodings.Web;
using System.Text.Json;

namespace FlowBuild.Deployment.Package;

/// <summary>The record of a package, written beside the build's intermediate files.</summary>
public static class PackageManifest
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the manifest to a file, all of it or nothing, and leaves an equal file untouched.</summary>
    public static void Write(FlowPackage package, string file)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartObject();
            json.WriteString("hash", package.Hash);
            json.WriteString("folder", package.RootName);
            json.WriteNumber("length", package.Length);
            json.WriteStartArray("files");
            foreach (var item in package.Files)
            {
                json.WriteStartObject();
                json.WriteString("path", item.Path);
                json.WriteNumber("length", item.Length);
                json.WriteString("md5", Convert.ToHexString(item.Md5).ToLowerInvariant());
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("leftOut");
            foreach (var item in package.LeftOut)
            {
                json.WriteStartObject();
                json.WriteString("path", item.Path);
                json.WriteString("reason", item.Reason);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        AtomicFile.Write(file, bytes.ToArray());
    }
}
