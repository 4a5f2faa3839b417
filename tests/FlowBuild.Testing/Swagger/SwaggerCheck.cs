using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml;

namespace FlowBuild.Testing.Swagger;

/// <summary>Holds one value against the definitions.</summary>
/// <param name="facts">The extract.</param>
/// <param name="isRequest">Members that only answers have are problems.</param>
internal sealed class SwaggerCheck(JsonObject facts, bool isRequest)
{
    private readonly List<string> _problems = [];

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Checks a value of a type as the extract writes it, such as <c>#Probe</c>, <c>map&lt;string&gt;</c> or <c>integer</c>.</summary>
    public void Value(string type, JsonNode? value, string at)
    {
        if (type.StartsWith('#'))
        {
            var name = type[1..];
            if (facts["enums"]![name] is { } words)
            {
                Require(words["values"]!.AsArray().Any(w => w!.GetValue<string>() == (value as JsonValue)?.ToString()), $"{at}: '{value}' is not a {name}");
            }
            else
            {
                Object(name, value, at);
            }
        }
        else if (type.StartsWith("map<", StringComparison.Ordinal))
        {
            var inner = type["map<".Length..^1];
            Require(value is JsonObject, $"{at}: no map");
            foreach (var (key, item) in value as JsonObject ?? [])
            {
                Nullable(inner.TrimEnd('?'), item, inner.EndsWith('?'), $"{at}.{key}");
            }
        }
        else if (type.StartsWith("array<", StringComparison.Ordinal))
        {
            Require(value is JsonArray, $"{at}: no array");
            foreach (var item in value as JsonArray ?? [])
            {
                Value(type["array<".Length..^1], item, at);
            }
        }
        else
        {
            var kind = value?.GetValueKind();
            Require(
                type switch
                {
                    "string" => kind is JsonValueKind.String,
                    "integer" or "int32" => value is JsonValue number && number.TryGetValue<int>(out _),
                    "int64" => value is JsonValue number && number.TryGetValue<long>(out _),
                    "number" => kind is JsonValueKind.Number,
                    "boolean" => kind is JsonValueKind.True or JsonValueKind.False,
                    _ => true,
                },
                $"{at}: '{value}' is no {type}");
        }
    }

    private void Nullable(string type, JsonNode? value, bool isNullable, string at)
    {
        if (value is not null)
        {
            Value(type, value, at);
        }
        else
        {
            Require(isNullable, $"{at}: null");
        }
    }

    private void Object(string name, JsonNode? value, string at)
    {
        if (value is not JsonObject json)
        {
            _problems.Add($"{at}: no object");
            return;
        }

        var members = new Dictionary<string, JsonObject>();
        var required = new HashSet<string>();
        Collect(name, json, members, required);
        _problems.AddRange(required.Where(member => json[member] is null).Select(member => $"{at}: {member} is missing"));
        foreach (var (member, item) in json)
        {
            if (!members.TryGetValue(member, out var declared))
            {
                _problems.Add($"{at}: {member} is not declared by {name}");
                continue;
            }

            Require(!isRequest || declared["readOnly"]?.GetValue<bool>() != true, $"{at}: {member} is read-only");
            Nullable(declared["type"]!.GetValue<string>(), item, declared["nullable"]?.GetValue<bool>() == true, $"{at}.{member}");
            if (item is not null)
            {
                Text(declared, item.ToString(), $"{at}.{member}");
            }
        }
    }

    // The definition, those that it extends, and the one that the discriminator's word names.
    private void Collect(string name, JsonObject json, Dictionary<string, JsonObject> members, HashSet<string> required)
    {
        var definition = facts["definitions"]![name]!;
        foreach (var (member, declared) in definition["properties"]?.AsObject() ?? [])
        {
            members[member] = declared!.AsObject();
        }

        required.UnionWith(definition["required"]?.AsArray().Select(static r => r!.GetValue<string>()) ?? []);
        foreach (var parent in definition["base"]?.AsArray() ?? [])
        {
            Collect(parent!.GetValue<string>(), [], members, required);
        }

        if (definition["discriminator"]?.GetValue<string>() is { } discriminator && json[discriminator]?.GetValue<string>() is { } word)
        {
            var child = facts["definitions"]!.AsObject().FirstOrDefault(d =>
                d.Value!["discriminatorValue"]?.GetValue<string>() == word
                && d.Value["base"]?.AsArray().Any(b => b!.GetValue<string>() == name) == true).Key;
            if (child is not null)
            {
                Collect(child, [], members, required);
            }
        }
    }

    private void Text(JsonObject declared, string text, string at)
    {
        if (declared["format"]?.GetValue<string>() is { } format)
        {
            Require(
                format switch
                {
                    "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
                    "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
                    "uuid" => Guid.TryParse(text, out _),
                    "duration" => IsDuration(text),
                    _ => true,
                },
                $"{at}: '{text}' is no {format}");
        }

        Require(text.Length >= (declared["minLength"]?.GetValue<int>() ?? 0), $"{at}: it is too short");
        if (declared["pattern"]?.GetValue<string>() is { } pattern)
        {
            Require(Regex.IsMatch(text, pattern), $"{at}: '{text}' does not match {pattern}");
        }
    }

    private void Require(bool isRight, string problem)
    {
        if (!isRight)
        {
            _problems.Add(problem);
        }
    }

    private static bool IsDuration(string text)
    {
        try
        {
            XmlConvert.ToTimeSpan(text);
            return true;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
