// Types that the C# compiler asks for by name and that netstandard2.0 lacks.

namespace System.Runtime.CompilerServices
{
    /// <summary>Lets init-only setters and positional records compile for netstandard2.0.</summary>
    internal static class IsExternalInit;
}
