namespace FlowBuild.Definitions.Schema;

/// <summary>What a value of a file may be. The checks and the editors' schemas come from the same rules.</summary>
internal abstract record ValueRule
{
    private ValueRule()
    {
    }

    /// <summary>A text; az ml takes no number or boolean in its place.</summary>
    /// <param name="Check">A further check: null when the text is right, else what is wrong with it and what to write.</param>
    /// <param name="Pattern">The same as a regular expression for editors, or null.</param>
    public sealed record Text(Func<string, string?>? Check = null, string? Pattern = null) : ValueRule;

    /// <summary>A text or a number, which becomes text: a version.</summary>
    public sealed record Version : ValueRule;

    /// <summary>One of some words. az ml turns camel case into snake case first, so <c>AMLToken</c> is <c>aml_token</c>.</summary>
    public sealed record Word(params string[] Words) : ValueRule;

    /// <summary>A whole number; az ml takes numeric text too, and cuts fractions off.</summary>
    public sealed record Int(int Min = 0, int Max = int.MaxValue) : ValueRule;

    /// <summary>A number.</summary>
    public sealed record Number(double Min, double Max) : ValueRule;

    /// <summary>A boolean; az ml takes the usual words.</summary>
    public sealed record Bool : ValueRule;

    /// <summary>The words <c>true</c> and <c>false</c> as text: az ml refuses a boolean here.</summary>
    public sealed record BoolText : ValueRule;

    /// <summary>Names to values of the user's own.</summary>
    public sealed record FreeMap : ValueRule;

    /// <summary>Names of the user's own to values of one kind.</summary>
    public sealed record MapOf(ValueRule Item) : ValueRule;

    /// <summary>A list of values of one kind.</summary>
    public sealed record ListOf(ValueRule Item, int Max = int.MaxValue) : ValueRule;

    /// <summary>A mapping with known keys.</summary>
    public sealed record Mapping(MappingRule Rule) : ValueRule;

    /// <summary>A reference to a registered asset, or its definition inline.</summary>
    /// <param name="Kind">Which kind of asset.</param>
    /// <param name="Inline">The keys of the inline form, or null when only a reference is possible.</param>
    public sealed record Asset(AssetKind Kind, MappingRule? Inline) : ValueRule;

    /// <summary>A text, or a mapping of anything.</summary>
    public sealed record TextOrMap : ValueRule;

    /// <summary>Anything: az ml accepts the key and does not send it.</summary>
    public sealed record Any : ValueRule;
}

/// <summary>The kinds of registered assets.</summary>
internal enum AssetKind
{
    Model,
    Environment,
    Code,
}

/// <summary>One key of a mapping.</summary>
/// <param name="Name">The key.</param>
/// <param name="Value">What it takes.</param>
/// <param name="Description">What it means; shown by editors.</param>
/// <param name="IsRequired">Whether az ml refuses the file without it.</param>
/// <param name="Default">What stands for the key where it is left out; shown by editors. Null for nothing, or for what is no constant.</param>
internal sealed record KeyRule(string Name, ValueRule Value, string Description, bool IsRequired = false, object? Default = null);

/// <summary>The keys of a mapping.</summary>
/// <param name="Name">What it is called in messages, with its article.</param>
/// <param name="Keys">The keys it knows.</param>
/// <param name="Hints">What to say about keys that it does not know and that people write: keys of other kinds and of older versions.</param>
internal sealed record MappingRule(string Name, KeyRule[] Keys, params KeyHint[] Hints)
{
    private readonly Dictionary<string, KeyRule> _keys = Keys.ToDictionary(static key => key.Name, StringComparer.Ordinal);

    /// <summary>The rule of a key, or null.</summary>
    public KeyRule? Find(string key) => _keys.TryGetValue(key, out var rule) ? rule : null;
}

/// <summary>What to say about a key that is not known.</summary>
internal sealed record KeyHint(string Name, string Text);
