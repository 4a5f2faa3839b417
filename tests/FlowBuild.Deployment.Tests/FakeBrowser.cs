using System.Diagnostics;

namespace FlowBuild.Deployment.Tests;

/// <summary>A program in the place of <c>xdg-open</c>, and a display, for the targets of a test.</summary>
internal sealed class FakeBrowser
{
    private readonly string _pipe;

    private FakeBrowser(string pipe) => _pipe = pipe;

    /// <summary>Puts the program first into the targets' PATH, and takes away what tells of a pipeline.</summary>
    public static FakeBrowser Install(BasicChat chat, TargetRun targets)
    {
        var folder = Directory.CreateDirectory(Path.Combine(chat.Folder, "programs")).FullName;
        var browser = new FakeBrowser(Path.Combine(folder, "addresses"));
        var program = Path.Combine(folder, "xdg-open");
        File.WriteAllText(program, $"#!/bin/sh\n[ -p '{browser._pipe}' ] && echo \"$1\" > '{browser._pipe}' || echo \"$1\" >> '{browser.Log}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }

        targets.Environment["PATH"] = $"{folder}:{Environment.GetEnvironmentVariable("PATH")}";
        targets.Environment["DISPLAY"] = ":0";
        targets.Environment["WAYLAND_DISPLAY"] = null;
        targets.Environment["CI"] = null;
        targets.Environment["TF_BUILD"] = null;
        return browser;
    }

    /// <summary>What the program was called with while nobody waited for it.</summary>
    public string Log => _pipe + ".txt";

    /// <summary>Waits until the program has been called some times, which may be after the targets have ended.</summary>
    public async Task<IReadOnlyList<Uri>> WaitAsync(int calls)
    {
        using (var made = Process.Start("mkfifo", [_pipe]))
        {
            await made.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        var addresses = new List<Uri>();
        while (addresses.Count < calls)
        {
            // Each call opens the pipe anew.
            var text = await File.ReadAllTextAsync(_pipe, TestContext.Current.CancellationToken);
            addresses.AddRange(text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => new Uri(line)));
        }

        return addresses;
    }
}
