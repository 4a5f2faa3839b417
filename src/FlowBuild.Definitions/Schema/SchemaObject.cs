using System.Collections;
using System.Globalization;
using System.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Schema;

/// <summary>
/// An object of a JSON schema: members in the order in which they are added. A value is a text, a number, a boolean, a
/// <see cref="SchemaObject"/> or an array of these.
/// </summary>
internal sealed class SchemaObject : IEnumerable<KeyValuePair<string, object>>
{
    private readonly List<KeyValuePair<string, object>> _members = [];

    /// <summary>Adds a member; one without a value is left out.</summary>
    public void Add(string name, object? value)
    {
        if (value is not null)
        {
            _members.Add(new(name, value));
        }
    }

    /// <summary>Adds the members of another object, if there is one.</summary>
    public void Add(SchemaObject? members) => _members.AddRange(members?._members ?? []);

    /// <summary>The text of a file: indented by two, and the same for the same members.</summary>
    public string ToText()
    {
        var json = new StringBuilder();
        Write(json, this, "\n");
        return json.Append('\n').ToString();
    }

    public IEnumerator<KeyValuePair<string, object>> GetEnumerator() => _members.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static void Write(StringBuilder json, object? value, string newLine)
    {
        switch (value)
        {
            case null:
                json.Append("null");
                break;
            case string text:
                YamlJson.WriteString(json, text);
                break;
            case bool flag:
                json.Append(flag ? "true" : "false");
                break;
            case SchemaObject { _members: { Count: > 0 } members }:
                WriteMembers(json, members, newLine);
                break;
            case SchemaObject:
                json.Append("{}");
                break;
            case SchemaObject[] objects:
                WriteObjects(json, objects, newLine);
                break;
            case IEnumerable scalars:
                WriteScalars(json, scalars, newLine);
                break;
            default:
                json.Append(((IFormattable)value).ToString(null, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteMembers(StringBuilder json, List<KeyValuePair<string, object>> members, string newLine)
    {
        var inner = newLine + "  ";
        for (var i = 0; i < members.Count; i++)
        {
            json.Append(i == 0 ? "{" : ",").Append(inner);
            YamlJson.WriteString(json, members[i].Key);
            json.Append(": ");
            Write(json, members[i].Value, inner);
        }

        json.Append(newLine).Append('}');
    }

    private static void WriteObjects(StringBuilder json, SchemaObject[] objects, string newLine)
    {
        var inner = newLine + "  ";
        for (var i = 0; i < objects.Length; i++)
        {
            json.Append(i == 0 ? "[" : ",").Append(inner);
            Write(json, objects[i], inner);
        }

        json.Append(newLine).Append(']');
    }

    private static void WriteScalars(StringBuilder json, IEnumerable scalars, string newLine)
    {
        var separator = "[";
        foreach (var scalar in scalars)
        {
            json.Append(separator);
            Write(json, scalar, newLine);
            separator = ", ";
        }

        json.Append(']');
    }
}
