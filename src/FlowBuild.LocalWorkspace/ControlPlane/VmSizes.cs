using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.State;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>A size of machine.</summary>
/// <param name="Name">Its name, compared without case.</param>
/// <param name="Family">The family that shares a quota.</param>
/// <param name="Cores">Virtual cores.</param>
/// <param name="Gpus">Graphics processors.</param>
/// <param name="Memory">Memory in GB.</param>
/// <param name="ServesManaged">Usable for managed inference.</param>
internal sealed record VmSize(string Name, string Family, int Cores, int Gpus, double Memory, bool ServesManaged = true);

/// <summary>The sizes of machines that the made-up region has, and the cores that the made-up subscription may use.</summary>
internal static class VmSizes
{
    private const int CoresPerFamily = 100;
    private const string F = "standardFSv2Family";
    private const string D2 = "standardDSv2Family";
    private const string D3 = "standardDSv3Family";
    private const string E3 = "standardESv3Family";
    private const string D4 = "standardDASv4Family";
    private const string T4 = "Standard NCASv3_T4 Family";
    private const string V3 = "standardNCSv3Family";
    private const string A100 = "StandardNCADSA100v4Family";

    private static readonly VmSize[] All =
    [
        new("Standard_DS1_v2", D2, 1, 0, 3.5), new("Standard_DS2_v2", D2, 2, 0, 7), new("Standard_DS3_v2", D2, 4, 0, 14),
        new("Standard_DS4_v2", D2, 8, 0, 28), new("Standard_DS5_v2", D2, 16, 0, 56),
        new("Standard_D2s_v3", D3, 2, 0, 8), new("Standard_D4s_v3", D3, 4, 0, 16), new("Standard_D8s_v3", D3, 8, 0, 32), new("Standard_D16s_v3", D3, 16, 0, 64),
        new("Standard_D2as_v4", D4, 2, 0, 8), new("Standard_D4as_v4", D4, 4, 0, 16), new("Standard_D8as_v4", D4, 8, 0, 32),
        new("Standard_E2s_v3", E3, 2, 0, 16), new("Standard_E4s_v3", E3, 4, 0, 32), new("Standard_E8s_v3", E3, 8, 0, 64),
        new("Standard_E16s_v3", E3, 16, 0, 128), new("Standard_E32s_v3", E3, 32, 0, 256),
        new("Standard_F2s_v2", F, 2, 0, 4), new("Standard_F4s_v2", F, 4, 0, 8), new("Standard_F8s_v2", F, 8, 0, 16), new("Standard_F16s_v2", F, 16, 0, 32),
        new("Standard_NC4as_T4_v3", T4, 4, 1, 28), new("Standard_NC6s_v3", V3, 6, 1, 112),
        new("Standard_NC24ads_A100_v4", A100, 24, 1, 220), new("Standard_NC48ads_A100_v4", A100, 48, 2, 440),
        new("Standard_B2s", "standardBSFamily", 2, 0, 4, ServesManaged: false),
    ];

    // The upgrade reserve of 20 % is not charged for these.
    private static readonly string[] WithoutReserve = ["Standard_NC24ads_A100_v4", "Standard_NC48ads_A100_v4"];

    /// <summary>Refuses a size that managed inference does not have, or more cores than the subscription may use.</summary>
    public static void RequireUsable(string name, int instances)
    {
        var size = All.FirstOrDefault(s => string.Equals(s.Name, name, StringComparison.OrdinalIgnoreCase));
        if (size is not { ServesManaged: true })
        {
            throw ArmException.Invalid("BadArgument", $"The instance type '{name}' is not supported for managed inference in the region '{WorkspaceNames.Location}'.", "properties.instanceType");
        }

        var charged = WithoutReserve.Contains(size.Name) ? instances : ((12 * instances) + 9) / 10;
        if (charged * size.Cores > CoresPerFamily)
        {
            throw ArmException.Invalid(
                "OutOfQuota", $"Not enough quota available for {name} in the subscription. Needed: {charged * size.Cores} cores (20 % are kept for upgrades); available: {CoresPerFamily}.", "sku.capacity");
        }
    }

    /// <summary>GET vmSizes.</summary>
    public static Task ListAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, new JsonObject
    {
        ["value"] = new JsonArray([.. All.Select(size => new JsonObject
        {
            ["name"] = size.Name,
            ["family"] = size.Family,
            ["vCPUs"] = size.Cores,
            ["gpus"] = size.Gpus,
            ["osVhdSizeMB"] = 1047552,
            ["maxResourceVolumeMB"] = 16384,
            ["memoryGB"] = size.Memory,
            ["lowPriorityCapable"] = true,
            ["premiumIO"] = true,
            ["supportedComputeTypes"] = size.ServesManaged ? new JsonArray("AmlCompute", "ComputeInstance", "MIR") : new JsonArray("ComputeInstance"),
        })]),
    });

    /// <summary>GET usages.</summary>
    public static Task ListUsagesAsync(HttpContext context, WorkspaceScope scope) => ArmResponse.WritePageAsync(
        context, All.Select(static s => s.Family).Distinct().Select(family => new JsonObject
        {
            ["id"] = $"{LocationId(scope)}/usages/{family}",
            ["type"] = $"{WorkspaceNames.Provider}/vmFamily/usages",
            ["unit"] = "Count",
            ["currentValue"] = 0,
            ["limit"] = CoresPerFamily,
            ["name"] = new JsonObject { ["value"] = family, ["localizedValue"] = $"{family} Cluster Dedicated vCPUs" },
        }));

    /// <summary>GET quotas.</summary>
    public static Task ListQuotasAsync(HttpContext context, WorkspaceScope scope) => ArmResponse.WritePageAsync(
        context, All.Select(static s => s.Family).Distinct().Select(family => new JsonObject
        {
            ["id"] = $"{LocationId(scope)}/quotas/{family}",
            ["type"] = $"{WorkspaceNames.Provider}/vmFamily/quotas",
            ["unit"] = "Count",
            ["limit"] = CoresPerFamily,
            ["name"] = new JsonObject { ["value"] = family, ["localizedValue"] = $"{family} Cluster Dedicated vCPUs" },
        }));

    private static string LocationId(WorkspaceScope scope) =>
        $"/subscriptions/{scope.SubscriptionId}/providers/{WorkspaceNames.Provider}/locations/{WorkspaceNames.Location}";
}
