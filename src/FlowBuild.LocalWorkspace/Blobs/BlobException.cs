using System.Diagnostics.CodeAnalysis;

namespace FlowBuild.LocalWorkspace.Blobs;

/// <summary>Ends a request of the blob store with an error of Azure Storage.</summary>
[SuppressMessage("Design", "CA1032", Justification = "A storage error has a status and a code, always.")]
internal sealed class BlobException(int status, string code, string message) : Exception(message)
{
    /// <summary>The HTTP status.</summary>
    public int Status { get; } = status;

    /// <summary>The code, as <c>x-ms-error-code</c> carries it.</summary>
    public string Code { get; } = code;

    public static BlobException BlobNotFound() => new(404, "BlobNotFound", "The specified blob does not exist.");

    public static BlobException ContainerNotFound() => new(404, "ContainerNotFound", "The specified container does not exist.");

    public static BlobException InvalidMetadata() => new(400, "InvalidMetadata", "The metadata specified is invalid. It has characters that are not permitted.");

    public static BlobException InvalidHeader(string name) => new(400, "InvalidHeaderValue", $"The value for one of the HTTP headers is not in the correct format: {name}.");

    public static BlobException InvalidQuery(string name) => new(400, "InvalidQueryParameterValue", $"Value for one of the query parameters specified in the request URI is invalid: {name}.");

    public static BlobException ConditionNotMet() => new(412, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met.");

    public static BlobException AlreadyExists() => new(409, "BlobAlreadyExists", "The specified blob already exists.");

    public static BlobException ChecksumMismatch() => new(400, "Md5Mismatch", "The MD5 value specified in the request did not match with the MD5 value calculated by the server.");
}
