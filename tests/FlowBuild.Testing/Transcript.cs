using System.Globalization;
using System.Text;

namespace FlowBuild.Testing;

/// <summary>One recorded exchange of tests/Transcripts, with what the recording left out put back: carriage returns and chunk framing.</summary>
/// <param name="Name">The file's name without its extension, such as <c>flask_success</c>.</param>
/// <param name="Method">The method that was asked with.</param>
/// <param name="Target">The path that was asked for.</param>
/// <param name="RequestHeaders">The request's headers.</param>
/// <param name="RequestBody">The request's body.</param>
/// <param name="AnswerHead">Status line and headers of the answer, with the empty line that ends them.</param>
/// <param name="AnswerBody">The answer's body, without framing.</param>
/// <param name="IsChunked">Whether the answer came in chunks.</param>
/// <param name="IsCut">Whether the server cut the connection before the body's end.</param>
public sealed record Transcript(
    string Name,
    string Method,
    string Target,
    IReadOnlyDictionary<string, string> RequestHeaders,
    string RequestBody,
    string AnswerHead,
    string AnswerBody,
    bool IsChunked,
    bool IsCut)
{
    private const string RequestMark = "### REQUEST\n";
    private const string ResponseMark = "### RESPONSE\n";
    private const string CutMark = "\n### curl exit 18";

    /// <summary>The folder of the transcripts.</summary>
    public static string Folder { get; } = Path.Combine(Repository.Root, "tests", "Transcripts");

    /// <summary>The names of all transcripts, in order.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. Directory.GetFiles(Folder, "*.http").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)];

    /// <summary>Reads a transcript.</summary>
    public static Transcript Load(string name)
    {
        var text = File.ReadAllText(Path.Combine(Folder, name + ".http")).Replace("\r", "", StringComparison.Ordinal);
        var middle = text.IndexOf(ResponseMark, StringComparison.Ordinal);
        var (requestHead, requestBody) = Split(text[RequestMark.Length..middle]);
        var (answerHead, answerBody) = Split(text[(middle + ResponseMark.Length)..]);

        var cut = answerBody.IndexOf(CutMark, StringComparison.Ordinal);
        if (cut >= 0)
        {
            answerBody = answerBody[..cut];
        }

        var requestLine = requestHead[0].Split(' ');
        var answerHeaders = Headers(answerHead);
        if (answerHeaders.TryGetValue("Content-Length", out var length))
        {
            answerBody = FirstBytes(name, answerBody, int.Parse(length, CultureInfo.InvariantCulture));
        }

        var requestHeaders = Headers(requestHead);
        return new Transcript(
            name,
            requestLine[0],
            requestLine[1],
            requestHeaders,
            requestHeaders.TryGetValue("Content-Length", out var sent)
                ? FirstBytes(name, requestBody, int.Parse(sent, CultureInfo.InvariantCulture))
                : requestBody.TrimEnd('\n'),
            string.Join("\r\n", answerHead) + "\r\n\r\n",
            answerBody,
            answerHeaders.TryGetValue("Transfer-Encoding", out var encoding) && encoding == "chunked",
            cut >= 0);
    }

    /// <summary>The pieces that the server flushed one by one: each event of a stream, the whole body of anything else.</summary>
    public IEnumerable<string> Pieces()
    {
        if (!IsChunked)
        {
            yield return AnswerBody;
            yield break;
        }

        var start = 0;
        while (start < AnswerBody.Length)
        {
            var end = AnswerBody.IndexOf("\n\n", start, StringComparison.Ordinal);
            end = end < 0 ? AnswerBody.Length : end + 2;
            yield return AnswerBody[start..end];
            start = end;
        }
    }

    private static (string[] Head, string Body) Split(string message)
    {
        var end = message.IndexOf("\n\n", StringComparison.Ordinal);
        return end < 0 ? (message.TrimEnd('\n').Split('\n'), "") : (message[..end].Split('\n'), message[(end + 2)..]);
    }

    private static Dictionary<string, string> Headers(string[] head)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in head.Skip(1))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = line[(colon + 1)..].Trim();
        }

        return headers;
    }

    private static string FirstBytes(string name, string body, int length)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        return bytes.Length >= length
            ? Encoding.UTF8.GetString(bytes, 0, length)
            : throw new InvalidDataException($"{name}: the recording holds {bytes.Length} of {length} bytes.");
    }
}
