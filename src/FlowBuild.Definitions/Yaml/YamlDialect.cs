namespace FlowBuild.Definitions.Yaml;

/// <summary>The two readings of YAML that matter: the same plain word can have two types.</summary>
internal enum YamlDialect
{
    /// <summary>YAML 1.2 as promptflow reads it with ruamel.yaml: <c>yes</c> is text, <c>010</c> is ten, a duplicate key is an error.</summary>
    PromptFlow,

    /// <summary>YAML 1.1 as az ml reads it with PyYAML: <c>yes</c> is true, <c>1e3</c> is text, the last of two equal keys wins.</summary>
    AzureMl,
}
