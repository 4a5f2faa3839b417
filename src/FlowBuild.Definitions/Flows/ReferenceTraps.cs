using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Flows;

/// <summary>Warns of references that promptflow takes for something else than they look.</summary>
internal static class ReferenceTraps
{
    /// <summary>Warns of a text that holds a reference to something the flow has, and is none itself: a brace is missing, or there is more text.</summary>
    public static void CheckLiteral(
        Located<string> written, Dictionary<string, int> nodes, FlowReferents referents, DiagnosticList problems)
    {
        var text = written.Value;
        var start = text.IndexOf("${", StringComparison.Ordinal);
        if (start < 0)
        {
            CheckForeignSyntax(written, nodes, referents, problems);
            return;
        }

        var end = text.IndexOfAny(['}', ' ', '"', '\r', '\n'], start);
        var found = text.Substring(start, (end < 0 ? text.Length : end) - start);
        var reference = FlowReference.Parse(found + "}");
        if (reference.Kind == FlowReferenceKind.FlowInput ? !referents.HasInput(reference.Name) : !nodes.ContainsKey(reference.Name))
        {
            return;
        }

        var isAll = start == 0 && (end < 0 || text.Substring(end).Trim(' ', '}').Length == 0);
        problems.Add(
            FlowRules.ReferenceTrap,
            written.Span,
            found,
            "is plain text here, since only a value that is nothing but '${…}' is a reference",
            isAll ? $"; write '{found}}}'" : "");
    }

    /// <summary>Warns of references in the syntax of other tools: <c>{inputs.x}</c>, <c>{{inputs.x}}</c> and <c>$inputs.x</c>.</summary>
    private static void CheckForeignSyntax(
        Located<string> written, Dictionary<string, int> nodes, FlowReferents referents, DiagnosticList problems)
    {
        var text = written.Value.Trim();
        var isBraced = text.Length > 2 && text[0] == '{' && text[text.Length - 1] == '}';
        if (!isBraced && (text.Length < 2 || text[0] != '$'))
        {
            return;
        }

        var name = isBraced ? text.Trim('{', '}', ' ') : text.Substring(1);
        var reference = FlowReference.Parse("${" + name + "}");
        var isKnown = reference.Kind == FlowReferenceKind.FlowInput
            ? referents.HasInput(reference.Name)
            : reference is { Kind: FlowReferenceKind.Node, Section: "output" } && name.IndexOf('.') > 0 && nodes.ContainsKey(reference.Name);
        if (isKnown)
        {
            problems.Add(
                FlowRules.ReferenceTrap,
                written.Span,
                written.Value,
                "is plain text here, since only '${…}' is a reference",
                $"; write '${{{name}}}'");
        }
    }

    /// <summary>
    /// The section of an output's reference, which promptflow ignores: a property of another section is a property of the result, and
    /// only an index or a name in the place of <c>output</c> gets lost.
    /// </summary>
    public static void CheckOutputSection(FlowReference reference, Located<string> written, DiagnosticList problems)
    {
        var bracket = reference.Section.IndexOf('[');
        if (reference.IsWholeNode)
        {
            CheckSection(reference, written, problems, "gives the whole result of the node");
        }
        else if (bracket >= 0 || Suggestion.Nearest(reference.Section, ["output"]) is null)
        {
            var lost = bracket > 0 ? reference.Section.Substring(bracket) : reference.Section;
            CheckSection(reference, written, problems, $"gives '{reference.Property}' of the node's result and ignores '{lost}'");
        }
    }

    /// <summary>Warns of a property that promptflow takes apart otherwise than it looks, such as <c>a-b</c>, which is <c>b</c> of <c>a</c>.</summary>
    public static void CheckProperty(FlowReference reference, Located<string> written, DiagnosticList problems)
    {
        if (reference.Property is { } property && PropertyPath.Misread(property) is var (steps, meant))
        {
            problems.Add(
                FlowRules.ReferenceTrap,
                written.Span,
                written.Value,
                $"is read as the steps {steps}",
                meant is null ? "; let a python node give the value" : $"; write '${{{reference.Name}.output.{meant}}}'");
        }
    }

    /// <summary>Warns of a section that is not <c>output</c>, such as <c>output[0]</c>.</summary>
    public static void CheckSection(FlowReference reference, Located<string> written, DiagnosticList problems, string effect)
    {
        if (reference.Section == "output")
        {
            return;
        }

        var bracket = reference.Section.IndexOf('[');
        var word = bracket < 0 ? reference.Section : reference.Section.Substring(0, bracket);
        var index = bracket < 0 ? "" : "." + reference.Section.Substring(bracket);
        var property = reference.Property is null ? "" : "." + reference.Property;
        problems.Add(FlowRules.ReferenceTrap, written.Span, written.Value, effect, word == "output"
            ? $"; write '${{{reference.Name}.output{index}{property}}}'"
            : Suggestion.Nearest(word, ["output"]) is not null
                ? $"; did you mean '${{{reference.Name}.output{index}{property}}}'?"
                : $"; write '${{{reference.Name}.output.{reference.Section}{property}}}'");
    }
}
