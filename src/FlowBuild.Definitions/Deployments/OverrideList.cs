using System.Text.RegularExpressions;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the overrides of <c>FlowSet</c>: <c>a.b=c</c>, several separated by blanks or semicolons.</summary>
public static class OverrideList
{
    private static readonly char[] Separators = [' ', ';', '\t', '\r', '\n'];

    private static readonly Regex PipelineExpression = new(
        @"\$\(\s*[A-Za-z_][\w .-]*\)|\$\{\{.*?\}\}|^\s*(\{\{.*\}\}|\$\{[^{}]*\}|%[A-Za-z_]\w*%|__[A-Za-z]\w*__|<[A-Za-z][^<>]*>)\s*$",
        RegexOptions.Singleline | RegexOptions.CultureInvariant);

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
            if (isVariable && name.TrimEnd('?').Length > 0)
            {
                var variable = FromEnvironment(path, name, environment, out var problem);
                if (problem is not null)
                {
                    fault = new(part, problem);
                    break;
                }

                overrides.Add(variable!);
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

            if (value.Length == 0)
            {
                fault = new(part, "it has no value; write one, or leave the override out");
                break;
            }

            overrides.Add(new DocumentOverride(path, value));
        }

        return overrides;
    }

    // A pipeline hands on a secret that it does not have as nothing, or as the expression that it did not expand; either would replace a
    // good value. The message must not repeat the value.
    private static DocumentOverride? FromEnvironment(string path, string name, Func<string, string?>? environment, out string? problem)
    {
        var isOptional = name.EndsWith("?", StringComparison.Ordinal);
        name = name.TrimEnd('?');
        problem = null;
        if (environment is null)
        {
            return new DocumentOverride(path, "", name) { IsKnown = false };
        }

        var value = environment(name);
        problem = string.IsNullOrWhiteSpace(value)
            ? isOptional ? null
                : $"the environment variable {name} is {(value is null ? "not set" : "empty")}; set it, or write '{DocumentOverride.EnvironmentPrefix}{name}?' where an empty value is meant"
            : PipelineExpression.IsMatch(value)
                ? $"the environment variable {name} holds a pipeline expression that was not expanded; set the variable in the pipeline"
                : null;
        return new DocumentOverride(path, value ?? "", name);
    }
}

/// <summary>An override that cannot be read.</summary>
/// <param name="Text">What stands there, without a value that may be secret.</param>
/// <param name="Advice">What is wrong and what to write.</param>
public sealed record OverrideFault(string Text, string Advice);
