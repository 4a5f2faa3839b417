using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>
/// What the service takes as traffic of an endpoint. The rules are documented; the codes of their refusals are not, so <c>InvalidTraffic</c>,
/// <c>InvalidMirrorTraffic</c>, <c>DeploymentNotFound</c> and <c>DeploymentNotReady</c> are words of the local workspace.
/// </summary>
internal static class TrafficRules
{
    /// <summary>Checks live and mirrored traffic against the deployments that exist.</summary>
    public static void Check(JsonObject properties, IReadOnlyList<StoredDeployment> deployments, bool isManaged)
    {
        var live = Percentages(properties, "traffic", 100);
        var mirror = Percentages(properties, "mirrorTraffic", 50);
        var total = live.Values.Sum();
        if (total is not (0 or 100))
        {
            throw ArmException.Invalid("InvalidTraffic", $"The traffic of an endpoint must sum to 0 or 100; it sums to {total}.", "properties.traffic");
        }

        foreach (var (name, percentage) in live.Concat(mirror).Where(pair => pair.Value > 0))
        {
            var deployment = deployments.FirstOrDefault(d => string.Equals(d.Name, name, StringComparison.OrdinalIgnoreCase))
                ?? throw ArmException.Invalid("DeploymentNotFound", $"Traffic of {percentage} % goes to the deployment '{name}', which does not exist.", "properties.traffic");
            if (deployment.Running is null)
            {
                throw ArmException.Invalid(
                    "DeploymentNotReady", $"Traffic of {percentage} % goes to the deployment '{name}', whose provisioning state is '{deployment.State}'.", "properties.traffic");
            }
        }

        if (mirror.Count == 0)
        {
            return;
        }

        if (!isManaged)
        {
            throw ArmException.Invalid("InvalidMirrorTraffic", "Mirrored traffic is supported by managed endpoints only.", "properties.mirrorTraffic");
        }

        if (mirror.Count > 1)
        {
            throw ArmException.Invalid("InvalidMirrorTraffic", "Mirrored traffic can go to one deployment only.", "properties.mirrorTraffic");
        }

        var mirrored = mirror.Single();
        if (live.Any(pair => pair.Value > 0 && string.Equals(pair.Key, mirrored.Key, StringComparison.OrdinalIgnoreCase)))
        {
            throw ArmException.Invalid("InvalidMirrorTraffic", $"The deployment '{mirrored.Key}' has live traffic and cannot have mirrored traffic too.", "properties.mirrorTraffic");
        }
    }

    private static Dictionary<string, int> Percentages(JsonObject properties, string member, int highest)
    {
        var result = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        switch (properties[member])
        {
            case null:
                return result;
            case JsonObject map:
                foreach (var (name, value) in map)
                {
                    if (value is not JsonValue number || !number.TryGetValue<int>(out var percentage) || percentage < 0 || percentage > highest)
                    {
                        throw ArmException.Invalid("InvalidTraffic", $"The traffic of '{name}' must be a whole number from 0 to {highest}.", $"properties.{member}");
                    }

                    if (!result.TryAdd(name, percentage))
                    {
                        throw ArmException.Invalid("InvalidTraffic", $"The deployment '{name}' is named twice.", $"properties.{member}");
                    }
                }

                return result;
            default:
                throw ArmException.InvalidBody($"properties.{member}", "The traffic must be an object of percentages by deployment.");
        }
    }
}
