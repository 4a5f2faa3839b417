using System.Text.Json.Nodes;
using System.Xml;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>Checks the body of a deployment as the service does, and fills in what the service fills in.</summary>
internal sealed class DeploymentBody(WorkspaceScope scope, Assets models, Assets environments, Assets codes, Assets data)
{
    /// <summary>The most instances that a managed deployment can have.</summary>
    public const int MostInstances = 50;

    private const int LongestKubernetesNames = 62;
    private const string CuratedName = "AzureML-";

    /// <summary>The model's property that makes a deployment one of a prompt flow.</summary>
    public const string FlowProperty = "azureml.promptflow.source_flow_id";

    /// <summary>The resource that a PUT makes.</summary>
    /// <exception cref="ArmException">The service would refuse it.</exception>
    public JsonObject Describe(StoredEndpoint endpoint, StoredDeployment? existing, string name, JsonObject body)
    {
        var given = Checks.RequireProperties(body);
        Checks.RequireLocation(body);
        Checks.KeepsLocation(existing?.Resource ?? endpoint.Resource, body);
        Checks.RequireWord(given, "endpointComputeType", ["Managed", "Kubernetes"], isRequired: true);
        Checks.RequireWord(given, "egressPublicNetworkAccess", ["Enabled", "Disabled"], isRequired: false);
        BodyShapes.Deployment.Check(given, "properties");
        var kind = given.Text("endpointComputeType")!;
        if (kind != endpoint.Resource.Text("kind"))
        {
            throw ArmException.Invalid(
                "BadArgument", $"A deployment of kind '{kind}' cannot be created under the endpoint '{endpoint.Name}' of kind '{endpoint.Resource.Text("kind")}'.", "properties.endpointComputeType");
        }

        var isManaged = kind == "Managed";
        if (!isManaged && endpoint.Name.Length + name.Length > LongestKubernetesNames)
        {
            throw ArmException.Invalid("InvalidName", $"On Kubernetes the names of endpoint and deployment together have at most {LongestKubernetesNames} characters.", "name");
        }

        var model = ResolveModel(given);
        ResolveCode(given);
        var environment = ResolveEnvironment(given);
        CheckCollector(given);
        Checks.AddsOnly(existing?.Properties.Object("properties"), given.Object("properties"));
        var sku = body.Object("sku") ?? [];
        if (body.Object("sku") is not null && string.IsNullOrEmpty(sku.Text("name")))
        {
            throw ArmException.InvalidBody("sku.name", "The name field is required.");
        }

        var capacity = Checks.Integer(sku, "capacity", 1, MostInstances, 1);
        var instanceType = given.Text("instanceType") ?? "Standard_F4s_v2";
        if (isManaged)
        {
            VmSizes.RequireUsable(instanceType, capacity);
        }

        var now = DateTimeOffset.UtcNow;
        var storedName = existing?.Name ?? name;
        var created = existing is null ? now : OnlineEndpoints.Created(existing.Resource);
        var resource = scope.Envelope(
            $"{OnlineEndpoints.Type}/deployments", $"{OnlineEndpoints.Type}/{endpoint.Name}/deployments/{storedName}", storedName, created, now);
        resource["location"] = WorkspaceNames.Location;
        resource["tags"] = body.Object("tags")?.DeepClone() ?? new JsonObject();
        resource["kind"] = kind;
        resource["sku"] = new JsonObject { ["name"] = sku.Text("name") ?? "Default", ["tier"] = "Standard", ["capacity"] = capacity };

        var properties = given.DeepClone().AsObject();
        if (environment is not null)
        {
            properties["environmentId"] = environment;
        }

        properties["instanceType"] = instanceType;
        properties["appInsightsEnabled"] = given["appInsightsEnabled"]?.DeepClone() ?? false;
        properties["environmentVariables"] = Variables(given, model);
        properties["properties"] = Checks.Added(existing?.Properties.Object("properties"), given.Object("properties"));
        properties["requestSettings"] = RequestSettings(given, isManaged, model);
        properties["livenessProbe"] = Probe(given, "livenessProbe");
        properties["readinessProbe"] = Probe(given, "readinessProbe");
        if (given.Object("startupProbe") is not null)
        {
            properties["startupProbe"] = Probe(given, "startupProbe");
        }

        properties["scaleSettings"] = Scale(given, isManaged);
        properties["egressPublicNetworkAccess"] = given.Text("egressPublicNetworkAccess") ?? "Enabled";
        properties["provisioningState"] = existing is null ? "Creating" : "Updating";
        resource["properties"] = properties;
        return resource;
    }

