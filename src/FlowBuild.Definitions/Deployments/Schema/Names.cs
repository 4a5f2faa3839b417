namespace FlowBuild.Definitions.Deployments.Schema;

/// <summary>The rules of names.</summary>
internal static class Names
{
    /// <summary>The rule of endpoint and deployment names as az ml checks it, with the service's length and single hyphens.</summary>
    public const string EndpointNamePattern = "^(?!.*--)[a-zA-Z][-a-zA-Z0-9]{1,30}[a-zA-Z0-9]$";

    /// <summary>The rule of the names of models and environments.</summary>
    public const string AssetNamePattern = "^[-a-zA-Z0-9_.]{1,255}$";

    /// <summary>What is wrong with the name of an endpoint or a deployment, or null.</summary>
    public static string? CheckEndpointName(string name)
    {
        if (name.IndexOfAny(['<', '>']) >= 0)
        {
            return "it is a placeholder, so write the real name";
        }

        if (name.Length is < 3 or > 32)
        {
            return "a name has 3 to 32 characters";
        }

        if (!IsLetter(name[0]))
        {
            return "a name begins with a letter";
        }

        for (var i = 1; i < name.Length; i++)
        {
            var c = name[i];
            if (c == '-' && name[i - 1] == '-')
            {
                return "the service takes single hyphens only";
            }

            if (c != '-' && !IsLetter(c) && c is not (>= '0' and <= '9'))
            {
                return $"a name has letters, digits and hyphens only, and no '{c}'";
            }
        }

        return name[name.Length - 1] == '-' ? "a name ends with a letter or a digit" : null;
    }

    /// <summary>What is wrong with the name of a model or an environment, or null.</summary>
    public static string? CheckAssetName(string name)
    {
        if (name.Length == 0)
        {
            return "a name has at least one character";
        }

        if (name.StartsWith(AssetReferences.Prefix, StringComparison.Ordinal))
        {
            return "a name has no prefix; write the reference itself in the place of the mapping";
        }

        foreach (var c in name)
        {
            if (!IsLetter(c) && c is not ((>= '0' and <= '9') or '-' or '_' or '.'))
            {
                return $"a name has letters, digits, hyphens, underscores and dots only, and no '{c}'";
            }
        }

        return name.Length > 255 ? "a name has at most 255 characters" : null;
    }

    private static bool IsLetter(char c) => c is (>= 'a' and <= 'z') or (>= 'A' and <= 'Z');
}
