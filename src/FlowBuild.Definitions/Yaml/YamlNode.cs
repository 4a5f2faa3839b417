using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Yaml;

/// <summary>A node of a YAML document. Aliases are resolved: two places may hold the same node.</summary>
internal abstract class YamlNode
{
    /// <summary>
    /// The place in the text. A block collection has no characters of its own: its span is empty and stands at its first entry.
    /// </summary>
    public SourceSpan Span { get; protected set; }

    /// <summary>Levels of nesting below and including this node, with aliases followed.</summary>
    public int Height { get; protected set; } = 1;

    /// <summary>Nodes and characters of this node with aliases followed: what a full copy would cost.</summary>
    public long Weight { get; protected set; } = 1;
}

/// <summary>A scalar: text that the dialect may read as a number, a boolean, a date or null.</summary>
internal sealed class YamlScalar : YamlNode
{
    public YamlScalar(string value, bool isPlain, string? tag, SourceSpan span)
    {
        Value = value;
        IsPlain = isPlain;
        Tag = tag;
        Span = span;
        Weight = 1 + value.Length;
    }

    /// <summary>The text, with quotes, escapes and folding resolved.</summary>
    public string Value { get; }

    /// <summary>Without quotes and without a tag, so that the dialect decides the type.</summary>
    public bool IsPlain { get; }

    /// <summary>The explicit tag, or null.</summary>
    public string? Tag { get; }
}

/// <summary>A mapping, in the order of the text, with merge keys applied.</summary>
internal sealed class YamlMapping : YamlNode
{
    /// <summary>From here on a set finds equal keys; below, comparing is faster.</summary>
    private const int LinearLimit = 16;

    private readonly List<YamlEntry> _entries = new(4);
    private Dictionary<string, int>? _index;

    public YamlMapping(SourceSpan span) => Span = span;

    /// <summary>The entries in order. The list itself, so that a walk along it makes no object; what changes it goes through this mapping.</summary>
    public List<YamlEntry> Entries => _entries;

    /// <summary>The entry of a key, or null.</summary>
    public YamlEntry? Find(string key)
    {
        foreach (var entry in _entries)
        {
            if (entry.Key.Value == key)
            {
                return entry;
            }
        }

        return null;
    }

    /// <summary>The place of the key with an identity, or -1.</summary>
    public int IndexOf(string identity)
    {
        if (_index is not null)
        {
            return _index.TryGetValue(identity, out var found) ? found : -1;
        }

        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Identity == identity)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The place of a merge key, or -1.</summary>
    public int IndexOfMergeKey()
    {
        for (var i = 0; i < _entries.Count; i++)
        {
            if (_entries[i].Key is { IsPlain: true, Value: "<<" })
            {
                return i;
            }
        }

        return -1;
    }

    public void Add(YamlEntry entry)
    {
        _entries.Add(entry);
        if (_index is not null)
        {
            _index[entry.Identity] = _entries.Count - 1;
        }
        else if (_entries.Count > LinearLimit)
        {
            BuildIndex();
        }
    }

    public void Replace(int index, YamlEntry entry) => _entries[index] = entry;

    public void RemoveAt(int index)
    {
        _entries.RemoveAt(index);
        if (_index is not null)
        {
            BuildIndex();
        }
    }

    /// <summary>Ends the mapping: no entry is added after this.</summary>
    public void Close(SourceSpan? flowSpan)
    {
        Span = flowSpan ?? Span;
        foreach (var entry in _entries)
        {
            Height = Math.Max(Height, 1 + entry.Value.Height);
            Weight += entry.Key.Weight + entry.Value.Weight;
        }
    }

    private void BuildIndex()
    {
        _index = new Dictionary<string, int>(_entries.Count * 2, StringComparer.Ordinal);
        for (var i = 0; i < _entries.Count; i++)
        {
            _index[_entries[i].Identity] = i;
        }
    }
}

/// <summary>One key and its value.</summary>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Identity">What tells the key from others: see <see cref="YamlValues.IdentityOf"/>.</param>
internal sealed record YamlEntry(YamlScalar Key, YamlNode Value, string Identity)
{
    /// <summary>The value's place, or the key's where the value has no characters of its own (null, block collection).</summary>
    public SourceSpan ValueSpan => Value.Span.IsEmpty ? Key.Span : Value.Span;
}

/// <summary>A sequence.</summary>
internal sealed class YamlSequence : YamlNode
{
    private readonly List<YamlNode> _items = new(4);

    public YamlSequence(SourceSpan span) => Span = span;

    public List<YamlNode> Items => _items;

    /// <summary>Ends the sequence: no item is added after this.</summary>
    public void Close(SourceSpan? flowSpan)
    {
        Span = flowSpan ?? Span;
        foreach (var item in _items)
        {
            Height = Math.Max(Height, 1 + item.Height);
            Weight += item.Weight;
        }
    }
}
