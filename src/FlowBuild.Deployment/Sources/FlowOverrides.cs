using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>Reads the overrides of FlowSet. Their values may be secret and come from the environment then.</summary>
public static class FlowOverrides
{
    private const string EnvironmentPrefix = "@env:";

    /// <summary>Reads <c>a.b=c</c>, several separated by blanks.</summary>
    /// <param name="text">The property's text.</param>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <exception cref="FlowDeploymentException">The text is no list of overrides, or holds the value of a variable in the open.</exception>
    public static IReadOnlyList<DocumentOverride> Parse(string text, Func<string, string?> environment)
    {
        var overrides = new List<DocumentOverride>();
        foreach (var part in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', 2) is not [{ Length: > 0 } path, var value])
            {
                throw Invalid(part, "write keys and values, such as 'instance_count=3 request_settings.request_timeout_ms=90000'");
            }

            if (value.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            {
                var name = value[EnvironmentPrefix.Length..];
                value = environment(name) ?? throw Invalid(part, $"the environment variable {name} is not set");
                overrides.Add(new DocumentOverride(path, value, name));
                continue;
            }

            if (path.Split('.')[0] == "environment_variables")
            {
                // The build records its properties; a variable's value may be a secret.
                throw Invalid(path, $"the build would record the value; write '{path}={EnvironmentPrefix}NAME', which reads the environment variable NAME");
            }

            overrides.Add(new DocumentOverride(path, value));
        }

        return overrides;
    }

    private static FlowDeploymentException Invalid(string text, string advice) =>
        FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowSet", text, advice);
}
