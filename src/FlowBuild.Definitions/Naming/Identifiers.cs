using System.Globalization;
using System.Text;

namespace FlowBuild.Definitions.Naming;

/// <summary>Makes C# identifiers from names that may hold anything.</summary>
public static class Identifiers
{
    private static readonly HashSet<string> Keywords = new(StringComparer.Ordinal)
    {
        "abstract", "as", "base", "bool", "break", "byte", "case", "catch", "char", "checked", "class", "const", "continue", "decimal",
        "default", "delegate", "do", "double", "else", "enum", "event", "explicit", "extern", "false", "finally", "fixed", "float", "for",
        "foreach", "goto", "if", "implicit", "in", "int", "interface", "internal", "is", "lock", "long", "namespace", "new", "null",
        "object", "operator", "out", "override", "params", "private", "protected", "public", "readonly", "ref", "return", "sbyte",
        "sealed", "short", "sizeof", "stackalloc", "static", "string", "struct", "switch", "this", "throw", "true", "try", "typeof",
        "uint", "ulong", "unchecked", "unsafe", "ushort", "using", "virtual", "void", "volatile", "while",
        // Contextual words that cannot name a local or a parameter everywhere.
        "await", "field", "record", "required", "scoped", "value", "var", "when", "where", "yield",
    };

    /// <summary><c>chat_history</c> becomes <c>ChatHistory</c>, <c>my-input</c> <c>MyInput</c>, <c>1st</c> <c>_1st</c>,
    /// <c>MAX_TOKENS</c> <c>MaxTokens</c>.</summary>
    public static string PascalCase(string name)
    {
        var shouts = Shouts(name);
        var text = new char[name.Length + 1];
        var length = 0;
        var startsWord = true;
        foreach (var c in name)
        {
            if (!IsPart(c) || c == '_')
            {
                startsWord = true;
            }
            else if (length == 0 && !IsStart(c))
            {
                text[length++] = '_';
                text[length++] = c;
                startsWord = false;
            }
            else
            {
                text[length++] = startsWord ? char.ToUpperInvariant(c) : shouts ? char.ToLowerInvariant(c) : c;
                startsWord = false;
            }
        }

        return length == 0 ? "Value" : new string(text, 0, length).Normalize(NormalizationForm.FormC);
    }

    /// <summary>The name of a parameter or local for a property; keywords get an <c>@</c>.</summary>
    public static string CamelCase(string pascal) => Escape(char.ToLowerInvariant(pascal[0]) + pascal.Substring(1));

    /// <summary>Puts <c>@</c> before a keyword.</summary>
    public static string Escape(string identifier) => Keywords.Contains(identifier) ? "@" + identifier : identifier;

    /// <summary>Whether a text has the form of an identifier; it may be a keyword.</summary>
    public static bool IsIdentifier(string text) => text.Length > 0 && IsStart(text[0]) && text.All(IsPart);

    /// <summary>Whether a text has the form of a namespace; its parts may be keywords.</summary>
    public static bool IsNamespace(string text) => text.Split('.').All(IsIdentifier);

    /// <summary>Makes a namespace of the project's root namespace, which may hold hyphens and the like.</summary>
    public static string Namespace(string text)
    {
        var parts = text.Split('.').Where(static part => part.Length > 0).Select(static part =>
        {
            var clean = new string([.. part.Select(static c => IsPart(c) ? c : '_')]);
            return Escape(IsStart(clean[0]) ? clean : "_" + clean);
        });
        return string.Join(".", parts);
    }

    private static bool Shouts(string name)
    {
        var hasUpper = false;
        foreach (var c in name)
        {
            if (char.IsLower(c))
            {
                return false;
            }

            hasUpper |= char.IsUpper(c);
        }

        return hasUpper;
    }

    private static bool IsStart(char c) => c == '_' || char.IsLetter(c) || char.GetUnicodeCategory(c) == UnicodeCategory.LetterNumber;

    private static bool IsPart(char c) => IsStart(c) || char.GetUnicodeCategory(c) is
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark or
        UnicodeCategory.ConnectorPunctuation;
}
