using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;
using FlowBuild.Generator.Tests.Harness;
using static FlowBuild.Generator.Tests.Harness.Contracts;

namespace FlowBuild.Generator.Tests;

public sealed class EmittedCodeTests
{
    private static readonly FlowValueType[] AllTypes = Enum.GetValues<FlowValueType>();
    private static readonly bool[] Both = [false, true];

    [Fact]
    public void The_basic_chat_compiles_without_a_warning() => AssertCompiles(Model("ChatBasic", ChatBasic));

    [Fact]
    public void Every_type_compiles_required_and_optional_streaming_and_not() => AssertCompiles(
        Model("All", Dag(
            [
                .. AllTypes.Select(type => In("required_" + type, type)),
                .. AllTypes.Select(type => In("optional_" + type, type, "0")),
            ],
            [
                .. AllTypes.Select(type => Out("sure_" + type, type)),
                .. AllTypes.Select(type => Out("maybe_" + type, type, isNullable: true)),
                .. AllTypes.Select(type => Out("stream_" + type, type, canStream: true)),
                .. AllTypes.Select(type => Out("maybe_stream_" + type, type, isNullable: true, canStream: true)),
            ])),
        Model("Vision", Dag([In("picture", FlowValueType.Image)], [Out("picture", FlowValueType.Image)], format: FlowMessageFormat.OpenAIVision)));

    [Fact]
    public void Every_type_can_be_question_and_answer_of_a_chat() => AssertCompiles(
    [
        .. from question in AllTypes
           from answer in AllTypes
           from optional in Both
           select Model($"Chat{question}{answer}{optional}", Dag(
               [In("q", question, optional ? "0" : null), In("h", FlowValueType.List, optional ? "[]" : null)],
               [Out("a", answer, isNullable: optional, canStream: true)],
               new ChatRoles("q", "a", "h"))),
    ]);

    [Fact]
    public void A_chat_that_requires_further_inputs_takes_them_with_each_message() => AssertCompiles(Model("Pdf", Dag(
        [In("question"), In("chat_history", FlowValueType.List), In("pdf_url")],
        [Out("answer", isNullable: true, canStream: true), Out("context", FlowValueType.List, canStream: true)],
        new ChatRoles("question", "answer", "chat_history"))));

    [Fact]
    public void A_chat_whose_deployment_leaves_the_answer_out_has_no_conversation()
    {
        var model = Model("Mute", ChatBasic with { Outputs = new([Out("context", FlowValueType.List)]) });

        AssertCompiles(model);
        Assert.DoesNotContain(FlowEmitter.Emit(model), file => file.Text.Contains("MuteTurn", StringComparison.Ordinal) || file.Text.Contains("MuteConversation", StringComparison.Ordinal));
    }

    [Fact]
    public void A_flow_without_inputs_and_outputs_compiles() => AssertCompiles(Model("Empty", Dag([], [])));

    [Fact]
    public void A_flex_flow_takes_and_gives_any_json() => AssertCompiles(
        Model("Open", Open("Anything.")),
        Model("Bare", Dag([In("n", FlowValueType.Int)], [Out("output")]) with { Kind = FlowKind.Flex, ReturnsBareResult = true }));

    [Trait("Category", "Security")]
    [Theory]
    [InlineData("class", "default", "out", "case", "event", "string", "await", "record", "value", "field", "var", "nameof", "file", "required")]
    [InlineData("and", "or", "not", "with", "is", "when", "init", "async", "dynamic", "partial", "get", "set", "add", "remove", "alias", "nint", "unmanaged", "notnull", "managed", "from", "select", "group", "into", "orderby", "join", "let", "on", "by", "ascending", "args", "allows", "extension", "scoped", "closed", "union")]
    [InlineData("2", "2_name", "2nameName", "日本", "日本Name", "日本NameName", "a", "a_name", "aName_name")]
    [InlineData("odd_json", "odd_conversation", "i_odd_client", "odd_service_collection_extensions", "client", "options", "endpoint", "services", "section", "update", "output", "item", "stream", "json", "exception", "select_turns", "to_json", "send_async", "begin", "with_turns")]
    [InlineData("String", "Task", "System", "FlowEndpoint", "JsonElement", "CancellationToken", "Input", "Output", "Client", "FlowJson", "Func", "Exception", "Uri", "Azure", "Sample", "object", "IReadOnlyList", "JsonEncodedText", "Encoded")]
    [InlineData("my_input", "my-input", "my input", "MyInput", "my.input", "MY_INPUT", "myInput", "My_Input2", "my__input")]
    [InlineData("to_string", "equals", "get_type", "get_hash_code", "equality_contract", "print_members", "memberwise_clone", "finalize", "clone", "reference_equals", "deconstruct")]
    [InlineData("odd_input", "odd_output", "odd_update", "odd_turn", "odd_client", "odd")]
    [InlineData("1st", "2", "_", "__", "-", "", " ", "@", "$", "a\"b", "a\\b", "a\nb", "a\u2028b", "{0}", "</summary>", "*/", "\u0000")]
    [InlineData("naïve", "日本語", "ß", "İ", "ı", "i", "I", "\u212A", "K", "k", "e\u0301", "\u00e9", "\u0301x", "😀", "a😀b", "x\u200dy", "ǆ")]
    [InlineData("writer", "input", "reader", "turn", "turns", "inputs", "outputs", "answer", "question", "cancellation_token", "system", "global", "flow_build", "missing", "unset", "write_input")]
    public void Names_of_any_kind_compile_as_inputs_outputs_and_chat_roles(params string[] names) => AssertCompiles(
    [
        Model("Odd", Dag(names.Select(name => In(name)), names.Select(name => Out(name, canStream: true)))),
        Model("OddOptional", Dag(names.Select(name => In(name, FlowValueType.Int, "0")), names.Select(name => Out(name, isNullable: true)))),
        .. names.Select((name, i) => Model($"OddChat{i}", Dag(
            [In(name), In("the history", FlowValueType.List, "[]")], [Out(name, canStream: true)], new ChatRoles(name, name, "the history")))),
    ]);

