using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Flows;

/// <summary>The text of a template file.</summary>
/// <param name="File">The path that diagnostics name.</param>
/// <param name="Text">The content.</param>
public sealed record FlowTemplate(string File, string Text);

/// <summary>Checks the templates of a flow's llm and prompt nodes against what the nodes give them. Needs the flow's folder.</summary>
public static class FlowTemplates
{
    // The parameters of promptflow's own render function, and those that every chat and completion function has. A template variable
    // of one of these names is refused when the flow is loaded.
    private static readonly string[] PromptParameters = ["template", "trim_blocks", "keep_trailing_newline"];

    private static readonly string[] ModelParameters =
    [
        "prompt", "temperature", "top_p", "n", "stream", "stop", "max_tokens", "presence_penalty", "frequency_penalty", "logit_bias", "user",
    ];

    /// <summary>Checks each template once per node that uses it.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="open">Gives the template of a <c>source.path</c>, or null where it cannot be read (which is another check's business).</param>
    /// <returns>The problems, node by node, each at its place in the template.</returns>
    public static EquatableArray<FlowDiagnostic> Check(FlowDefinition flow, Func<string, FlowTemplate?> open)
    {
        var problems = new List<FlowDiagnostic>();
        foreach (var node in flow.Nodes)
        {
            if (node.Type is "llm" or "prompt" && node.SourcePath is { } path && open(path.Value) is { } template)
            {
                CheckNode(node, template, problems);
            }
        }

        return new(problems);
    }

    private static void CheckNode(FlowNode node, FlowTemplate template, List<FlowDiagnostic> problems)
    {
        var reserved = node.Type == "llm" ? ModelParameters : PromptParameters;
        foreach (var variable in TemplateVariables.Find(template.Text))
        {
            if (Array.IndexOf(reserved, variable.Value) >= 0)
            {
                problems.Add(FlowDiagnostic.At(PackageRules.ReservedTemplateVariable, template.File, variable.Span, variable.Value, node.Name, node.Type!));
            }
            else if (!HasInput(node, variable.Value))
            {
                problems.Add(FlowDiagnostic.At(
                    PackageRules.TemplateVariableWithoutInput,
                    template.File,
                    variable.Span,
                    variable.Value,
                    node.Name,
                    Suggestion.DidYouMean(variable.Value, InputNames(node))));
            }
        }
    }

    private static bool HasInput(FlowNode node, string name)
    {
        foreach (var input in node.Inputs)
        {
            if (input.Key == name)
            {
                return true;
            }
        }

        return false;
    }

    private static IEnumerable<string> InputNames(FlowNode node) => node.Inputs.Select(static input => input.Key);
}
