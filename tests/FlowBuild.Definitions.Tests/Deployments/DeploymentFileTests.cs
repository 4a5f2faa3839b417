using FlowBuild.Definitions.Deployments;
using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Tests.Deployments;

public sealed class DeploymentFileTests
{
    private const string Start = """
        $schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json
        name: blue
        endpoint_name: basic-chat-endpoint
        instance_type: Standard_E16s_v3

        """;

    private const string Environment = """
        environment:
          image: registry.example.com/flow:1
          inference_config:
            liveness_route:
              path: /health
              port: 8080
            readiness_route:
              path: /health
              port: 8080
            scoring_route:
              path: /score
              port: 8080

        """;

    [Fact]
    public void A_deployment_is_read_whole()
    {
        var result = Read(Start + Environment + """
            model: azureml:basic-chat-model@latest
            instance_count: 3
            app_insights_enabled: yes
            environment_variables:
              PROMPTFLOW_RUN_MODE: serving
              PROMPTFLOW_WORKER_NUM: 4
              PF_DISABLE_TRACING: true
              PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: '["answer", "context"]'
              SECRET: ${{azureml://connections/search/credentials/key}}
            request_settings:
              request_timeout_ms: "180000"
              max_concurrent_requests_per_instance: 10
            liveness_probe:
              initial_delay: 30
            tags:
              owner: me
            """);

        Assert.Empty(result.Diagnostics);
        var deployment = result.Value!;
        Assert.Equal("blue", deployment.Name.Value);
        Assert.Equal("basic-chat-endpoint", deployment.EndpointName.Value);
        Assert.False(deployment.IsKubernetes);
        Assert.Equal(new AssetReference.Label("basic-chat-model", "latest"), deployment.Model!.Reference);
        Assert.Equal("registry.example.com/flow:1", deployment.Environment!.Inline!.Image!.Value);
        Assert.Equal(8080, deployment.Environment.Inline.Inference!.Scoring.Port.Value);
        Assert.Equal(3, deployment.InstanceCount!.Value);
        Assert.True(deployment.AppInsightsEnabled);
        Assert.Equal(["serving", "4", "True", "[\"answer\", \"context\"]", "${{azureml://connections/search/credentials/key}}"], deployment.EnvironmentVariables.Select(static v => v.Value.Value));
        Assert.Equal(["answer", "context"], deployment.ResponseFields!);
        Assert.Equal(180000, deployment.Requests!.RequestTimeoutMs!.Value);
        Assert.Equal(30, deployment.LivenessProbe!.InitialDelay);
        Assert.Equal("owner", Assert.Single(deployment.Tags).Key);
    }

