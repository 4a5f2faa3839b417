using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Deployment.Package;

namespace FlowBuild.Deployment.Plan;

/// <summary>A JSON file with one request, or with rows of which the first one counts. It knows where its members stand.</summary>
internal sealed class RequestFile
{
    /// <summary>Greatest nesting: about as deep as Python reads.</summary>
    public const int MaxDepth = 990;

    /// <summary>Most bytes of a file: 64 MB, well above what an endpoint takes as a request.</summary>
    private const int MaxLength = 64 * 1024 * 1024;

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

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
    public IReadOnlyList<RequestMember> Members() => MembersAt(RequestStart());

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
            text = ReadableFile.ReadBytes(path, MaxLength);
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
            CheckCharacters(path, text);
            return new RequestFile(path, text, JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = MaxDepth }));
        }
        catch (JsonException e)
        {
            var line = (int)(e.LineNumber ?? 0);
            var column = ColumnOf(text, line, (int)(e.BytePositionInLine ?? 0));
            throw Unusable(
                path, (line, column),
                "from here on it is no JSON, which has names and texts in double quotes, a comma between two values, and no comments", e);
        }
    }

    // What the parser passes over, and cannot make a text of later.
    private static void CheckCharacters(string path, byte[] text)
    {
        if (!Utf8.IsValid(text))
        {
            var valid = 0;
            while (Rune.DecodeFromUtf8(text.AsSpan(valid), out _, out var length) == OperationStatus.Done)
            {
                valid += length;
            }

            throw Unusable(path, Position(text, valid), "it is not UTF-8 from here on; save it as UTF-8", null);
        }

        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = MaxDepth + 1 });
        while (reader.Read())
        {
            if (reader.CurrentDepth == MaxDepth && reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject)
            {
                throw Unusable(
                    path, Position(text, (int)reader.TokenStartIndex),
                    string.Create(CultureInfo.InvariantCulture, $"it nests deeper than {MaxDepth} levels here"), null);
            }

            if (reader.ValueIsEscaped && HoldsHalf(reader))
            {
                throw Unusable(
                    path, Position(text, (int)reader.TokenStartIndex),
                    "it holds half of a character; write both \\u of a pair, or the character itself", null);
            }
        }

        static bool HoldsHalf(in Utf8JsonReader reader)
        {
            try
            {
                return reader.GetString() is null;
            }
            catch (InvalidOperationException)
            {
                return true;
            }
        }
    }

    private static FlowDeploymentException Unusable(string path, (int Line, int Column) place, string reason, Exception? inner) => new(
        FlowDiagnostic.At(
            ConfigurationRules.InvalidRequestFile, path, new SourceSpan(place.Line, place.Column, place.Line, place.Column),
            System.IO.Path.GetFileName(path), reason),
        null, inner);

    /// <summary>The members of an object that stands in <see cref="Request"/>.</summary>
    public IReadOnlyList<RequestMember> MembersOf(RequestMember member) => MembersAt(member.ValueStart);

    /// <summary>The place of some bytes.</summary>
    public SourceSpan Span(int start, int end)
    {
        var (startLine, startColumn) = Position(_text, start);
        var (endLine, endColumn) = Position(_text, end);
        return new SourceSpan(startLine, startColumn, endLine, endColumn);
    }

    private List<RequestMember> MembersAt(int start)
    {
        var members = new List<RequestMember>();
        var reader = new Utf8JsonReader(_text.AsSpan(start), ReaderOptions);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            var nameStart = start + (int)reader.TokenStartIndex;
            var nameEnd = nameStart + reader.ValueSpan.Length + 2;
            reader.Read();
            var valueStart = start + (int)reader.TokenStartIndex;
            var value = JsonElement.ParseValue(ref reader);
            members.Add(new RequestMember(this, name, nameStart, nameEnd, value, valueStart, start + (int)reader.BytesConsumed));
        }

        return members;
    }

    private int RequestStart()
    {
        var reader = new Utf8JsonReader(_text, ReaderOptions);
        reader.Read();
        if (IsRows)
        {
            reader.Read();
        }

        return (int)reader.TokenStartIndex;
    }

    private static (int Line, int Column) Position(byte[] text, int index)
    {
        var before = text.AsSpan(0, index);
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
/// <param name="File">The file that holds it.</param>
/// <param name="Name">Its name.</param>
/// <param name="NameStart">The byte at which the name begins, with its quote.</param>
/// <param name="NameEnd">The byte behind the name.</param>
/// <param name="Value">Its value.</param>
/// <param name="ValueStart">The byte at which the value begins.</param>
/// <param name="ValueEnd">The byte behind the value.</param>
internal sealed record RequestMember(RequestFile File, string Name, int NameStart, int NameEnd, JsonElement Value, int ValueStart, int ValueEnd)
{
    // Counted from the file's beginning, so only for the members that are told.

    /// <summary>Where the name stands, with its quotes.</summary>
    public SourceSpan NameSpan => File.Span(NameStart, NameEnd);

    /// <summary>Where the value stands.</summary>
    public SourceSpan ValueSpan => File.Span(ValueStart, ValueEnd);
}
