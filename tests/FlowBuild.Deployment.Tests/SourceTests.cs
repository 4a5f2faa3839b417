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

    private static IReadOnlyList<FlowDiagnostic> Read(BasicChat chat, Func<FlowItem, FlowItem> change)
    {
        var log = new RecordingLog();
        Assert.NotNull(FlowSourceReader.Read(chat.Project with { Items = [.. chat.Project.Items.Select(change)] }, reportText: true, log));

        // What the text of the files alone shows is not looked at here.
        return [.. log.Diagnostics.Where(static d => d.Rule.Category == "FlowBuild.Configuration")];
    }
}
