using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>How much of a section of the file that references point into could be read.</summary>
/// <param name="IsBroken">The section has the wrong shape, which is reported, so nobody knows what it declares.</param>
/// <param name="Misspelt">The key that stands where the section's name was meant, or null.</param>
internal readonly record struct FlowSection(bool IsBroken, YamlScalar? Misspelt);

/// <summary>
/// Reports references to inputs and nodes that the flow does not have. Where the whole section is at fault, that is what is
/// reported, and its followers are not; so too where two nodes of one name hide the name that one of them was meant to have.
/// </summary>
internal sealed class FlowReferents(FlowDefinition flow, FlowSection inputs, FlowSection nodes, bool hidesNodes, DiagnosticList problems)
{
    private HashSet<YamlScalar>? _reported;

    /// <summary>Whether the flow declares an input.</summary>
    public bool HasInput(string name)
    {
        foreach (var input in flow.Inputs)
        {
            if (input.Name == name)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Reports a reference to an input that is not declared.</summary>
    public void AddNoInput(DiagnosticRule rule, string name, SourceSpan span)
    {
        var advice = Suggestion.DidYouMean(name, InputNames, "; declare it under 'inputs'");
        Add(rule, inputs, "inputs", "input", name, span, advice);
    }

    /// <summary>Reports a reference to a node that does not exist.</summary>
    public void AddNoNode(DiagnosticRule rule, FlowReference reference, SourceSpan span)
    {
        if (!hidesNodes)
        {
            Add(rule, nodes, "nodes", "node", reference.Name, span, SuggestNode(reference));
        }
    }

    private IEnumerable<string> InputNames => flow.Inputs.Select(static input => input.Name);

    private void Add(DiagnosticRule rule, FlowSection section, string sectionName, string what, string name, SourceSpan span, string advice)
    {
        if (section.IsBroken)
        {
            return;
        }

        if (section.Misspelt is { } misspelt)
        {
            // One of the errors tells it all; a warning alone would not.
            if (rule.Severity == RuleSeverity.Error && !(_reported ??= []).Add(misspelt))
            {
                return;
            }

            (span, advice) = (misspelt.Span, FlowFileReader.Instead(misspelt, sectionName, ""));
        }

        problems.Add(rule, span, rule == FlowRules.OutputReferenceNotFound ? [what, name, advice] : [name, advice]);
    }

    private string SuggestNode(FlowReference reference)
    {
        if (HasInput(reference.Name))
        {
            return $"; did you mean the input, '${{inputs.{reference.Name}}}'?";
        }

        // '${input.x}' and '${input.x.y}' mean the inputs 'x' and 'x.y'.
        var input = reference.Property is null ? reference.Section : reference.Section + "." + reference.Property;
        if (Suggestion.Nearest(reference.Name, ["inputs"]) is not null && Suggestion.Nearest(input, InputNames) is { } meant)
        {
            return $"; did you mean '${{inputs.{meant}}}'?";
        }

        // The list is called 'nodes', and a reference does not name it.
        if (reference.Name is "nodes" or "node" && FlowGraph.NodeOf(flow, reference.Section) is { } node)
        {
            return $"; did you mean '${{{node.Name}.{reference.Property ?? "output"}}}'?";
        }

        return Suggestion.DidYouMean(reference.Name, flow.Nodes.Select(static node => node.Name), "; write the name of one of its nodes");
    }
}
