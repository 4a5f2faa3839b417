using System.Collections;

namespace FlowBuild.Definitions;

/// <summary>
/// An immutable array that compares by its elements. The incremental generator caches by equality, and a plain array or
/// <c>ImmutableArray</c> compares by reference, which would make every step look changed at every keystroke. A class, as all that
/// flows through the generator is: the runtime compiles Roslyn's generic tables anew for each struct in them, at every start of a compiler.
/// </summary>
/// <typeparam name="T">The element; itself equatable.</typeparam>
public sealed class EquatableArray<T> : IEquatable<EquatableArray<T>>, IReadOnlyList<T>
{
    private readonly T[] _items;

    /// <summary>Copies the items.</summary>
    public EquatableArray(IEnumerable<T> items) => _items = [.. items];

    internal static EquatableArray<T> Empty { get; } = new([]);

    /// <inheritdoc/>
    public int Count => _items.Length;

    /// <inheritdoc/>
    public T this[int index] => _items[index];

    /// <inheritdoc/>
    public bool Equals(EquatableArray<T>? other)
    {
        if (other is null || Count != other.Count)
        {
            return false;
        }

        for (var i = 0; i < Count; i++)
        {
            if (!EqualityComparer<T>.Default.Equals(this[i], other[i]))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as EquatableArray<T>);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = 17;
        foreach (var item in this)
        {
            hash = unchecked((hash * 31) + (item is null ? 0 : EqualityComparer<T>.Default.GetHashCode(item)));
        }

        return hash;
    }

    /// <summary>Walks the items, without an object for it.</summary>
    public Enumerator GetEnumerator() => new(_items);

    IEnumerator<T> IEnumerable<T>.GetEnumerator() => ((IEnumerable<T>)_items).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _items.GetEnumerator();

    /// <summary>A walk along the items.</summary>
    public struct Enumerator
    {
        private readonly T[] _items;
        private int _index = -1;

        internal Enumerator(T[] items) => _items = items;

        /// <summary>The item that the walk is at.</summary>
        public readonly T Current => _items[_index];

        /// <summary>Goes to the next item.</summary>
        /// <returns>False behind the last one.</returns>
        public bool MoveNext() => ++_index < _items.Length;
    }
}

/// <summary>Makes equatable arrays.</summary>
public static class EquatableArray
{
    /// <summary>The array without items.</summary>
    public static EquatableArray<T> Empty<T>() => EquatableArray<T>.Empty;

    /// <summary>Copies a sequence into an array that compares by its elements.</summary>
    public static EquatableArray<T> ToEquatableArray<T>(this IEnumerable<T> items) => new(items);
}
