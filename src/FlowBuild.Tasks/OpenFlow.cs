using System.Diagnostics;
using FlowBuild.Deployment;

namespace FlowBuild.Tasks;

/// <summary>Shows where a person looks at the project's endpoints, and opens it in a browser where there is one.</summary>
public sealed class OpenFlow : FlowTask
{
    private protected override async Task<bool> RunAsync(FlowTaskSettings settings, IFlowLog log, CancellationToken cancellationToken) =>
        await Deployer(settings, log).OpenAsync(settings.OpensBrowser ? OpenBrowser : null, cancellationToken).ConfigureAwait(false) is not null;

    // A pipeline has nobody to look at a browser, and neither has a machine without a display.
    private static bool OpenBrowser(Uri address)
    {
        if (!string.IsNullOrEmpty(Environment.GetEnvironmentVariable("CI")) || !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("TF_BUILD")))
        {
            return false;
        }

        ProcessStartInfo? start =
            OperatingSystem.IsWindows() ? new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true }
            : OperatingSystem.IsMacOS() ? Command("open", address)
            : HasDisplay ? Command("xdg-open", address)
            : null;
        try
        {
            using var process = start is null ? null : Process.Start(start);
            return process is not null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            // There is no such program.
            return false;
        }
    }

    private static bool HasDisplay => Environment.GetEnvironmentVariable("DISPLAY") is { Length: > 0 } || Environment.GetEnvironmentVariable("WAYLAND_DISPLAY") is { Length: > 0 };

    // With streams of its own: a browser that holds the build's output open would hold up whoever reads it.
    private static ProcessStartInfo Command(string program, Uri address) => new(program, [address.AbsoluteUri])
    {
        RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
    };
}
