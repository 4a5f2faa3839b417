using System.Globalization;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Text is not JSON; the message is that of Python's <c>json</c> module.</summary>
internal sealed class PythonJsonException : Exception
{
    public PythonJsonException()
    {
    }

    public PythonJsonException(string message)
        : base(message)
    {
    }

    public PythonJsonException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    public static PythonJsonException At(string text, int position, string message)
    {
        var line = text.AsSpan(0, position).Count('\n') + 1;
        var column = position - text.LastIndexOf('\n', Math.Max(position - 1, 0));
        return new PythonJsonException(string.Create(CultureInfo.InvariantCulture, $"{message}: line {line} column {column} (char {position})"));
    }
}
