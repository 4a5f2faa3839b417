using System.Diagnostics;
using System.Globalization;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>
/// Builds a project with one flow, and the same project with the generated code checked in by hand and no generator, by turns: with the
/// compiler server running, as builds do after the first one of a day, and with a compiler that starts for each build, as in a pipeline.
/// </summary>
internal static class BuildTime
{
    /// <summary>Measures both.</summary>
    /// <param name="bounds">Takes the figures.</param>
    /// <param name="isShort">Whether fewer rounds are enough.</param>
    public static void Measure(Bounds bounds, bool isShort)
    {
        using var folder = new TemporaryFolder();
        var withFlow = Write(folder, "with-flow", $"""
              <Import Project="{Repository.Root}/build/FlowBuild.props" />
            """, $"""
              <ItemGroup>
                <Analyzer Include="{AppContext.BaseDirectory}FlowBuild.Generator.dll;{AppContext.BaseDirectory}FlowBuild.Definitions.dll;{AppContext.BaseDirectory}YamlDotNet.dll" />
              </ItemGroup>
              <Import Project="{Repository.Root}/build/FlowBuild.targets" />
            """);
        folder.Write("with-flow/chat/flow.dag.yaml", RecordedFlows.Chat);
        var byHand = Write(folder, "by-hand", "", "");
        var contract = FlowReader.GetContract(FlowReader.Read("flow.dag.yaml", RecordedFlows.Chat).Value!, null);
        var model = new FlowModel(
            "Chat", "Sample", "Chat", true, "chat/flow.dag.yaml", contract, EquatableArray.Empty<GivenType>(), null);
        foreach (var file in FlowEmitter.Emit(model))
        {
            folder.Write("by-hand/" + file.HintName, file.Text);
        }

        Run(withFlow, "true", "restore");
        Run(byHand, "true", "restore");
        foreach (var (compiler, isShared) in new[] { ("compiler server", "true"), ("compiler of its own", "false") })
        {
            // The first ones start the server, and let it compile itself.
            Turns Take(int rounds) => Turns.Take(() => Build(withFlow, isShared), () => Build(byHand, isShared), rounds);
            Take(3);
            var turns = Take(isShort ? 11 : 25);
            bounds.Note(string.Create(
                CultureInfo.InvariantCulture, $"build, {compiler}: {turns.Ours:0.00} s with a flow, {turns.Peer:0.00} s by hand (medians)"));
            bounds.Check($"build, {compiler}, time / code by hand", turns.Ratio, 1.05);
        }
    }

    private static string Write(TemporaryFolder folder, string name, string props, string targets)
    {
        folder.Write(name + "/Program.cs", """
            using Sample;

            using var http = new HttpClient { BaseAddress = new Uri("http://127.0.0.1/score") };
            Console.WriteLine((await new ChatClient(http).ScoreAsync(new ChatInput { Question = "?" })).Answer);
            """);
        return Path.GetDirectoryName(folder.Write(name + "/app.csproj", $"""
            <Project>
              <Import Project="Sdk.props" Sdk="Microsoft.NET.Sdk" />
            {props}
              <PropertyGroup>
                <OutputType>Exe</OutputType>
                <TargetFramework>net10.0</TargetFramework>
                <RootNamespace>Sample</RootNamespace>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Azure.Core" Version="1.50.0" />
                <PackageReference Include="Microsoft.Extensions.Http" Version="10.0.0" />
                <Reference Include="{AppContext.BaseDirectory}FlowBuild.Client.dll" />
              </ItemGroup>
              <Import Project="Sdk.targets" Sdk="Microsoft.NET.Sdk" />
            {targets}
            </Project>
            """))!;
    }

    private static double Build(string folder, string isShared)
    {
        var start = Stopwatch.GetTimestamp();
        Run(folder, isShared, "build", "--no-restore", "--no-incremental", "-nodeReuse:false");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Run(string folder, string isShared, params string[] arguments)
    {
        var environment = new Dictionary<string, string?> { ["UseSharedCompilation"] = isShared };
        var result = DotNetCommand.RunAsync(folder, environment, arguments).GetAwaiter().GetResult();
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.Output);
        }
    }
}
