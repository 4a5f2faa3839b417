using System.Text.RegularExpressions;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>The names that the service takes.</summary>
internal static partial class ResourceNames
{
    /// <summary>Refuses what the service refuses as name of an endpoint or a deployment.</summary>
    public static void Check(string what, string name)
    {
        if (name.Length is < 3 or > 32 || !Allowed().IsMatch(name) || name.Contains("--", StringComparison.Ordinal))
        {
            throw ArmException.Invalid(
                "InvalidName",
                $"The {what} name '{name}' is invalid. It must have 3 to 32 characters, begin with a letter, end with a letter or digit, and hold only letters, digits and single hyphens.",
                "name");
        }
    }

    /// <summary>Refuses what the service refuses as name of an asset.</summary>
    public static void CheckAsset(string what, string name)
    {
        if (!AllowedAsset().IsMatch(name))
        {
            throw ArmException.UserError(
                $"The {what} name '{name}' is invalid. It must begin with a letter or digit, and hold at most 255 letters, digits, hyphens, underscores and periods.");
        }
    }

    [GeneratedRegex("^[a-zA-Z0-9][-a-zA-Z0-9_.]{0,254}\\z", RegexOptions.CultureInvariant)]
    private static partial Regex AllowedAsset();

    [GeneratedRegex("^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?\\z", RegexOptions.CultureInvariant)]
    private static partial Regex Allowed();
}
