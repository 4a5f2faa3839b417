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
        foreach (var line in OutputLine.Quote(text))
        {
            Result(line.Text);
        }
    }

    /// <summary>
    /// What the target was asked for, as one message: the terminal logger shows the last one of a project and hides every other message.
    /// </summary>
    void Output(IReadOnlyList<OutputLine> lines);

    /// <summary>A problem, at its place in a file where it has one.</summary>
    void Report(FlowDiagnostic diagnostic);
}

/// <summary>A line of what a target was asked for.</summary>
/// <param name="Text">The line.</param>
/// <param name="IsQuotation">Others wrote it, such as a line of a container's log.</param>
public readonly record struct OutputLine(string Text, bool IsQuotation)
{
    /// <summary>A line of FlowBuild's own.</summary>
    public static implicit operator OutputLine(string text) => FromString(text);

    /// <summary>A line of FlowBuild's own.</summary>
    public static OutputLine FromString(string text) => new(text, IsQuotation: false);

    /// <summary>The lines of a text that others wrote; line breaks at its end do not count.</summary>
    public static IEnumerable<OutputLine> Quote(string text) => text.TrimEnd().Split('\n').Select(static line => new OutputLine(line.TrimEnd('\r'), IsQuotation: true));
}
