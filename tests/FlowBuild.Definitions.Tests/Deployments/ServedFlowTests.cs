using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Tests.Deployments;

public sealed class ServedFlowTests
{
    private const string Flow = """
        inputs: {}
        outputs:
          answer: {type: string, reference: "${echo.output}"}
          hidden: {type: string, reference: "${echo.output}", evaluation_only: true}
          total: {type: int, reference: "${sum.output}"}
        nodes:
        - {name: echo, type: python, source: {type: code, path: a.py}}
        - {name: sum, type: python, source: {type: code, path: a.py}, aggregation: true}
        """;

    private const string Start = "name: blue\nendpoint_name: basic-chat\ninstance_type: x\n";

    [Theory]
    [InlineData("environment_variables:\n  PROMPTFLOW_RUN_MODE: «compute»\n", "FLOW2107", "only as 'serving'")]
    [InlineData("environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: «'[\"anwser\"]'»\n", "FLOW2109", "did you mean 'answer'?")]
    [InlineData("environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: «'[\"total\"]'»\n", "FLOW2109", "an aggregation node gives it")]
    [InlineData("environment_variables:\n  PRT_CONFIG_OVERRIDE: «deployment.subscription_id=<subscription_id>,deployment.endpoint_name=basic-chat»\n", "FLOW2108", "placeholder '<subscription_id>'")]
    [InlineData("environment_variables:\n  PRT_CONFIG_OVERRIDE: «deployment.endpoint_name=other,deployment.deployment_name=blue»\n", "FLOW2108", "is 'other' and the file says 'basic-chat'")]
    [InlineData("environment:\n  image: x\n  inference_config:\n    liveness_route: {path: «/», port: 8080}\n    readiness_route: {path: /health, port: 8080}\n    scoring_route: {path: /score, port: 8080}\n", "FLOW2110", "answers at '/health'")]
    [InlineData("environment:\n  image: x\n  inference_config:\n    liveness_route: {path: /health, port: 8080}\n    readiness_route: {path: /health, port: 8080}\n    scoring_route: {path: /score, port: «80»}\n", "FLOW2110", "answers at '8080'")]
    public void What_disagrees_with_the_flow_is_told_at_its_place(string marked, string id, string advice)
    {
        var text = MarkedText.Parse(Start + marked);

        text.AssertOnly(Check(text.Text), DiagnosticCatalogue.All.Single(rule => rule.Id == id), advice);
    }

    [Fact]
    public void A_deployment_that_fits_its_flow_has_no_problems()
    {
        Assert.Empty(Check(Start));
        Assert.Empty(Check(Start + """
            environment_variables:
              PROMPTFLOW_RUN_MODE: serving
              PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '["answer", "hidden"]'
              PRT_CONFIG_OVERRIDE: deployment.subscription_id=s,deployment.endpoint_name=basic-chat,deployment.deployment_name=blue
            environment:
              image: x
              inference_config:
                liveness_route: {path: /health, port: 8080}
                readiness_route: {path: /health, port: 8080}
                scoring_route: {path: /score, port: 8080}
            """));
    }

    [Fact]
    public void The_name_of_a_deployment_that_gets_a_slot_is_left_to_the_plan()
    {
        const string Deployment = Start + "environment_variables: {PRT_CONFIG_OVERRIDE: 'deployment.deployment_name=green'}\n";

        Assert.Single(Check(Deployment), static problem => problem.Rule == DeploymentRules.OverrideDisagrees);
        Assert.Empty(ServedFlow.Check(FlowReader.Read("flow.dag.yaml", Flow).Value!, "d.yml", DeploymentFileReader.ReadDeployment("d.yml", Deployment).Value!, hasSlots: true));
    }

    [Theory]
    [InlineData("azureml.promptflow.chat_output: «anwser»", "did you mean 'answer'?")]
    [InlineData("azureml.promptflow.chat_input: «question,customerId»", "the flow has no input 'question', 'customerId'")]
    public void A_chat_property_of_the_model_that_names_nothing_of_the_flow_is_a_warning_at_its_line(string marked, string advice)
    {
        var text = MarkedText.Parse($"name: m\nproperties:\n  {marked}\n");
        var model = DeploymentFileReader.ReadModel("model.yml", text.Text).Value!;

        text.AssertOnly(ServedFlow.CheckChatProperties(FlowReader.Read("flow.dag.yaml", Flow).Value!, "model.yml", model), DeploymentRules.ChatPropertyUnknown, advice);
    }

    [Theory]
    [InlineData("", null, true)]
    [InlineData("environment: {image: i}\n", null, false)]
    [InlineData("code_configuration: {code: ., scoring_script: s.py}\n", null, false)]
    [InlineData("model: azureml:other:1\n", null, false)]
    [InlineData("type: kubernetes\n", null, true)]
    [InlineData("", "name: basic-chat-model\npath: chat\ntype: mlflow_model\n", false)]
    [InlineData("", "name: basic-chat-model\npath: chat\n", true)]
    [InlineData("", "name: basic-chat-model\npath: elsewhere\n", false)]
    public void A_deployment_of_a_flow_needs_an_environment(string deployment, string? model, bool isMissing)
    {
        var text = deployment.Contains("kubernetes", StringComparison.Ordinal) ? Start.Replace("instance_type: x\n", deployment, StringComparison.Ordinal) : Start + deployment;
        var files = new FlowItemFiles(
            "/p/chat/flow.dag.yaml", FlowReader.Read("flow.dag.yaml", Flow).Value, null, "/p/deployment.yml",
            DeploymentFileReader.ReadDeployment("/p/deployment.yml", text).Value, model is null ? null : "/p/model.yml",
            model is null ? null : DeploymentFileReader.ReadModel("/p/model.yml", model).Value);

        Assert.Equal(isMissing ? [DeploymentRules.EnvironmentMissing] : [], files.Check(hasSlots: false).Select(static problem => problem.Rule));
    }

    private static EquatableArray<FlowDiagnostic> Check(string deployment) => ServedFlow.Check(
        FlowReader.Read("flow.dag.yaml", Flow).Value!, "deployment.yml", DeploymentFileReader.ReadDeployment("deployment.yml", deployment).Value!);
}
