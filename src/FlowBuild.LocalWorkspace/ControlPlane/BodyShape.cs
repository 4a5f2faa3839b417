using System.Text.Json;
using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>
/// The members of one of the service's definitions, by the kind of value that each takes. Null is as good as absent; any other kind of
/// value is refused, and so is a member that the definition does not have.
/// </summary>
/// <param name="definition">Name of the definition.</param>
internal sealed class BodyShape(string definition)
{
    /// <summary>Members that are text.</summary>
    public IReadOnlyList<string> Texts { get; init; } = [];

    /// <summary>Members that are true or false.</summary>
    public IReadOnlyList<string> Flags { get; init; } = [];

    /// <summary>Members that are numbers.</summary>
    public IReadOnlyList<string> Numbers { get; init; } = [];

    /// <summary>Members that are objects whose values are text.</summary>
    public IReadOnlyList<string> Maps { get; init; } = [];

    /// <summary>Members whose values are looked at elsewhere, or not at all.</summary>
    public IReadOnlyList<string> Others { get; init; } = [];

    /// <summary>Members that are objects with a definition of their own.</summary>
    public IReadOnlyDictionary<string, BodyShape> Objects { get; init; } = new Dictionary<string, BodyShape>();

    /// <summary>The path of the first member that is wrong, and what is wrong with it; null when none is.</summary>
    public (string Path, string Problem)? Problem(JsonObject json, string path)
    {
        foreach (var (name, value) in json)
        {
            var member = path.Length == 0 ? name : $"{path}.{name}";
            if (Objects.TryGetValue(name, out var shape))
            {
                if (value is not (null or JsonObject))
                {
                    return (member, $"The {name} field must be an object.");
                }

                if (value is JsonObject inner && shape.Problem(inner, member) is { } problem)
                {
                    return problem;
                }
            }
            else if (WantedKind(name) is not { } wanted)
            {
                return (member, $"Could not find member '{name}' on object of type '{definition}'.");
            }
            else if (value is not null && !wanted.Is(value))
            {
                return (member, $"The {name} field must be {wanted.Name}.");
            }
        }

        return null;
    }

    /// <summary>Refuses an object in which a member is wrong.</summary>
    public void Check(JsonObject json, string path)
    {
        if (Problem(json, path) is { } problem)
        {
            throw ArmException.InvalidBody(problem.Path, problem.Problem);
        }
    }

    private (string Name, Func<JsonNode, bool> Is)? WantedKind(string name) =>
        Texts.Contains(name) ? ("text", static value => value.GetValueKind() == JsonValueKind.String)
        : Flags.Contains(name) ? ("true or false", static value => value.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        : Numbers.Contains(name) ? ("a number", static value => value.GetValueKind() == JsonValueKind.Number)
        : Maps.Contains(name) ? ("an object whose values are text", static value =>
            value is JsonObject map && map.All(static pair => pair.Value?.GetValueKind() == JsonValueKind.String))
        : Others.Contains(name) ? ("anything", static _ => true)
        : null;
}
