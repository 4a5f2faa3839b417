namespace FlowBuild.Benchmarks.Deployment;

/// <summary>Runs the deployment's benchmarks, all or those named, and holds their ratios against the bounds.</summary>
internal static class DeploymentReport
{
    public static async Task<int> RunAsync(string[] args)
    {
        var bounds = new Bounds();
        if (Bounds.Runs(args, "hash"))
        {
            HashTime.Measure(bounds);
        }

        if (Bounds.Runs(args, "upload"))
        {
            await UploadTime.MeasureAsync(bounds);
        }

        if (Bounds.Runs(args, "nochange"))
        {
            await NoChangeTime.MeasureAsync(bounds);
        }

        return bounds.Print();
    }
}