    [Fact]
    public void A_line_without_a_key_is_reported_where_it_stands()
    {
        // The widely copied sample of the prompt flow documentation holds the image a second time, without a key.
        var text = MarkedText.Parse("""
            name: blue
            endpoint_name: basic-chat-endpoint
            model: azureml:basic-chat-model:1
              # You can also specify model files path inline
              # path: examples/flows/chat/basic-chat
            environment: 
              image: mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230801.v1
              «mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230801.v1»
              # inference config is used to build a serving container for online deployments
              inference_config:
                liveness_route:
                  path: /health
                  port: 8080
            """);

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.InvalidYaml, "is no 'key: value'", "remove the line");
    }

    [Theory]
    [InlineData("model:basic-chat-model:1", "write 'azureml:basic-chat-model:1'")]
    [InlineData("basic-chat-model:1", "write 'azureml:basic-chat-model:1'")]
    [InlineData("basic-chat-model@latest", "write 'azureml:basic-chat-model@latest'")]
    [InlineData("azureml:basic-chat-model", "azureml:basic-chat-model@latest")]
    [InlineData("azureml:basic-chat-model@newest", "the only label is 'latest'")]
    [InlineData("azureml:a/b:1", "a name holds no '/'")]
    [InlineData("azureml:<model>:1", "placeholder")]
    [InlineData("azureml://registries/r/environments/e/versions/1", "azureml://registries/REGISTRY/models/NAME/versions/VERSION")]
    [InlineData("./flow", "a mapping with 'path:'")]
    public void A_model_that_is_no_reference_says_what_to_write(string reference, string advice)
    {
        var text = MarkedText.Parse(Start + $"model: «{reference}»\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.InvalidReference, advice);
    }

    [Theory]
    [InlineData("azureml:m:1")]
    [InlineData("azureml:m@latest")]
    [InlineData("azureml://registries/r/models/m/versions/1")]
    [InlineData("azureml:/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1")]
    public void The_forms_of_a_reference_are_read(string reference)
    {
        var result = Read(Start + $"model: {reference}\n");

        Assert.Empty(result.Diagnostics);
        Assert.NotNull(result.Value!.Model!.Reference);
    }

    [Fact]
    public void An_unknown_key_suggests_the_nearest_one()
    {
        var text = MarkedText.Parse(Start + "«instance_cout»: 1\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.UnknownKey, "did you mean 'instance_count'?");
    }

    [Fact]
    public void An_unknown_key_deep_inside_suggests_the_nearest_one()
    {
        var text = MarkedText.Parse(Start + Environment.Replace("scoring_route:\n      path: /score", "scoring_route:\n      path: /score\n      «prot»: 80", StringComparison.Ordinal));

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.UnknownKey, "did you mean 'port'?");
    }

    [Fact]
    public void Kubernetes_in_the_wrong_case_is_refused_because_az_ml_takes_it_for_managed()
    {
        var text = MarkedText.Parse("name: blue\ntype: «Kubernetes»\nendpoint_name: basic-chat\ninstance_type: small\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.KindInWrongCase, "'Kubernetes' would be taken for a managed deployment", "write 'kubernetes'");
    }

    [Fact]
    public void Keys_of_the_other_kind_are_named()
    {
        var text = MarkedText.Parse(Start + "«resources»:\n  limits:\n    cpu: '1'\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.ForeignKey, "only Kubernetes deployments have it", "type: kubernetes");
    }

    [Fact]
    public void All_problems_of_a_file_come_in_one_run_and_in_its_order()
    {
        var result = Read("name: b\nendpoint_name: 12\ninstance_cout: 1\nscale_settings:\n  scale_type: default\nrequest_settings:\n  request_timeout_ms: 900000\n");

        Assert.Equal(
            ["FLOW2006 1", "FLOW2010 1", "FLOW2007 2", "FLOW2004 3", "FLOW2006 4", "FLOW2005 5", "FLOW2008 7"],
            result.Diagnostics.Select(static d => $"{d.Rule.Id} {d.Span!.Value.StartLine + 1}"));
    }

    [Theory]
    [InlineData("'[\"answer\"'", "not closed")]
    [InlineData("answer", "does not begin with '['")]
    [InlineData("\"['answer']\"", "single quotes")]
    [InlineData("'[1]'", "no name in double quotes")]
    [InlineData("'[\"a\" \"b\"]'", "a comma is missing")]
    [InlineData("'[\"a\"] x'", "something follows")]
    public void Response_fields_that_are_no_array_of_names_are_refused_at_their_place(string value, string advice)
    {
        var text = MarkedText.Parse(Start + $"environment_variables:\n  PROMPTFLOW_RESPONSE_INCLUDED_FIELDS: «{value}»\n");

        var result = Read(text.Text);

        text.AssertOnly(result.Diagnostics, DeploymentRules.InvalidResponseFields, advice);
        Assert.Null(result.Value!.ResponseFields);
    }

    [Fact]
    public void A_file_of_another_kind_is_said_in_one_line()
    {
        var endpoint = MarkedText.Parse("name: my-endpoint\n«auth_mode»: key\nfoo: bar\n");
        endpoint.AssertOnly(Read(endpoint.Text).Diagnostics, DeploymentRules.WrongKindOfFile, "an endpoint file", "a deployment file is expected");

        var deployment = MarkedText.Parse("name: blue\n«endpoint_name»: my-endpoint\n");
        deployment.AssertOnly(DeploymentFileReader.ReadEndpoint("endpoint.yml", deployment.Text).Diagnostics, DeploymentRules.WrongKindOfFile, "a deployment file", "an endpoint file is expected");
    }

    [Fact]
    public void Old_shapes_are_named()
    {
        var text = MarkedText.Parse(Start + "scale_settings:\n  type: default\n  «scale_type»: manual\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.ForeignKey, "'scale_settings.scale_type' is now 'scale_settings.type'");
    }

    [Fact]
    public void A_tag_of_ones_own_is_refused()
    {
        var text = MarkedText.Parse(Start + "description: «!secret x»\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.InvalidYaml, "'!secret' is unknown");
    }

    [Theory]
    [InlineData("name: blue\nendpoint_name: «{{endpoint}}»\ninstance_type: x\n")]
    [InlineData("name: blue\nendpoint_name: «\"{{endpoint}}\"»\ninstance_type: x\n")]
    [InlineData("name: blue\nendpoint_name: «${ENDPOINT}»\ninstance_type: x\n")]
    [InlineData("name: blue\nendpoint_name: ok-name\ninstance_type: x\ninstance_count: «${COUNT}»\n")]
    public void A_template_is_recognised(string marked)
    {
        var text = MarkedText.Parse(marked);

        var diagnostic = Assert.Single(Read(text.Text).Diagnostics);
        Assert.Equal(text.Span, diagnostic.Span);
        Assert.Contains("a template that nobody fills in here", diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_that_the_service_resolves_are_left_alone()
    {
        var result = Read(Start + """
            environment_variables:
              A: ${{azureml://connections/x}}
              B: ${{keyvault:https://kv.vault.azure.net/secrets/s/1}}
            """);

        Assert.Empty(result.Diagnostics);
    }

    [Fact]
    public void A_secret_in_plain_text_is_a_warning_that_does_not_show_it()
    {
        var text = MarkedText.Parse(Start + "environment_variables:\n  SEARCH_KEY: «s3cret-value»\n  AOAI_API_KEY: ${{azureml://connections/a/credentials/key}}\n  MONKEY: short\n");

        var result = Read(text.Text);

        text.AssertOnly(result.Diagnostics, DeploymentRules.SecretInPlainText, "SEARCH_KEY", "${{azureml://connections/NAME/credentials/key}}");
        Assert.DoesNotContain("s3cret", result.Diagnostics[0].Message, StringComparison.Ordinal);
        Assert.Empty(DeploymentFileReader.ReadDeployment("deployment.yml", text.Text, [new("environment_variables.SEARCH_KEY", "other-value")]).Diagnostics);
    }

    [Theory]
    [InlineData("API_KEY", "k", "is named like a secret")]
    [InlineData("DbPassword", "1234", "is named like a secret")]
    [InlineData("apiKey", "abc", "is named like a secret")]
    [InlineData("STORAGE_CONNECTION_STRING", "x", "is named like a secret")]
    [InlineData("ANY", "-----BEGIN RSA PRIVATE KEY-----MIIE", "a private key")]
    [InlineData("ANY", "ghp_0123456789abcdefghijABCDEFGHIJ", "a GitHub token")]
    [InlineData("ANY", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==", "a connection string with a key")]
    [InlineData("ANY", "sk-proj-0123456789abcdef", "an API key")]
    [InlineData("ANY", "https://a.blob.core.windows.net/c?sv=2022&sig=abc%2Fdef%3D", "a shared access signature")]
    [InlineData("ANY", "Server=a;User Id=u;Password=p1", "a connection string with a password")]
    [InlineData("ANY", "postgres://user:word@host/db", "a connection string with a password")]
    public void A_secret_is_known_by_its_name_or_its_form(string name, string value, string why)
    {
        var result = Read(Start + $"environment_variables:\n  {name}: \"{value}\"\n");

        var problem = Assert.Single(result.Diagnostics);
        Assert.Equal(DeploymentRules.SecretInPlainText, problem.Rule);
        Assert.StartsWith($"'{name}' ", problem.Message, StringComparison.Ordinal);
        Assert.Contains(why, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(value.Length > 4 ? value : $"'{value}'", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("USE_KEY", "true")]
    [InlineData("API_KEY", "")]
    [InlineData("MONKEY", "banana")]
    [InlineData("MAX_TOKEN", "4096")]
    [InlineData("PACKAGE", "sk-learn-contrib")]
    [InlineData("ENDPOINT", "https://example.com/a?b=c")]
    [InlineData("AOAI_API_KEY", "${aoai.api_key}")]
    public void What_only_resembles_a_secret_is_none(string name, string value)
    {
        Assert.DoesNotContain(
            Read(Start + $"environment_variables:\n  {name}: \"{value}\"\n").Diagnostics, static problem => problem.Rule == DeploymentRules.SecretInPlainText);
    }

    [Theory]
    [InlineData("data_collector: {collections: {a: {enabled: 'true'}}, rolling_rate: «month»}\n", "FLOW2009", "write one of minute, hour, day")]
    [InlineData("readiness_probe: {timeout: «300»}\n", "FLOW2123", "'readiness_probe.timeout' is 300 seconds")]
    [InlineData("code_configuration: {code: ., scoring_script: «score.R»}\nenvironment: {image: i}\n", "FLOW2122", "its name ends with '.R'")]
    [InlineData("environment:\n  image: i\n  «conda_file»: {channels: [a]}\n", "FLOW2121", "this mapping has no such key")]
    [InlineData("tags: {owner: «ghp_0123456789abcdefghij»}\n", "FLOW2106", "a GitHub token")]
    public void What_the_service_or_its_images_do_not_take_is_told_at_its_place(string marked, string id, string advice)
    {
        var text = MarkedText.Parse(Start + marked);

        text.AssertOnly(Read(text.Text).Diagnostics, DiagnosticCatalogue.All.Single(rule => rule.Id == id), advice);
    }

    [Theory]
    [InlineData("code_configuration: {code: ., scoring_script: plumber.R}\nenvironment:\n  image: i\n  inference_config:\n    liveness_route: {path: /l, port: 1}\n    readiness_route: {path: /r, port: 1}\n    scoring_route: {path: /s, port: 1}\n")]
    [InlineData("code_configuration: {code: ., scoring_script: plumber.R}\nenvironment: azureml:e:1\n")]
    [InlineData("liveness_probe: {timeout: 299}\n")]
    [InlineData("environment: {image: i, conda_file: {dependencies: [python=3.10]}}\n")]
    public void What_a_container_of_ones_own_may_do_is_not_told(string text) => Assert.Empty(Read(Start + text).Diagnostics);

    [Theory]
    [InlineData("promptflow==1.18.5\nopenai>=1.0\n", "FLOW2121", "this is a text")]
    [InlineData("- python=3.10\n", "FLOW2121", "this is a list")]
    [InlineData("", "FLOW2121", "this file is empty")]
    [InlineData("name: e\nchannels: [conda-forge]\n", "FLOW2121", "this mapping has no such key")]
    [InlineData("dependencies: python\n", "FLOW2121", "'dependencies' is a text")]
    [InlineData("name: [\n", "FLOW2001", "")]
    public void A_conda_file_is_a_mapping_with_dependencies(string text, string id, string advice)
    {
        var problem = Assert.Single(CondaFile.Check("conda.yml", text));

        Assert.Equal(id, problem.Rule.Id);
        Assert.Contains(advice, problem.Message, StringComparison.Ordinal);
        Assert.Empty(CondaFile.Check("conda.yml", "dependencies:\n- python=3.10\n- pip:\n  - openai\n"));
    }

    [Fact]
    public void A_template_in_a_free_text_is_a_warning()
    {
        var text = MarkedText.Parse(Start + "environment_variables:\n  A: «x-${VAR}»\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.LeftoverTemplate, "${VAR}");
    }

    [Theory]
    [InlineData("name: blue", "name: «$(DEPLOYMENT)»", "'$(DEPLOYMENT)' in 'name'")]
    [InlineData("name: blue", "name: «$deployment»", "'$deployment' in 'name'")]
    [InlineData("name: blue", "name: blue\ninstance_count: «$(Build.Count)»", "'$(Build.Count)' in 'instance_count'")]
    [InlineData("name: blue", "name: blue\napp_insights_enabled: «$insights»", "'$insights' in 'app_insights_enabled'")]
    public void What_a_shell_or_pipeline_should_have_filled_in_is_called_a_template(string plain, string marked, string message)
    {
        var text = MarkedText.Parse(Start.Replace(plain, marked, StringComparison.Ordinal));

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.TemplateNotFilled, message);
    }

    [Theory]
    [InlineData("environment_variables:\n  A: «$(openAiKey)»\n", "$(openAiKey)")]
    [InlineData("environment_variables:\n  A: «\"x-${{ secrets.KEY }}\"»\n", "${{ secrets.KEY }}")]
    [InlineData("environment_variables:\n  A: «'%API_KEY%'»\n", "%API_KEY%")]
    [InlineData("environment_variables:\n  A: «https://<account>.openai.azure.com»\n", "<account>")]
    [InlineData("environment_variables:\n  A: «__API_KEY__»\n", "__API_KEY__")]
    [InlineData("tags:\n  team: «$(Team.Name)»\n", "$(Team.Name)")]
    [InlineData("description: «deployed by <your name>»\n", "<your name>")]
    [InlineData("environment:\n  image: «$(registry)/chat:1»\n", "$(registry)")]
    [InlineData("environment:\n  image: «<registry>.azurecr.io/chat:1»\n", "<registry>")]
    [InlineData("environment:\n  image: «\"{{registry}}/chat:1\"»\n", "{{registry}}")]
    public void What_a_pipeline_did_not_expand_is_a_warning_wherever_it_stands(string marked, string template)
    {
        var text = MarkedText.Parse(Start + marked);

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.LeftoverTemplate, template);
    }

    [Fact]
    public void What_a_pipeline_did_not_expand_in_a_size_is_a_warning() => Assert.Equal(
        DeploymentRules.LeftoverTemplate,
        Assert.Single(Read(Start.Replace("Standard_E16s_v3", "$(size)", StringComparison.Ordinal)).Diagnostics).Rule);

    [Theory]
    [InlineData("$HOME")]
    [InlineData("100% of 50% of them")]
    [InlineData("a < b and b > c")]
    [InlineData("'<b>bold</b>'")]
    [InlineData("app.__main__")]
    [InlineData("src/__pycache__")]
    public void Text_that_only_looks_like_a_template_is_left_alone(string value) =>
        Assert.Empty(Read(Start + $"environment_variables:\n  A: {value}\n").Diagnostics);

    [Fact]
    public void The_last_of_two_equal_keys_wins_with_a_warning()
    {
        var text = MarkedText.Parse(Start + "instance_count: 1\n«instance_count»: 2\n");

        var result = Read(text.Text);

        text.AssertOnly(result.Diagnostics, DeploymentRules.DuplicateKey, "instance_count");
        Assert.Equal(2, result.Value!.InstanceCount!.Value);
    }

    [Theory]
    [InlineData("name: «123»\nendpoint_name: abc\ninstance_type: x\n", "put it in quotes")]
    [InlineData("name: abc\nendpoint_name: abc\ninstance_type: «1.5»\n", "put it in quotes")]
    [InlineData("name: abc\nendpoint_name: abc\ninstance_type: x\ndescription: «yes»\n", "this is a boolean")]
    [InlineData("name: abc\nendpoint_name: abc\ninstance_type: x\ninstance_count: «many»\n", "a whole number from 1 to 50")]
    [InlineData("name: abc\nendpoint_name: abc\ninstance_type: x\n«environment_variables»:\n", "this is empty")]
    [InlineData("name: abc\nendpoint_name: abc\ninstance_type: x\ndata_collector:\n  collections:\n    request:\n      enabled: «true»\n", "write 'true' in quotes")]
    public void A_value_of_the_wrong_type_says_how_to_write_it(string marked, string advice)
    {
        var text = MarkedText.Parse(marked);

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.WrongType, advice);
    }

    [Fact]
    public void A_version_that_yaml_reads_as_another_number_is_a_warning()
    {
        var text = MarkedText.Parse("name: m\nversion: «1.10»\npath: .\n");

        var result = DeploymentFileReader.ReadModel("model.yml", text.Text);

        text.AssertOnly(result.Diagnostics, DeploymentRules.VersionIsNumber, "'1.1'");
        Assert.Equal("1.1", result.Value!.Version!.Value);
    }

    [Fact]
    public void A_version_that_is_a_number_becomes_text()
    {
        var result = DeploymentFileReader.ReadModel("model.yml", "name: m\nversion: 7\npath: .\n");

        Assert.Empty(result.Diagnostics);
        Assert.Equal("7", result.Value!.Version!.Value);
    }

    [Fact]
    public void An_image_of_prompt_flow_retires()
    {
        var text = MarkedText.Parse(Start + "environment:\n  image: «mcr.microsoft.com/azureml/promptflow/promptflow-runtime:latest»\n");

        text.AssertOnly(Read(text.Text).Diagnostics, DeploymentRules.RetiringImage, "2027-04-20");
    }

    [Fact]
    public void A_Kubernetes_deployment_has_its_own_keys()
    {
        var result = Read("""
            name: blue
            type: kubernetes
            endpoint_name: basic-chat
            model: azureml:m:1
            resources:
              requests: { cpu: "0.5", memory: 1Gi }
              limits: { cpu: "1", memory: 2Gi, nvidia.com/gpu: "1" }
            scale_settings:
              type: target_utilization
              min_instances: 1
              max_instances: 3
            """);

        Assert.Empty(result.Diagnostics);
        Assert.True(result.Value!.IsKubernetes);
        Assert.Equal("1", result.Value.Resources!.Limits!.Gpu);
        Assert.True(result.Value.Scale!.IsTargetUtilization);
    }

    [Theory]
    [InlineData("instance_type: x\nscale_settings:\n  type: default\n  «min_instances»: 1\n", "autoscale rules in Azure Monitor")]
    [InlineData("type: kubernetes\nscale_settings:\n  type: default\n  «max_instances»: 3\n", "goes with 'type: target_utilization' only")]
    public void What_goes_with_scaling_by_utilization_is_refused_elsewhere(string marked, string advice)
    {
        var text = MarkedText.Parse("name: blue\nendpoint_name: basic\nenvironment: azureml:e:1\nmodel: azureml:m:1\n" + marked);

        var diagnostic = Assert.Single(Read(text.Text).Diagnostics);
        Assert.Equal((text.Span, RuleSeverity.Error), (diagnostic.Span!.Value, diagnostic.Rule.Severity));
        Assert.Contains(advice, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_az_ml_shows_of_a_resource_can_stand_in_its_file()
    {
        Assert.Empty(Read(Start + "creation_context: {created_by: me}\nprovisioning_state: Succeeded\nid: x\n").Diagnostics);
        Assert.Empty(DeploymentFileReader.ReadEndpoint("endpoint.yml", "name: basic\nkind: Managed\nscoring_uri: https://x/score\n").Diagnostics);
    }

    [Fact]
    public void Settings_that_exclude_each_other_are_refused()
    {
        var count = MarkedText.Parse("name: blue\ntype: kubernetes\nendpoint_name: basic\n«instance_count»: 1\nscale_settings:\n  type: target_utilization\n");
        count.AssertOnly(Read(count.Text).Diagnostics, DeploymentRules.Conflict, "instance_count");

        var image = MarkedText.Parse("name: e\nimage: a\n«build»:\n  path: .\n");
        image.AssertOnly(DeploymentFileReader.ReadEnvironment("env.yml", image.Text).Diagnostics, DeploymentRules.Conflict, "'image' or 'build'");
    }

    [Fact]
    public void Overrides_are_set_before_the_document_is_checked()
    {
        var result = DeploymentFileReader.ReadDeployment(
            "deployment.yml",
            Start + "instance_count: many\n",
            [new("instance_count", "3"), new("request_settings.request_timeout_ms", "60000"), new("app_insights_enabled", "true"), new("tags.owner", "me")]);

        Assert.Empty(result.Diagnostics);
        Assert.Equal(3, result.Value!.InstanceCount!.Value);
        Assert.Equal(60000, result.Value.Requests!.RequestTimeoutMs!.Value);
        Assert.True(result.Value.AppInsightsEnabled);
        Assert.Equal("owner", Assert.Single(result.Value.Tags).Key);
    }

    [Theory]
    [InlineData("instance_count", "99", "'instance_count' must be")]
    [InlineData("instance_cout", "1", "did you mean 'instance_count'?")]
    [InlineData("request_settings.request_timeout_s", "60", "did you mean 'request_timeout_ms'?")]
    [InlineData("model.version", "1", "'model' is a text in the file")]
    [InlineData("model..version", "1", "keys joined by dots")]
    public void What_is_wrong_with_an_override_is_said_of_the_override_and_of_no_file(string path, string value, string why)
    {
        var result = DeploymentFileReader.ReadDeployment(
            "deployment.yml", Start + "instance_count: 1\nmodel: azureml:m:1\n", [new("tags.owner", "me"), new(path, value)]);

        var diagnostic = Assert.Single(result.Diagnostics);
        Assert.Equal(DeploymentRules.InvalidOverride, diagnostic.Rule);
        Assert.Null(diagnostic.File);
        Assert.Null(diagnostic.Span);
        Assert.StartsWith($"The override of '{path}' in FlowSet cannot be applied: ", diagnostic.Message, StringComparison.Ordinal);
        Assert.Contains(why, diagnostic.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_overrides_are_told_in_their_order_and_before_the_file()
    {
        var result = DeploymentFileReader.ReadDeployment("deployment.yml", Start + "instance_cout: 1\n", [new("egress", "a"), new("egres", "b"), new("egr", "c")]);

        Assert.Equal(["egress", "egres", "egr", "instance_cout"], result.Diagnostics.Select(static d => d.Arguments[0]));
    }

    private static ReadResult<DeploymentSpec> Read(string text) => DeploymentFileReader.ReadDeployment("deployment.yml", text);
}
