namespace FlowBuild.EndToEnd.Tests;

/// <summary>Bad input as a user meets it: a coded error at its place, a way to mend it, no stack trace, and an untouched workspace.</summary>
public sealed class BadInputTests(PackedFeed feed)
{
    // The deployment sample of the prompt flow documentation repeats the image as a line without a key, which is no YAML.
    private const string DeploymentWithStrayLine = """
        name: blue
        endpoint_name: basic-chat-endpoint
        model: azureml:basic-chat-model:1
        environment:
          image: mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230801.v1
          mcr.microsoft.com/azureml/promptflow/promptflow-runtime:20230801.v1
          # inference config is used to build a serving container for online deployments
          inference_config:
            liveness_route:
              path: /health
              port: 8080
        instance_type: Standard_E16s_v3
        instance_count: 1
        """;

    public static TheoryData<string, string, string, string, string[]> EditsOfTheSample => new()
    {
        { "deployment.yml", "model: azureml:basic-chat-model@latest", "model: model:basic-chat-model:1", "deployment.yml(4,8", ["azureml:basic-chat-model:1"] },
        { "deployment.yml", "instance_count: 1", "instance_cout: 1", "deployment.yml(18,1", ["instance_cout", "instance_count"] },
        { "deployment.yml", "name: blue", "type: Kubernetes\nname: blue", "deployment.yml(2,7", ["kubernetes"] },
        { "endpoint.yml", "auth_mode: key", "auth_mode: keys", "endpoint.yml(4,12", ["keys", "'key'"] },
        { "basic-chat/flow.dag.yaml", "reference: ${chat.output}", "reference: ${chta.output}", "flow.dag.yaml(15,16", ["chta", "chat"] },
    };

    [Theory]
    [MemberData(nameof(EditsOfTheSample))]
    public async Task A_mistake_in_a_file_is_an_error_at_its_place_with_a_way_to_mend_it(string file, string from, string to, string place, string[] words)
    {
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        var path = Path.Combine(sample, file);
        var text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        Assert.Contains(from, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(path, text.Replace(from, to, StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");

        AssertRefused(user, deployed, place, words);
    }

    [Fact]
    public async Task A_build_checks_the_folder_of_a_flow_again_when_it_changes_and_not_where_that_is_turned_off()
    {
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        var template = Path.Combine(sample, "basic-chat", "chat.jinja2");

        Assert.Empty((await user.DotNetAsync("build", "BasicChat")).Lines("warning FLOW3"));
        File.Delete(template);
        Assert.NotEmpty((await user.DotNetAsync("build", "BasicChat")).Lines("warning FLOW3024"));
        Assert.Empty((await user.DotNetAsync("build", "BasicChat", "-p:FlowCheckFolder=false", "-t:Rebuild")).Lines("warning FLOW3"));
    }

    [Fact]
    public async Task The_documentation_s_deployment_sample_is_refused_as_invalid_YAML()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");
        user.Write("BasicChat/deployment.yml", DeploymentWithStrayLine);

        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");

        AssertRefused(user, deployed, "deployment.yml(6,", ["FLOW2001"]);
    }

    [Theory]
    [InlineData("build")]
    [InlineData("build", "-t:ValidateFlow")]
    [InlineData("publish", "-t:DeployFlow")]
    [Trait("Category", "Security")]
    public async Task A_line_break_in_the_name_of_a_flow_s_folder_is_an_error_and_no_line_of_the_compiler_s_files(string command, params string[] targets)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no folder of this name can be made");
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        user.Write("BasicChat/it's]\nbuild_property.RootNamespace = Evil\n[x/flow.dag.yaml", await File.ReadAllTextAsync(Path.Combine(sample, "basic-chat", "flow.dag.yaml"), TestContext.Current.CancellationToken));

        var refused = await user.DotNetAsync([command, "BasicChat", .. targets]);

        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("error FLOW4041: The path of a flow holds a line break or another control character, shown as '?' in '", refused.Output, StringComparison.Ordinal);
        Assert.Contains("it?s??build_property.RootNamespace ? Evil??x", refused.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(sample, "obj"), "*.editorconfig", SearchOption.AllDirectories).SelectMany(File.ReadLines),
            static line => line.StartsWith("build_property.RootNamespace = Evil", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_deployment_file_that_is_named_and_missing_is_an_error()
    {
        await using var user = new UserFolder(feed);
        user.CopySample("BasicChat");

        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow", "-p:FlowDeploymentFile=green.yml");

        AssertRefused(user, deployed, "green.yml", ["does not exist"]);
    }

    [Fact]
    public async Task A_workspace_that_is_not_configured_is_an_error_that_says_how_to_name_one()
    {
        await using var user = new UserFolder(feed);
        var sample = user.CopySample("BasicChat");
        var project = Path.Combine(sample, "BasicChat.csproj");
        var text = await File.ReadAllTextAsync(project, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(project, text.Replace("<FlowWorkspace Condition=\"'$(FlowWorkspace)' == ''\">local</FlowWorkspace>", "", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var deployed = await user.DotNetAsync("publish", "BasicChat", "-t:DeployFlow");

        AssertRefused(user, deployed, "error FLOW4", ["FlowWorkspace", "local"]);
    }

    private static void AssertRefused(UserFolder user, CommandResult deployed, string place, string[] words)
    {
        Assert.True(deployed.ExitCode == 1, deployed.Output);
        var errors = string.Join('\n', deployed.Lines("error FLOW"));
        Assert.True(errors.Contains(place, StringComparison.Ordinal), deployed.Output);
        foreach (var word in words)
        {
            Assert.Contains(word, errors, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("   at ", deployed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MSB4018", deployed.Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(user.StateFolder), "a local workspace was started for files that do not validate");
    }
}
