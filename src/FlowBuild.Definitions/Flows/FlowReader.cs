namespace FlowBuild.Definitions.Flows;

/// <summary>Reads flow files: text in, a definition and diagnostics out.</summary>
public static class FlowReader
{
    /// <summary>Reads a flow file and applies every check that the file alone can show.</summary>
    /// <param name="file">The path that diagnostics name; never opened. A name that ends in <c>flow.flex.yaml</c> (or <c>.yml</c>)
    /// expects an entry point.</param>
    /// <param name="text">The content of the file.</param>
    /// <returns>The definition (null when an error leaves no usable contract) and all problems in the order of the file.</returns>
    public static ReadResult<FlowDefinition> Read(string file, string text) => throw new InvalidOperationException();

    /// <summary>Derives what a server of the flow takes and gives (promptflow reference 1.3, 1.4, 3.3).</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="responseFields">The outputs that the deployment returns (<c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>), or null
    /// when it does not say: then all but evaluation-only ones.</param>
    public static FlowContract GetContract(FlowDefinition flow, EquatableArray<string>? responseFields) => throw new InvalidOperationException();
}
