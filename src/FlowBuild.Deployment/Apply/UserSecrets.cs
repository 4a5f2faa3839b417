using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Apply;

/// <summary>
/// The connection of a program to an endpoint of the local workspace, kept in the project's .NET user secrets so that the program
/// runs without a setting of its own.
/// </summary>
public static class UserSecrets
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Where .NET keeps the secrets of a project.</summary>
    /// <param name="id">The project's UserSecretsId.</param>
    /// <param name="environment">Reads an environment variable.</param>
    public static string PathOf(string id, Func<string, string?> environment)
    {
        var roaming = environment("APPDATA");
        return !string.IsNullOrEmpty(roaming)
            ? Path.Combine(roaming, "Microsoft", "UserSecrets", id, "secrets.json")
            : Path.Combine(
                environment("HOME") is { Length: > 0 } home ? home : Environment.GetFolderPath(Environment.SpecialFolder.UserProfile),
                ".microsoft", "usersecrets", id, "secrets.json");
    }

    /// <summary>Sets <c>SECTION:ScoringUri</c> and <c>SECTION:Key</c> and keeps everything else.</summary>
    /// <returns>Whether the file changed.</returns>
    /// <exception cref="FlowDeploymentException">The file is no JSON object, or cannot be read or written; it stays as it is.</exception>
    public static bool Set(string file, string section, Uri scoringUri, string key)
    {
        var secrets = Read(file, section);
        var before = secrets.ToJsonString();
        Remove(secrets, section, "ScoringUri");
        Remove(secrets, section, "Key");
        secrets[$"{section}:ScoringUri"] = scoringUri.ToString();
        secrets[$"{section}:Key"] = key;
        return Write(file, section, secrets, before);
    }

    /// <summary>Removes both where they still point to this machine.</summary>
    /// <returns>Whether the file changed.</returns>
    /// <exception cref="FlowDeploymentException">The file is no JSON object, or cannot be read or written; it stays as it is.</exception>
    public static bool RemoveLoopback(string file, string section)
    {
        if (!File.Exists(file))
        {
            return false;
        }

        var secrets = Read(file, section);
        if (Find(secrets, section, "ScoringUri") is not { } text || !Uri.TryCreate(text, UriKind.Absolute, out var uri) || !uri.IsLoopback)
        {
            return false;
        }

        var before = secrets.ToJsonString();
        Remove(secrets, section, "ScoringUri");
        Remove(secrets, section, "Key");
        return Write(file, section, secrets, before);
    }

    // A file that is no JSON object is the user's, and stays as it is.
    private static JsonObject Read(string file, string section)
    {
        try
        {
            return !File.Exists(file) ? []
                : JsonNode.Parse(File.ReadAllText(file), null, new JsonDocumentOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip }) as JsonObject
                    ?? throw NotUsable(file, section, "holds no JSON object", null);
        }
        catch (JsonException e)
        {
            throw NotUsable(file, section, "is no valid JSON", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotUsable(file, section, $"cannot be read ({e.Message.TrimEnd('.')})", e);
        }
    }

    private static bool Write(string file, string section, JsonObject secrets, string before)
    {
        if (secrets.ToJsonString() == before)
        {
            return false;
        }

        try
        {
            AtomicFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(secrets, Indented), isPrivate: true);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw NotUsable(file, section, $"cannot be written ({e.Message.TrimEnd('.')})", e);
        }
    }

    // The text of the file is secret, and so is what a parser says of it.
    private static FlowDeploymentException NotUsable(string file, string section, string problem, Exception? e) =>
        new(FlowDiagnostic.At(ConfigurationRules.UserSecretsNotWritten, null, null, section, file, problem), null, e is JsonException ? null : e);

    // Configuration ignores case, and takes "A:B" and { "A": { "B" } } for the same key.
    private static string? Find(JsonObject secrets, string section, string name)
    {
        foreach (var (key, value) in secrets)
        {
            if (Same(key, $"{section}:{name}"))
            {
                return value?.ToString();
            }

            if (Same(key, section) && value is JsonObject inner && inner.FirstOrDefault(i => Same(i.Key, name)).Value is { } nested)
            {
                return nested.ToString();
            }
        }

        return null;
    }

    private static void Remove(JsonObject secrets, string section, string name)
    {
        foreach (var (key, value) in secrets.ToList())
        {
            if (Same(key, $"{section}:{name}"))
            {
                secrets.Remove(key);
            }
            else if (Same(key, section) && value is JsonObject inner)
            {
                foreach (var nested in inner.Select(static i => i.Key).Where(k => Same(k, name)).ToList())
                {
                    inner.Remove(nested);
                }

                if (inner.Count == 0)
                {
                    secrets.Remove(key);
                }
            }
        }
    }

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
