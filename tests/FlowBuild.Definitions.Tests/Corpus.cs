using FlowBuild.Testing;

namespace FlowBuild.Definitions.Tests;

/// <summary>The real files with known verdicts. A test that needs them says so, and is skipped loudly where they are not there.</summary>
internal static class Corpus
{
    public static string Folder(string name)
    {
        if (Repository.Corpus is null)
        {
            Assert.SkipUnless(Repository.AllTestsMustRun, "The corpus of real files is not here; FLOWBUILD_CORPUS can name its folder.");
            Assert.Fail("The corpus of real files is not here, and FLOWBUILD_TESTS=all forbids to skip: FLOWBUILD_CORPUS must name its folder.");
        }

        return Path.Combine(Repository.Corpus, name);
    }

    /// <summary>The rows of a tab-separated file, without its header.</summary>
    public static IEnumerable<string[]> Rows(string file) => File.ReadLines(file).Skip(1).Select(static line => line.Split('\t'));
}
