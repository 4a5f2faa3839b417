using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment;

/// <summary>A deployment as it stands in the workspace.</summary>
/// <param name="Endpoint">The endpoint.</param>
/// <param name="Deployment">The deployment, or null for an endpoint without one.</param>
/// <param name="Workspace">The workspace's ARM id.</param>
/// <param name="ScoringUri">Where requests go.</param>
/// <param name="SwaggerUri">Where the contract is shown.</param>
/// <param name="AuthMode">How callers authenticate.</param>
/// <param name="ModelId">Id of the model version.</param>
/// <param name="EndpointState">The endpoint's provisioning state.</param>
/// <param name="DeploymentState">The deployment's provisioning state.</param>
/// <param name="TrafficPercent">The deployment's share of the traffic.</param>
/// <param name="Traffic">The endpoint's whole traffic, as <c>blue=90 green=10</c>.</param>
/// <param name="Changed">Whether this run changed anything.</param>
/// <param name="FilesSent">Files that this run uploaded.</param>
/// <param name="Elapsed">How long this run took.</param>
public sealed record DeployedFlow(
    string Endpoint, string? Deployment, string Workspace, string ScoringUri, string SwaggerUri, string AuthMode, string ModelId,
    string EndpointState, string DeploymentState, int TrafficPercent, string Traffic, bool Changed, int FilesSent, TimeSpan Elapsed)
{
    private static readonly JsonWriterOptions Options = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The flow: its folder's name.</summary>
    public string Flow { get; init; } = "";

    /// <summary>How the flow's deployment ended in this run; of a deployment that was only looked at, <see cref="FlowOutcome.Unchanged"/>.</summary>
    public FlowOutcome Outcome { get; init; } = FlowOutcome.Unchanged;

    /// <summary>The error that ended it, or null.</summary>
    public FlowDiagnostic? Failure { get; init; }

    /// <summary><c>endpoint/deployment</c>.</summary>
    public string Identity => Deployment is null ? Endpoint : $"{Endpoint}/{Deployment}";

    /// <summary>A flow that is not deployed by this run: it failed, or was not begun.</summary>
    /// <param name="flow">The flow's name.</param>
    /// <param name="endpoint">The endpoint, or empty where it is not known.</param>
    /// <param name="deployment">The deployment, or null.</param>
    /// <param name="failure">The error; null for a flow that was not begun.</param>
    public static DeployedFlow NotDeployed(string flow, string endpoint, string? deployment, FlowDiagnostic? failure) =>
        new(endpoint, deployment, "", "", "", "", "", "", "", 0, "", false, 0, TimeSpan.Zero)
        {
            Flow = flow, Outcome = failure is null ? FlowOutcome.NotBegun : FlowOutcome.Failed, Failure = failure,
        };

    /// <summary>Names and values, as a build's items hold them: all as texts.</summary>
    public IEnumerable<KeyValuePair<string, string>> Metadata => Values.Select(static v => KeyValuePair.Create(v.Name, v.Value switch
    {
        bool truth => truth ? "true" : "false",
        double number => number.ToString("0.0", CultureInfo.InvariantCulture),
        var other => Convert.ToString(other, CultureInfo.InvariantCulture)!,
    }));

    private IEnumerable<(string Name, object Value)> Values =>
    [
        ("Endpoint", Endpoint), ("Deployment", Deployment ?? ""), ("Workspace", Workspace), ("ScoringUri", ScoringUri), ("SwaggerUri", SwaggerUri),
        ("AuthMode", AuthMode), ("ModelId", ModelId), ("EndpointState", EndpointState), ("DeploymentState", DeploymentState),
        ("TrafficPercent", TrafficPercent), ("Traffic", Traffic), ("Changed", Changed), ("FilesSent", FilesSent),
        ("ElapsedSeconds", Math.Round(Elapsed.TotalSeconds, 1)), ("Flow", Flow),
        ("Outcome", JsonNamingPolicy.CamelCase.ConvertName($"{Outcome}")), ("ErrorCode", Failure?.Rule.Id ?? ""), ("Error", ErrorText),
    ];

    private string ErrorText => Failure?.Message ?? Outcome switch
    {
        FlowOutcome.NotBegun => "The run ended before the turn of this flow.",
        FlowOutcome.Failed => "The run was stopped before it was done with this flow.",
        _ => "",
    };

    /// <summary>Writes deployments to a JSON file: an array of objects, with numbers and booleans as such. It holds no secret.</summary>
    public static void Write(IEnumerable<DeployedFlow> flows, string file)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes, Options))
        {
            json.WriteStartArray();
            foreach (var flow in flows)
            {
                json.WriteStartObject();
                foreach (var (name, value) in flow.Values)
                {
                    json.WritePropertyName(JsonNamingPolicy.CamelCase.ConvertName(name));
                    JsonSerializer.Serialize(json, value);
                }

                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        AtomicFile.Write(file, bytes.ToArray());
    }
}
