using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Tests.Schema;

/// <summary>
/// Changes whole files in one place after the other and holds the schema against the checks. JSON is YAML, so both get one text.
/// </summary>
public sealed class EditorSchemaVerdictTests(ITestOutputHelper output)
{
    /// <summary>What a value is replaced by: every type, and the texts that stand for another one.</summary>
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "51", "101", "70000", "3000000000", "0.5", "50.9", "-0.5", "[]", "{}", "[{}]", "{\"a\":{}}", "{\"a\":1}",
        "\"\"", "\" \"", "\"x\"", "\"12\"", "\"true\"", "\"yes\"", "\"on\"", "\"1.5\"", "\"{{x}}\"", "\"${X}\"", "\"${{x}}\"", "\"a b\"", "\"a--b\"",
        "\"azureml:\"", "\"azureml:a:1\"", "\"azureml:a@latest\"", "\"azureml:a@newest\"", "\"azureml:a\"", "\"azureml:<a>:1\"", "\"azureml:a/b:1\"", "\"model:a:1\"",
        "\"azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1\"",
        "\"azureml:/Subscriptions/s/resourcegroups/g/providers/p/workspaces/w/Environments/e/Versions/1\"",
        "\"azureml:/subscriptions//resourceGroups/g/providers/p/workspaces/w/models/m/versions/1\"",
        "\"azureml://registries/r/models/m/versions/1\"", "\"azureml://registries/r/environments/e/labels/latest\"", "\"azureml://registries/r/models/m\"",
        "\"Kubernetes\"", "\"kubernetes\"", "\"Managed\"", "\"AMLToken\"", "\"AmlToken\"", "\"AMLTOKEN\"", "\"aml_TOKEN\"", "\"KEY\"", "\"kEy\"",
        "\"user_assigned\"", "\"SystemAssigned\"", "\"none\"", "\"default\"", "\"TargetUtilization\"", "\"Enabled\"",
        "\"string\"", "\"String\"", "\"file_path\"", "\"llm\"", "\"python\"", "\"prompt\"", "\"custom_llm\"", "\"csharp\"", "\"code\"", "\"package\"", "\"package_with_prompt\"",
        "\"BASIC\"", "\"OpenAI-Vision\"", "\"['a']\"", "\"[\\\"a\\\"]\"", "\" [ ] \"",
    ];

    /// <summary>Errors that no schema sees, or only in some files: two values are compared, or a name chooses what is read.</summary>
    private static readonly HashSet<DiagnosticRule> SometimesUnseen =
    [
        DeploymentRules.InvalidYaml, DeploymentRules.InvalidTraffic, DeploymentRules.Conflict, DeploymentRules.WrongKindOfFile,
        FlowRules.InvalidYaml, FlowRules.UndeclaredInput, FlowRules.UnknownNode, FlowRules.NodeCycle, FlowRules.ReadsAggregation,
        FlowRules.ActivatedByNormalNode, FlowRules.OutputReferenceNotFound, FlowRules.DuplicateNodeName, FlowRules.InvalidVariant, FlowRules.TypeNotServable,
        FlowRules.InvalidEntry, FlowRules.ModelWithoutApi, DeploymentRules.CondaWithoutDependencies, DeploymentRules.ScriptNotPython,
    ];

    /// <summary>What is asked of a variant only if it is the one that runs.</summary>
    private static readonly HashSet<DiagnosticRule> NeedsOfTheDefaultVariant =
        [FlowRules.NodeWithoutType, FlowRules.UnknownNodeType, FlowRules.NodeWithoutSource, FlowRules.UnsupportedSource];

    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory]
    [MemberData(nameof(WholeFiles))]
    public void A_file_that_is_changed_in_one_place_gets_the_verdict_of_the_checks(string kind, string json)
    {
        var schema = EditorSchema.Of(kind);
        var whole = JsonNode.Parse(json)!;
        Assert.Empty(schema.Errors(json));
        Assert.True(schema.Fits(whole), schema.Faults(whole));

        var (accepted, refused, unseen) = (0, 0, 0);
        var wrong = new List<string>();
        foreach (var (change, changed) in Changes(whole))
        {
            var errors = schema.Errors(changed.ToJsonString(Plain));
            var fits = schema.Fits(changed);
            if (errors.Count == 0)
            {
                accepted++;
                if (!fits)
                {
                    wrong.Add($"{change} should fit: {schema.Faults(changed)}");
                }
            }
            else if (!fits)
            {
                refused++;
            }
            else
            {
                unseen++;
                if (!errors.All(error => CanBeUnseen(error.Rule, change)))
                {
                    wrong.Add($"{change} should not fit: {string.Join(" | ", errors.Select(static error => error.Rule.Id + " " + error.Message))}");
                }
            }
        }

        output.WriteLine($"{kind}: accepted {accepted}, refused {refused}, refused unseen {unseen}");
        Assert.True(wrong.Count == 0, $"{wrong.Count} wrong:{Environment.NewLine}{string.Join(Environment.NewLine, wrong.Take(60))}");
        Assert.True(accepted > 0 && refused > 0);
    }

    public static TheoryData<string, string> WholeFiles() => new()
    {
        {
            "endpoint", """
            {"$schema": "x", "name": "my-endpoint", "description": "d", "tags": {"a": "b", "c": 1, "d": null}, "properties": {"a": "b"}, "auth_mode": "aml_token",
             "identity": {"type": "user_assigned", "user_assigned_identities": [{"resource_id": "r", "client_id": "c"}], "principal_id": 1},
             "traffic": {"blue": 100}, "mirror_traffic": {"green": 10}, "location": 1, "public_network_access": "disabled"}
            """
        },
        {
            "endpoint", """
            {"name": "my-endpoint", "compute": "azureml:my-cluster", "identity": {"type": "system_assigned"}, "traffic": {}}
            """
        },
        {
            "deployment", """
            {"name": "blue", "endpoint_name": "my-endpoint", "type": "managed", "description": "d", "tags": {}, "properties": {},
             "model": {"name": "m", "version": 1, "path": ".", "type": "custom_model", "properties": {"a": "b"}, "stage": "s"},
             "model_mount_path": "/m", "code_configuration": {"code": ".", "scoring_script": "score.py"},
             "environment": {"name": "e", "version": "1", "image": "i", "inference_config": {"liveness_route": {"path": "/health", "port": 8080},
               "readiness_route": {"path": "/health", "port": 8080}, "scoring_route": {"path": "/score", "port": 8080}}, "os_type": "linux"},
             "environment_variables": {"A": "b", "B": 1, "PROMPTFLOW_RESPONSE_INCLUDED_FIELDS": "[\"a\"]"}, "app_insights_enabled": true,
             "instance_type": "Standard_DS3_v2", "instance_count": 3,
             "request_settings": {"request_timeout_ms": 90000, "max_concurrent_requests_per_instance": 2, "max_queue_wait_ms": 500},
             "liveness_probe": {"initial_delay": 10, "period": 10, "timeout": 2, "success_threshold": 1, "failure_threshold": 30},
             "scale_settings": {"type": "default"}, "egress_public_network_access": "enabled", "private_network_connection": false,
             "data_collector": {"collections": {"request": {"enabled": "true", "data": {"name": "n", "path": "p", "version": 1}, "client_id": "c"}},
               "rolling_rate": "hour", "sampling_rate": 0.5, "request_logging": {"capture_headers": ["h"]}}}
            """
        },
        {
            "deployment", """
            {"name": "blue", "endpoint_name": "my-endpoint", "type": "kubernetes", "model": "azureml:m:1", "environment": "azureml:e@latest", "instance_type": "small",
             "scale_settings": {"type": "target_utilization", "min_instances": 1, "max_instances": 3, "target_utilization_percentage": 70, "polling_interval": 10},
             "resources": {"requests": {"cpu": "0.5", "memory": "1Gi"}, "limits": {"nvidia.com/gpu": "1"}}}
            """
        },
        { "model", """{"name": "m", "version": "1", "path": ".", "type": "mlflow_model", "description": "d", "tags": {"a": "b"}, "flavors": {}, "stage": "s"}""" },
        { "environment", """{"name": "e", "version": "1", "build": {"path": ".", "dockerfile_path": "Dockerfile"}, "conda_file": {"dependencies": []}, "os_type": "Windows"}""" },
        { "environment", """{"name": "e", "image": "i", "conda_file": "conda.yml", "tags": {"a": "b"}}""" },
        {
            "flow", """
            {"$schema": "x", "language": "python", "display_name": "d", "description": "d", "message_format": "basic", "additional_includes": ["../a"], "tags": {"a": "b"},
             "environment": {"image": "i"}, "environment_variables": {"A": "b"},
             "inputs": {"question": {"type": "string", "default": "q", "description": "d", "is_chat_input": true}, "turns": {"type": "list", "is_chat_history": true, "enum": []}},
             "outputs": {"answer": {"type": "string", "reference": "${chat.output}", "is_chat_output": true, "evaluation_only": false}},
             "nodes": [
               {"name": "look", "type": "python", "source": {"type": "code", "path": "look.py"}, "inputs": {"q": "${inputs.question}"}, "activate": {"when": "${inputs.question}", "is": "x"}},
               {"name": "pack", "type": "python", "source": {"type": "package", "tool": "t.t"}, "inputs": {}, "aggregation": false},
               {"name": "own", "type": "custom_llm", "source": {"type": "package_with_prompt", "path": "p.jinja2", "tool": "t.t"}, "connection": "c"},
               {"name": "text", "type": "prompt", "source": {"type": "code", "path": "t.jinja2"}, "use_variants": false},
               {"name": "chat", "use_variants": true}],
             "node_variants": {"chat": {"default_variant_id": "v0", "variants": {
               "v0": {"node": {"type": "llm", "source": {"type": "code", "path": "c.jinja2"}, "inputs": {"q": "${inputs.question}"}, "api": "chat", "connection": "c"}},
               "v1": {"node": {"type": "llm"}}}}}}
            """
        },
        { "flow", """{"outputs": {"all": {"type": "object", "reference": "text"}}}""" },
        {
            "flex-flow", """
            {"entry": "flow:run", "inputs": {"question": {"type": "string"}, "any": {}}, "outputs": {"answer": {"type": "string"}, "more": {}}, "init": {"a": {"type": "string"}},
             "sample": {"question": "q"}, "environment_variables": {"A": "b"}, "message_format": "openai-vision"}
            """
        },
    };

    private static bool CanBeUnseen(DiagnosticRule rule, string change) =>
        SometimesUnseen.Contains(rule)
        || (rule == DeploymentRules.OutOfRange && change.EndsWith('"')) // a number in quotes: a pattern knows no range
        || (change.StartsWith("node_variants/", StringComparison.Ordinal)
            && (NeedsOfTheDefaultVariant.Contains(rule)
                || change.Contains("/connection:", StringComparison.Ordinal) || change.Contains("/source/path:", StringComparison.Ordinal)));

    /// <summary>The whole file with one key gone, misspelt or with another value, for each key and each item in it.</summary>
    private static IEnumerable<(string Change, JsonNode Changed)> Changes(JsonNode whole)
    {
        foreach (var path in Paths(whole, []))
        {
            var place = string.Join('/', path);
            if (path[^1] is string key)
            {
                yield return ($"{place} removed", Changed(whole, path, (parent, _) => parent.AsObject().Remove(key)));
                yield return ($"{place} renamed", Changed(whole, path, (parent, value) =>
                {
                    parent.AsObject().Remove(key);
                    parent.AsObject()[key + "x"] = value;
                }));
            }

            foreach (var other in Values)
            {
                yield return ($"{place}: {other}", Changed(whole, path, (parent, _) =>
                {
                    if (path[^1] is string name)
                    {
                        parent.AsObject()[name] = JsonNode.Parse(other);
                    }
                    else
                    {
                        parent.AsArray()[(int)path[^1]] = JsonNode.Parse(other);
                    }
                }));
            }
        }
    }

    private static IEnumerable<object[]> Paths(JsonNode? node, object[] path)
    {
        IEnumerable<(object Step, JsonNode? Child)> children = node switch
        {
            JsonObject mapping => mapping.Select(static member => ((object)member.Key, member.Value)),
            JsonArray list => list.Select(static (item, index) => ((object)index, item)),
            _ => [],
        };
        return children.SelectMany(child => Paths(child.Child, [.. path, child.Step]).Prepend([.. path, child.Step]));
    }

    private static JsonNode Changed(JsonNode whole, object[] path, Action<JsonNode, JsonNode?> change)
    {
        var copy = whole.DeepClone();
        var parent = path[..^1].Aggregate(copy, static (node, step) => Child(node, step)!);
        change(parent, Child(parent, path[^1]));
        return copy;
    }

    private static JsonNode? Child(JsonNode node, object step) => step is string key ? node[key] : node[(int)step];
}
