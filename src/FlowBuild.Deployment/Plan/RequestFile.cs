using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;

namespace FlowBuild.Deployment.Plan;

/// <summary>A JSON file with one request, or with rows of which the first one counts. It knows where its members stand.</summary>
internal sealed class RequestFile
{
    private readonly byte[] _text;

    private RequestFile(string path, byte[] text, JsonNode? root)
    {
        Path = path;
        _text = text;
        IsRows = root is JsonArray;
        Request = (root is JsonArray { Count: > 0 } rows ? rows[0] : root) as JsonObject;
    }

    /// <summary>Full path of the file.</summary>
    public string Path { get; }

    /// <summary>The file holds rows.</summary>
    public bool IsRows { get; }

    /// <summary>The request or the first row, or null when there is none. Its names may stand there twice.</summary>
    public JsonObject? Request { get; }

    /// <summary>The members of <see cref="Request"/>, in the order of the file.</summary>
    public IReadOnlyList<RequestMember> Members => MembersAt(RequestStart());

    /// <summary>Where <see cref="Request"/> begins.</summary>
    public SourceSpan Start => Span(RequestStart(), RequestStart() + 1);

    /// <summary>Reads a file.</summary>
    /// <exception cref="FlowDeploymentException">There is no such file, or it is no JSON.</exception>
    public static RequestFile Read(string path)
    {
        var name = System.IO.Path.GetFileName(path);
        byte[] text;
        try
        {
            text = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var reason = e is FileNotFoundException or DirectoryNotFoundException
                ? $"there is no file '{path}'; a relative path begins at the project's folder"
                : Directory.Exists(path) ? $"'{path}' is a folder; name a file in it"
                : $"'{path}' cannot be read by the user who builds";
            throw new FlowDeploymentException(FlowDiagnostic.At(ConfigurationRules.InvalidRequestFile, null, null, name, reason), null, e);
        }

        if (text is [0xEF, 0xBB, 0xBF, .. var afterMark])
        {
            text = afterMark;
        }

        try
        {
            return new RequestFile(path, text, JsonNode.Parse(text));
        }
        catch (JsonException e)
        {
            var line = (int)(e.LineNumber ?? 0);
            var column = ColumnOf(text, line, (int)(e.BytePositionInLine ?? 0));
            throw new FlowDeploymentException(
                FlowDiagnostic.At(
                    ConfigurationRules.InvalidRequestFile, path, new SourceSpan(line, column, line, column), name,
                    "from here on it is no JSON, which has names and texts in double quotes, a comma between two values, and no comments"),
                null, e);
        }
    }

    /// <summary>The members of an object that stands in <see cref="Request"/>.</summary>
    public IReadOnlyList<RequestMember> MembersOf(RequestMember member) => MembersAt(member.Start);

    private List<RequestMember> MembersAt(int start)
    {
        var members = new List<RequestMember>();
        var reader = new Utf8JsonReader(_text.AsSpan(start));
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var nameStart = start + (int)reader.TokenStartIndex;
            var nameSpan = Span(nameStart, nameStart + reader.ValueSpan.Length + 2);
            reader.Read();
            var valueStart = start + (int)reader.TokenStartIndex;
            var value = JsonElement.ParseValue(ref reader);
            members.Add(new RequestMember(name, nameSpan, value, Span(valueStart, start + (int)reader.BytesConsumed), valueStart));
        }

        return members;
    }

    private int RequestStart()
    {
        var reader = new Utf8JsonReader(_text);
        reader.Read();
        if (IsRows)
        {
            reader.Read();
        }

        return (int)reader.TokenStartIndex;
    }

    private SourceSpan Span(int start, int end)
    {
        var (startLine, startColumn) = Position(start);
        var (endLine, endColumn) = Position(end);
        return new SourceSpan(startLine, startColumn, endLine, endColumn);
    }

    private (int Line, int Column) Position(int index)
    {
        var before = _text.AsSpan(0, index);
        return (before.Count((byte)'\n'), Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]));
    }

    private static int ColumnOf(ReadOnlySpan<byte> text, int line, int bytes)
    {
        for (var i = 0; i < line; i++)
        {
            text = text[(text.IndexOf((byte)'\n') + 1)..];
        }

        return Encoding.UTF8.GetCharCount(text[..Math.Min(bytes, text.Length)]);
    }
}

/// <summary>One member of a request.</summary>
/// <param name="Name">Its name.</param>
/// <param name="NameSpan">Where the name stands, with its quotes.</param>
/// <param name="Value">Its value.</param>
/// <param name="ValueSpan">Where the value stands.</param>
/// <param name="Start">The byte at which the value begins.</param>
internal sealed record RequestMember(string Name, SourceSpan NameSpan, JsonElement Value, SourceSpan ValueSpan, int Start);
