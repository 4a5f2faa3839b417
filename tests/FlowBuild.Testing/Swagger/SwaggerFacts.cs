using System.Globalization;
using System.Text.Json.Nodes;

namespace FlowBuild.Testing.Swagger;

/// <summary>
/// What Azure's own API description of 2024-10-01 says of operations and bodies (an extract; its <c>sources</c> name the files). Bodies
/// are held against it more strictly than the description asks: no member that it does not declare, no word that an enum does not list.
/// </summary>
public sealed class SwaggerFacts
{
    private readonly JsonObject _facts = JsonNode
        .Parse(File.ReadAllText(Path.Combine(Repository.Root, "tests", "FlowBuild.Testing", "Swagger", "openapi-facts-2024-10-01.json")))!.AsObject();

    /// <summary>All problems of an answer: a status that the operation does not have, or a body that is not its definition's.</summary>
    public IReadOnlyList<string> Check(string operation, int status, JsonNode? body)
    {
        var responses = _facts["operations"]![operation]!["responses"]!.AsObject();
        if (!responses.TryGetPropertyValue(status.ToString(CultureInfo.InvariantCulture), out var response))
        {
            return [$"{operation}: status {status} is not declared"];
        }

        var check = new SwaggerCheck(_facts, isRequest: false);
        var declared = response?["body"]?.GetValue<string>();
        if (declared is null)
        {
            return body is null ? [] : [$"{operation}: a body is not declared"];
        }

        if (declared.StartsWith("page of ", StringComparison.Ordinal) || declared.StartsWith("{value:", StringComparison.Ordinal))
        {
            var type = declared.StartsWith("page of ", StringComparison.Ordinal) ? declared["page of ".Length..] : declared[(declared.IndexOf('[', StringComparison.Ordinal) + 1)..declared.IndexOf(']', StringComparison.Ordinal)];
            foreach (var item in body!["value"]!.AsArray())
            {
                check.Value($"#{type}", item, operation);
            }
        }
        else
        {
            check.Value($"#{declared}", body, operation);
        }

        return check.Problems;
    }

    /// <summary>All problems of a body of an answer that a definition describes.</summary>
    public IReadOnlyList<string> CheckBody(string definition, JsonNode? body)
    {
        var check = new SwaggerCheck(_facts, isRequest: false);
        check.Value($"#{definition}", body, definition);
        return check.Problems;
    }

    /// <summary>All problems of a request: a body that is not the operation's, or one with members that only answers have.</summary>
    public IReadOnlyList<string> CheckRequest(string operation, JsonNode? body)
    {
        var check = new SwaggerCheck(_facts, isRequest: true);
        check.Value($"#{_facts["operations"]![operation]!["body"]!.GetValue<string>()}", body, operation);
        return check.Problems;
    }
}
