using System.Globalization;
using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Schema;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the tree of a deployment file.</summary>
internal static class DeploymentFile
{
    /// <summary>Seconds from which on a probe's time-out is reported: as long as the longest request.</summary>
    private const int LongestProbe = 300;

    public static DeploymentSpec? Read(YamlMapping root, DiagnosticList problems)
    {
        var deployment = new CheckedMapping(root);
        var kind = deployment.Find("type");
        var isKubernetes = kind is { Value: YamlScalar { Value: var word } } && string.Equals(word, "kubernetes", StringComparison.OrdinalIgnoreCase);
        if (isKubernetes && ((YamlScalar)kind!.Value).Value is not "kubernetes")
        {
            problems.Add(DeploymentRules.KindInWrongCase, kind.ValueSpan, ((YamlScalar)kind.Value).Value);
        }

        new SchemaChecker(problems).Check(
            root, isKubernetes ? AzureMlSchemas.KubernetesDeployment : AzureMlSchemas.ManagedDeployment, DeploymentFileReader.FirstKey(root));

        var model = ReadAsset(deployment.Find("model"), AssetKind.Model, mapping => ModelFile.Read(mapping, problems));
        var environment = ReadAsset(
            deployment.Find("environment"),
            AssetKind.Environment,
            mapping => EnvironmentFile.Read(mapping, deployment.Find("environment")!.Key.Span, problems));
        CheckScale(deployment, isKubernetes, problems);
        var code = ReadCode(deployment.Child("code_configuration"));
        CheckKubernetes(deployment, isKubernetes, model, environment, code, problems);
        CheckRequests(deployment, isKubernetes, problems);
        var variables = deployment.LocatedFreeMap("environment_variables");
        PlainTextSecrets.Check(deployment.Find("environment_variables"), DeploymentRules.SecretInPlainText, problems);
        CheckSecrets(root, problems);
        CheckProbes(deployment, problems);
        CheckScript(code, environment, problems);
        var responseFields = ReadResponseFields(deployment, problems);
        return deployment.Located("name") is not { } name || deployment.Located("endpoint_name") is not { } endpointName ? null : new DeploymentSpec(
            name,
            endpointName,
            isKubernetes,
            deployment.Text("description"),
            deployment.FreeMap("tags"),
            deployment.FreeMap("properties"),
            model,
            deployment.Text("model_mount_path"),
            code,
            environment,
            variables,
            responseFields,
            deployment.Located("instance_type"),
            deployment.LocatedInt("instance_count"),
            deployment.Bool("app_insights_enabled") ?? false,
            ReadScale(deployment.Child("scale_settings")),
            ReadRequests(deployment.Child("request_settings")),
            ReadProbe(deployment.Child("liveness_probe")),
            ReadProbe(deployment.Child("readiness_probe")),
            ReadProbe(deployment.Child("startup_probe")),
            ReadDataCollector(deployment.Child("data_collector")),
            deployment.Word("egress_public_network_access") switch { "enabled" => true, "disabled" => false, _ => null },
            ReadResources(deployment.Child("resources")))
        {
            PrivateNetworkConnection = deployment.Bool("private_network_connection"),
        };
    }

    private static AssetSource<T>? ReadAsset<T>(YamlEntry? entry, AssetKind kind, Func<YamlMapping, T> inline)
        where T : class => entry switch
        {
            { Value: YamlMapping mapping } => new(null, inline(mapping), entry.ValueSpan),
            { Value: YamlScalar scalar } when AssetReferences.Parse(scalar.Value, kind, out _) is { } reference => new(reference, null, entry.ValueSpan),
            _ => null,
        };

