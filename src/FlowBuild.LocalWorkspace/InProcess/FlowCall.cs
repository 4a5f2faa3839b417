using System.Text.Json.Nodes;

namespace FlowBuild.LocalWorkspace;

/// <summary>A request that a deployed flow accepted and is to answer.</summary>
public sealed class FlowCall
{
    internal FlowCall(JsonObject inputs, bool wantsStream) => (Inputs, WantsStream) = (inputs, wantsStream);

    /// <summary>The inputs as the flow gets them: converted to their declared types, defaults filled in, images as objects with their
    /// bytes in base64.</summary>
    public JsonObject Inputs { get; }

    /// <summary>Whether the caller takes a stream.</summary>
    public bool WantsStream { get; }
}
