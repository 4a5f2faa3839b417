namespace FlowBuild.Definitions.Flows;

/// <summary>
/// The container images of prompt flow, which get no updates any more, security included, and are announced to be unavailable
/// after 2027-04-20.
/// </summary>
public static class RetiredImages
{
    private static readonly string[] Names = ["promptflow-runtime-stable", "promptflow-runtime", "promptflow-python"];

    /// <summary>Whether an image is one of them, whatever its tag. A mirror in a registry of one's own is not.</summary>
    public static bool IsRetired(string image)
    {
        const string Registry = "mcr.microsoft.com/";
        if (!image.StartsWith(Registry, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var name = image.Substring(image.LastIndexOf('/') + 1);
        var end = name.IndexOfAny([':', '@']);
        name = end < 0 ? name : name.Substring(0, end);
        return Array.Exists(Names, known => string.Equals(known, name, StringComparison.OrdinalIgnoreCase));
    }
}
