using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>
/// Images in requests and answers, in one of the two message formats. An image goes out as base64, as the server writes it; one that a
/// request names by its URL or its path on the server stays as it is, since nothing is fetched here.
/// </summary>
internal static partial class FlowImages
{
    // One pixel.
    private const string MadeUpPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    private const string AnyType = "image/*";
    private const int LongestFileName = 255;

    private static readonly (string Prefix, string Type)[] Signatures =
    [
        ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("Qk", "image/bmp"), ("UklGR", "image/webp"),
    ];

    /// <summary>An image input.</summary>
    /// <exception cref="ScoringException">The app would refuse it.</exception>
    public static PythonValue Read(string input, PythonValue value, FlowMessageFormat format) => value is PythonList list
        ? new PythonList([.. list.Items.Select(item => ReadOne(input, item, format))])
        : ReadOne(input, value, format);

    /// <summary>A list or object with the images that it holds.</summary>
    /// <exception cref="ScoringException">The app would refuse one of them.</exception>
    public static PythonValue ReadInside(string input, PythonValue value, FlowMessageFormat format) => value switch
    {
        PythonDict dict when IsImage(dict, format) => ReadDict(input, dict, format),
        PythonDict dict when format == FlowMessageFormat.OpenAIVision && TextOf(dict) is { } text => text,
        PythonDict dict => new PythonDict([.. dict.Members.Select(m => KeyValuePair.Create(m.Key, ReadInside(input, m.Value, format)))]),
        PythonList list => new PythonList([.. list.Items.Select(item => ReadInside(input, item, format))]),
        _ => value,
    };

    /// <summary>A made-up image.</summary>
    public static PythonValue MadeUp(FlowMessageFormat format) => Write("image/png", MadeUpPng, format);

    private static PythonValue ReadOne(string input, PythonValue value, FlowMessageFormat format) => value switch
    {
        PythonDict dict when IsImage(dict, format) => ReadDict(input, dict, format),
        PythonDict => throw Invalid(
            input, "Invalid image input format. The image input should be a dictionary like: {data:image/<image_type>;[path|base64|url]: <image_data>}."),
        PythonString { Value.Length: 0 } => throw Invalid(input, "The image input should not be empty."),
        PythonString { Value: var text } => IsBase64(text) ? FromBase64(input, text, type: null, format) : IsUrl(text) ? value : throw NoFile(input, value),
        _ => throw Invalid(input, $"Unsupported image input type: <class '{value.TypeName}'>. The image inputs should be a string or a dictionary."),
    };

    private static PythonDict ReadDict(string input, PythonDict dict, FlowMessageFormat format)
    {
        if (format == FlowMessageFormat.OpenAIVision)
        {
            return (dict.Find("image_url") as PythonDict)?.Find("url") switch
            {
                null => dict,
                PythonString { Value: var address } when IsBase64(address) => FromBase64(input, address, type: null, format),
                PythonString { Value: var address } => IsUrl(address)
                    ? dict
                    : throw Invalid(input, $"Invalid image url: {address}. Should be a valid url or base64 string."),
                var other => throw NoText(input, other),
            };
        }

        var (name, value) = dict.Members[0];
        var key = BasicKey().Match(name);
        if (key.Groups["kind"].Value != "base64")
        {
            return dict;
        }

        return value is not PythonString { Value: var text } ? throw NoText(input, value)
            : IsBase64(text) ? FromBase64(input, text, $"image/{key.Groups["type"].Value}".ToLowerInvariant(), format)
            : throw Invalid(input, $"Invalid base64 image: {text}.");
    }

    private static bool IsImage(PythonDict dict, FlowMessageFormat format) => format == FlowMessageFormat.OpenAIVision
        ? dict.Members.Count == 2 && dict.Find("type") is PythonString { Value: var type } && dict.Find(type) is PythonDict content
            && content.Find(type switch { "image_url" => "url", "image_file" => "path", _ => "" }) is not null
        : dict.Members is [var member] && BasicKey().IsMatch(member.Key);

    private static PythonString? TextOf(PythonDict dict) => dict.Members.Count == 2 && dict.Find("type") is PythonString { Value: "text" }
        ? dict.Find("text") switch
        {
            PythonString text => text,
            PythonDict content => content.Find("value") as PythonString,
            _ => null,
        }
        : null;

    private static PythonDict Write(string type, string base64, FlowMessageFormat format) => format == FlowMessageFormat.OpenAIVision
        ? PythonValue.Dict(("type", PythonValue.Of("image_url")), ("image_url", PythonValue.Dict(("url", PythonValue.Of($"data:{type};base64,{base64}")))))
        : PythonValue.Dict(($"data:{type};base64", PythonValue.Of(base64)));

    /// <summary>The image that a base64 text holds. Where the request does not say its type, its first bytes do.</summary>
    private static PythonDict FromBase64(string input, string text, string? type, FlowMessageFormat format)
    {
        var base64 = text[(text.LastIndexOf(',') + 1)..].TrimEnd('\n');
        var count = base64.TrimEnd('=').Length;
        if (count % 4 == 1)
        {
            throw Failed(input, "Error", string.Create(
                CultureInfo.InvariantCulture,
                $"Invalid base64-encoded string: number of data characters ({count}) cannot be 1 more than a multiple of 4"));
        }

        var padding = (4 - (count % 4)) % 4;
        if (base64.Length - count < padding)
        {
            throw Failed(input, "Error", "Incorrect padding");
        }

        var bytes = Convert.FromBase64String(base64[..count] + new string('=', padding));
        var whole = Convert.ToBase64String(bytes);
        return Write(type ?? Signatures.FirstOrDefault(s => whole.StartsWith(s.Prefix, StringComparison.Ordinal)).Type ?? AnyType, whole, format);
    }

    private static bool IsBase64(string text) => text.Split(',') switch
    {
        [var whole] => Base64().IsMatch(whole),
        [var prefix, var data] => DataPrefix().IsMatch(prefix) && Base64().IsMatch(data),
        _ => false,
    };

    private static bool IsUrl(string text) => Url().IsMatch(text);

    // What is neither base64 nor a URL is the path of a file to the server.
    private static ScoringException NoFile(string input, PythonValue path) =>
        Encoding.UTF8.GetByteCount(PythonText.Str(path)) > LongestFileName && !PythonText.Str(path).Contains('/', StringComparison.Ordinal)
            ? Failed(input, "OSError", $"[Errno 36] File name too long: {PythonText.Repr(path)}")
            : Failed(input, "FileNotFoundError", $"[Errno 2] No such file or directory: {PythonText.Repr(path)}");

    private static ScoringException NoText(string input, PythonValue value) => Failed(input, "AttributeError", $"'{value.TypeName}' object has no attribute 'split'");

    private static ScoringException Invalid(string input, string reason) => Failed(input, "InvalidImageInput", reason);

    private static ScoringException Failed(string input, string exception, string reason) => new($"Failed to load image for input '{input}': ({exception}) {reason}");

    [GeneratedRegex(@"^data:image/(?<type>.*);(?<kind>path|base64|url)$", RegexOptions.CultureInvariant)]
    private static partial Regex BasicKey();

    [GeneratedRegex("^data:image/(.*);base64", RegexOptions.CultureInvariant)]
    private static partial Regex DataPrefix();

    // The server's own pattern, written without nested repetition: it matches the same texts, in linear time.
    [GeneratedRegex("^(?>(?:[A-Za-z0-9+/]{2})*)(?:==|[A-Za-z0-9+/]=)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Base64();

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9+.-]*://[^/?#]+", RegexOptions.CultureInvariant)]
    private static partial Regex Url();
}
