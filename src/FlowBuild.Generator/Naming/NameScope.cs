namespace FlowBuild.Generator.Naming;

/// <summary>Gives out names that are unique in one scope: the first comer keeps its name, later ones are numbered from 2.</summary>
internal sealed class NameScope
{
    private readonly HashSet<string> _taken;

    /// <summary>A scope in which some names are taken already.</summary>
    public NameScope(params string[] reserved) => _taken = new HashSet<string>(reserved, StringComparer.Ordinal);

    /// <summary>
    /// The members of a record that no property may be named after: those of <see cref="object"/>, those that the compiler makes for a
    /// record, and the record itself.
    /// </summary>
    public static NameScope ForRecord(string typeName) => new(
        typeName, "Clone", "EqualityContract", "Equals", "Finalize", "GetHashCode", "GetType", "MemberwiseClone", "PrintMembers",
        "ReferenceEquals", "ToString");

    /// <summary>Takes a name, changed as little as needed.</summary>
    /// <param name="wanted">The name that is wanted.</param>
    /// <param name="suffix">What is added first where the name is taken by something that is no value of the flow.</param>
    public string Take(string wanted, string suffix = "")
    {
        var name = wanted;
        if (_taken.Contains(name) && suffix.Length > 0)
        {
            name = wanted + suffix;
        }

        for (var number = 2; !_taken.Add(name); number++)
        {
            name = wanted + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return name;
    }
}
