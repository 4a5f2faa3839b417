using System.Security;

namespace FlowBuild.Deployment.Tests;

/// <summary>Runs effects one after another in one <c>dotnet msbuild</c>: each without its value, then with it.</summary>
internal static class PropertyEffectRun
{
    private const string Marker = "#### ";

    /// <summary>Runs the rows.</summary>
    /// <param name="chat">The project, whose folder gets the files of every case.</param>
    /// <param name="targets">Where the targets run.</param>
    /// <param name="effects">The rows.</param>
    /// <param name="nameOf">The property that a row sets.</param>
    /// <returns>For each row what was printed without the value, and what with it.</returns>
    public static async Task<IReadOnlyList<(PropertyEffect Effect, string Without, string With)>> RunAsync(
        BasicChat chat, TargetRun targets, IReadOnlyList<PropertyEffect> effects, Func<PropertyEffect, string> nameOf)
    {
        chat.Write("Effects.proj", Project());
        chat.Write("Driver.proj", Driver(effects, nameOf));
        var run = await targets.RunProjectAsync("Driver.proj", "Run");
        var parts = run.Output.Split(Marker)[1..];
        Assert.True(parts.Length == 2 * effects.Count, run.Output);
        return [.. effects.Select((effect, i) => (effect, parts[2 * i], parts[2 * i + 1]))];
    }

    private static string Driver(IReadOnlyList<PropertyEffect> effects, Func<PropertyEffect, string> nameOf)
    {
        var calls = effects.SelectMany((effect, i) => (string[])
        [
            Call($"{i} without {effect.Name}", effect.Target, effect.Other),
            Call($"{i} with {effect.Name}", effect.Target, $"{effect.Other};{nameOf(effect)}={effect.Value}".TrimStart(';')),
        ]);
        return $"""
            <Project>
              <Target Name="Run">
            {string.Join('\n', calls)}
              </Target>
            </Project>
            """;
    }

    // Each call is a build of its own, with its properties as global ones.
    private static string Call(string title, string target, string properties) => $"""
            <Message Importance="high" Text="{Marker}{title}" />
            <MSBuild Projects="Effects.proj" Targets="{target}" ContinueOnError="true"
                     Properties="{SecurityElement.Escape($"{properties};Call={title.Replace(' ', '-')}".TrimStart(';'))}" />
        """;

    private static string Project()
    {
        var build = Path.Combine(Repository.Root, "build");
        var multiTargeting = Path.Combine(Repository.Root, "src", "FlowBuild", "buildMultiTargeting", "FlowBuild.targets");
        return $"""
            <Project>
              <PropertyGroup>
                <FlowBuildTasksAssembly>{TargetRun.TasksAssembly}</FlowBuildTasksAssembly>
                <IntermediateOutputPath>obj/</IntermediateOutputPath>
                <OutDir>bin/</OutDir>
                <EnableDefaultPromptFlowItems>false</EnableDefaultPromptFlowItems>
                <UserSecretsId Condition="'$(Case)' == 'secrets'">effects{"$(FlowWriteUserSecrets)"}</UserSecretsId>
                <TargetFrameworks Condition="'$(Case)' == 'frameworks'">net8.0;net10.0</TargetFrameworks>
              </PropertyGroup>
              <Import Project="{build}/FlowBuild.props" Condition="'$(Case)' == 'defaults'" />
              <ItemGroup Condition="'$(Case)' == '' or '$(Case)' == 'secrets' or '$(Case)' == 'frameworks'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="deployment.yml" Model="model.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'defaults'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'metadata'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="$(EndpointMetadata)" Deployment="$(DeploymentMetadata)" Model="$(ModelMetadata)" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'green'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="green.yml" Model="model.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'wait'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="wait$(FlowNoWait).yml" Model="model.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'pinned'">
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="plain.yml" Model="pinned.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'breaking'">
                <PromptFlow Include="breaking/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="plain.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'outside'">
                <PromptFlow Include="outside/flow.dag.yaml" Endpoint="outside/endpoint.yml" Deployment="outside/deployment.yml" />
              </ItemGroup>
              <ItemGroup Condition="'$(Case)' == 'several' or '$(Case)' == 'failing'">
                <PromptFlow Include="ask/flow.dag.yaml" Endpoint="ask/endpoint.yml" Deployment="ask/deployment.yml" />
                <PromptFlow Update="ask/flow.dag.yaml" Deployment="ask/failing.yml" Condition="'$(Case)' == 'failing'" />
                <PromptFlow Include="tell/flow.dag.yaml" Endpoint="tell/endpoint.yml" Deployment="tell/deployment.yml" />
              </ItemGroup>
              <Import Project="{build}/FlowBuild.targets" Condition="'$(Case)' == 'defaults'" />
              <Import Project="{build}/FlowBuild.Deployment.targets"
                      Condition="'$(Case)' != 'defaults' and ('$(Case)' != 'frameworks' or '$(TargetFramework)' != '')" />
              <Import Project="{multiTargeting}" Condition="'$(Case)' == 'frameworks' and '$(TargetFramework)' == ''" />
              <Target Name="PrintFramework" AfterTargets="PlanFlow" Condition="'$(Case)' == 'frameworks' and '$(TargetFramework)' != ''">
                <Message Importance="high" Text="the target framework is $(TargetFramework)" />
              </Target>
            </Project>
            """;
    }
}
