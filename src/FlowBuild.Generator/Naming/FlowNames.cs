using FlowBuild.Definitions;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Naming;
using FlowBuild.Generator.Inputs;

namespace FlowBuild.Generator.Naming;

/// <summary>What the types of one flow are called.</summary>
/// <param name="Path">Full path of the flow file.</param>
/// <param name="Name">Base name of the types; null when the item's metadata give none that can be used.</param>
/// <param name="Namespace">Namespace of the types; empty for the global one.</param>
/// <param name="HintPrefix">What the generated files' names begin with; unique in the project whatever the case.</param>
/// <param name="IsPublic">Whether the types are public.</param>
/// <param name="Source">The flow file relative to the project.</param>
/// <param name="Problems">What is wrong with the metadata.</param>
internal sealed record FlowName(
    string Path, string? Name, string Namespace, string HintPrefix, bool IsPublic, string Source, EquatableArray<ReportedDiagnostic> Problems);

/// <summary>Names the flows of a project as <see cref="ClientNames"/> does, and says what is wrong with the names that items give.</summary>
internal static class FlowNames
{
    /// <summary>Names all flows, ordered by path.</summary>
    public static EquatableArray<FlowName> Of(IEnumerable<FlowItem> items, ProjectOptions project)
    {
        var candidates = items
            .OrderBy(static item => item.Path, StringComparer.Ordinal)
            .Select(item => new Candidate(item, project))
            .ToArray();
        Separate(candidates);
        ReportTaken(candidates);
        return candidates.Select(candidate => candidate.ToName(project)).ToEquatableArray();
    }

    /// <summary>Finds a flow's name.</summary>
    public static FlowName? Find(EquatableArray<FlowName> names, string path)
    {
        int low = 0, high = names.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = StringComparer.Ordinal.Compare(names[middle].Path, path);
            if (order == 0)
            {
                return names[middle];
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return null;
    }

    private static void Separate(Candidate[] candidates)
    {
        var names = ClientNames.Of([.. candidates.Select(static c => new ClientNameSource(c.Item.Path, c.Item.ClientName, c.Namespace))]);
        for (var i = 0; i < candidates.Length; i++)
        {
            candidates[i].Name = names[i];
        }
    }

    private static void ReportTaken(Candidate[] candidates)
    {
        foreach (var group in Clashes(candidates))
        {
            // The first by path keeps the name, so that one of them works and the message can name it.
            var owner = group.FirstOrDefault(static candidate => candidate.IsUsable);
            foreach (var candidate in group.Where(candidate => candidate != owner && candidate.IsUsable))
            {
                candidate.Report(GeneratorRules.ClientNameTaken, candidate.Name, owner!.Item.Path);
            }
        }

        // 'IChatClient' is the interface of Chat and would be the client of IChat.
        foreach (var candidate in candidates.Where(static candidate => candidate.IsUsable && candidate.Name.StartsWith("I", StringComparison.Ordinal)))
        {
            if (Array.Find(candidates, owner => owner.IsUsable && owner.Namespace == candidate.Namespace && "I" + owner.Name == candidate.Name) is { } owner)
            {
                candidate.Report(GeneratorRules.ClientNameTaken, candidate.Name, owner.Item.Path);
            }
        }
    }

    private static List<Candidate[]> Clashes(Candidate[] candidates) =>
        [.. candidates.GroupBy(static candidate => candidate.Key, ClientNames.Comparer).Where(static group => group.Count() > 1).Select(static group => group.ToArray())];

    private sealed class Candidate
    {
        private readonly string _path;
        private readonly string[] _folders;
        private readonly List<ReportedDiagnostic> _problems = [];

        public Candidate(FlowItem item, ProjectOptions project)
        {
            Item = item;
            // The compiler keeps '..' in the path of a file outside the project.
            _path = System.IO.Path.GetFullPath(item.Path).Replace('\\', '/');
            _folders = ClientNames.FoldersOf(item.Path);
            Name = item.ClientName;
            Namespace = item.Namespace.Length > 0 ? item.Namespace : Identifiers.Namespace(project.RootNamespace);
            if (Name.Length > 0 && !Identifiers.IsIdentifier(Name))
            {
                ReportMetadata("ClientName", Name, "write letters, digits and underscores, such as ChatBasic");
            }

            if (item.Namespace.Length > 0)
            {
                if (Identifiers.IsNamespace(item.Namespace))
                {
                    Namespace = Identifiers.Namespace(item.Namespace);
                }
                else
                {
                    ReportMetadata("Namespace", item.Namespace, "write a C# namespace, such as MyCompany.Flows");
                }
            }

            if (item.Visibility is not ("" or "public" or "internal"))
            {
                ReportMetadata("Visibility", item.Visibility, "write public or internal");
            }
        }

        public FlowItem Item { get; }

        public string Name { get; set; }

        public string Namespace { get; }

        public bool IsUsable => _problems.Count == 0;

        public string Key => Namespace + "." + Name;

        public void Report(DiagnosticRule rule, params string[] arguments) =>
            _problems.Add(ReportedDiagnostic.Of(FlowDiagnostic.At(rule, Item.Path, null, arguments), null));

        private void ReportMetadata(string name, string value, string advice) => _problems.Add(Item.MetadataProblem(name, value, advice));

        public FlowName ToName(ProjectOptions project)
        {
            var source = project.Directory.Length > 0 && _path.StartsWith(project.Directory, StringComparison.Ordinal)
                ? _path.Substring(project.Directory.Length)
                : string.Join("/", _folders.Skip(_folders.Length - 1).Append(_path.Substring(_path.LastIndexOf('/') + 1)));
            var inRoot = Namespace == Identifiers.Namespace(project.RootNamespace);
            return new FlowName(
                Item.Path,
                IsUsable ? Name : null,
                Namespace,
                inRoot ? Name : (Namespace + "." + Name).Replace("@", ""),
                Item.Visibility != "internal",
                source,
                _problems.ToEquatableArray());
        }
    }
}
