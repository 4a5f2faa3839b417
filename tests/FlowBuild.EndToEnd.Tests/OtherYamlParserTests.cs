namespace FlowBuild.EndToEnd.Tests;

/// <summary>The compiler loads one assembly of a name for all analyzer packages: our YAML parser has a name of its own there.</summary>
public sealed class OtherYamlParserTests(PackedFeed feed)
{
    [Theory]
    [InlineData("true")]
    [InlineData("false")]
    public async Task A_generator_that_brings_an_older_YamlDotNet_keeps_it_and_ours_works_beside_it(string sharedCompiler)
    {
        await using var user = new UserFolder(feed);
        user.Write("Other/Other.csproj", """
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>netstandard2.0</TargetFramework>
                <LangVersion>latest</LangVersion>
                <CopyLocalLockFileAssemblies>true</CopyLocalLockFileAssemblies>
              </PropertyGroup>
              <ItemGroup>
                <PackageReference Include="Microsoft.CodeAnalysis.CSharp" Version="4.8.0" PrivateAssets="all" />
                <PackageReference Include="YamlDotNet" Version="15.3.0" />
              </ItemGroup>
            </Project>
            """);
        user.Write("Other/OtherGenerator.cs", """
            using Microsoft.CodeAnalysis;

            [Generator]
            public sealed class OtherGenerator : IIncrementalGenerator
            {
                public void Initialize(IncrementalGeneratorInitializationContext context) =>
                    context.RegisterPostInitializationOutput(c => c.AddSource("Other.g.cs",
                        "public static class Other { public const string Parser = \"" + typeof(YamlDotNet.Core.Parser).Assembly.GetName() + "\"; }"));
            }
            """);
        var other = await user.DotNetAsync("build", "Other", "-o", Path.Combine(user.Path, "other"));
        Assert.True(other.ExitCode == 0, other.Output);

        user.WriteConsoleProject(
            "Caller",
            "System.Console.WriteLine(Other.Parser + \"; \" + typeof(Caller.EchoClient).Name);",
            $"<UseSharedCompilation>{sharedCompiler}</UseSharedCompilation>",
            """<Analyzer Include="../other/Other.dll;../other/YamlDotNet.dll" />""");
        user.Write("Caller/echo/flow.dag.yaml", """
            inputs:
              text:
                type: string
            outputs:
              output:
                type: string
                reference: ${inputs.text}
            """);

        var ran = await user.DotNetAsync("run", "--project", "Caller");

        Assert.True(ran.ExitCode == 0, ran.Output);
        Assert.Contains("YamlDotNet, Version=15.0.0.0", ran.Output, StringComparison.Ordinal);
        Assert.Contains("EchoClient", ran.Output, StringComparison.Ordinal);
    }
}
