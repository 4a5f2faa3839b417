namespace FlowBuild.Definitions.Naming;

/// <summary>What the name of a flow's client is made of.</summary>
/// <param name="Path">Full path of the flow file.</param>
/// <param name="Chosen">The name that the item says, or empty: then the folder gives it.</param>
/// <param name="Namespace">The namespace of the client; names need to differ inside one only.</param>
public sealed record ClientNameSource(string Path, string Chosen, string Namespace);

/// <summary>
/// Names the clients of a project. A client is called after its flow's folder; where two would get one name, both get their parent
/// folder's name in front (and where one would be the other's with an <c>I</c> before it, that one does), so a name does not depend on which flow came first. The generated types and the configuration section that a
/// deployment writes have this one name.
/// </summary>
public static class ClientNames
{
    /// <summary>Names all clients, in the order of the sources. Two that chose one name keep it: that is theirs to mend.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<ClientNameSource> sources)
    {
        var candidates = sources.Select(static source => new Candidate(source)).ToArray();
        bool changed;
        do
        {
            changed = false;
            foreach (var group in Clashes(candidates))
            {
                foreach (var candidate in group)
                {
                    changed |= candidate.TakeParentFolder();
                }
            }
        }
        while (changed);

        return [.. candidates.Select(static candidate => candidate.Name)];
    }

    /// <summary>Whether two names are one where case does not tell them apart: files on some machines, and so generated files.</summary>
    public static StringComparer Comparer => StringComparer.OrdinalIgnoreCase;

    /// <summary>The folders above a file, outermost first; links with <c>..</c> are followed, as the compiler leaves them in a path.</summary>
    public static string[] FoldersOf(string path)
    {
        var parts = System.IO.Path.GetFullPath(path).Replace('\\', '/').Split(['/'], StringSplitOptions.RemoveEmptyEntries);
        return [.. parts.Take(parts.Length - 1)];
    }

    private static Candidate[][] Clashes(Candidate[] candidates)
    {
        // 'IChatClient' is the interface of Chat and would be the client of IChat.
        var interfaces = candidates.ToLookup(static candidate => candidate.KeyOf("I" + candidate.Name), StringComparer.Ordinal);
        return
        [
            .. candidates.GroupBy(static candidate => candidate.Key, Comparer).Where(static group => group.Count() > 1).Select(static group => group.ToArray()),
            .. candidates.Where(candidate => interfaces.Contains(candidate.Key)).Select(static candidate => new[] { candidate }),
        ];
    }

    private sealed class Candidate
    {
        private readonly ClientNameSource _source;
        private readonly string[] _folders;
        private int _taken = 1;

        public Candidate(ClientNameSource source)
        {
            _source = source;
            _folders = FoldersOf(source.Path);
            Name = source.Chosen.Length > 0 ? source.Chosen : FolderName();
        }

        public string Name { get; private set; }

        public string Key => KeyOf(Name);

        public string KeyOf(string name) => _source.Namespace + "." + name;

        public bool TakeParentFolder()
        {
            if (_source.Chosen.Length > 0 || _taken >= _folders.Length)
            {
                return false;
            }

            _taken++;
            Name = FolderName();
            return true;
        }

        private string FolderName() => _folders.Length == 0
            ? "Flow"
            : string.Concat(_folders.Skip(_folders.Length - _taken).Select(Identifiers.PascalCase));
    }
}