    private StoredVersion? ResolveModel(JsonObject given)
    {
        if (given.Text("model") is not { } id)
        {
            return null;
        }

        return id.StartsWith("azureml://registries/", StringComparison.Ordinal)
            ? null
            : models.FindById(id) ?? throw ArmException.Invalid("ResourceNotFound", $"The model '{id}' does not exist.", "properties.model");
    }

    // The service shows a curated environment by its whole id.
    private string? ResolveEnvironment(JsonObject given)
    {
        if (given.Text("environmentId") is not { } id || id.StartsWith("azureml://registries/", StringComparison.Ordinal))
        {
            return given.Text("environmentId");
        }

        if (id.StartsWith("azureml:" + CuratedName, StringComparison.Ordinal) && id["azureml:".Length..].Split(':', '@') is [var name, var version])
        {
            return $"{scope.Id}/environments/{name}/versions/{(version == "latest" ? "1" : version)}";
        }

        return id.StartsWith($"{scope.Id}/environments/{CuratedName}", StringComparison.OrdinalIgnoreCase) || environments.FindById(id) is not null ? id
            : throw ArmException.Invalid("ResourceNotFound", $"The environment '{id}' does not exist.", "properties.environmentId");
    }

    private void ResolveCode(JsonObject given)
    {
        if (given.Object("codeConfiguration") is not { } code)
        {
            return;
        }

        if (string.IsNullOrEmpty(code.Text("scoringScript")))
        {
            throw ArmException.InvalidBody("properties.codeConfiguration.scoringScript", "The scoringScript field is required.");
        }

        if (code.Text("codeId") is { } id && !id.StartsWith("azureml://registries/", StringComparison.Ordinal) && codes.FindById(id) is null)
        {
            throw ArmException.Invalid("ResourceNotFound", $"The code '{id}' does not exist.", "properties.codeConfiguration.codeId");
        }
    }

    private static JsonObject Variables(JsonObject given, StoredVersion? model)
    {
        var variables = new JsonObject();
        foreach (var (name, value) in given.Object("environmentVariables") ?? [])
        {
            variables[name] = value!.DeepClone();
        }

        if (model is not null)
        {
            // Container's name and version, as the service mounts them.
            var path = model.Resource.Text("id")!.Split('/');
            variables["AZUREML_MODEL_DIR"] = $"/var/azureml-app/azureml-models/{path[^3]}/{path[^1]}";
        }

        if (given.Object("codeConfiguration")?.Text("scoringScript") is { } script)
        {
            variables["AZUREML_ENTRY_SCRIPT"] = script;
            variables["AML_APP_ROOT"] = "/var/azureml-app";
        }

        return variables;
    }

    private static JsonObject RequestSettings(JsonObject given, bool isManaged, StoredVersion? model)
    {
        var settings = given.Object("requestSettings") ?? [];
        // 180 s; flows get 300 s because language models are slow, and Kubernetes has 300 s for all.
        var isFlow = model?.Properties.Object("properties")?.Text(FlowProperty) is { Length: > 0 };
        var highest = TimeSpan.FromSeconds(isManaged && !isFlow ? 180 : 300);
        return new JsonObject
        {
            ["requestTimeout"] = XmlConvert.ToString(Checks.Duration(settings, "requestTimeout", highest, TimeSpan.FromSeconds(5))),
            ["maxConcurrentRequestsPerInstance"] = Checks.Integer(settings, "maxConcurrentRequestsPerInstance", 1, int.MaxValue, 1),
            ["maxQueueWait"] = XmlConvert.ToString(Checks.Duration(settings, "maxQueueWait", highest, TimeSpan.Zero)),
        };
    }

