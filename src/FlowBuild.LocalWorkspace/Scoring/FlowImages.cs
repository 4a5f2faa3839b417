using System.Text.RegularExpressions;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>Images in requests and answers. The server reads many forms and answers with one.</summary>
internal static partial class FlowImages
{
    // One pixel.
    private const string MadeUpPng = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

    private static readonly (string Prefix, string Type)[] Signatures =
    [
        ("iVBORw0KGgo", "image/png"), ("/9j/", "image/jpeg"), ("R0lGOD", "image/gif"), ("Qk", "image/bmp"), ("UklGR", "image/webp"),
    ];

    /// <summary>An image input in the form that an answer has: base64 where the request holds the bytes.</summary>
    /// <exception cref="ScoringException">The app would refuse it.</exception>
    public static PythonValue Read(string input, PythonValue value) => value switch
    {
        PythonString { Value.Length: 0 } => throw Invalid(input, "The image input should not be empty."),
        PythonString { Value: var text } => FromText(text),
        PythonDict { Members: [var member] } when BasicKey().Match(member.Key) is { Success: true } key && member.Value is PythonString { Value: var text } =>
            key.Groups["kind"].Value == "base64" ? Basic(text) : value,
        PythonDict dict when IsVision(dict) => value,
        _ => throw Invalid(
            input, "Invalid image input format. The image input should be a dictionary like: {data:image/<image_type>;[path|base64|url]: <image_data>}."),
    };

    /// <summary>An image in the flow's own message format.</summary>
    public static PythonValue Write(PythonValue image, FlowMessageFormat format)
    {
        if (format == FlowMessageFormat.Basic || image is not PythonDict { Members: [var member] } || !member.Key.EndsWith(";base64", StringComparison.Ordinal))
        {
            return image;
        }

        var uri = $"{member.Key},{PythonText.Str(member.Value)}";
        return PythonValue.Dict(("type", PythonValue.Of("image_url")), ("image_url", PythonValue.Dict(("url", PythonValue.Of(uri)))));
    }

    /// <summary>A made-up image.</summary>
    public static PythonValue MadeUp(FlowMessageFormat format) => Write(Basic(MadeUpPng), format);

    private static PythonDict FromText(string text)
    {
        var comma = text.IndexOf(',', StringComparison.Ordinal);
        return text.StartsWith("data:image/", StringComparison.Ordinal) && comma > 0 ? Basic(text[(comma + 1)..]) : Basic(text);
    }

    private static PythonDict Basic(string base64)
    {
        var type = Signatures.FirstOrDefault(s => base64.StartsWith(s.Prefix, StringComparison.Ordinal)).Type ?? "image/*";
        return PythonValue.Dict(($"data:{type};base64", PythonValue.Of(base64)));
    }

    private static bool IsVision(PythonDict dict) =>
        dict.Find("type") is PythonString { Value: "image_url" or "image_file" } type && dict.Find(type.Value) is PythonDict;

    private static ScoringException Invalid(string input, string reason) => new($"Failed to load image for input '{input}': (InvalidImageInput) {reason}");

    [GeneratedRegex(@"^data:image/.*;(?<kind>path|base64|url)$", RegexOptions.CultureInvariant)]
    private static partial Regex BasicKey();
}
