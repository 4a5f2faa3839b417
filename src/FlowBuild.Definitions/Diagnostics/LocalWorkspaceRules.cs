namespace FlowBuild.Definitions.Diagnostics;

/// <summary>FLOW6xxx: the local workspace.</summary>
public static class LocalWorkspaceRules
{
    /// <summary>The local workspace did not start.</summary>
    public static readonly DiagnosticRule DidNotStart = new(
        "FLOW6001", "The local workspace did not start", "The local workspace did not start: {0}", RuleSeverity.Error);

    /// <summary>The state folder was written by a newer FlowBuild.</summary>
    public static readonly DiagnosticRule NewerState = new(
        "FLOW6002",
        "The local workspace is newer than this build",
        "The state in '{0}' has version {1} and this build knows {2}; update FlowBuild, or name another folder with FLOWBUILD_LOCAL_WORKSPACE",
        RuleSeverity.Error);

    /// <summary>The local workspace went away while it was used.</summary>
    public static readonly DiagnosticRule WentAway = new(
        "FLOW6003",
        "The local workspace went away",
        "The local workspace stopped answering in the middle of the work ({0}); run the target again: it starts the workspace and finishes the job",
        RuleSeverity.Error);

    /// <summary>The state folder is open to others.</summary>
    public static readonly DiagnosticRule UnsafeFolder = new(
        "FLOW6004",
        "The state folder of the local workspace is not private",
        "The state folder '{0}' {1}; make it a folder of your own that only you can read",
        RuleSeverity.Error);

    /// <summary>There is no home folder.</summary>
    public static readonly DiagnosticRule NoStateFolder = new(
        "FLOW6005",
        "The local workspace has no state folder",
        "There is no home folder for the state of the local workspace (HOME is '{0}'); name a folder with the environment variable FLOWBUILD_LOCAL_WORKSPACE",
        RuleSeverity.Error);

    /// <summary>The rules of this area, ordered by id.</summary>
    public static IReadOnlyList<DiagnosticRule> All { get; } = [DidNotStart, NewerState, WentAway, UnsafeFolder, NoStateFolder];
}
