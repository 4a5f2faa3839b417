using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Deployment.Plan;
using FlowBuild.Deployment.Sources;

namespace FlowBuild.Deployment.Tests;

public sealed class DocumentOverridesTests
{
    private const string Document = """
        name: blue
        endpoint_name: chat-endpoint
        model: azureml:chat-model@latest
        environment:
          image: example.azurecr.io/chat:1 # ours
        instance_type: Standard_DS3_v2
        instance_count: 1
        environment_variables:
          A: one

        """;

    [Theory]
    [InlineData("instance_count=3")]
    [InlineData("instance_count=3 request_settings.request_timeout_ms=90000")]
    [InlineData("instance_count=3;request_settings.request_timeout_ms=90000;request_settings.max_concurrent_requests_per_instance=2")]
    public void Values_are_set_and_missing_maps_made(string text)
    {
        var spec = Read(DocumentOverrides.Apply(Document, DocumentOverrides.Parse(text, static _ => null)));

        Assert.Equal(3, spec.InstanceCount!.Value);
        if (text.Contains("request_timeout_ms", StringComparison.Ordinal))
        {
            Assert.Equal(90000, spec.Requests!.RequestTimeoutMs!.Value);
        }
    }

    [Fact]
    public void A_member_of_an_existing_map_is_added_and_the_rest_stays_where_it_is()
    {
        var text = DocumentOverrides.Apply(Document, DocumentOverrides.Parse("environment.description=x environment_variables.B=@env:B", static _ => "secret: two"));
        var spec = Read(text);

        Assert.Equal("x", spec.Environment!.Inline!.Description);
        Assert.Equal([("A", "one"), ("B", "secret: two")], spec.EnvironmentVariables.Select(static v => (v.Key, v.Value.Value)));
        Assert.Equal(4, spec.Environment.Inline.Image!.Span.StartLine);
    }

    [Fact]
    public void A_member_of_a_reference_cannot_be_set()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => DocumentOverrides.Apply(Document, DocumentOverrides.Parse("model.version=2", static _ => null)));

        Assert.Equal(ConfigurationRules.InvalidProperty, refused.Diagnostic.Rule);
        Assert.Contains("'model'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_value_of_a_variable_in_the_open_is_refused_and_not_repeated()
    {
        var refused = Assert.Throws<FlowDeploymentException>(() => DocumentOverrides.Parse("environment_variables.KEY=hunter2", static _ => null));

        Assert.DoesNotContain("hunter2", refused.Message, StringComparison.Ordinal);
        Assert.Contains("environment_variables.KEY=@env:NAME", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_variable_that_is_not_set_is_named() =>
        Assert.Contains("MISSING", Assert.Throws<FlowDeploymentException>(() => DocumentOverrides.Parse("a.b=@env:MISSING", static _ => null)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task An_override_reaches_the_plan()
    {
        await using var chat = await BasicChat.StartAsync();
        var project = chat.Project with { Overrides = DocumentOverrides.Parse("instance_count=2", static _ => null) };

        var plans = await chat.Deployer(new RecordingLog(), project: project).PlanAsync(writes: false, TestContext.Current.CancellationToken);

        Assert.Contains("Standard_DS3_v2 x 2", Assert.Single(plans!).Steps.OfType<DeploymentStep>().Single().Why, StringComparison.Ordinal);
    }

    private static DeploymentSpec Read(string text)
    {
        var result = DeploymentFileReader.ReadDeployment("deployment.yml", text);
        Assert.False(result.HasErrors, string.Join('\n', result.Diagnostics.Select(static d => d.Message)) + "\n" + text);
        return result.Value!;
    }
}
