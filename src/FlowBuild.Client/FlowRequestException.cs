using System.Net;

namespace FlowBuild;

/// <summary>
/// The endpoint answered with an error, or its answer could not be read to its end. The message holds the endpoint's
/// address without its query, status, code and node; nothing of the request, unless <see cref="FlowClientOptions.IncludeServerMessage"/> is
/// set.
/// </summary>
public class FlowRequestException : HttpRequestException
{
    /// <summary>Makes an exception, as a client does and as a test of a caller may.</summary>
    public FlowRequestException(string message, HttpStatusCode? statusCode = null, Exception? innerException = null)
        : base(message, innerException, statusCode)
    {
    }

    internal FlowRequestException(
        HttpRequestError error, string message, HttpResponseMessage response, string? clientRequestId, Exception? innerException = null)
        : base(error, message, innerException, response.StatusCode)
    {
        RequestId = FlowErrorResponse.RequestId(response);
        ClientRequestId = clientRequestId;
    }

    /// <summary>
    /// The code in the answer's body: prompt flow says <c>UserError</c> (the request or the flow) or <c>SystemError</c> (the server).
    /// Null when the body holds none, or something else than 1 to 100 characters of <c>A-Z a-z 0-9 _ . -</c>.
    /// </summary>
    public string? Code { get; init; }

    /// <summary>The node that failed, when the server named it: at most 100 characters without control characters. Null otherwise.</summary>
    public string? Node { get; init; }

    /// <summary>
    /// What the server said, at most 4 096 characters, without control characters other than line breaks and tabs. What it repeated of the request is replaced by <c>…</c>, unless
    /// <see cref="FlowClientOptions.IncludeServerMessage"/> is set; what a node put into an error of its own is not known, and stays.
    /// Null when the body is empty, HTML, or in a form that is not known.
    /// </summary>
    public string? ServerMessage { get; init; }

    /// <summary>
    /// The status with which the deployment's container answered, when the endpoint passed its error on as 424
    /// (header <c>ms-azureml-model-error-statuscode</c>). Null otherwise.
    /// </summary>
    public int? ModelStatusCode { get; init; }

    /// <summary>
    /// Why the deployment's container failed, in the endpoint's words (header <c>ms-azureml-model-error-reason</c>): at most 100 characters
    /// without control characters.
    /// </summary>
    public string? ModelReason { get; init; }

    /// <summary>
    /// The id that the endpoint gave to the request (header <c>x-request-id</c>), at most 100 characters without control characters; a
    /// support case asks for it.
    /// </summary>
    public string? RequestId { get; init; }

    /// <summary>The id that the client sent (<see cref="FlowClientOptions.ClientRequestId"/>). Null when it sent none.</summary>
    public string? ClientRequestId { get; init; }
}
