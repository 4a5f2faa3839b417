using System.Globalization;
using System.Text.Json.Nodes;
using System.Xml;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests.Swagger;

/// <summary>
/// What Azure's own API description of 2024-10-01 says of operations and bodies (an extract; its <c>sources</c> name the files). Answers
/// are held against it more strictly than the description asks: no member that it does not declare.
/// </summary>
public sealed class SwaggerFacts
{
    private readonly JsonObject _facts = JsonNode
        .Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "FlowBuild.LocalWorkspace.Tests", "Swagger", "openapi-facts-2024-10-01.json")))!.AsObject();

    /// <summary>All problems of an answer: a status that the operation does not have, or a body that is not its definition's.</summary>
    public IReadOnlyList<string> Check(string operation, int status, JsonNode? body)
    {
        var responses = _facts["operations"]![operation]!["responses"]!.AsObject();
        if (!responses.TryGetPropertyValue(status.ToString(CultureInfo.InvariantCulture), out var response))
        {
            return [$"{operation}: status {status} is not declared"];
        }

        var problems = new List<string>();
        var declared = response?["body"]?.GetValue<string>();
        if (declared is null)
        {
            if (body is not null)
            {
                problems.Add($"{operation}: a body is not declared");
            }
        }
        else if (declared.StartsWith("page of ", StringComparison.Ordinal) || declared.StartsWith("{value:", StringComparison.Ordinal))
        {
            var type = declared.StartsWith("page of ", StringComparison.Ordinal) ? declared["page of ".Length..] : declared[(declared.IndexOf('[', StringComparison.Ordinal) + 1)..declared.IndexOf(']', StringComparison.Ordinal)];
            foreach (var item in body!["value"]!.AsArray())
            {
                CheckValue($"#{type}", item, operation, problems);
            }
        }
        else
        {
            CheckValue($"#{declared}", body, operation, problems);
        }

        return problems;
    }

    /// <summary>All problems of a body that a definition describes.</summary>
    public IReadOnlyList<string> CheckBody(string definition, JsonNode? body)
    {
        var problems = new List<string>();
        CheckValue($"#{definition}", body, definition, problems);
        return problems;
    }

    private void CheckValue(string type, JsonNode? value, string at, List<string> problems)
    {
        if (type.StartsWith('#'))
        {
            var name = type[1..];
            if (_facts["enums"]![name] is { } words)
            {
                if (!words["values"]!.AsArray().Any(w => w!.GetValue<string>() == (value as JsonValue)?.ToString()))
                {
                    problems.Add($"{at}: '{value}' is not a {name}");
                }
            }
            else
            {
                CheckObject(name, value, at, problems);
            }
        }
        else if (type.StartsWith("map<", StringComparison.Ordinal))
        {
            var inner = type["map<".Length..^1];
            foreach (var (key, item) in value as JsonObject ?? Report($"{at}: no map", problems))
            {
                CheckNullable(inner.TrimEnd('?'), item, inner.EndsWith('?'), $"{at}.{key}", problems);
            }
        }
        else if (type.StartsWith("array<", StringComparison.Ordinal))
        {
            foreach (var item in value?.AsArray() ?? [])
            {
                CheckValue(type["array<".Length..^1], item, at, problems);
            }
        }
        else
        {
            var kind = value?.GetValueKind();
            var isRight = type switch
            {
                "string" => kind is System.Text.Json.JsonValueKind.String,
                "integer" or "int32" or "int64" => value is JsonValue number && number.TryGetValue<long>(out _),
                "number" => kind is System.Text.Json.JsonValueKind.Number,
                "boolean" => kind is System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False,
                _ => true,
            };
            if (!isRight)
            {
                problems.Add($"{at}: '{value}' is no {type}");
            }
        }
    }

    private void CheckNullable(string type, JsonNode? value, bool isNullable, string at, List<string> problems)
    {
        if (value is not null)
        {
            CheckValue(type, value, at, problems);
        }
        else if (!isNullable)
        {
            problems.Add($"{at}: null");
        }
    }

    private void CheckObject(string name, JsonNode? value, string at, List<string> problems)
    {
        if (value is not JsonObject json)
        {
            problems.Add($"{at}: no object");
            return;
        }

        var members = new Dictionary<string, JsonObject>();
        var required = new HashSet<string>();
        Collect(name, json, members, required);
        problems.AddRange(required.Where(member => json[member] is null).Select(member => $"{at}: {member} is missing"));
        foreach (var (member, item) in json)
        {
            if (!members.TryGetValue(member, out var declared))
            {
                problems.Add($"{at}: {member} is not declared by {name}");
                continue;
            }

            CheckNullable(declared["type"]!.GetValue<string>(), item, declared["nullable"]?.GetValue<bool>() == true, $"{at}.{member}", problems);
            CheckFormat(declared["format"]?.GetValue<string>(), item, $"{at}.{member}", problems);
        }
    }

    // The definition, those that it extends, and the one that the discriminator's word names.
    private void Collect(string name, JsonObject json, Dictionary<string, JsonObject> members, HashSet<string> required)
    {
        var definition = _facts["definitions"]![name]!;
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
            var child = _facts["definitions"]!.AsObject().FirstOrDefault(d =>
                d.Value!["discriminatorValue"]?.GetValue<string>() == word
                && d.Value["base"]?.AsArray().Any(b => b!.GetValue<string>() == name) == true).Key;
            if (child is not null)
            {
                Collect(child, [], members, required);
            }
        }
    }

    private static void CheckFormat(string? format, JsonNode? value, string at, List<string> problems)
    {
        if (value is null)
        {
            return;
        }

        var text = value.ToString();
        var isRight = format switch
        {
            "date-time" => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out _),
            "uri" => Uri.TryCreate(text, UriKind.Absolute, out _),
            "duration" => IsDuration(text),
            _ => true,
        };
        if (!isRight)
        {
            problems.Add($"{at}: '{text}' is no {format}");
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

    private static JsonObject Report(string problem, List<string> problems)
    {
        problems.Add(problem);
        return [];
    }
}
