namespace FlowBuild.Testing;

/// <summary>The folders of the repository that the tests run in.</summary>
public static class Repository
{
    /// <summary>The folder that holds FlowBuild.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>
    /// The real flows and deployment files that verdicts are known of. They are not part of the repository: <c>FLOWBUILD_CORPUS</c>
    /// names their folder, else it is <c>shared/corpus</c> beside the repository. Null where neither exists.
    /// </summary>
    public static string? Corpus { get; } = FindCorpus();

    /// <summary>Whether a missing prerequisite must fail a test rather than skip it.</summary>
    public static bool AllTestsMustRun => Environment.GetEnvironmentVariable("FLOWBUILD_TESTS") == "all";

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "FlowBuild.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException("The tests must run from inside the repository: no FlowBuild.sln above " + AppContext.BaseDirectory);
    }

    private static string? FindCorpus()
    {
        var named = Environment.GetEnvironmentVariable("FLOWBUILD_CORPUS");
        var folder = string.IsNullOrEmpty(named) ? Path.Combine(Root, "..", "shared", "corpus") : named;
        return Directory.Exists(folder) ? Path.GetFullPath(folder) : null;
    }
}
