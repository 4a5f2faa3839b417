using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>A flow as a container serves it.</summary>
/// <param name="Folder">Path of the flow's folder in the blob store, or "" when there is none.</param>
/// <param name="Name">Name of the flow's folder.</param>
/// <param name="Definition">What the flow file says.</param>
/// <param name="Contract">What the flow takes and gives in this deployment.</param>
/// <param name="ResponseFields">Names of <c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>, or null.</param>
/// <param name="Engine">The engine.</param>
/// <param name="Samples">Rows of <c>samples.json</c> and <c>data.jsonl</c>.</param>
/// <param name="Example">First row of <c>samples.json</c>, or an empty object.</param>
/// <param name="BuildInfo">Text of <c>BUILD_INFO</c>.</param>
/// <param name="StandIn">What answers for the flow in a test, or null.</param>
internal sealed record ServedFlow(
    string Folder,
    string Name,
    FlowDefinition Definition,
    FlowContract Contract,
    IReadOnlyList<string>? ResponseFields,
    ServingEngine Engine,
    IReadOnlyList<PythonDict> Samples,
    PythonValue Example,
    string BuildInfo,
    FlowStandIn? StandIn = null)
{
    /// <summary>What an output refers to.</summary>
    public FlowReference ReferenceOf(ContractOutput output) => FlowReference.Parse(Definition.Outputs.First(o => o.Name == output.Name).Reference.Value);
}

/// <summary>What answers for a flow in a test: a delegate, or a server that runs already.</summary>
internal sealed record FlowStandIn(Func<FlowCall, FlowAnswer>? Answer, Uri? Server);
