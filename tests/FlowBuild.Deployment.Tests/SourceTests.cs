using System.Xml.Linq;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

/// <summary>A flow that stands in the project and would silently not be deployed is spoken of.</summary>
public sealed class SourceTests
{
    [Fact]
    public async Task A_flow_with_an_endpoint_file_and_no_deployment_file_is_warned_of()
    {
        await using var chat = await BasicChat.StartAsync();

        var warning = Assert.Single(Read(chat, item => item with { DeploymentFile = null }));

        Assert.Equal(ConfigurationRules.EndpointOnly, warning.Rule);
        Assert.Equal(chat.EndpointFile, warning.File);
        Assert.Contains("'basic-chat'", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_whose_model_is_not_the_flow_is_warned_of_at_the_model()
    {
        await using var chat = await BasicChat.StartAsync();
        chat.Replace("model.yml", "basic-chat-model", "another-model");

        var warning = Assert.Single(Read(chat, item => item));

        Assert.Equal(ConfigurationRules.FlowNotDeployed, warning.Rule);
        Assert.Equal(2, warning.Span?.StartLine);
        Assert.Contains("'basic-chat-model@latest'", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_flow_with_all_its_files_is_not_warned_of()
    {
        await using var chat = await BasicChat.StartAsync();

        Assert.Empty(Read(chat, item => item));
    }

    [Theory]
    [InlineData(1, "put endpoint.yml and deployment.yml beside the project, or name them in its item: ")]
    [InlineData(2, "with several flows each item names its own files; write into the project file, in an ItemGroup: ")]
    public async Task Flows_without_a_deployment_are_advised_of_what_works_for_them(int flows, string advice)
    {
        await using var chat = await BasicChat.StartAsync();
        var item = chat.Project.Items[0] with { EndpointFile = null, DeploymentFile = null, ModelFile = null };
        var log = new RecordingLog();
        var deployer = chat.Deployer(log, project: chat.Project with { Items = [.. Enumerable.Repeat(item, flows)] });

        Assert.Null(await deployer.GetDeployedAsync(TestContext.Current.CancellationToken));

        var error = Assert.Single(log.Diagnostics);
        Assert.Equal(ConfigurationRules.NoDeployment, error.Rule);
        Assert.EndsWith(
            advice + """<PromptFlow Update="basic-chat/flow.dag.yaml" Endpoint="endpoint.yml" Deployment="deployment.yml" />""", error.Message, StringComparison.Ordinal);
        Assert.Equal(flows == 1, error.Message.Contains("beside the project", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_file_beside_the_project_that_no_item_names_is_warned_of_without_a_compilation()
    {
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat);

        Assert.DoesNotContain("FLOW4019", (await run.RunAsync("ValidateFlow")).Output, StringComparison.Ordinal);

        chat.Replace("BasicChat.proj", " Deployment=\"deployment.yml\"", "");
        Assert.Contains("deployment.yml : warning FLOW4019", (await run.RunAsync("ValidateFlow")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_of_an_item_that_are_nearly_known_are_warned_of_at_the_project()
    {
        await using var chat = await BasicChat.StartAsync();
        var run = new TargetRun(chat);
        chat.Replace(
            "BasicChat.proj", "Model=\"model.yml\"",
            "Model=\"model.yml\" ValueType=\"a=b\" ClientNam=\"Chat\" visibility=\"internal\" FlowBuildKind=\"PromptFlow\" Owner=\"me\" Visible=\"false\" Link=\"a\" CopyToOutputDirectory=\"Never\"");

        var validated = await run.RunAsync("ValidateFlow");

        Assert.True(validated.ExitCode == 0, validated.Output);
        Assert.Equal(
            [
                "warning FLOW4026: The metadata 'ClientNam' of the PromptFlow item 'basic-chat/flow.dag.yaml' is not known and has no effect; did you mean 'ClientName'?",
                "warning FLOW4026: The metadata 'ValueType' of the PromptFlow item 'basic-chat/flow.dag.yaml' is not known and has no effect; did you mean 'ValueTypes'?",
            ],
            validated.Output.Split('\n').Where(static line => line.Contains("FLOW4026", StringComparison.Ordinal))
                .Select(static line => line[line.IndexOf("warning", StringComparison.Ordinal)..].TrimEnd()));
        Assert.Contains("BasicChat.proj : warning FLOW4026", validated.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_metadata_that_the_compiler_is_told_are_known()
    {
        var props = XDocument.Load(Path.Combine(Repository.Root, "build", "FlowBuild.props"));
        var told = props.Descendants("CompilerVisibleItemMetadata").Select(static e => e.Attribute("MetadataName")!.Value)
            .Where(static name => !name.StartsWith("FlowBuild", StringComparison.Ordinal));

        Assert.Equal(["Deployment", "Endpoint", "Model"], ItemMetadata.Names.Except(told).Order(StringComparer.Ordinal));
        Assert.Empty(told.Except(ItemMetadata.Names));
    }

    private static IReadOnlyList<FlowDiagnostic> Read(BasicChat chat, Func<FlowItem, FlowItem> change)
    {
        var log = new RecordingLog();
        Assert.NotNull(FlowSourceReader.Read(chat.Project with { Items = [.. chat.Project.Items.Select(change)] }, reportText: true, log));

        // What the text of the files alone shows is not looked at here.
        return [.. log.Diagnostics.Where(static d => d.Rule.Category == "FlowBuild.Configuration")];
    }
}
