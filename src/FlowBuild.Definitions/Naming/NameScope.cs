using System.Globalization;

namespace FlowBuild.Definitions.Naming;

/// <summary>Gives out names that are unique in one scope: the first comer keeps its name, later ones are numbered from 2.</summary>
public sealed class NameScope
{
    private static readonly string[] RecordMembers =
    [
        "Clone", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers", "ReferenceEquals",
        "ToString",
    ];

    /// <summary>From here on a set finds equal names; below, comparing is faster.</summary>
    private const int LinearLimit = 16;

    private readonly List<string> _taken = new(8);
    private HashSet<string>? _index;
    private readonly string[] _reserved;

    /// <summary>A scope in which some names stand for something else already.</summary>
    public NameScope(params string[] reserved) => _reserved = reserved;

    /// <summary>
    /// The members of a record that no property may be named after: those of <see cref="object"/>, those that the compiler makes for a
    /// record, and the record itself.
    /// </summary>
    public static NameScope ForRecord(string typeName) => new([typeName, .. RecordMembers]);

    /// <summary>Takes a name, changed as little as needed.</summary>
    /// <param name="wanted">The name that is wanted.</param>
    /// <param name="suffix">What is added to a reserved name.</param>
    public string Take(string wanted, string suffix = "Value")
    {
        if (IsReserved(wanted))
        {
            wanted += suffix;
        }

        var name = wanted;
        for (var number = 2; !TryTake(name) || IsReserved(name); number++)
        {
            name = wanted + number.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }

    private bool TryTake(string name)
    {
        if (_index is not null)
        {
            return _index.Add(name);
        }

        if (_taken.Contains(name))
        {
            return false;
        }

        _taken.Add(name);
        _index = _taken.Count > LinearLimit ? new(_taken, StringComparer.Ordinal) : null;
        return true;
    }

    private bool IsReserved(string name) => Array.IndexOf(_reserved, name) >= 0;
}
