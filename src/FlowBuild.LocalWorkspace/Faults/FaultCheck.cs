using System.Text.RegularExpressions;
using FlowBuild.LocalWorkspace.Safety;

namespace FlowBuild.LocalWorkspace.Faults;

/// <summary>Looks whether faults can happen as they are described, before every call meets them.</summary>
internal static class FaultCheck
{
    private const double LongestSeconds = 24 * 60 * 60;

    /// <summary>What is wrong with a plan, or null.</summary>
    /// <param name="plan">The plan, as JSON gave it: members that must not be null may be.</param>
    /// <param name="mayKill">Whether a fault may end the process.</param>
    public static string? Problem(FaultPlan plan, bool mayKill) =>
        (plan.Calls ?? []).Select(call => Problem(call, mayKill))
            .Concat((plan.Operations ?? []).Select(Problem))
            .Concat((plan.DeniedActions ?? []).Select(static string? (action) => string.IsNullOrEmpty(action) ? "A denied action must be text." : null))
            .Concat((plan.EndpointsElsewhere ?? []).Select(static string? (endpoint) => endpoint is not { Name.Length: > 0, Workspace.Length: > 0, ResourceGroup.Length: > 0 }
                ? "An endpoint elsewhere must have a name, a workspace and a resourceGroup."
                : null))
            .FirstOrDefault(static problem => problem is not null);

    private static string? Problem(CallFault? call, bool mayKill) => call switch
    {
        null => "A fault of calls must be an object.",
        { Action: FaultAction.Kill } when !mayKill =>
            "This workspace runs inside another program and must not end it. Use Cut, or a workspace in a process of its own.",
        { Nth: < 1 } or { Times: < 1 } => "The calls that a fault hits are counted from 1, and it hits at least one.",
        { Status: < 400 or > 599 } => "The status of a fault must be one of an error, from 400 to 599.",
        { Seconds: not (>= 0 and <= LongestSeconds) } => "The seconds of a fault must be at least 0 and at most a day.",
        { Message: null } => "The message of a fault must be text.",
        { Code: var code } when !IsCode(code) => "The code of a fault must be printable ASCII.",
        { Path: { } path } when !IsPattern(path) => $"'{path}' is no regular expression.",
        _ => null,
    };

    private static string? Problem(OperationFault? operation) => operation switch
    {
        null => "A fault of operations must be an object.",
        { Nth: < 1 } or { Times: < 1 } => "The operations that a fault hits are counted from 1, and it hits at least one.",
        { Message: null } or { StorageInitializerLog: null } or { InferenceServerLog: null } => "The message and the logs of a fault must be text.",
        { Code: var code } when !IsCode(code) => "The code of a fault must be printable ASCII.",
        _ => null,
    };

    private static bool IsCode(string? code) => !string.IsNullOrEmpty(code) && HeaderText.IsPlain(code);

    private static bool IsPattern(string path)
    {
        try
        {
            _ = Regex.Match("", path);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
