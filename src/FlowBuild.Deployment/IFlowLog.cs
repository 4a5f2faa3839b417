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
    /// Text that others wrote, such as a container's log or an answer, line by line. A log that people read marks it as a quotation.
    /// </summary>
    /// <param name="text">One or more lines.</param>
    void Quote(string text)
    {
        foreach (var line in text.TrimEnd().Split('\n'))
        {
            Result(line.TrimEnd('\r'));
        }
    }

    /// <summary>A problem, at its place in a file where it has one.</summary>
    void Report(FlowDiagnostic diagnostic);
}
