// Types that the C# compiler asks for by name and that netstandard2.0 lacks.

namespace System.Runtime.CompilerServices
{
    /// <summary>Lets init-only setters and positional records compile for netstandard2.0.</summary>
    internal static class IsExternalInit;

    /// <summary>Marks a type that takes interpolated text piece by piece.</summary>
    [AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
    internal sealed class InterpolatedStringHandlerAttribute : Attribute;

    /// <summary>Names the arguments that an interpolated string's handler is made with.</summary>
    [AttributeUsage(AttributeTargets.Parameter)]
    internal sealed class InterpolatedStringHandlerArgumentAttribute(string argument) : Attribute
    {
        public string[] Arguments { get; } = [argument];
    }
}
