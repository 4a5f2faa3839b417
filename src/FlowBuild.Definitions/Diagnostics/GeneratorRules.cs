namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW19xx: the contract and the client that are generated from a flow.</summary>
public static class GeneratorRules
{
    /// <summary>The generator failed on one file; the others are not touched.</summary>
    public static readonly DiagnosticRule GeneratorFailed = new(
        "FLOW1900",
        "FlowBuild failed on this file",
        "FlowBuild failed on '{0}' and generates nothing for it: {1}. This is a defect of FlowBuild; please report it with the file.",
        RuleSeverity.Error);

    /// <summary>The text of a file is not at hand.</summary>
    public static readonly DiagnosticRule UnreadableFile = new(
        "FLOW1901", "The file cannot be read", "The compiler cannot read '{0}'; check that it exists and is a text file", RuleSeverity.Error);

    /// <summary>A metadata value of a PromptFlow item cannot be used.</summary>
    public static readonly DiagnosticRule InvalidItemMetadata = new(
        "FLOW1902", "The item's metadata cannot be used", "{0}=\"{1}\" of the PromptFlow item '{3}' cannot be used: {2}", RuleSeverity.Error);

    /// <summary>Two flows would get types of the same name.</summary>
    public static readonly DiagnosticRule ClientNameTaken = new(
        "FLOW1903",
        "Two flows have one client name",
        "The client name '{0}' is taken by '{1}' in the same namespace; give one of the two PromptFlow items another ClientName or Namespace",
        RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } =
        [GeneratorFailed, UnreadableFile, InvalidItemMetadata, ClientNameTaken];
}
