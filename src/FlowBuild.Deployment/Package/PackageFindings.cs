using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Deployment.Package;

/// <summary>Collects the problems of a package, where packaging stops at the first error.</summary>
internal sealed class PackageFindings : IFlowLog
{
    public List<FlowDiagnostic> Problems { get; } = [];

    public void Try(Action action)
    {
        try
        {
            action();
        }
        catch (FlowDeploymentException e)
        {
            Problems.Add(e.Diagnostic);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Problems.Add(FlowDiagnostic.At(ConfigurationRules.FileNotUsable, null, null, e.Message.TrimEnd('.')));
        }
    }

    public void Report(FlowDiagnostic diagnostic) => Problems.Add(diagnostic);

    public void Detail(string message)
    {
    }

    public void Progress(string message)
    {
    }

    public void Result(string message)
    {
    }

    public void Output(IReadOnlyList<OutputLine> lines)
    {
    }
}
