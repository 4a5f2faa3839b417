using System.Text.Json;
using System.Text.Json.Serialization;
using FlowBuild.LocalWorkspace.ControlPlane;

namespace FlowBuild.LocalWorkspace.Faults;

/// <summary>Turns faults on and off: <c>PUT</c>, <c>GET</c> and <c>DELETE /local/faults</c>.</summary>
internal sealed class FaultRoutes(FaultBox faults, bool mayKill)
{
    private const string Path = "/local/faults";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Maps the routes.</summary>
    public void Map(IEndpointRouteBuilder routes, ArmGate gate)
    {
        routes.MapPut(Path, gate.GuardOwn(PutAsync));
        routes.MapGet(Path, gate.GuardOwn(GetAsync));
        routes.MapDelete(Path, gate.GuardOwn(Clear));
    }

    private async Task PutAsync(HttpContext context)
    {
        FaultPlan plan;
        try
        {
            plan = await JsonSerializer.DeserializeAsync<FaultPlan>(context.Request.Body, Json, context.RequestAborted).ConfigureAwait(false) ?? new FaultPlan();
        }
        catch (JsonException e)
        {
            await ArmResponse.WriteErrorAsync(context, 400, new ArmError("InvalidFaults", e.Message)).ConfigureAwait(false);
            return;
        }

        if (FaultCheck.Problem(plan, mayKill) is { } problem)
        {
            await ArmResponse.WriteErrorAsync(context, 400, new ArmError("InvalidFaults", problem)).ConfigureAwait(false);
            return;
        }

        faults.Plan = plan;
        await GetAsync(context).ConfigureAwait(false);
    }

    private Task GetAsync(HttpContext context) => ArmResponse.WriteAsync(context, 200, JsonSerializer.SerializeToNode(faults.Plan, Json)!);

    private Task Clear(HttpContext context)
    {
        faults.Plan = new FaultPlan();
        context.Response.StatusCode = 204;
        return Task.CompletedTask;
    }
}
