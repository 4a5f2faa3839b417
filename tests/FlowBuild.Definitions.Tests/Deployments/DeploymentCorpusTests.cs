using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Tests.Deployments;

public sealed class DeploymentCorpusTests(ITestOutputHelper output)
{
    [Fact]
    public void Every_real_file_gets_the_verdict_of_az_ml()
    {
        var folder = Corpus.Folder("deployments");
        var (right, wrong) = (0, new List<string>());
        foreach (var row in Corpus.Rows(Path.Combine(folder, "EXPECTED.tsv")))
        {
            var text = File.ReadAllText(Path.Combine(folder, row[0]));
            var isEndpoint = row[1].EndsWith("Endpoint", StringComparison.Ordinal);
            var (hasErrors, isKubernetes, problems) = isEndpoint
                ? Verdict(DeploymentFileReader.ReadEndpoint(row[0], text), static e => e.IsKubernetes)
                : Verdict(DeploymentFileReader.ReadDeployment(row[0], text), static d => d.IsKubernetes);
            var isRight = hasErrors == (row[2] == "INVALID") && (hasErrors || isKubernetes == row[1].StartsWith("Kubernetes", StringComparison.Ordinal));
            if (isRight)
            {
                right++;
            }
            else
            {
                wrong.Add($"{row[0]} should be {row[2]} as {row[1]}: {string.Join(" | ", problems.Select(static p => p.Rule.Id + " " + p.Message))}");
            }

            foreach (var problem in problems)
            {
                output.WriteLine($"{row[0]}({problem.Span?.StartLine + 1},{problem.Span?.StartColumn + 1}): {problem.Rule.Severity} {problem.Rule.Id}: {problem.Message}");
            }
        }

        output.WriteLine($"right {right} / wrong {wrong.Count} / total {right + wrong.Count}");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
        Assert.NotEqual(0, right);
    }

    private static (bool HasErrors, bool IsKubernetes, EquatableArray<FlowDiagnostic> Problems) Verdict<T>(ReadResult<T> result, Func<T, bool> isKubernetes)
        where T : class => (result.HasErrors, result.Value is not null && isKubernetes(result.Value), result.Diagnostics);
}
