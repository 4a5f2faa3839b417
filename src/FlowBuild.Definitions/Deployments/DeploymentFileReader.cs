using FlowBuild.Definitions.Deployments.Schema;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Text;
using FlowBuild.Definitions.Yaml;

namespace FlowBuild.Definitions.Deployments;

/// <summary>
/// Reads the YAML files of az ml: endpoint, deployment, model and environment, in YAML 1.1 as az ml reads them. Every reader
/// reports all problems of the file that the text alone can show, and never throws for any text.
/// </summary>
public static class DeploymentFileReader
{
    private static readonly (string Name, string[] Keys)[] Kinds =
    [
        ("a deployment", ["endpoint_name", "instance_type", "instance_count", "code_configuration", "request_settings", "scale_settings", "environment_variables", "model"]),
        ("an endpoint", ["auth_mode", "traffic", "mirror_traffic", "public_network_access", "compute"]),
        ("a conda", ["channels", "dependencies"]),
        ("an environment", ["image", "build", "conda_file", "inference_config"]),
        ("a flow", ["nodes", "inputs", "outputs", "entry"]),
        ("a model", ["flavors", "stage", "path"]),
    ];

    /// <summary>Reads an endpoint file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<EndpointSpec> ReadEndpoint(string file, string text) =>
        Read(file, text, "an endpoint", static (root, problems) => EndpointFile.Read(root, problems));

    /// <summary>Reads a deployment file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<DeploymentSpec> ReadDeployment(string file, string text) => ReadDeployment(file, text, []);

    /// <summary>Reads a deployment file with overrides on it.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    /// <param name="overrides">What is set before the document is checked, in order. Their problems name no file.</param>
    public static ReadResult<DeploymentSpec> ReadDeployment(string file, string text, IReadOnlyList<DocumentOverride> overrides)
    {
        var result = Read(file, text, "a deployment", (root, problems) =>
        {
            DocumentOverride.Apply(overrides, root, problems);
            return DeploymentFile.Read(root, problems);
        });
        return overrides.Count == 0 ? result : result with
        {
            Diagnostics = new([.. result.Diagnostics
                .Where(d => d.Span?.OverrideIndex is not { } index || overrides[index].IsKnown)
                .Select(d => DocumentOverride.Place(d, overrides))]),
        };
    }

    /// <summary>Reads a model file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<ModelSpec> ReadModel(string file, string text) => Read(file, text, "a model", static (root, problems) =>
    {
        new SchemaChecker(problems).Check(root, AzureMlSchemas.Model, FirstKey(root));
        return ModelFile.Read(root, problems);
    });

    /// <summary>Reads an environment file.</summary>
    /// <param name="file">The path that diagnostics name; never opened.</param>
    /// <param name="text">The content of the file.</param>
    public static ReadResult<EnvironmentSpec> ReadEnvironment(string file, string text) => Read(file, text, "an environment", static (root, problems) =>
    {
        new SchemaChecker(problems).Check(root, AzureMlSchemas.Environment, FirstKey(root));
        return EnvironmentFile.Read(root, FirstKey(root), problems);
    });

    /// <summary>Where problems of a whole file are reported: at its first key.</summary>
    internal static SourceSpan FirstKey(YamlMapping root) => root.Entries.Count > 0 ? root.Entries[0].Key.Span : root.Span;

    private static ReadResult<T> Read<T>(string file, string text, string kind, Func<YamlMapping, DiagnosticList, T?> read)
        where T : class
    {
        var problems = new DiagnosticList(file);
        var root = YamlReader.Read(text, YamlDialect.AzureMl, problems);
        if (root is not YamlMapping mapping)
        {
            if (!problems.HasErrors)
            {
                var isEmpty = root is null or YamlScalar { Value: "" };
                problems.Add(DeploymentRules.NotADefinition, isEmpty ? default(SourceSpan) : root!.Span, isEmpty
                    ? "it is empty"
                    : $"it is {SchemaChecker.Describe(root!)}, and {kind} file is a mapping that begins with 'name:'");
            }

            return new(null, problems.ToOrderedArray());
        }

        if (OtherKind(mapping, kind) is var (otherKind, key))
        {
            problems.Add(DeploymentRules.WrongKindOfFile, key.Span, otherKind, key.Value, kind);
            return new(null, problems.ToOrderedArray());
        }

        var spec = read(mapping, problems);
        UnexpandedValues.Check(mapping, problems);
        return new(spec, problems.ToOrderedArray());
    }

    /// <summary>The kind that the keys of a file speak of, when none speaks of the expected one.</summary>
    private static (string Kind, YamlScalar Key)? OtherKind(YamlMapping root, string expected)
    {
        (string Kind, YamlScalar Key)? other = null;
        foreach (var (name, keys) in Kinds)
        {
            foreach (var key in keys)
            {
                if (root.Find(key) is not { } entry)
                {
                    continue;
                }

                if (name == expected)
                {
                    return null;
                }

                other ??= (name, entry.Key);
            }
        }

        return other;
    }
}
