using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Checks of request bodies that several resources share.</summary>
internal static class Checks
{
    /// <summary>The <c>properties</c> of a body in which ARM finds nothing wrong.</summary>
    public static JsonObject RequireProperties(JsonObject body)
    {
        if (BodyShapes.Resource.Problem(body, "") is (var path, var problem))
        {
            throw ArmException.InvalidContent($"{problem} Path '{path}'.");
        }

        return body.Object("properties") ?? throw ArmException.InvalidBody("properties", "The properties field is required.");
    }

    /// <summary>Refuses a body without a location, as ARM does for tracked resources.</summary>
    public static void RequireLocation(JsonObject body)
    {
        if (string.IsNullOrEmpty(body.Text("location")))
        {
            throw new ArmException(400, new ArmError("LocationRequired", "The location property is required for this definition."));
        }
    }

    /// <summary>Refuses to move a resource.</summary>
    public static void KeepsLocation(JsonObject? existing, JsonObject body)
    {
        if (existing is not null && !string.Equals(existing.Text("location"), body.Text("location"), StringComparison.OrdinalIgnoreCase))
        {
            throw new ArmException(409, new ArmError(
                "InvalidResourceLocation",
                $"The resource '{existing.Text("name")}' already exists in location '{existing.Text("location")}'. A resource with the same name cannot be created in location '{body.Text("location")}'."));
        }
    }

    /// <summary>Refuses a member that is none of some words.</summary>
    public static void RequireWord(JsonObject json, string member, IReadOnlyList<string> words, bool isRequired)
    {
        if (!isRequired && json[member] is null)
        {
            return;
        }

        if (json.Text(member) is not { } word || !words.Contains(word))
        {
            throw ArmException.InvalidBody(member, $"The {member} field must be one of {string.Join(", ", words)}.");
        }
    }

    /// <summary>Refuses members that an operation does not take.</summary>
    public static void OnlyMembers(JsonObject body, params string[] members)
    {
        if (body.FirstOrDefault(pair => !members.Contains(pair.Key)).Key is { } other)
        {
            throw ArmException.InvalidBody(other, $"The {other} field cannot be patched; replace the resource instead.");
        }
    }

    /// <summary>Refuses to alter a property that can only be added.</summary>
    public static void AddsOnly(JsonObject? existing, JsonObject? given)
    {
        foreach (var (name, value) in given ?? [])
        {
            // What the service itself writes may be sent back in any form.
            var isOwn = name is "azureml.onlineendpointid" or "AzureAsyncOperationUri" or "createdAt" or "createdBy" or "lastModifiedAt";
            if (!isOwn && existing?.Text(name) is { } before && before != value?.GetValue<string>())
            {
                throw ArmException.Invalid("BadArgument", $"The property '{name}' can be added, but not altered.", $"properties.properties.{name}");
            }
        }
    }

    /// <summary>A map of properties that only grows.</summary>
    public static JsonObject Added(JsonObject? existing, JsonObject? given)
    {
        var map = existing?.DeepClone().AsObject() ?? [];
        foreach (var (name, value) in given ?? [])
        {
            map[name] = value?.DeepClone();
        }

        return map;
    }

    /// <summary>Adds the entries of a map to the resource's; a null takes an entry away.</summary>
    public static void Merge(JsonObject resource, string member, JsonObject body)
    {
        var map = resource.Object(member) ?? [];
        foreach (var (name, value) in body.Object(member) ?? [])
        {
            if (value is null)
            {
                map.Remove(name);
            }
            else
            {
                map[name] = value.DeepClone();
            }
        }

        resource[member] = map.Parent is null ? map : map.DeepClone();
    }

    /// <summary>A whole number within bounds, or the default when the member is absent.</summary>
    public static int Integer(JsonObject json, string member, int lowest, int highest, int fallback)
    {
        if (json[member] is null)
        {
            return fallback;
        }

        return json[member] is JsonValue value && value.TryGetValue<int>(out var number) && number >= lowest && number <= highest
            ? number
            : throw ArmException.InvalidBody(member, $"The {member} field must be a whole number from {lowest} to {highest}.");
    }

    /// <summary>An ISO 8601 duration within bounds, or the default when the member is absent.</summary>
    public static TimeSpan Duration(JsonObject json, string member, TimeSpan highest, TimeSpan fallback)
    {
        if (json[member] is null)
        {
            return fallback;
        }

        TimeSpan duration;
        try
        {
            duration = System.Xml.XmlConvert.ToTimeSpan(json.Text(member) ?? "");
        }
        catch (FormatException)
        {
            throw ArmException.InvalidBody(member, $"The {member} field must be an ISO 8601 duration such as PT5S.");
        }

        return duration >= TimeSpan.Zero && duration <= highest
            ? duration
            : throw ArmException.InvalidBody(member, $"The {member} field must be at most {System.Xml.XmlConvert.ToString(highest)}.");
    }
}
