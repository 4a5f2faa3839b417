using System.Text;
using FlowBuild.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;

namespace FlowBuild.Generator.Tests;

/// <summary>What a build says of a deployment: with FlowSet applied, and held against its flow and its endpoint.</summary>
public sealed class DeploymentCheckTests
{
    private const string Yaml = "inputs:\n  question: {type: string}\noutputs:\n  answer: {type: string, reference: \"${inputs.question}\"}\n";

    private const string Deployment = """
        name: blue
        endpoint_name: chat-endpoint
        model: azureml:chat-model@latest
        environment: {image: example.azurecr.io/flows:1}
        instance_type: Standard_DS3_v2

        """;

    [Theory]
    [InlineData("", "FLOW2006")]
    [InlineData("name=blue", "")]
    [InlineData("instance_count=2;name=blue", "")]
    [InlineData("name=@env:NAME_OF_NO_VARIABLE", "")]
    [InlineData("name=b", "FLOW2017")]
    [InlineData("name=blue instance_count=many", "FLOW2017")]
    [InlineData("name=blue instance_count", "FLOW2017")]
    [InlineData("name=blue environment_variables.KEY=", "FLOW2017")]
    public void FlowSet_is_applied_before_a_deployment_file_is_judged(string set, string ids)
    {
        var project = Project(Deployment.Replace("name: blue\n", "", StringComparison.Ordinal)).Property("FlowBuildSet", Convert.ToBase64String(Encoding.UTF8.GetBytes(set)));

        Assert.Equal(ids, string.Join(' ', project.Run().Diagnostics.Select(static d => d.Id)));
    }

    [Fact]
    public void A_wrong_override_is_an_error_of_the_project_with_its_value_and_once_for_all_files()
    {
        var project = Project(Deployment)
            .Add("green.yml", Deployment.Replace("blue", "green", StringComparison.Ordinal), ("FlowBuildKind", "DeploymentFile"))
            .Property("FlowBuildSet", Convert.ToBase64String("instance_count=many"u8));

        var problem = Assert.Single(project.Run().Diagnostics);

        Assert.Equal("/project/Sample.csproj", problem.Location.GetLineSpan().Path);
        Assert.Contains("'instance_count'", problem.GetMessage(null), StringComparison.Ordinal);
        Assert.DoesNotContain("@env", problem.GetMessage(null), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("instance_count: 1", "environment_variables: {PROMPTFLOW_RUN_MODE: compute}", "FLOW2107")]
    [InlineData("instance_count: 1", "environment_variables: {PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '[\"anwser\"]'}", "FLOW2109")]
    public async Task What_disagrees_with_the_flow_is_a_warning_of_the_build(string from, string to, string id)
    {
        var project = Project(Deployment + from + "\n" + to + "\n");

        Assert.Empty(project.Run().Diagnostics);
        var warning = Assert.Single(await project.AnalyzeAsync());
        Assert.Equal((id, "/project/deployment.yml", 6), (warning.Id, warning.Location.GetLineSpan().Path, warning.Location.GetLineSpan().StartLinePosition.Line));
    }

    [Theory]
    [InlineData("environment: {image: example.azurecr.io/flows:1}\n", "", "FLOW2111")]
    [InlineData("endpoint_name: chat-endpoint", "endpoint_name: other-endpoint\nmodel_mount_path: /m", "FLOW4009")]
    [InlineData("instance_type: Standard_DS3_v2\n", "environment_variables: {PRT_CONFIG_OVERRIDE: deployment.endpoint_name=other}\ninstance_type: x\n", "FLOW2108")]
    public void What_cannot_be_deployed_is_an_error_of_the_build(string from, string to, string id)
    {
        var problem = Assert.Single(Project(Deployment.Replace(from, to, StringComparison.Ordinal)).Run().Diagnostics);

        Assert.Equal((id, DiagnosticSeverity.Error, "/project/deployment.yml"), (problem.Id, problem.Severity, problem.Location.GetLineSpan().Path));
    }

    [Fact]
    public void A_deployment_of_another_model_is_not_held_against_the_flow()
    {
        var deployment = Deployment.Replace("environment: {image: example.azurecr.io/flows:1}\n", "", StringComparison.Ordinal);

        Assert.Empty(Project(deployment.Replace("chat-model", "other-model", StringComparison.Ordinal)).Run().Diagnostics);
        Assert.Empty(Project(deployment, "name: chat-model\npath: elsewhere\n").Run().Diagnostics);
    }

    [Fact]
    public void A_name_that_a_slot_takes_the_place_of_is_not_compared()
    {
        var deployment = Deployment + "environment_variables: {PRT_CONFIG_OVERRIDE: deployment.deployment_name=green}\n";

        Assert.Single(Project(deployment).Run().Diagnostics);
        Assert.Empty(Project(deployment).Property("FlowSlots", "blue green").Run().Diagnostics);
    }

    [Fact]
    public void A_file_that_is_not_UTF_8_is_an_error_at_its_byte()
    {
        var project = new FlowProject()
            .AddBytes("chat/flow.dag.yaml", Encoding.Latin1.GetBytes(Yaml + "description: caf\u00e9\n"), ("FlowBuildKind", "PromptFlow"))
            .AddBytes("deployment.yml", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes(Deployment)], ("FlowBuildKind", "DeploymentFile"))
            .AddBytes("model.yml", [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes("name: chat-model\ndescription: caf\u00e9\n")], ("FlowBuildKind", "ModelFile"));

        var problems = project.Run().Diagnostics.OrderBy(static d => d.Id, StringComparer.Ordinal).ToList();

        Assert.Equal(["FLOW1117", "FLOW2120"], problems.Select(static d => d.Id));
        Assert.Equal((4, 16), (problems[0].Location.GetLineSpan().StartLinePosition.Line, problems[0].Location.GetLineSpan().StartLinePosition.Character));
    }

    private static FlowProject Project(string deployment, string model = "name: chat-model\npath: chat\n") => new FlowProject()
        .Flow(
            "chat/flow.dag.yaml", Yaml, ("FlowBuildDeploymentPath", "/project/deployment.yml"), ("FlowBuildEndpointPath", "/project/endpoint.yml"),
            ("FlowBuildModelPath", "/project/model.yml"))
        .Add("deployment.yml", deployment, ("FlowBuildKind", "DeploymentFile"))
        .Add("endpoint.yml", "name: chat-endpoint\nauth_mode: key\n", ("FlowBuildKind", "EndpointFile"))
        .Add("model.yml", model, ("FlowBuildKind", "ModelFile"));
}
