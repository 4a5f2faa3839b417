using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>Reads the tree of an endpoint file.</summary>
internal static class EndpointFile
{
    public static EndpointSpec? Read(YamlMapping root, DiagnosticList problems)
    {
        // As in az ml, the presence of 'compute' decides the kind.
        var isKubernetes = root.Find("compute") is not null;
        new SchemaChecker(problems).Check(
            root, isKubernetes ? AzureMlSchemas.KubernetesEndpoint : AzureMlSchemas.ManagedEndpoint, DeploymentFileReader.FirstKey(root));

        var endpoint = new CheckedMapping(root);
        var traffic = ReadTraffic(endpoint.Find("traffic"));
        var mirror = ReadTraffic(endpoint.Find("mirror_traffic"));
        CheckTraffic(endpoint, traffic, mirror, isKubernetes, problems);
        CheckIdentity(endpoint, problems);
        DeploymentFile.CheckSecrets(root, problems);
        return endpoint.Located("name") is not { } name ? null : new EndpointSpec(
            name,
            endpoint.Word("auth_mode") switch
            {
                "aml_token" => EndpointAuthMode.AmlToken,
                "aad_token" => EndpointAuthMode.AadToken,
                _ => EndpointAuthMode.Key,
            },
            endpoint.Located("compute"),
            endpoint.Text("description"),
            endpoint.FreeMap("tags"),
            endpoint.FreeMap("properties"),
            ReadIdentity(endpoint.Child("identity")),
            endpoint.Word("public_network_access") switch { "enabled" => true, "disabled" => false, _ => null },
            new(traffic),
            new(mirror));
    }

    private static List<KeyValuePair<string, Located<int>>> ReadTraffic(YamlEntry? entry)
    {
        var traffic = new List<KeyValuePair<string, Located<int>>>();
        if (entry is { Value: YamlMapping mapping })
        {
            foreach (var share in mapping.Entries)
            {
                if (SchemaChecker.IntOf(share.Value) is { } percent)
                {
                    traffic.Add(new(share.Key.Value.ToLowerInvariant(), new(percent, share.ValueSpan)));
                }
            }
        }

        return traffic;
    }

    private static void CheckTraffic(
        CheckedMapping endpoint,
        List<KeyValuePair<string, Located<int>>> traffic,
        List<KeyValuePair<string, Located<int>>> mirror,
        bool isKubernetes,
        DiagnosticList problems)
    {
        var total = 0L;
        foreach (var share in traffic)
        {
            total += share.Value.Value;
        }

        if (total is not (0 or 100))
        {
            problems.Add(
                DeploymentRules.InvalidTraffic,
                endpoint.Find("traffic")!.Key.Span,
                $"The percentages of 'traffic' add up to {total}; they must add up to 100, or to 0");
        }

        if (mirror.Count == 0)
        {
            return;
        }

        var key = endpoint.Find("mirror_traffic")!.Key.Span;
        if (isKubernetes)
        {
            problems.Add(DeploymentRules.InvalidTraffic, key, "Only managed endpoints mirror traffic; remove 'mirror_traffic'");
        }
        else if (mirror.Count > 1)
        {
            problems.Add(DeploymentRules.InvalidTraffic, key, "'mirror_traffic' names more than one deployment; only one can have it");
        }

        foreach (var share in mirror)
        {
            foreach (var live in traffic)
            {
                if (live.Key == share.Key && live.Value.Value > 0 && share.Value.Value > 0)
                {
                    problems.Add(
                        DeploymentRules.InvalidTraffic,
                        share.Value.Span,
                        $"The deployment '{share.Key}' has live traffic; one with live traffic can have no mirrored traffic");
                }
            }
        }
    }

    private static void CheckIdentity(CheckedMapping endpoint, DiagnosticList problems)
    {
        var identity = endpoint.Child("identity");
        var users = (identity.Find("user_assigned_identities")?.Value as YamlSequence)?.Items.Count ?? 0;
        if (identity.Word("type") == "user_assigned" && users == 0)
        {
            problems.Add(
                DeploymentRules.MissingKey,
                identity.Find("type")!.ValueSpan,
                "an identity of type user_assigned",
                "user_assigned_identities",
                "add it with '- resource_id:' and the ARM id of the identity");
        }
        else if (identity.Word("type") is "system_assigned" or "none" && users > 0)
        {
            problems.Add(
                DeploymentRules.Conflict,
                identity.Find("user_assigned_identities")!.Key.Span,
                $"An identity of type '{identity.Word("type")}' has no user-assigned identities; write 'type: user_assigned', or remove them");
        }
    }

    private static EndpointIdentity? ReadIdentity(CheckedMapping identity)
    {
        if (!identity.Exists)
        {
            return null;
        }

        var ids = new List<Located<string>>();
        if (identity.Find("user_assigned_identities")?.Value is YamlSequence users)
        {
            foreach (var user in users.Items)
            {
                if (new CheckedMapping(user as YamlMapping).Located("resource_id") is { } id)
                {
                    ids.Add(id);
                }
            }
        }

        return new EndpointIdentity(identity.Word("type") == "system_assigned", new(ids));
    }
}
