using System.Text.RegularExpressions;
using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>Reads the overrides of FlowSet. Their values may be secret and come from the environment then.</summary>
public static partial class FlowOverrides
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
                overrides.Add(FromEnvironment(part, path, value[EnvironmentPrefix.Length..], environment));
                continue;
            }

            if (path.Split('.')[0] == "environment_variables")
            {
                // The build records its properties; a variable's value may be a secret.
                throw Invalid(path, $"the build would record the value; write '{path}={EnvironmentPrefix}NAME', which reads the environment variable NAME");
            }

            overrides.Add(value.Length > 0 ? new DocumentOverride(path, value) : throw Invalid(part, "it has no value; write one, or leave the override out"));
        }

        return overrides;
    }

    // A pipeline hands on a secret that it does not have as nothing, or as the expression that it did not expand; either would replace a
    // good value. The message must not repeat the value.
    private static DocumentOverride FromEnvironment(string part, string path, string name, Func<string, string?> environment)
    {
        var isOptional = name.EndsWith('?');
        name = name.TrimEnd('?');
        var value = environment(name);
        if (string.IsNullOrWhiteSpace(value))
        {
            return isOptional ? new DocumentOverride(path, value ?? "", name) : throw Invalid(
                part, $"the environment variable {name} is {(value is null ? "not set" : "empty")}; set it, or write '{EnvironmentPrefix}{name}?' where an empty value is meant");
        }

        return PipelineExpression().IsMatch(value)
            ? throw Invalid(part, $"the environment variable {name} holds a pipeline expression that was not expanded; set the variable in the pipeline")
            : new DocumentOverride(path, value, name);
    }

    [GeneratedRegex(@"^\s*(\$\([^()]*\)|\$?\{\{.*\}\}|\$\{[^{}]*\}|%[A-Za-z_]\w*%|__[A-Za-z]\w*__|<[A-Za-z][\w .-]*>)\s*$", RegexOptions.Singleline)]
    private static partial Regex PipelineExpression();

    private static FlowDeploymentException Invalid(string text, string advice) =>
        FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowSet", text, advice);
}
