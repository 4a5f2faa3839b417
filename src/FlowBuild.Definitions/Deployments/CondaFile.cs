using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Checks conda definitions: the service builds an image from the packages under <c>dependencies</c>.</summary>
public static class CondaFile
{
    /// <summary>Checks a conda file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    /// <returns>What the image build refuses, in the order of the file.</returns>
    public static EquatableArray<FlowDiagnostic> Check(string file, string text)
    {
        var problems = new DiagnosticList(file);
        var root = YamlReader.Read(text, YamlDialect.AzureMl, problems);
        if (root is not YamlMapping mapping)
        {
            // A list of requirements such as 'a==1' and 'b>=2' is one text to YAML, or none at all.
            var what = root is null or YamlScalar { Value: "" } ? "this file is empty" : "this is " + SchemaChecker.Describe(root);
            return problems.HasErrors
                ? problems.ToOrderedArray()
                : new([FlowDiagnostic.At(DeploymentRules.CondaWithoutDependencies, file, Place(root), what)]);
        }

        if (Fault(mapping) is { } fault)
        {
            problems.Add(DeploymentRules.CondaWithoutDependencies, mapping.Find("dependencies")?.Key.Span ?? DeploymentFileReader.FirstKey(mapping), fault);
        }

        return problems.ToOrderedArray();
    }

    /// <summary>What keeps a mapping from being a conda definition, or null.</summary>
    internal static string? Fault(YamlMapping conda) => conda.Find("dependencies") switch
    {
        null => "this mapping has no such key",
        { Value: YamlSequence } => null,
        var other => $"'dependencies' is {SchemaChecker.Describe(other.Value)}",
    };

    private static SourceSpan Place(YamlNode? root) => root?.Span ?? default;
}
