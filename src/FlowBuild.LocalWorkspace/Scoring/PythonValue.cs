using System.Numerics;

namespace FlowBuild.LocalWorkspace.Scoring;

/// <summary>
/// A value as the real server holds it. Its JSON reader knows big integers and <c>NaN</c>, its messages print values as Python
/// does, and its conversions depend on Python's types; so answers can only be equal when the values are.
/// </summary>
internal abstract record PythonValue
{
    /// <summary>Name of the Python type, as messages print it.</summary>
    public abstract string TypeName { get; }

    /// <summary>What Python takes for true.</summary>
    public abstract bool IsTruthy { get; }

    public static readonly PythonValue None = new PythonNone();

    public static PythonValue Of(string text) => new PythonString(text);

    public static PythonDict Dict(params (string Name, PythonValue Value)[] members) =>
        new([.. members.Select(static m => KeyValuePair.Create(m.Name, m.Value))]);
}

internal sealed record PythonNone : PythonValue
{
    public override string TypeName => "NoneType";

    public override bool IsTruthy => false;
}

internal sealed record PythonBool(bool Value) : PythonValue
{
    public override string TypeName => "bool";

    public override bool IsTruthy => Value;
}

internal sealed record PythonInt(BigInteger Value) : PythonValue
{
    public override string TypeName => "int";

    public override bool IsTruthy => !Value.IsZero;
}

internal sealed record PythonFloat(double Value) : PythonValue
{
    public override string TypeName => "float";

    public override bool IsTruthy => Value != 0;
}

internal sealed record PythonString(string Value) : PythonValue
{
    public override string TypeName => "str";

    public override bool IsTruthy => Value.Length > 0;
}

internal sealed record PythonList(IReadOnlyList<PythonValue> Items) : PythonValue
{
    public override string TypeName => "list";

    public override bool IsTruthy => Items.Count > 0;

    public bool Equals(PythonList? other) => other is not null && Items.SequenceEqual(other.Items);

    public override int GetHashCode() => Items.Count;
}

internal sealed record PythonDict(IReadOnlyList<KeyValuePair<string, PythonValue>> Members) : PythonValue
{
    public override string TypeName => "dict";

    public override bool IsTruthy => Members.Count > 0;

    public PythonValue? Find(string name)
    {
        foreach (var (key, value) in Members)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    // Two dictionaries are equal whatever the order of their members.
    public bool Equals(PythonDict? other) =>
        other is not null && Members.Count == other.Members.Count && Members.All(m => m.Value.Equals(other.Find(m.Key)));

    public override int GetHashCode() => Members.Count;
}

/// <summary>What a node gives piece by piece. A failure in the middle is an exception of its enumeration.</summary>
internal sealed record PythonGenerator(IAsyncEnumerable<PythonValue> Pieces) : PythonValue
{
    public override string TypeName => "generator";

    public override bool IsTruthy => true;
}
