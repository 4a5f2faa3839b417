using System.Text.Json;
using FlowBuild.Definitions.Diagnostics;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace FlowBuild.Deployment.Sources;

/// <summary>
/// Overrides of a deployment document (FlowSet), applied to its text before anything reads it, as <c>az ml --set</c> does: values
/// are text, missing maps are made, and a reference such as <c>azureml:x:1</c> has no members. Places in the file stay as they are,
/// as far as a change allows.
/// </summary>
public static class DocumentOverrides
{
    private const string EnvironmentPrefix = "@env:";

    /// <summary>Reads <c>a.b=c</c>, several separated by blanks.</summary>
    /// <param name="text">The property's text.</param>
    /// <param name="environment">Reads an environment variable.</param>
    /// <exception cref="FlowDeploymentException">The text is no list of overrides, or holds the value of a variable in the open.</exception>
    public static IReadOnlyList<(string[] Path, string Value)> Parse(string text, Func<string, string?> environment)
    {
        var overrides = new List<(string[], string)>();
        foreach (var part in text.Split([' ', ';'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (part.Split('=', 2) is not [{ Length: > 0 } path, var value] || path.Split('.') is not { } names || names.Contains(""))
            {
                throw Invalid(part, "write keys and values, such as 'instance_count=3 request_settings.request_timeout_ms=90000'");
            }

            if (value.StartsWith(EnvironmentPrefix, StringComparison.Ordinal))
            {
                var name = value[EnvironmentPrefix.Length..];
                value = environment(name) ?? throw Invalid(part, $"the environment variable {name} is not set");
            }
            else if (names[0] == "environment_variables")
            {
                // The build records its properties; a variable's value may be a secret.
                throw Invalid(path, $"the build would record the value; write '{path}={EnvironmentPrefix}NAME', which reads the environment variable NAME");
            }

            overrides.Add((names, value));
        }

        return overrides;
    }

    /// <summary>The document with the overrides applied.</summary>
    /// <param name="document">The YAML text; returned as it is when it is no mapping, whose fault the reader reports.</param>
    /// <param name="overrides">The overrides.</param>
    public static string Apply(string document, IEnumerable<(string[] Path, string Value)> overrides)
    {
        foreach (var (path, value) in overrides)
        {
            try
            {
                document = Apply(document, path, value);
            }
            catch (YamlException)
            {
                return document;
            }
        }

        return document;
    }

    private static string Apply(string document, string[] path, string value)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(document));
        if (stream.Documents is not [{ RootNode: YamlMappingNode map }, ..])
        {
            return document;
        }

        for (var depth = 0; ; depth++)
        {
            var child = map.Children.FirstOrDefault(c => c.Key is YamlScalarNode key && key.Value == path[depth]);
            if (child.Key is null)
            {
                return Insert(document, map, path[depth..], value);
            }

            if (depth == path.Length - 1)
            {
                return Replace(document, child.Value, value);
            }

            map = child.Value as YamlMappingNode
                ?? throw Invalid(string.Join('.', path), $"'{string.Join('.', path[..(depth + 1)])}' is no map in the deployment file but a value, or a reference");
        }
    }

    private static string Replace(string document, YamlNode node, string value)
    {
        var (start, end) = ((int)node.Start.Index, (int)node.End.Index);
        var tail = end > start && document[end - 1] == '\n' ? "\n" : "";
        return document[..start] + (start == end ? " " : "") + Quote(value) + tail + document[end..];
    }

    // Behind the last member, so that the lines before it keep their numbers.
    private static string Insert(string document, YamlMappingNode map, string[] path, string value)
    {
        var inner = Quote(value);
        for (var i = path.Length - 1; i > 0; i--)
        {
            inner = $"{{{Quote(path[i])}: {inner}}}";
        }

        var member = $"{Quote(path[0])}: {inner}";
        if (map.Style == MappingStyle.Flow || map.Children.Count == 0)
        {
            var open = (int)map.Start.Index + 1;
            return document[..open] + member + (map.Children.Count > 0 ? ", " : "") + document[open..];
        }

        var indent = new string(' ', (int)map.Children.First().Key.Start.Column - 1);
        var end = EndOf(map);
        return end > 0 && document[end - 1] == '\n'
            ? $"{document[..end]}{indent}{member}\n{document[end..]}"
            : $"{document[..end]}\n{indent}{member}{document[end..]}";
    }

    // A block's own end lies at the next token; the last scalar or bracket in it is where its text ends.
    private static int EndOf(YamlNode node) => node switch
    {
        YamlMappingNode { Style: not MappingStyle.Flow, Children: { Count: > 0 } members } => EndOf(members.Last().Value),
        YamlSequenceNode { Style: not SequenceStyle.Flow, Children: { Count: > 0 } items } => EndOf(items.Last()),
        _ => (int)node.End.Index,
    };

    private static string Quote(string value) => JsonSerializer.Serialize(value);

    private static FlowDeploymentException Invalid(string text, string advice) =>
        FlowDeploymentException.Of(ConfigurationRules.InvalidProperty, "FlowSet", text, advice);
}
