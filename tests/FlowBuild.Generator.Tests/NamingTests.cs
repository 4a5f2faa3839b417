using FlowBuild.Definitions.Naming;
using FlowBuild.Generator.Tests.Harness;

namespace FlowBuild.Generator.Tests;

/// <summary>What generated types, properties and files are called.</summary>
public sealed class NamingTests
{
    private const string Yaml = "inputs:\n  question:\n    type: string\n";

    [Theory]
    [InlineData("chat_history", "ChatHistory")]
    [InlineData("my-input", "MyInput")]
    [InlineData("my input", "MyInput")]
    [InlineData("pdfUrl", "PdfUrl")]
    [InlineData("MAX_TOKENS", "MaxTokens")]
    [InlineData("ID", "Id")]
    [InlineData("1st", "_1st")]
    [InlineData("2-fast", "_2Fast")]
    [InlineData("naïve", "Naïve")]
    [InlineData("naı\u0308ve", "Naı\u0308ve")]
    [InlineData("cafe\u0301", "Café")]
    [InlineData("日本", "日本")]
    [InlineData("😀", "Value")]
    [InlineData("", "Value")]
    public void A_name_becomes_a_property(string name, string property) => Assert.Equal(property, Identifiers.PascalCase(name));

    [Fact]
    public void A_flow_is_called_after_its_folder()
    {
        var run = new FlowProject().Flow("flows/web-classification/flow.dag.yaml", Yaml).Run();

        Assert.Equal(["WebClassification.Client.g.cs", "WebClassification.Contracts.g.cs"], run.Sources.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("What the flow <c>flows/web-classification/flow.dag.yaml</c> takes", run.Sources["WebClassification.Contracts.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Flows_whose_folders_have_one_name_get_their_parents_name_whichever_comes_first()
    {
        var run = new FlowProject()
            .Flow("b/x/chat/flow.dag.yaml", Yaml)
            .Flow("a/x/chat/flow.dag.yaml", Yaml)
            .Flow("a/y/chat/flow.dag.yaml", Yaml)
            .Flow("a/y/Chat/flow.dag.yaml", Yaml, ("Namespace", "Elsewhere"))
            .Run();

        Assert.Empty(run.Problems);
        Assert.Empty(run.CompilerProblems);
        Assert.Equal(
            ["AXChat.Client.g.cs", "BXChat.Client.g.cs", "Elsewhere.Chat.Client.g.cs", "YChat.Client.g.cs"],
            run.Sources.Keys.Where(static name => name.Contains("Client", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Two_flows_in_one_folder_are_an_error_at_the_second()
    {
        var run = new FlowProject().Flow("chat/flow.dag.yaml", Yaml).Flow("chat/flow.flex.yaml", "entry: chat:run\n").Run();

        Assert.Equal("FLOW1903", Assert.Single(run.Diagnostics).Id);
    }

    [Fact]
    public void A_client_that_would_be_called_like_anothers_interface_takes_its_parents_name()
    {
        var run = new FlowProject().Flow("a/chat/flow.dag.yaml", Yaml).Flow("a/i-chat/flow.dag.yaml", Yaml).Run();

        Assert.Empty(run.Problems);
        Assert.Contains("class ChatClient : IChatClient", run.Sources["Chat.Client.g.cs"], StringComparison.Ordinal);
        Assert.Contains("class AIChatClient : IAIChatClient", run.Sources["AIChat.Client.g.cs"], StringComparison.Ordinal);

        var chosen = new FlowProject().Flow("a/chat/flow.dag.yaml", Yaml).Flow("b/flow.dag.yaml", Yaml, ("ClientName", "IChat")).Run();
        Assert.Equal("FLOW1903", Assert.Single(chosen.Diagnostics).Id);
        Assert.Empty(chosen.CompilerProblems);
    }

    [Fact]
    public void Client_name_namespace_and_visibility_follow_the_item()
    {
        var run = new FlowProject().Flow("chat/flow.dag.yaml", Yaml, ("ClientName", "Help"), ("Namespace", "My.Desk.class"), ("Visibility", "internal")).Run();

        var client = run.Sources["My.Desk.class.Help.Client.g.cs"];
        Assert.Contains("namespace My.Desk.@class;", client, StringComparison.Ordinal);
        Assert.Contains("internal sealed partial class HelpClient : IHelpClient", client, StringComparison.Ordinal);
        Assert.Empty(run.CompilerProblems);
    }

    [Theory]
    [InlineData("", null)]
    [InlineData("my-app.2.event", "my_app._2.@event")]
    [InlineData("My App", "My_App")]
    public void A_root_namespace_is_made_a_namespace(string rootNamespace, string? expected)
    {
        var run = new FlowProject(rootNamespace).Flow("chat/flow.dag.yaml", Yaml).Run();

        Assert.Empty(run.CompilerProblems);
        Assert.Contains(expected is null ? "#nullable enable\n\n/// " : $"namespace {expected};", run.Sources["Chat.Client.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_flow_outside_the_project_is_named_without_the_machines_path()
    {
        var run = new FlowProject().Flow("/home/someone/flows/chat/flow.dag.yaml", Yaml).Run();

        Assert.DoesNotContain(run.Sources.Values, static text => text.Contains("someone", StringComparison.Ordinal));
        Assert.Contains("<c>chat/flow.dag.yaml</c>", run.Sources["Chat.Client.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void The_outputs_are_those_that_the_item_lists()
    {
        const string Two = "outputs:\n  answer: {type: string, reference: '${n.output}'}\n  context: {type: string, reference: '${n.output}'}\nnodes:\n- {name: n, type: python, source: {type: code, path: n.py}}\n";
        var run = new FlowProject().Flow("chat/flow.dag.yaml", Two, ("ResponseFields", "answer")).Run();

        Assert.Contains(" Answer ", run.Sources["Chat.Contracts.g.cs"], StringComparison.Ordinal);
        Assert.DoesNotContain(" Context ", run.Sources["Chat.Contracts.g.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("answer score", true)]
    [InlineData("""["answer", "score"]""", true)]
    [InlineData("answer,score", true)]
    public void An_evaluation_only_output_appears_where_the_deployment_lists_it(string responseFields, bool appears)
    {
        const string Evaluated = "outputs:\n  answer: {type: string, reference: '${n.output}'}\n  score: {type: double, reference: '${n.output}', evaluation_only: true}\nnodes:\n- {name: n, type: python, source: {type: code, path: n.py}}\n";
        var run = new FlowProject().Flow("chat/flow.dag.yaml", Evaluated, ("ResponseFields", responseFields)).Run();

        Assert.Equal(appears, run.Sources["Chat.Contracts.g.cs"].Contains(" Score ", StringComparison.Ordinal));
    }

    [Fact]
    public void A_prompty_file_gets_a_client_too()
    {
        var text = File.ReadAllText(Path.Combine(FlowBuild.Testing.Transcript.Folder, "flows", "prompty.t.prompty"));
        var run = new FlowProject().Flow("greeting/t.prompty", text).Run();

        Assert.Empty(run.Problems);
        Assert.Empty(run.CompilerProblems);
        Assert.Contains("class GreetingClient", run.Sources["Greeting.Client.g.cs"], StringComparison.Ordinal);
    }
}
