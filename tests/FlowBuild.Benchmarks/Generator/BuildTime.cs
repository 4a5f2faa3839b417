using System.Diagnostics;
using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Testing;

namespace FlowBuild.Benchmarks.Generator;

/// <summary>
/// Builds a project with one flow, and the same project with the generated code checked in by hand and no generator, by turns, with the
/// compiler server running, as builds do after the first one of a day.
/// </summary>
internal static class BuildTime
{
    private const int Rounds = 11;

    /// <summary>The median times in seconds.</summary>
    public static (double WithFlow, double ByHand) Measure()
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
        foreach (var file in FlowEmitter.Emit(new FlowModel("Chat", "Sample", "Chat", true, "chat/flow.dag.yaml", contract, EquatableArray.Empty<KeyValuePair<string, string>>(), null)))
        {
            folder.Write("by-hand/" + file.HintName, file.Text);
        }

        Run(withFlow, "restore");
        Run(byHand, "restore");
        List<double> flowTimes = [], handTimes = [];
        for (var round = 0; round <= Rounds; round++)
        {
            var (flow, hand) = (Build(withFlow), Build(byHand));
            if (round > 0)
            {
                flowTimes.Add(flow);
                handTimes.Add(hand);
            }
        }

        return (Median(flowTimes), Median(handTimes));
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

    private static double Build(string folder)
    {
        var start = Stopwatch.GetTimestamp();
        Run(folder, "build", "--no-restore", "--no-incremental", "-nodeReuse:false");
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static void Run(string folder, params string[] arguments)
    {
        var result = DotNetCommand.RunAsync(folder, new Dictionary<string, string?>(), arguments).GetAwaiter().GetResult();
        if (result.ExitCode != 0)
        {
            throw new InvalidOperationException(result.Output);
        }
    }

    private static double Median(List<double> values)
    {
        values.Sort();
        return values[values.Count / 2];
    }
}