    private static void CheckScale(CheckedMapping deployment, bool isKubernetes, DiagnosticList problems)
    {
        var scale = deployment.Child("scale_settings");
        if (scale.Find("type") is not { } type || scale.Word("type") is not ("target_utilization" or "default"))
        {
            return;
        }

        var isTarget = scale.Word("type") == "target_utilization";
        if (isTarget && isKubernetes && deployment.Find("instance_count") is { } count)
        {
            problems.Add(
                DeploymentRules.Conflict,
                count.Key.Span,
                "'instance_count' and 'scale_settings.type: target_utilization' exclude each other; remove 'instance_count', or write 'type: default'");
        }

        foreach (var key in isTarget || !isKubernetes ? [] : AzureMlSchemas.TargetKeys)
        {
            if (scale.Find(key.Name) is { } given)
            {
                problems.Add(
                    DeploymentRules.Conflict,
                    given.Key.Span,
                    $"'{key.Name}' goes with 'type: target_utilization' only; write that type, or remove '{key.Name}'");
            }
        }

        if (scale.Int("min_instances") is { } min && scale.Int("max_instances") is { } max && min > max)
        {
            problems.Add(
                DeploymentRules.Conflict,
                scale.Find("min_instances")!.ValueSpan,
                $"'min_instances' is {min} and 'max_instances' only {max}; raise the second or lower the first");
        }
    }

    private static void CheckKubernetes(
        CheckedMapping deployment, bool isKubernetes, AssetSource<ModelSpec>? model, AssetSource<EnvironmentSpec>? environment, CodeConfiguration? code,
        DiagnosticList problems)
    {
        if (!isKubernetes)
        {
            return;
        }

        if (deployment.Located("name") is { } name && deployment.Located("endpoint_name") is { } endpoint
            && name.Value.Length + endpoint.Value.Length > 62)
        {
            problems.Add(
                DeploymentRules.InvalidText,
                name.Span,
                "name",
                name.Value,
                "on Kubernetes the names of endpoint and deployment have 62 characters at most together");
        }

        Refuse(model?.Reference is AssetReference.Registry, model?.Span);
        Refuse(environment?.Reference is AssetReference.Registry, environment?.Span);
        Refuse(code?.Reference is AssetReference.Registry, deployment.Child("code_configuration").Find("code")?.ValueSpan);

        void Refuse(bool isRegistry, SourceSpan? span)
        {
            if (isRegistry)
            {
                problems.Add(
                    DeploymentRules.Conflict,
                    span,
                    "A Kubernetes deployment cannot refer to a registry; register the asset in the workspace and write 'azureml:NAME:VERSION'");
            }
        }
    }

    private static void CheckRequests(CheckedMapping deployment, bool isKubernetes, DiagnosticList problems)
    {
        if (!isKubernetes && deployment.Child("request_settings").Find("max_queue_wait_ms") is { } wait)
        {
            problems.Add(
                DeploymentRules.Deprecated,
                wait.Key.Span,
                "max_queue_wait_ms",
                "managed deployments no longer use it, so remove it and set 'request_timeout_ms' to the whole time that a request may take");
        }
    }

