using System.Text;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace FlowBuild.Deployment.Package;

/// <summary>Edits of a flow file that leave every other character as it was.</summary>
internal static class FlowFileText
{
    /// <summary>The file without its top-level key <c>additional_includes</c>.</summary>
    public static byte[] WithoutAdditionalIncludes(byte[] file)
    {
        using var reader = new StreamReader(new MemoryStream(file), new UTF8Encoding(false), detectEncodingFromByteOrderMarks: true);
        var text = reader.ReadToEnd();
        return FindKey(text, "additional_includes") is not var (start, end) ? file : Encoding.UTF8.GetBytes(text[..start] + text[end..]);
    }

    private static (int Start, int End)? FindKey(string text, string name)
    {
        var parser = new Parser(new StringReader(text));
        parser.Consume<StreamStart>();
        parser.Consume<DocumentStart>();
        parser.Consume<MappingStart>();
        int? start = null;
        while (!parser.Accept<MappingEnd>(out _))
        {
            var key = parser.Current!;
            if (start is not null)
            {
                return (start.Value, (int)key.Start.Index);
            }

            if (key is Scalar scalar && scalar.Value == name)
            {
                start = (int)scalar.Start.Index;
            }

            parser.SkipThisAndNestedEvents();
            parser.SkipThisAndNestedEvents();
        }

        return start is null ? null : (start.Value, (int)parser.Current!.Start.Index);
    }
}
