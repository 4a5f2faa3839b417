using System.Globalization;

namespace FlowBuild.Definitions.Naming;

/// <summary>Gives out names that are unique in one scope: the first comer keeps its name, later ones are numbered from 2.</summary>
public sealed class NameScope
{
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private readonly string[] _reserved;

    /// <summary>A scope in which some names stand for something else already.</summary>
    public NameScope(params string[] reserved) => _reserved = reserved;

    /// <summary>
    /// The members of a record that no property may be named after: those of <see cref="object"/>, those that the compiler makes for a
    /// record, and the record itself.
    /// </summary>
    public static NameScope ForRecord(string typeName) => new(
        typeName, "Clone", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers",
        "ReferenceEquals", "ToString");

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
        for (var number = 2; !_taken.Add(name) || IsReserved(name); number++)
        {
            name = wanted + number.ToString(CultureInfo.InvariantCulture);
        }

        return name;
    }

    private bool IsReserved(string name) => Array.IndexOf(_reserved, name) >= 0;
}
