namespace FlowBuild;

/// <summary>The endpoint answered, but not with what the flow declares. The message names the output; it holds none of its value.</summary>
public class FlowContractException : Exception
{
    /// <summary>Makes an exception, as a client does and as a test of a caller may.</summary>
    public FlowContractException(string message, string? outputName = null, string? declaredType = null, Exception? innerException = null)
        : base(message, innerException)
    {
        OutputName = outputName;
        DeclaredType = declaredType;
    }

    /// <summary>The output that does not fit. Null when the answer as a whole does not.</summary>
    public string? OutputName { get; }

    /// <summary>The type that the flow declares for the output, in prompt flow's words. Null when the answer as a whole does not fit.</summary>
    public string? DeclaredType { get; }

    /// <summary>
    /// The answer as it came, or the event of a stream, cut after its first 65 536 bytes. It holds what the flow said, so treat it as the
    /// flow's answers are treated.
    /// </summary>
    public string? RawResponse { get; init; }

    // The readers know what does not fit, the endpoint knows the document: this joins the two.
    internal FlowContractException WithRawResponse(ReadOnlySpan<byte> document) =>
        new(Message, OutputName, DeclaredType, InnerException) { RawResponse = BoundedText.Of(document) };
}
