using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using FlowBuild.LocalWorkspace.Tests.Node;
using FlowBuild.Testing;

namespace FlowBuild.LocalWorkspace.Tests.Page;

/// <summary>
/// Chromium without a window, driven by Playwright. Where it or Node is missing the tests are skipped, or fail when all tests must run.
/// </summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Programs = ["chromium", "chromium-browser", "google-chrome"];
    private readonly NodePackages _packages = new();
    private string? _missing;
    private Process? _process;

    /// <summary>Where screenshots are kept, beside the test assembly.</summary>
    public static string Screenshots { get; } = Path.Combine(AppContext.BaseDirectory, "screenshots");

    public async ValueTask InitializeAsync()
    {
        await _packages.InitializeAsync();
        var program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(static folder => Programs.Select(name => Path.Combine(folder, name)))
            .FirstOrDefault(File.Exists);
        _missing = _packages.Missing ?? (program is null ? "Chromium is not installed." : null);
        if (_missing is null)
        {
            var start = new ProcessStartInfo("node", ["browser.cjs", program!])
            {
                WorkingDirectory = NodePackages.Folder, RedirectStandardInput = true, RedirectStandardOutput = true,
            };
            _process = Process.Start(start);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // Without further steps it ends.
            _process.StandardInput.Close();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
    }

    /// <summary>Opens a link of the workspace in a new window; skips the test where there is no browser.</summary>
    public async Task OpenAsync(Uri link, int width = 1280, int height = 860)
    {
        if (Repository.AllTestsMustRun)
        {
            Assert.Null(_missing);
        }

        Assert.SkipWhen(_missing is not null, _missing ?? "");
        await StepAsync(new JsonObject
        {
            ["open"] = new JsonObject
            {
                ["viewport"] = new JsonObject { ["width"] = width, ["height"] = height },
                ["permissions"] = new JsonArray("clipboard-read", "clipboard-write"),
                ["reducedMotion"] = "reduce",
            },
            ["run"] = $"await page.goto({JsonSerializer.Serialize(link.AbsoluteUri)})",
        });
    }

    /// <summary>Runs the body of an asynchronous JavaScript function in Node, with Playwright's <c>page</c>; what it returns.</summary>
    public Task<JsonNode?> RunAsync(string script) => StepAsync(new JsonObject { ["run"] = script });

    /// <summary>Waits until an element that holds a text is to be seen.</summary>
    public Task SeeAsync(string selector, string text) => RunAsync(
        $"await page.locator({JsonSerializer.Serialize(selector)}).filter({{ hasText: {JsonSerializer.Serialize(text)}, visible: true }}).first().waitFor()");

    /// <summary>The visible text of the first element.</summary>
    public async Task<string> TextAsync(string selector) =>
        (await RunAsync($"return await page.locator({JsonSerializer.Serialize(selector)}).first().innerText()"))!.GetValue<string>();

    /// <summary>What the browser complained of: script errors, dialogs, content that the policy forbids.</summary>
    public async Task<string[]> ComplaintsAsync() => (await RunAsync("return complaints")).Deserialize<string[]>()!;

    /// <summary>Keeps a picture of the window in light and in dark.</summary>
    public async Task PictureAsync(string name)
    {
        Directory.CreateDirectory(Screenshots);
        foreach (var scheme in (string[])["light", "dark"])
        {
            var path = Path.Combine(Screenshots, $"{name}-{scheme}.png");
            await RunAsync($$"""
                await page.emulateMedia({ colorScheme: '{{scheme}}' });
                await page.screenshot({ path: {{JsonSerializer.Serialize(path)}} });
                """);
            TestContext.Current.AddAttachment($"{name}-{scheme}.png", await File.ReadAllBytesAsync(path), "image/png");
        }
    }

    private async Task<JsonNode?> StepAsync(JsonObject step)
    {
        await _process!.StandardInput.WriteLineAsync(step.ToJsonString());
        await _process.StandardInput.FlushAsync();
        var answer = JsonNode.Parse(await _process.StandardOutput.ReadLineAsync() ?? """{"error":"The browser has ended."}""")!;
        Assert.True(answer["error"] is null, answer["error"]?.GetValue<string>());
        return answer["result"];
    }
}