    private static JsonObject Probe(JsonObject given, string member)
    {
        var probe = given.Object(member) ?? [];
        var day = TimeSpan.FromDays(1);
        return new JsonObject
        {
            ["initialDelay"] = XmlConvert.ToString(Checks.Duration(probe, "initialDelay", day, TimeSpan.FromSeconds(10))),
            ["period"] = XmlConvert.ToString(Checks.Duration(probe, "period", day, TimeSpan.FromSeconds(10))),
            ["timeout"] = XmlConvert.ToString(Checks.Duration(probe, "timeout", day, TimeSpan.FromSeconds(2))),
            ["failureThreshold"] = Checks.Integer(probe, "failureThreshold", 1, int.MaxValue, 30),
            ["successThreshold"] = Checks.Integer(probe, "successThreshold", 1, int.MaxValue, 1),
        };
    }

    private static JsonObject Scale(JsonObject given, bool isManaged)
    {
        if (given.Object("scaleSettings") is not { } settings)
        {
            return new JsonObject { ["scaleType"] = isManaged ? "Default" : "TargetUtilization" };
        }

        // Managed deployments scale by rules outside of the service.
        Checks.RequireWord(settings, "scaleType", isManaged ? ["Default"] : ["Default", "TargetUtilization"], isRequired: true);
        if (settings.Text("scaleType") == "Default" && settings.Count > 1)
        {
            throw ArmException.InvalidBody("properties.scaleSettings", "Default scale settings have no member but scaleType.");
        }

        var lowest = Checks.Integer(settings, "minInstances", 0, int.MaxValue, 1);
        _ = Checks.Integer(settings, "maxInstances", lowest, int.MaxValue, lowest);
        _ = Checks.Integer(settings, "targetUtilizationPercentage", 1, 100, 70);
        _ = Checks.Duration(settings, "pollingInterval", TimeSpan.FromDays(1), TimeSpan.FromSeconds(1));
        return settings.DeepClone().AsObject();
    }

    private void CheckCollector(JsonObject given)
    {
        const string Path = "properties.dataCollector";
        if (given.Object("dataCollector") is not { } collector)
        {
            return;
        }

        if (collector.Object("collections") is not { } collections)
        {
            throw ArmException.InvalidBody($"{Path}.collections", "The collections field is required.");
        }

        RequireAnyCase(collector, "rollingRate", ["Year", "Month", "Day", "Hour", "Minute"]);
        foreach (var (name, value) in collections)
        {
            var collection = value as JsonObject ?? throw ArmException.InvalidBody($"{Path}.collections.{name}", "A collection must be an object.");
            BodyShapes.Collection.Check(collection, $"{Path}.collections.{name}");
            RequireAnyCase(collection, "dataCollectionMode", ["Enabled", "Disabled"]);
            if (collection["samplingRate"] is JsonValue rate && !(rate.TryGetValue<double>(out var share) && share is >= 0 and <= 1))
            {
                throw ArmException.InvalidBody($"{Path}.collections.{name}.samplingRate", "The samplingRate field must be a number from 0 to 1.");
            }

            if (collection.Text("dataId") is { } id && data.FindById(id) is null)
            {
                throw ArmException.Invalid("ResourceNotFound", $"The data asset '{id}' does not exist.", $"{Path}.collections.{name}.dataId");
            }
        }

        // az ml sends these words in lower case, and the service takes them.
        static void RequireAnyCase(JsonObject json, string member, string[] words)
        {
            if (json.Text(member) is { } word && !words.Contains(word, StringComparer.OrdinalIgnoreCase))
            {
                throw ArmException.InvalidBody(member, $"The {member} field must be one of {string.Join(", ", words)}.");
            }
        }
    }
}
