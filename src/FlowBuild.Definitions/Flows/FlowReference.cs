namespace FlowBuild.Definitions.Flows;

/// <summary>What a value of a node input, an <c>activate.when</c> or an output reference points to.</summary>
public enum FlowReferenceKind
{
    /// <summary>Plain text. There is no interpolation: only a whole <c>${…}</c> is a reference.</summary>
    Literal,

    /// <summary>A flow input, <c>${inputs.name}</c> or <c>${flow.name}</c>.</summary>
    FlowInput,

    /// <summary>A node, <c>${node.output}</c>.</summary>
    Node,
}

/// <summary>A reference, parsed as promptflow parses it.</summary>
/// <param name="Kind">What it points to.</param>
/// <param name="Name">Name of the input or node; the text itself for a literal.</param>
/// <param name="Section">For a node the word after the name; <c>output</c> when there is none.</param>
/// <param name="Property">For a node what follows the section's dot, else null.</param>
public readonly record struct FlowReference(FlowReferenceKind Kind, string Name, string Section, string? Property)
{
    /// <summary>Whether it stands for the whole result of a node when a flow output uses it (promptflow ignores the section there).</summary>
    public bool IsWholeNode => Kind == FlowReferenceKind.Node && string.IsNullOrEmpty(Property);

    /// <summary>Parses a value.</summary>
    public static FlowReference Parse(string text)
    {
        if (text.Length < 3 || text[0] != '$' || text[1] != '{' || text[text.Length - 1] != '}')
        {
            return new(FlowReferenceKind.Literal, text, "", null);
        }

        const string Inputs = "${inputs.";
        const string Flow = "${flow.";
        var prefix = text.StartsWith(Inputs, StringComparison.Ordinal) ? Inputs.Length : text.StartsWith(Flow, StringComparison.Ordinal) ? Flow.Length : 0;
        if (prefix > 0)
        {
            return new(FlowReferenceKind.FlowInput, text.Substring(prefix, text.Length - prefix - 1), "", null);
        }

        var end = text.Length - 1;
        var nameEnd = text.IndexOf('.', 2, end - 2);
        if (nameEnd < 0)
        {
            return new(FlowReferenceKind.Node, text.Substring(2, end - 2), "output", null);
        }

        var name = text.Substring(2, nameEnd - 2);
        var sectionEnd = text.IndexOf('.', nameEnd + 1, end - nameEnd - 1);
        return sectionEnd < 0
            ? new(FlowReferenceKind.Node, name, text.Substring(nameEnd + 1, end - nameEnd - 1), null)
            : new(FlowReferenceKind.Node, name, text.Substring(nameEnd + 1, sectionEnd - nameEnd - 1), text.Substring(sectionEnd + 1, end - sectionEnd - 1));
    }
}
