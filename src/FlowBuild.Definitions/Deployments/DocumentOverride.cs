using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>One override on a deployment document, as <c>az ml --set</c> has it: applied before the document is checked.</summary>
/// <param name="Path">Keys, joined by dots, such as <c>request_settings.request_timeout_ms</c>. Missing mappings are made.</param>
/// <param name="Value">The value; always a text, which numeric and boolean keys accept.</param>
/// <param name="Variable">The environment variable that the value comes from, or null. Such a value may be secret, and no message repeats it.</param>
public sealed record DocumentOverride(string Path, string Value, string? Variable = null)
{
    /// <summary>What the value of an override begins with when it names an environment variable.</summary>
    public const string EnvironmentPrefix = "@env:";

    /// <summary>
    /// False where the value is set and cannot be known, as that of an environment variable in the compiler. Nothing is said about such
    /// a value, and <see cref="Value"/> is empty.
    /// </summary>
    public bool IsKnown { get; init; } = true;

    private static readonly char[] Separators = [' ', ',', ';', ':', '=', '"', '\'', '<', '>', '[', ']', '{', '}'];

    /// <summary>Applies overrides to a tree, each on what the ones before it left.</summary>
    internal static void Apply(IReadOnlyList<DocumentOverride> overrides, YamlMapping root, DiagnosticList problems)
    {
        for (var i = 0; i < overrides.Count; i++)
        {
            overrides[i].Apply(root, SourceSpan.OfOverride(i), problems);
        }
    }

    /// <summary>A problem of what an override says is a problem of the override, and of no file.</summary>
    /// <param name="problem">A problem that was found in the document.</param>
    /// <param name="overrides">What was set there.</param>
    public static FlowDiagnostic Place(FlowDiagnostic problem, IReadOnlyList<DocumentOverride> overrides)
    {
        if (problem.Span?.OverrideIndex is not { } index)
        {
            return problem;
        }

        var own = overrides[index].WithoutSecret(problem);
        return own.Rule.Severity == RuleSeverity.Warning || own.Rule == DeploymentRules.InvalidOverride
            ? own
            : FlowDiagnostic.At(DeploymentRules.InvalidOverride, null, null, overrides[index].Path, own.Message);
    }

    // A message may repeat a part of the value: a name in a list, say, or a template.
    private FlowDiagnostic WithoutSecret(FlowDiagnostic problem)
    {
        if (Variable is null)
        {
            return FlowDiagnostic.At(problem.Rule, null, null, [.. problem.Arguments]);
        }

        const int ShortestSecret = 3;
        var key = Path.Substring(Path.LastIndexOf('.') + 1);
        var parts = Value.Split(Separators).Append(Value).Where(static part => part.Length >= ShortestSecret).ToList();
        bool IsSecret(string argument) => argument != Path && argument != key
            && (argument == Value || (argument.Length >= ShortestSecret && Value.Contains(argument)) || parts.Exists(argument.Contains));
        return FlowDiagnostic.At(
            problem.Rule, null, null, [.. problem.Arguments.Select(argument => IsSecret(argument) ? EnvironmentPrefix + Variable : argument)]);
    }

    private void Apply(YamlMapping root, SourceSpan place, DiagnosticList problems)
    {
        var keys = Path.Split('.');
        if (Array.Exists(keys, static key => key.Length == 0))
        {
            problems.Add(
                DeploymentRules.InvalidOverride,
                place,
                Path,
                "write keys joined by dots, such as request_settings.request_timeout_ms");
            return;
        }

        var mapping = root;
        for (var i = 0; i < keys.Length - 1; i++)
        {
            var next = mapping.Find(keys[i]);
            if (next is { Value: YamlMapping nested })
            {
                mapping = nested;
            }
            else if (next is null || SchemaChecker.IsNull(next.Value))
            {
                var made = new YamlMapping(place);
                Set(mapping, keys[i], made, place);
                mapping = made;
            }
            else
            {
                problems.Add(
                    DeploymentRules.InvalidOverride,
                    place,
                    Path,
                    $"'{keys[i]}' is {SchemaChecker.Describe(next.Value)} in the file, and has no keys to set");
                return;
            }
        }

        Set(mapping, keys[keys.Length - 1], new YamlScalar(Value, isPlain: false, tag: null, place), place);
    }

    private static void Set(YamlMapping mapping, string key, YamlNode value, SourceSpan place)
    {
        for (var i = 0; i < mapping.Entries.Count; i++)
        {
            if (mapping.Entries[i].Key.Value == key)
            {
                mapping.Replace(i, mapping.Entries[i] with { Value = value });
                return;
            }
        }

        mapping.Add(new(new YamlScalar(key, isPlain: false, tag: null, place), value, key));
    }
}
