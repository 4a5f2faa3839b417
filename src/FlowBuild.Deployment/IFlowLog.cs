using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment;

/// <summary>Where the deployment says what it does. Nothing secret is ever handed to it.</summary>
public interface IFlowLog
{
    /// <summary>What only a search for a fault needs.</summary>
    void Detail(string message);

    /// <summary>Progress: what is done, what is awaited.</summary>
    void Progress(string message);

    /// <summary>What every reader of the log wants to see.</summary>
    void Result(string message);

    /// <summary>
    /// What the target was asked for, as one message: the terminal logger shows the last one of a project and hides every other message.
    /// </summary>
    void Output(IReadOnlyList<string> lines);

    /// <summary>A problem, at its place in a file where it has one.</summary>
    void Report(FlowDiagnostic diagnostic);
}