    private static void CheckProbes(CheckedMapping deployment, DiagnosticList problems)
    {
        foreach (var name in new[] { "liveness_probe", "readiness_probe", "startup_probe" })
        {
            if (deployment.Child(name).LocatedInt("timeout") is { Value: >= LongestProbe } timeout)
            {
                problems.Add(DeploymentRules.ProbeTimeout, timeout.Span, name, timeout.Value.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>Warns of tags and properties of a resource that look like secrets.</summary>
    public static void CheckSecrets(YamlMapping resource, DiagnosticList problems)
    {
        PlainTextSecrets.CheckTexts(resource.Find("tags"), DeploymentRules.SecretInPlainText, problems);
        PlainTextSecrets.CheckTexts(resource.Find("properties"), DeploymentRules.SecretInPlainText, problems);
    }

    /// <summary>The inference server of Azure Machine Learning imports the script; a container with routes of its own may run any language.</summary>
    private static void CheckScript(CodeConfiguration? code, AssetSource<EnvironmentSpec>? environment, DiagnosticList problems)
    {
        if (code is not { ScoringScript: { } script } || environment is not { Inline.Inference: null }
            || script.Value.EndsWith(".py", StringComparison.Ordinal) || Templates.FindInWrong(script.Value) is not null)
        {
            return;
        }

        var dot = script.Value.LastIndexOf('.');
        problems.Add(
            DeploymentRules.ScriptNotPython, script.Span, script.Value,
            dot < 0 ? "its name does not end with '.py'" : $"its name ends with '{script.Value.Substring(dot)}' and not with '.py'");
    }

    private static EquatableArray<string>? ReadResponseFields(CheckedMapping deployment, DiagnosticList problems)
    {
        if (deployment.Find("environment_variables")?.Value is not YamlMapping variables || variables.Find(ResponseFields.Variable) is not { } entry)
        {
            return null;
        }

        if (entry.Value is not YamlScalar scalar)
        {
            if (entry.Value is YamlSequence)
            {
                problems.Add(
                    DeploymentRules.InvalidResponseFields,
                    entry.ValueSpan,
                    "this is a YAML list; put the whole array in single quotes");
            }

            return null;
        }

        var fields = ResponseFields.Parse(scalar.Value, out var fault);
        if (fault is not null)
        {
            problems.Add(DeploymentRules.InvalidResponseFields, entry.ValueSpan, fault);
        }

        return fields;
    }

    private static CodeConfiguration? ReadCode(CheckedMapping code)
    {
        if (code.Located("scoring_script") is not { } script)
        {
            return null;
        }

        var location = code.Located("code");
        var reference = location is null ? null : AssetReferences.Parse(location.Value, AssetKind.Code, out _);
        return new CodeConfiguration(reference is null ? location : null, reference, script);
    }

    private static ScaleSettings? ReadScale(CheckedMapping scale) => !scale.Exists ? null : new(
        scale.Word("type") == "target_utilization",
        scale.Int("min_instances"),
        scale.Int("max_instances"),
        scale.Int("target_utilization_percentage"),
        scale.Int("polling_interval"));

    private static RequestSettings? ReadRequests(CheckedMapping requests) => !requests.Exists ? null : new(
        requests.LocatedInt("request_timeout_ms"), requests.Int("max_concurrent_requests_per_instance"), requests.Int("max_queue_wait_ms"));

    private static ProbeSettings? ReadProbe(CheckedMapping probe) => !probe.Exists ? null : new(
        probe.Int("initial_delay"), probe.Int("period"), probe.Int("timeout"), probe.Int("success_threshold"), probe.Int("failure_threshold"));

    private static DataCollector? ReadDataCollector(CheckedMapping collector)
    {
        if (!collector.Exists)
        {
            return null;
        }

        var collections = new List<KeyValuePair<string, CollectedData>>();
        if (collector.Find("collections")?.Value is YamlMapping named)
        {
            foreach (var entry in named.Entries)
            {
                var collection = new CheckedMapping(entry.Value as YamlMapping);
                var data = collection.Child("data");
                collections.Add(new(entry.Key.Value, new CollectedData(
                    collection.Bool("enabled") ?? false, data.Text("name"), data.Text("path"), data.Version("version")?.Value, collection.Text("client_id"))));
            }
        }

        var headers = new List<string>();
        if (collector.Child("request_logging").Find("capture_headers")?.Value is YamlSequence list)
        {
            foreach (var item in list.Items)
            {
                if (item is YamlScalar header)
                {
                    headers.Add(header.Value);
                }
            }
        }

        return new DataCollector(new(collections), collector.Word("rolling_rate"), collector.Number("sampling_rate"), new(headers));
    }

    private static ContainerResources? ReadResources(CheckedMapping resources) => !resources.Exists ? null : new(
        ReadQuantities(resources.Child("requests")), ReadQuantities(resources.Child("limits")));

    private static ResourceQuantities? ReadQuantities(CheckedMapping quantities) => !quantities.Exists ? null : new(
        quantities.Text("cpu"), quantities.Text("memory"), quantities.Text("nvidia.com/gpu") ?? quantities.Text("gpu"));
}
