using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>Writes what a YAML node stands for as compact JSON.</summary>
internal static class YamlJson
{
    /// <summary>The JSON of a node. Dates become their text; infinities and NaN become <c>"inf"</c>, <c>"-inf"</c>, <c>"nan"</c>, which Python's <c>float</c> reads.</summary>
    public static string Write(YamlNode node, YamlDialect dialect)
    {
        if (node is YamlScalar scalar && YamlScalars.KindOf(scalar, dialect) is ScalarKind.Null or ScalarKind.Bool)
        {
            return YamlScalars.KindOf(scalar, dialect) == ScalarKind.Null ? "null" : YamlValues.BoolOf(scalar) ? "true" : "false";
        }

        var json = new StringBuilder();
        Write(json, node, dialect);
        return json.ToString();
    }

    /// <summary>Appends a text as a JSON string; only what JSON demands is escaped.</summary>
    public static void WriteString(StringBuilder json, string text)
    {
        json.Append('"');
        foreach (var c in text)
        {
            switch (c)
            {
                case '"':
                    json.Append("\\\"");
                    break;
                case '\\':
                    json.Append("\\\\");
                    break;
                case '\n':
                    json.Append("\\n");
                    break;
                case '\r':
                    json.Append("\\r");
                    break;
                case '\t':
                    json.Append("\\t");
                    break;
                case < ' ':
                    json.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    json.Append(c);
                    break;
            }
        }

        json.Append('"');
    }

    // Recursion is bounded: the reader refuses documents deeper than YamlReader.MaxDepth, aliases followed.
    private static void Write(StringBuilder json, YamlNode node, YamlDialect dialect)
    {
        switch (node)
        {
            case YamlMapping mapping:
                json.Append('{');
                for (var i = 0; i < mapping.Entries.Count; i++)
                {
                    if (i > 0)
                    {
                        json.Append(',');
                    }

                    WriteString(json, mapping.Entries[i].Key.Value);
                    json.Append(':');
                    Write(json, mapping.Entries[i].Value, dialect);
                }

                json.Append('}');
                break;

            case YamlSequence sequence:
                json.Append('[');
                for (var i = 0; i < sequence.Items.Count; i++)
                {
                    if (i > 0)
                    {
                        json.Append(',');
                    }

                    Write(json, sequence.Items[i], dialect);
                }

                json.Append(']');
                break;

            case YamlScalar scalar:
                WriteScalar(json, scalar, dialect);
                break;
        }
    }

    private static void WriteScalar(StringBuilder json, YamlScalar scalar, YamlDialect dialect)
    {
        switch (YamlScalars.KindOf(scalar, dialect))
        {
            case ScalarKind.Null:
                json.Append("null");
                break;
            case ScalarKind.Bool:
                json.Append(YamlValues.BoolOf(scalar) ? "true" : "false");
                break;
            case ScalarKind.Int:
                json.Append(YamlValues.IntText(scalar, dialect));
                break;
            case ScalarKind.Float:
                var value = YamlValues.FloatOf(scalar);
                var text = PythonRepr.Of(value);
                if (double.IsNaN(value) || double.IsInfinity(value))
                {
                    WriteString(json, text);
                }
                else
                {
                    json.Append(text);
                }

                break;
            default:
                WriteString(json, scalar.Value);
                break;
        }
    }
}
