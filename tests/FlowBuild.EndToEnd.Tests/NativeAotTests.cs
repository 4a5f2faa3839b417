using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FlowBuild.EndToEnd.Tests;

/// <summary>The generated client uses no reflection: it publishes ahead of time without a warning, and runs.</summary>
public sealed class NativeAotTests(PackedFeed feed)
{
    [Fact]
    public async Task A_program_that_calls_a_flow_publishes_ahead_of_time_without_a_warning_and_runs()
    {
        var linkers = new[] { "clang", "gcc" };
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        var hasLinker = RuntimeInformation.IsOSPlatform(OSPlatform.Linux) && linkers.Any(linker => path.Any(folder => File.Exists(Path.Combine(folder, linker))));
        Assert.True(hasLinker || !Repository.AllTestsMustRun, "Native AOT links with clang or gcc, and neither is on the PATH");
        Assert.SkipUnless(hasLinker, "Native AOT links with clang or gcc, and neither is on the PATH");

        await using var user = new UserFolder(feed);
        user.WriteConsoleProject(
            "Caller",
            """
            using Azure;
            using Caller;

            var client = new StreamClient(new Uri(args[0]), new AzureKeyCredential("a-key"));
            var input = new StreamInput { Question = "a b" };
            await foreach (var update in client.StreamAsync(input))
            {
                Console.Write(update.Answer);
            }
            """,
            "<PublishAot>true</PublishAot><InvariantGlobalization>true</InvariantGlobalization><TrimmerSingleWarn>false</TrimmerSingleWarn>");
        user.Write("Caller/stream/flow.dag.yaml", await File.ReadAllTextAsync(
            Path.Combine(Repository.Root, "tests", "Transcripts", "flows", "stream.flow.dag.yaml"), TestContext.Current.CancellationToken));
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_both_accept"));

        var published = await user.DotNetAsync("publish", "Caller", "-o", Path.Combine(user.Path, "out"));
        Assert.True(published.ExitCode == 0, published.Output);
        Assert.Empty(published.Lines("warning"));

        using var program = Process.Start(new ProcessStartInfo(Path.Combine(user.Path, "out", "Caller"), server.ScoringUri.AbsoluteUri) { RedirectStandardOutput = true })!;
        var output = await program.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await program.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal("Echo: a b é中 ", output);
    }
}
