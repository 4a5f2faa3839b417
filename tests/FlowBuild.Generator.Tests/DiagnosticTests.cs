using FlowBuild.Generator.Tests.Harness;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Testing;

namespace FlowBuild.Generator.Tests;

/// <summary>Which problem is shown, where, and by whom.</summary>
public sealed class DiagnosticTests
{
    private const string Chat = """
        inputs:
          question:
            type: string
        outputs:
          answer:
            type: string
            reference: ${chat.output}
        nodes:
        - name: chat
          type: python
          source:
            type: code
            path: chat.py
          inputs:
            question: ${inputs.question}

        """;

    [Fact]
    public Task A_wrong_type_word_is_an_error_at_exactly_that_word() => new FlowGeneratorTest()
        .Add("chat/flow.dag.yaml", Chat.Replace("question:\n    type: string", "question:\n    type: {|FLOW1006:sting|}", StringComparison.Ordinal))
        .VerifyAsync();

    [Fact]
    public Task An_unknown_key_is_a_warning_of_the_analyzer_at_that_key() => new FlowGeneratorTest()
        .Add("chat/flow.dag.yaml", Chat + "{|FLOW1101:envronment|}: {}\n")
        .VerifyAsync();

    [Fact]
    public Task A_warning_follows_the_globalconfig() => new FlowGeneratorTest()
        .Configure("dotnet_diagnostic.FLOW1101.severity = none")
        .Add("chat/flow.dag.yaml", Chat + "envronment: {}\n")
        .VerifyAsync();

    [Fact]
    public Task An_error_cannot_be_configured_away() => new FlowGeneratorTest()
        .Configure("dotnet_diagnostic.FLOW1006.severity = none")
        .Add("chat/flow.dag.yaml", Chat.Replace("question:\n    type: string", "question:\n    type: {|FLOW1006:sting|}", StringComparison.Ordinal))
        .VerifyAsync();

    [Fact]
    public async Task Generator_and_analyzer_never_report_the_same_problem()
    {
        var project = new FlowProject().Flow("chat/flow.dag.yaml", Chat.Replace("type: string", "type: sting", StringComparison.Ordinal) + "envronment: {}\n");
        var errors = project.Run().Diagnostics;
        var warnings = await project.AnalyzeAsync();

        Assert.NotEmpty(errors);
        Assert.All(errors, static d => Assert.Equal(DiagnosticSeverity.Error, d.DefaultSeverity));
        Assert.NotEmpty(warnings);
        Assert.All(warnings, static d => Assert.Equal(DiagnosticSeverity.Warning, d.DefaultSeverity));
    }

    [Fact]
    public void A_diagnostic_carries_its_help_link_and_an_error_cannot_be_configured_away()
    {
        var error = Assert.Single(new FlowProject().Flow("chat/flow.dag.yaml", "inputs: [").Run().Diagnostics);

        Assert.EndsWith("#" + error.Id.ToLowerInvariant(), error.Descriptor.HelpLinkUri, StringComparison.Ordinal);
        Assert.Contains(WellKnownDiagnosticTags.NotConfigurable, error.Descriptor.CustomTags);
    }

