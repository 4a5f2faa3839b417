using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// promptflow inserts a default as it is written and converts it like a value of a request, so one that does not convert fails
/// each request that relies on it, and nothing before.
/// </summary>
internal static class FlowDefaults
{
    public static void Check(string input, FlowValueType type, YamlEntry given, DiagnosticList problems)
    {
        if (!ValueConversion.Fits(type, KindOf(given.Value), (given.Value as YamlScalar)?.Value ?? ""))
        {
            var instead = ValueConversion.Instead(type) + (type == FlowValueType.Image ? ", or remove the default" : "");
            problems.Add(FlowRules.DefaultDoesNotFit, given.ValueSpan, input, FlowWords.WordOf(type), instead);
        }
    }

    private static GivenKind KindOf(YamlNode value) => value switch
    {
        YamlSequence => GivenKind.List,
        YamlMapping => GivenKind.Mapping,
        YamlScalar scalar => YamlScalars.KindOf(scalar, YamlDialect.PromptFlow) switch
        {
            ScalarKind.Text => GivenKind.Text,
            ScalarKind.Bool => GivenKind.Bool,
            ScalarKind.Int => GivenKind.Number,
            ScalarKind.Float => IsFinite(YamlValues.FloatOf(scalar)) ? GivenKind.Number : GivenKind.InfiniteNumber,
            _ => GivenKind.Other,
        },
        _ => GivenKind.Other,
    };

    private static bool IsFinite(double value) => !double.IsNaN(value) && !double.IsInfinity(value);
}
