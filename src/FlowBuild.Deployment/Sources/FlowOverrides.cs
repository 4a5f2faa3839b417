using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Sources;

/// <summary>Reads the overrides of FlowSet. Their values may be secret and come from the environment then.</summary>
public static class FlowOverrides
{
    /// <summary>Reads <c>a.b=c</c>, several separated by blanks.</summary>
    /// <param name="text">The property's text.</param>
    /// <param name="environment">Reads an environment variable; null when it is not set.</param>
    /// <exception cref="FlowDeploymentException">The text is no list of overrides, or holds the value of a variable in the open.</exception>
    public static IReadOnlyList<DocumentOverride> Parse(string text, Func<string, string?> environment)
    {
        var overrides = OverrideList.Parse(text, environment, out var fault);
        return fault is null ? overrides
            : throw FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowSet", fault.Text, fault.Advice);
    }
}
