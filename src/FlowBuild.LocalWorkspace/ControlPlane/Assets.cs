using System.Globalization;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>
/// Named assets with versions: <c>models</c>, <c>environments</c>, <c>codes</c> or <c>data</c>. A version's content never changes; a
/// container comes with its first version.
/// </summary>
/// <param name="store">Where they are kept.</param>
/// <param name="scope">The workspace.</param>
/// <param name="type">The type below the workspace's, such as <c>models</c>.</param>
/// <param name="word">What messages call one, such as "model".</param>
/// <param name="shape">What the properties of a version may hold.</param>
/// <param name="fixedMembers">The properties of a version that cannot change.</param>
/// <param name="check">Refuses a version that the service refuses, and fills in what it fills in.</param>
internal sealed class Assets(
    ResourceStore store, WorkspaceScope scope, string type, string word, BodyShape shape, IReadOnlyList<string> fixedMembers, Action<JsonObject> check)
{
    private static readonly string[] UpdatableMembers = ["description", "tags", "properties", "isArchived", "stage", "flavors"];

    /// <summary>The version that an ARM id names, or null.</summary>
    public StoredVersion? FindById(string armId)
    {
        var parts = scope.RelativeTo(armId)?.Split('/');
        return parts is [var given, var name, "versions", var version] && string.Equals(given, type, StringComparison.OrdinalIgnoreCase)
            ? Find(name, version)
            : null;
    }

    /// <summary>The version, or null.</summary>
    public StoredVersion? Find(string name, string version) => store.Find<StoredVersion>(VersionPrefix(name) + version);

    /// <summary>GET of all containers.</summary>
    public Task ListContainersAsync(HttpContext context) =>
        ArmResponse.WritePageAsync(context, store.List<StoredContainer>($"{type}/").Select(c => Describe(c)));

    /// <summary>GET of a container.</summary>
    public Task GetContainerAsync(HttpContext context)
    {
        var name = NameFrom(context);
        return ArmResponse.WriteAsync(context, 200, Describe(FindContainer(name) ?? throw ArmException.AssetNotFound($"The {word} container '{name}'")));
    }

    /// <summary>PUT of a container.</summary>
    public async Task PutContainerAsync(HttpContext context)
    {
        var name = NameFrom(context);
        ResourceNames.CheckAsset(word, name);
        var given = Checks.RequireProperties(await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false));
        BodyShapes.Container.Check(given, "properties");
        JsonObject answer;
        bool isNew;
        lock (store.Gate)
        {
            var existing = FindContainer(name);
            isNew = existing is null;
            var container = existing ?? NewContainer(name);
            Update(container.Resource["properties"]!.AsObject(), given);
            store.Put(ContainerKey(name), container);
            answer = Describe(container);
        }

        await ArmResponse.WriteAsync(context, isNew ? 201 : 200, answer).ConfigureAwait(false);
    }

    /// <summary>DELETE of a container, with its versions.</summary>
    public Task DeleteContainerAsync(HttpContext context)
    {
        lock (store.Gate)
        {
            var name = NameFrom(context);
            context.Response.StatusCode = FindContainer(name) is null ? 204 : 200;
            foreach (var version in Versions(name))
            {
                store.Delete(VersionPrefix(name) + version.Name);
            }

            store.Delete(ContainerKey(name));
        }

        return Task.CompletedTask;
    }

    /// <summary>GET of a version.</summary>
    public Task GetVersionAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, FromRoute(context).Resource);

    /// <summary>GET of the versions, newest first.</summary>
    public Task ListVersionsAsync(HttpContext context)
    {
        var query = context.Request.Query;
        var hash = query["hash"].ToString();
        var hashVersion = query["hashVersion"].ToString();

        // A hash is looked for in all versions, whatever their name: that is how content is found that is there already.
        var candidates = hash.Length == 0
            ? Versions(NameFrom(context))
            : store.List<StoredContainer>($"{type}/").SelectMany(c => Versions(c.Resource.Text("name")!));
        var versions = candidates.Where(v =>
            (hash.Length == 0 || v.Properties.Object("properties")?.Text("hash_sha256") == hash)
            && (hashVersion.Length == 0 || v.Properties.Object("properties")?.Text("hash_version") == hashVersion)
            && (!query.ContainsKey("version") || v.Name == query["version"].ToString())
            && IsInView(v.Properties["isArchived"]?.GetValue<bool>() == true, query["listViewType"].ToString()));
        return ArmResponse.WritePageAsync(context, versions.OrderByDescending(static v => v.Order).Select(static v => v.Resource));
    }

    /// <summary>PUT of a version: creates, or changes what can change.</summary>
    public async Task PutVersionAsync(HttpContext context)
    {
        var (name, version) = (NameFrom(context), VersionFrom(context));
        ResourceNames.CheckAsset(word, name);
        var given = Checks.RequireProperties(await ArmResponse.ReadBodyAsync(context).ConfigureAwait(false));
        shape.Check(given, "properties");
        StoredVersion stored;
        bool isNew;
        lock (store.Gate)
        {
            var existing = Find(name, version);
            isNew = existing is null;
            if (existing is null)
            {
                check(given);
                stored = NewVersion(name, version, given);
            }
            else
            {
                RefuseChange(existing, given);
                Update(existing.Properties, given);
                OnlineEndpoints.Touch(existing.Resource);
                stored = existing;
            }

            // The container first: a version without one would be invisible after a crash.
            if (FindContainer(name) is null)
            {
                store.Put(ContainerKey(name), NewContainer(name));
            }

            store.Put(VersionPrefix(name) + version, stored);
        }

        await ArmResponse.WriteAsync(context, isNew ? 201 : 200, stored.Resource).ConfigureAwait(false);
    }

    /// <summary>DELETE of a version.</summary>
    public Task DeleteVersionAsync(HttpContext context)
    {
        lock (store.Gate)
        {
            var (name, version) = (NameFrom(context), VersionFrom(context));
            context.Response.StatusCode = Find(name, version) is null ? 204 : 200;
            store.Delete(VersionPrefix(name) + version);
        }

        return Task.CompletedTask;
    }

    private static bool IsInView(bool isArchived, string view) => view switch
    {
        "All" => true,
        "ArchivedOnly" => isArchived,
        _ => !isArchived,
    };

    private StoredVersion FromRoute(HttpContext context)
    {
        var (name, version) = (NameFrom(context), VersionFrom(context));
        return Find(name, version) ?? throw ArmException.AssetNotFound($"The {word} '{name}:{version}'");
    }

    private StoredVersion NewVersion(string name, string version, JsonObject given)
    {
        var now = DateTimeOffset.UtcNow;
        var resource = scope.Envelope($"{type}/versions", $"{type}/{name}/versions/{version}", version, now, now);
        var properties = given.DeepClone().AsObject();
        properties["isAnonymous"] ??= false;
        properties["isArchived"] ??= false;
        properties["tags"] ??= new JsonObject();
        properties["properties"] ??= new JsonObject();
        TellState(properties);
        resource["properties"] = properties;
        return new StoredVersion(resource, Versions(name).Select(static v => v.Order).DefaultIfEmpty().Max() + 1);
    }

    private StoredContainer NewContainer(string name)
    {
        var now = DateTimeOffset.UtcNow;
        var resource = scope.Envelope(type, $"{type}/{name}", name, now, now);
        resource["properties"] = new JsonObject { ["isArchived"] = false, ["tags"] = new JsonObject(), ["properties"] = new JsonObject() };
        return new StoredContainer(resource);
    }

    private JsonObject Describe(StoredContainer container)
    {
        var versions = Versions(container.Resource.Text("name")!);
        var properties = container.Resource["properties"]!.AsObject();
        if (versions.MaxBy(static v => v.Order) is { } latest)
        {
            properties["latestVersion"] = latest.Name;
            if (latest.Properties.Text("dataType") is { } dataType)
            {
                properties["dataType"] = dataType;
            }
        }

        // Only versions that look like whole numbers count; the next one follows the highest.
        var numbers = versions.Select(static v => long.TryParse(v.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0);
        properties["nextVersion"] = (numbers.DefaultIfEmpty().Max() + 1).ToString(CultureInfo.InvariantCulture);
        TellState(properties);
        return container.Resource;
    }

    // Data assets are the ones without a state.
    private void TellState(JsonObject properties)
    {
        if (type != "data")
        {
            properties["provisioningState"] = "Succeeded";
        }
    }

    private void RefuseChange(StoredVersion existing, JsonObject given)
    {
        foreach (var member in fixedMembers)
        {
            if (given.TryGetPropertyValue(member, out var value) && !JsonNode.DeepEquals(value, existing.Properties[member]))
            {
                throw ArmException.UserError(member == "modelUri" || member == "codeUri"
                    ? "Asset paths cannot be updated."
                    : $"The {member} of the {word} version '{existing.Name}' cannot be updated. Create another version.");
            }
        }
    }

    private static void Update(JsonObject properties, JsonObject given)
    {
        foreach (var member in UpdatableMembers)
        {
            if (given.TryGetPropertyValue(member, out var value))
            {
                properties[member] = value?.DeepClone();
            }
        }
    }

    private StoredContainer? FindContainer(string name) => store.Find<StoredContainer>(ContainerKey(name));

    private IReadOnlyList<StoredVersion> Versions(string name) => store.List<StoredVersion>(VersionPrefix(name));

    private string ContainerKey(string name) => $"{type}/{name.ToLowerInvariant()}";

    private string VersionPrefix(string name) => $"{ContainerKey(name)}/versions/";

    private static string NameFrom(HttpContext context) => context.Request.RouteValues["name"]!.ToString()!;

    private static string VersionFrom(HttpContext context) => context.Request.RouteValues["version"]!.ToString()!;
}