    [Fact]
    public void A_broken_flow_does_not_keep_the_others_from_their_clients()
    {
        var run = new FlowProject().Flow("broken/flow.dag.yaml", "inputs: [").Flow("chat/flow.dag.yaml", Chat).Run();

        Assert.All(run.Diagnostics, static d => Assert.Equal("/project/broken/flow.dag.yaml", d.Location.GetLineSpan().Path));
        Assert.Contains("Chat.Client.g.cs", run.Sources.Keys);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_an_error()
    {
        var run = new FlowProject().Add("chat/flow.dag.yaml", null, ("FlowBuildKind", "PromptFlow")).Run();

        Assert.Equal("FLOW1901", Assert.Single(run.Diagnostics).Id);
    }

    [Fact]
    public void Additional_files_of_others_are_left_alone()
    {
        var run = new FlowProject().Add("chat/flow.dag.yaml", "inputs: [").Add("stylecop.json", "{", ("FlowBuildKind", "")).Run();

        Assert.Empty(run.Diagnostics);
        Assert.Empty(run.Sources);
    }

    [Theory]
    [InlineData("ClientName", "Chat-Basic")]
    [InlineData("ClientName", "1Chat")]
    [InlineData("Namespace", "My..Flows")]
    [InlineData("Namespace", "My Flows")]
    [InlineData("Visibility", "Public")]
    [InlineData("ValueTypes", "tags")]
    [InlineData("ValueTypes", "question=string[]")]
    [InlineData("ValueTypes", "absent=string[]")]
    [InlineData("ValueTypes", "question=string!")]
    [InlineData("ResponseFields", "answr")]
    [InlineData("ResponseFields", "[answer]")]
    [InlineData("ResponseFields", """["answer", "context"]""")]
    public void Metadata_that_cannot_be_used_are_an_error_that_names_them(string name, string value)
    {
        var run = new FlowProject().Flow("chat/flow.dag.yaml", Chat, (name, value)).Run();

        var error = Assert.Single(run.Diagnostics);
        Assert.Equal("FLOW1902", error.Id);
        Assert.Contains($"{name}=\"{value}\" of the PromptFlow item 'chat/flow.dag.yaml' cannot be used: ", error.GetMessage(null), StringComparison.Ordinal);
        Assert.Equal("/project/Sample.csproj", error.Location.GetLineSpan().Path);
        Assert.Empty(run.Sources);
    }

    [Fact]
    public void Two_items_with_one_client_name_are_an_error_at_the_second()
    {
        var run = new FlowProject()
            .Flow("a/flow.dag.yaml", Chat, ("ClientName", "Chat"))
            .Flow("b/flow.dag.yaml", Chat, ("ClientName", "chat"))
            .Run();

        var error = Assert.Single(run.Diagnostics);
        Assert.Equal("FLOW1903", error.Id);
        Assert.Equal("/project/b/flow.dag.yaml", error.Location.GetLineSpan().Path);
        Assert.Contains("Chat.Client.g.cs", run.Sources.Keys);
    }

    [Fact]
    public void A_type_of_the_users_own_needs_a_serializer_context()
    {
        var run = new FlowProject().Flow("f/flow.dag.yaml", "inputs:\n  tags:\n    type: list\n", ("ValueTypes", "tags=My.Tags")).Run();

        Assert.Contains("[JsonSerializable(typeof(My.Tags))]", Assert.Single(run.Problems), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tags=string[][]", "write name=type")]
    [InlineData("tgas=string[]", "did you mean 'tags'?")]
    [InlineData("tags=String[]", "did you mean 'string[]'?")]
    [InlineData("tags=double", "did you mean 'double[]'?")]
    [InlineData("tags=strng[]", "did you mean 'string[]'?")]
    [InlineData("tags=Info[]", "set JsonContext")]
    [InlineData("outputs.tags=string[]", "no output and no list or object of the inputs called 'outputs.tags'")]
    [InlineData("tags=string[]!", "'!' is for outputs")]
    [InlineData("tags=string[]?", "'?' is for outputs")]
    [InlineData("tags=!", "write name=type")]
    public void A_value_type_that_cannot_be_used_says_what_to_write(string value, string advice)
    {
        var run = new FlowProject().Flow("f/flow.dag.yaml", "inputs:\n  tags:\n    type: list\n", ("ValueTypes", value)).Run();

        Assert.Contains(advice, Assert.Single(run.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void All_that_is_wrong_with_an_item_is_said_in_one_run()
    {
        var run = new FlowProject()
            .Flow("f/flow.dag.yaml", "inputs:\n  tags:\n    type: list\n", ("ClientName", "1Chat"), ("Visibility", "Public"), ("ValueTypes", "tgas=String[] tags=Bool[]"))
            .Run();

        Assert.Equal(5, run.Problems.Count);
        Assert.Empty(run.Sources);
    }

    [Trait("Category", "Security")]
    [Fact]
    public void A_name_that_no_json_can_carry_never_reaches_the_code()
    {
        var run = new FlowProject().Flow("f/flow.dag.yaml", "inputs:\n  \"a\\uD800\":\n    type: string\n").Run();

        Assert.Equal("FLOW1001", Assert.Single(run.Diagnostics).Id);
        Assert.Empty(run.Sources);
    }

    [Theory]
    [InlineData("EndpointFile", "name: my-endpoint\nauth_mode: keys\n")]
    [InlineData("DeploymentFile", "name: blue\nendpoint_name: my-endpoint\nmodel: model:basic-chat-model:1\ninstance_type: Standard_DS3_v2\ninstance_count: 1\n")]
    [InlineData("ModelFile", "name: 1\n")]
    public void An_error_of_a_deployment_file_is_the_generators(string kind, string yaml)
    {
        var run = new FlowProject().Add("some.yml", yaml, ("FlowBuildKind", kind)).Run();

        Assert.NotEmpty(run.Diagnostics);
        Assert.All(run.Diagnostics, static d => Assert.StartsWith("FLOW2", d.Id, StringComparison.Ordinal));
        Assert.All(run.Diagnostics, static d => Assert.Equal("/project/some.yml", d.Location.GetLineSpan().Path));
    }
}
