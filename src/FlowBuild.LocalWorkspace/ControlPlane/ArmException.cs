using System.Diagnostics.CodeAnalysis;

namespace FlowBuild.LocalWorkspace.ControlPlane;

/// <summary>An ARM error: what goes into <c>{"error": ...}</c>.</summary>
/// <param name="Code">The code that programs look at.</param>
/// <param name="Message">What people read.</param>
/// <param name="Details">The errors behind it; the actionable one is the deepest.</param>
/// <param name="Target">The member or resource at fault, or null.</param>
internal sealed record ArmError(string Code, string Message, IReadOnlyList<ArmError>? Details = null, string? Target = null);

/// <summary>Ends a request with an ARM error.</summary>
[SuppressMessage("Design", "CA1032", Justification = "An ARM error has a status and a code, always.")]
internal sealed class ArmException(int status, ArmError error) : Exception(error.Message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The error.</summary>
    public ArmError Error { get; } = error;

    /// <summary>400 as the inferencing front end nests it: an outer error that says little, and the real one in its details.</summary>
    public static ArmException Invalid(string code, string message, string? target = null) =>
        new(400, new ArmError("BadRequest", "The request is invalid.", [new ArmError(code, message, Target: target)]));

    /// <summary>400 of content that ARM cannot read.</summary>
    public static ArmException InvalidContent(string reason) => new(400, new ArmError(
        "InvalidRequestContent", $"The request content was invalid and could not be deserialized: '{reason}'."));

    /// <summary>400 of a member that the service's own check of the body refuses.</summary>
    public static ArmException InvalidBody(string target, string message) =>
        new(400, new ArmError("ValidationError", "One or more validation errors occurred.", [new ArmError("InvalidArgument", message, Target: target)], target));

    /// <summary>400 of the asset service.</summary>
    public static ArmException UserError(string message) => new(400, new ArmError("UserError", message));

    /// <summary>404 of a tracked resource, as ARM itself words it.</summary>
    public static ArmException NotFound(string type, string name) => new(404, new ArmError(
        "ResourceNotFound",
        $"The Resource '{type}/{name}' under resource group '{State.WorkspaceNames.ResourceGroup}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"));

    /// <summary>404 of an asset.</summary>
    public static ArmException AssetNotFound(string what) => new(404, new ArmError("UserError", $"{what} not found."));

    /// <summary>409: something else is changing the same endpoint.</summary>
    public static ArmException Conflict(string message) => new(409, new ArmError("Conflict", message));
}
