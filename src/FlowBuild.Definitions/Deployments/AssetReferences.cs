using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Schema;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Parses references to registered assets by az ml's grammar.</summary>
internal static class AssetReferences
{
    public const string Prefix = "azureml:";
    private const string RegistryPrefix = "azureml://registries/";

    /// <summary>What an asset of a kind is called in messages.</summary>
    public static string NameOf(AssetKind kind) => kind switch { AssetKind.Model => "model", AssetKind.Environment => "environment", _ => "code asset" };

    /// <summary>What <see cref="Parse"/> takes, as a regular expression for editors.</summary>
    /// <param name="kind">Which kind of asset it must be.</param>
    /// <param name="withRegistries">Whether an asset of a registry will do.</param>
    public static string PatternOf(AssetKind kind, bool withRegistries = true)
    {
        var segment = SchemaPattern.IgnoreCase(SegmentOf(kind));
        var versions = SchemaPattern.IgnoreCase("versions");
        var inWorkspace = @"azureml:[^/<>@:]+:[^/<>@]+|azureml:[^/<>]+@latest|azureml:/"
            + SchemaPattern.IgnoreCase("subscriptions") + $"(?:/[^/]+){{7}}/{segment}/[^/]+/{versions}/[^/]+";
        var inRegistry = $"{RegistryPrefix}[^/]+/{SegmentOf(kind)}/[^/]+/(?:versions|labels)/[^/]+";
        return Templates.NonePattern + $"(?:{inWorkspace}{(withRegistries ? "|" + inRegistry : "")})$";
    }

    /// <summary>Parses a reference.</summary>
    /// <param name="text">The text.</param>
    /// <param name="kind">Which kind of asset it must be.</param>
    /// <param name="fault">What is wrong and what to write, or null.</param>
    public static AssetReference? Parse(string text, AssetKind kind, out string? fault)
    {
        fault = null;
        if (text.StartsWith("azureml://", StringComparison.Ordinal))
        {
            return IsRegistryId(text, kind)
                ? new AssetReference.Registry(text)
                : Refuse(out fault, $"; write 'azureml://registries/REGISTRY/{SegmentOf(kind)}/NAME/versions/VERSION'");
        }

        if (!text.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return Refuse(out fault, WithoutPrefix(text, kind));
        }

        var rest = text.Substring(Prefix.Length);
        if (rest.Length == 0)
        {
            return Refuse(out fault, "; write 'azureml:NAME:VERSION' or 'azureml:NAME@latest'");
        }

        if (rest[0] == '/')
        {
            return IsArmId(rest, kind)
                ? new AssetReference.ArmId(rest)
                : Refuse(out fault, $"; an ARM id reads '/subscriptions/…/workspaces/NAME/{SegmentOf(kind)}/NAME/versions/VERSION'");
        }

        if (rest.IndexOf('/') >= 0)
        {
            return Refuse(out fault, "; an ARM id begins with 'azureml:/subscriptions/', and a name holds no '/'");
        }

        if (rest.IndexOfAny(['<', '>']) >= 0)
        {
            return Refuse(out fault, "; it still holds a placeholder, so write the real name and version");
        }

        var label = rest.LastIndexOf('@');
        if (label >= 0)
        {
            return rest.Substring(label + 1) == "latest" && label > 0
                ? new AssetReference.Label(rest.Substring(0, label), "latest")
                : Refuse(out fault, "; the only label is 'latest', as in 'azureml:NAME@latest'");
        }

        var colon = rest.IndexOf(':');
        return colon > 0 && colon + 1 < rest.Length
            ? new AssetReference.Version(rest.Substring(0, colon), rest.Substring(colon + 1))
            : Refuse(out fault, $"; it names no version: write 'azureml:{rest.TrimEnd(':')}:VERSION' or 'azureml:{rest.TrimEnd(':')}@latest'");
    }

    private static AssetReference? Refuse(out string? fault, string text)
    {
        fault = text;
        return null;
    }

    /// <summary>What was meant by a text without the prefix: another prefix, a bare name and version, or a path.</summary>
    private static string WithoutPrefix(string text, AssetKind kind)
    {
        var inline = kind switch
        {
            AssetKind.Model => "a mapping with 'path:'",
            AssetKind.Environment => "a mapping with 'image:'",
            _ => "a local folder",
        };
        if (text.StartsWith("/subscriptions/", StringComparison.OrdinalIgnoreCase))
        {
            return $"; write 'azureml:{text}'";
        }

        var parts = text.Split(':');
        if (text.IndexOf('/') < 0 && parts.Length == 3)
        {
            return $"; the prefix is 'azureml:', so write 'azureml:{parts[1]}:{parts[2]}'";
        }

        if (text.IndexOf('/') < 0 && (parts.Length == 2 || text.IndexOf('@') > 0))
        {
            return string.Equals(parts[0], "azureml", StringComparison.OrdinalIgnoreCase)
                ? "; the prefix 'azureml:' is written in lower case"
                : $"; write 'azureml:{text}'";
        }

        return kind == AssetKind.Environment && text.IndexOf('/') > 0
            ? "; write 'image:' with it below 'environment:', or 'azureml:NAME:VERSION'"
            : $"; write 'azureml:NAME:VERSION', 'azureml:NAME@latest', or {inline}";
    }

    private static string SegmentOf(AssetKind kind) => kind switch { AssetKind.Model => "models", AssetKind.Environment => "environments", _ => "codes" };

    private static bool IsRegistryId(string text, AssetKind kind)
    {
        if (!text.StartsWith(RegistryPrefix, StringComparison.Ordinal))
        {
            return false;
        }

        var parts = text.Substring(RegistryPrefix.Length).Split('/');
        return parts.Length == 5 && Array.TrueForAll(parts, static part => part.Length > 0)
            && parts[1] == SegmentOf(kind) && parts[3] is "versions" or "labels";
    }

    private static bool IsArmId(string text, AssetKind kind)
    {
        var parts = text.Split('/');
        return parts.Length == 13
            && string.Equals(parts[1], "subscriptions", StringComparison.OrdinalIgnoreCase)
            && string.Equals(parts[9], SegmentOf(kind), StringComparison.OrdinalIgnoreCase)
            && string.Equals(parts[11], "versions", StringComparison.OrdinalIgnoreCase)
            && Array.IndexOf(parts, "", 1) < 0;
    }
}