    [Trait("Category", "Security")]
    [Fact]
    public void A_description_cannot_leave_its_comment()
    {
        var text = "first </summary>\r\nint evil; \u2028int evil2; \u2029 \u0085 <see cref=\"X\"/> & ]]> \u0000\ud800 */ \n\n#error\n\"\"\"";
        var contract = ChatBasic with
        {
            Description = text,
            Inputs = new([new ContractInput("question", FlowValueType.String, "\"" + text + new string('x', 400) + "\"", text)]),
            Outputs = new([new ContractOutput("answer", FlowValueType.String, FlowValueType.String, text, false, true)]),
            Chat = null,
        };
        AssertCompiles(Model("Evil", contract) with { Source = "a/" + text + "/flow.dag.yaml" });
    }

    [Theory]
    [InlineData("")]
    [InlineData("A.B.C")]
    [InlineData("My.System.Threading.Tasks")]
    [InlineData("My.FlowBuild")]
    [InlineData("@class.@namespace")]
    public void Code_compiles_in_any_namespace_public_and_internal(string ns) =>
        AssertCompiles(Model("ChatBasic", ChatBasic, ns), Model("Other", ChatBasic, ns, isPublic: false));

    [Theory]
    [InlineData(511)]
    [InlineData(513)]
    [InlineData(1024)]
    public void Names_longer_than_the_compiler_takes_compile(int length) => AssertCompiles(Model("Long", Dag(
        [In(new string('a', length)), In(new string('a', length - 1) + "b"), In("h", FlowValueType.List, "[]")],
        [Out(new string('a', length), canStream: true)],
        new ChatRoles(new string('a', length), new string('a', length), "h"))));

    [Trait("Category", "Security")]
    [Theory]
    [InlineData("string")]
    [InlineData("task")]
    [InlineData("system")]
    [InlineData("flow")]
    [InlineData("azure")]
    [InlineData("sample")]
    [InlineData("global")]
    [InlineData("class")]
    [InlineData("1st")]
    [InlineData("日本")]
    [InlineData("😀")]
    [InlineData("a.b-c d")]
    [InlineData("_")]
    [InlineData("json")]
    [InlineData("client")]
    [InlineData("I")]
    public void A_flow_in_a_folder_of_any_name_compiles(string folder)
    {
        foreach (var rootNamespace in new[] { "Sample", "", "global.class", folder, "System", "Azure.Flows" })
        {
            AssertCompiles(new FlowProject(rootNamespace).Flow($"{folder}/flow.dag.yaml", ChatYaml));
        }
    }

    [Fact]
    public void A_flow_in_a_folder_of_the_longest_name_compiles() =>
        AssertCompiles(new FlowProject().Flow(new string('f', 255) + "/flow.dag.yaml", ChatYaml));

    [Theory]
    [InlineData("flow.dag.yaml")]
    [InlineData("/flow.dag.yaml")]
    public void A_flow_in_a_root_compiles(string path) => AssertCompiles(new FlowProject().Flow(path, ChatYaml));

    [Theory]
    [InlineData("a/chat", "a/iChat")]
    [InlineData("a/chat", "b/chat")]
    [InlineData("a/chat", "a/chat-input")]
    [InlineData("a/chat-client", "a/chat")]
    [InlineData("a/chat", "a/i-chat")]
    [InlineData("a/b/c", "a/b-c")]
    public void Flows_whose_types_could_meet_compile_side_by_side(string first, string second) =>
        AssertCompiles(new FlowProject().Flow(first + "/flow.dag.yaml", ChatYaml).Flow(second + "/flow.dag.yaml", ChatYaml));

