using System.Text.RegularExpressions;

namespace FlowBuild.Definitions.Text;

/// <summary>Tells values that are secrets, by their form or by the name that they have. No value enters a message.</summary>
internal static class SecretText
{
    private static readonly string[] Words =
    [
        "KEY", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "TOKEN", "SAS", "CREDENTIAL", "CREDENTIALS", "CONNECTION_STRING",
        "CONNECTIONSTRING",
    ];

    /// <summary>Words that ordinary words end with, such as monkey; they count alone, after a separator, or after one of <see cref="KeyPrefixes"/>.</summary>
    private static readonly string[] ShortWords = ["KEY", "SAS"];

    private static readonly string[] KeyPrefixes =
    [
        "API", "ACCESS", "ACCOUNT", "AUTH", "CLIENT", "ENCRYPTION", "LICENSE", "MASTER", "PRIVATE", "SECRET", "SERVICE", "SHARED", "SIGNING",
        "SUBSCRIPTION",
    ];

    private static readonly (string Name, Regex Form)[] Forms =
    [
        ("a private key", new("-----BEGIN [A-Z0-9 ]*PRIVATE KEY( BLOCK)?-----", RegexOptions.CultureInvariant)),
        ("a GitHub token", new(@"\b(gh[pousr]_[A-Za-z0-9]{4,}|github_pat_[A-Za-z0-9_]{4,})", RegexOptions.CultureInvariant)),
        ("an API key", new(
            @"(?<![A-Za-z0-9_-])(sk-(?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{8,}|AIza[A-Za-z0-9_-]{30,}|hf_[A-Za-z0-9]{20,}"
            + @"|AKIA[A-Z0-9]{16}|xox[abprs]-[A-Za-z0-9-]{10,})",
            RegexOptions.CultureInvariant)),
        ("a shared access signature", new(
            @"(?:^|[?&;\s])sig=[A-Za-z0-9%+/=_-]{8,}|SharedAccessSignature\s*=", RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)),
        ("a connection string with a key", new(
            @"\b(AccountKey|SharedAccessKey|SharedSecretValue|PrimaryKey|AccessKey)\s*=\s*[^;\s]",
            RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)),
        ("a connection string with a password", new(
            @"(?:^|;)\s*(Password|Pwd)\s*=\s*[^;\s]|[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s:@]+@",
            RegexOptions.CultureInvariant | RegexOptions.IgnoreCase)),
        ("a JSON web token", new(@"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.", RegexOptions.CultureInvariant)),
    ];

    /// <summary>What a value looks like, such as <c>a GitHub token</c>, or null. What refers to a secret elsewhere, <c>${…}</c>, is none.</summary>
    public static string? FormOf(string value)
    {
        if (value.Length < 8 || value.IndexOf("${", StringComparison.Ordinal) >= 0)
        {
            return null;
        }

        foreach (var (name, form) in Forms)
        {
            if (form.IsMatch(value))
            {
                return name;
            }
        }

        return null;
    }

    /// <summary>Whether a name says that its value is a secret, and the value is neither empty nor a switch or a reference.</summary>
    public static bool IsNamedSecret(string name, string value)
    {
        if (value.Length == 0 || value.IndexOf("${", StringComparison.Ordinal) >= 0 || bool.TryParse(value, out _))
        {
            return false;
        }

        var word = Array.Find(Words, candidate => name.EndsWith(candidate, StringComparison.OrdinalIgnoreCase));
        return word is not null
            && (Array.IndexOf(ShortWords, word) < 0 || IsWordAlone(name, word.Length))
            && !(word == "TOKEN" && value.All(char.IsDigit));
    }

    private static bool IsWordAlone(string name, int length)
    {
        var before = name.Substring(0, name.Length - length);
        return before.Length == 0
            || !char.IsLetter(before[before.Length - 1])
            || (char.IsLower(before[before.Length - 1]) && char.IsUpper(name[before.Length]))
            || Array.Exists(KeyPrefixes, prefix => before.EndsWith(prefix, StringComparison.OrdinalIgnoreCase));
    }
}
