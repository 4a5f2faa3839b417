namespace FlowBuild.Deployment.Tests;

/// <summary>A property whose name is nearly one of FlowBuild's gives a warning, wherever it is set.</summary>
public sealed class MisspelledPropertyTests
{
    [Theory]
    [InlineData("FlowAllTrafic", "FlowAllTraffic")]
    [InlineData("FlowSlot", "FlowSlots")]
    [InlineData("FlowRolout", "FlowRollout")]
    public async Task A_misspelled_global_property_or_environment_variable_is_a_warning_of_the_project(string name, string meant)
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);
        Write(chat, "", "");

        var global = await targets.RunProjectAsync("Misspelled.proj", "ValidateFlow", $"{name}=x", "FlowerShop=x");
        targets.Environment[name] = "x";
        targets.Environment["FlowDocumentTitle"] = "x";
        var environment = await targets.RunProjectAsync("Misspelled.proj", "ValidateFlow");

        foreach (var run in (CommandResult[])[global, environment])
        {
            Assert.True(run.ExitCode == 0, run.Output);
            Assert.Contains(
                $"Misspelled.proj : warning FLOW4029: {Message(name, meant)}", Assert.Single(run.Lines("FLOW4029")), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("FlowAllTrafic", "FlowAllTraffic")]
    [InlineData("FlowSlot", "FlowSlots")]
    [InlineData("FlowRolout", "FlowRollout")]
    public async Task A_misspelled_property_of_a_file_is_a_warning_at_its_place(string name, string meant)
    {
        await using var chat = await BasicChat.StartAsync();
        var targets = new TargetRun(chat);
        const string Unrelated = "<FlowerShop>x</FlowerShop><FlowDocumentTitle>x</FlowDocumentTitle>";

        Write(chat, $"<{name}>x</{name}>{Unrelated}", Unrelated);
        var project = await targets.RunProjectAsync("Misspelled.proj", "ValidateFlow");
        Write(chat, Unrelated, $"<{name}>x</{name}>{Unrelated}");
        var directory = await targets.RunProjectAsync("Misspelled.proj", "ValidateFlow");

        AssertPlace(project, "Misspelled.proj", 4);
        AssertPlace(directory, "Directory.Build.props", 3);

        void AssertPlace(CommandResult run, string file, int line)
        {
            Assert.True(run.ExitCode == 0, run.Output);
            Assert.Contains(
                $"{file}({line},6,{line},{6 + name.Length}): warning FLOW4029: {Message(name, meant)}",
                Assert.Single(run.Lines("FLOW4029")), StringComparison.Ordinal);
        }
    }

    private static string Message(string name, string meant) =>
        $"The property '{name}' is not a FlowBuild property and has no effect; did you mean '{meant}'?";

    // With MSBuild's own Microsoft.Common.props, which imports Directory.Build.props.
    private static void Write(BasicChat chat, string ofProject, string ofDirectory)
    {
        chat.Write("Misspelled.proj", $"""
            <Project>
              <Import Project="$(MSBuildExtensionsPath)/$(MSBuildToolsVersion)/Microsoft.Common.props" />
              <PropertyGroup>
                {ofProject}
                <FlowBuildTasksAssembly>{TargetRun.TasksAssembly}</FlowBuildTasksAssembly>
              </PropertyGroup>
              <ItemGroup>
                <PromptFlow Include="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="deployment.yml" Model="model.yml" />
              </ItemGroup>
              <Import Project="{Path.Combine(Repository.Root, "build", "FlowBuild.Deployment.targets")}" />
            </Project>
            """);
        chat.Write("Directory.Build.props", $"<Project>\n  <PropertyGroup>\n    {ofDirectory}\n  </PropertyGroup>\n</Project>\n");
    }
}