    [Trait("Category", "Security")]
    [Theory]
    [InlineData("\"*/ ]]> </summary> \\\"\\\"\\\" \\n \\t \\0 \\x07 \\u2028 \\e \\U0001F600 \\\\ {0} {{x}} ${y} &amp; \"")]
    [InlineData("|\n      line\n\n      #error\n      // */ \"\"\"\n")]
    [InlineData("{\"</c>\": [\"*/\", ~, 1e400, .nan, \"\\u2029\"]}")]
    public void A_default_and_a_description_of_any_text_compile(string written) => AssertCompiles(new FlowProject().Flow(
        "chat/flow.dag.yaml",
        "description: " + written.Replace("{\"", "'{\"", StringComparison.Ordinal).Replace("]}", "]}'", StringComparison.Ordinal).Replace("      ", "  ", StringComparison.Ordinal)
            + "\ninputs:\n  q:\n    type: object\n    default: " + written + "\n"));

    [Fact]
    public void Types_of_the_users_own_at_the_root_that_are_named_like_the_frameworks_do_no_harm()
    {
        var user = GeneratedAssembly.Parse("""
            namespace Sample
            {
                internal sealed class System { }
                internal sealed class Azure { }
                internal sealed class FlowBuild { }
                internal sealed class Microsoft { }
                internal sealed class Sample { }
                internal sealed class Object { }
                internal sealed class Utf8JsonReader { }
            }
            internal sealed class Task { }
            internal sealed class JsonElement { }
            """);
        AssertClean(GeneratedAssembly.Compilation(GeneratedAssembly.Parse(Model("ChatBasic", ChatBasic)).Append(user)));
    }

    [Fact]
    public void Types_of_the_users_own_that_are_named_like_the_frameworks_do_no_harm()
    {
        var user = GeneratedAssembly.Parse("""
            namespace Sample
            {
                internal sealed class Task { }
                internal sealed class CancellationToken { }
                internal sealed class FlowJson { }
                internal sealed class JsonElement { }
                internal sealed class Func { }
                internal sealed class String { }
                namespace System { internal sealed class Uri { } }
                namespace Azure { internal sealed class AzureKeyCredential { } }
                namespace FlowBuild { internal sealed class FlowEndpoint { } }
            }
            """);
        AssertClean(GeneratedAssembly.Compilation(GeneratedAssembly.Parse(Model("ChatBasic", ChatBasic)).Append(user)));
    }

    [Fact]
    public void Code_compiles_where_the_project_has_nullable_off() => AssertClean(GeneratedAssembly.Compilation(
        GeneratedAssembly.Parse(Model("ChatBasic", ChatBasic)), Microsoft.CodeAnalysis.NullableContextOptions.Disable));

    [Fact]
    public void A_user_can_extend_every_type()
    {
        var user = GeneratedAssembly.Parse("""
            namespace Sample
            {
                partial record ChatBasicInput { internal int Length => Question?.Length ?? 0; }
                partial record ChatBasicOutput { internal int Length => Answer.Length; }
                partial record ChatBasicTurn { internal int Length => Answer.Length; }
                partial record ChatBasicUpdate { internal int Length => Answer?.Length ?? 0; }
                partial class ChatBasicClient { internal int More => 1; }
                partial class ChatBasicConversation { internal int More => 1; }
                partial interface IChatBasicClient { internal int More => 1; }
                partial class ChatBasicServiceCollectionExtensions { internal static int More => 1; }
            }
            """);
        AssertClean(GeneratedAssembly.Compilation(GeneratedAssembly.Parse(Model("ChatBasic", ChatBasic)).Append(user)));
    }

    [Fact]
    public void Lines_end_the_same_on_every_machine() =>
        Assert.All(FlowEmitter.Emit(Model("ChatBasic", ChatBasic)), file => Assert.DoesNotContain('\r', file.Text));

    private const string ChatYaml = """
        inputs:
          chat_history: {type: list, default: []}
          question: {type: string, is_chat_input: true}
          options: {type: object, default: {a: 1}}
        outputs:
          answer: {type: string, reference: "${n.output}", is_chat_output: true}
        nodes:
        - {name: n, type: llm, api: chat, source: {type: code, path: n.jinja2}}
        """;

    private static void AssertCompiles(FlowProject project)
    {
        var run = project.Run();
        Assert.Null(run.Exception);
        Assert.Empty(run.Problems);
        Assert.NotEmpty(run.Sources);
        Assert.Empty(run.CompilerProblems);
    }

    private static void AssertCompiles(params FlowModel[] models) => AssertClean(GeneratedAssembly.Compilation(GeneratedAssembly.Parse(models)));

    private static void AssertClean(Microsoft.CodeAnalysis.Compilation compilation) =>
        Assert.Empty(GeneratedAssembly.Problems(compilation));
}
