namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the overrides of <c>FlowSet</c>: <c>a.b=c</c>, several separated by blanks or semicolons.</summary>
public static class OverrideList
{
    private static readonly char[] Separators = [' ', ';', '\t', '\r', '\n'];

    /// <summary>Reads the overrides.</summary>
    /// <param name="text">The property's text.</param>
    /// <param name="environment">Reads an environment variable, null when it is not set; or null where no variable can be read: their
    /// values are then unknown.</param>
    /// <param name="fault">What cannot be read, and what to write; null when all can.</param>
    /// <returns>The overrides before the fault.</returns>
    public static IReadOnlyList<DocumentOverride> Parse(string text, Func<string, string?>? environment, out OverrideFault? fault)
    {
        fault = null;
        var overrides = new List<DocumentOverride>();
        foreach (var part in text.Split(Separators, StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = part.IndexOf('=');
            if (equals < 1)
            {
                fault = new(part, "write keys and values, such as 'instance_count=3 request_settings.request_timeout_ms=90000'");
                break;
            }

            var (path, value) = (part.Substring(0, equals), part.Substring(equals + 1));
            var isVariable = value.StartsWith(DocumentOverride.EnvironmentPrefix, StringComparison.Ordinal);
            var name = isVariable ? value.Substring(DocumentOverride.EnvironmentPrefix.Length) : "";
            if (isVariable && name.Length > 0)
            {
                if (environment is null)
                {
                    overrides.Add(new DocumentOverride(path, "", name) { IsKnown = false });
                    continue;
                }

                if (environment(name) is not { } known)
                {
                    fault = new(part, $"the environment variable {name} is not set");
                    break;
                }

                overrides.Add(new DocumentOverride(path, known, name));
                continue;
            }

            if (path.Split('.')[0] == "environment_variables")
            {
                // The build records its properties; a variable's value may be a secret.
                fault = new(path, $"the build would record the value; write '{path}={DocumentOverride.EnvironmentPrefix}NAME', which reads the environment variable NAME");
                break;
            }

            if (isVariable)
            {
                fault = new(part, $"it names no environment variable; write '{path}={DocumentOverride.EnvironmentPrefix}NAME'");
                break;
            }

            overrides.Add(new DocumentOverride(path, value));
        }

        return overrides;
    }
}

/// <summary>An override that cannot be read.</summary>
/// <param name="Text">What stands there, without a value that may be secret.</param>
/// <param name="Advice">What is wrong and what to write.</param>
public sealed record OverrideFault(string Text, string Advice);
