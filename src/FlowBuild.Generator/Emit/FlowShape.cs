using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Emit;

/// <summary>One property of a generated record and the JSON member behind it.</summary>
/// <param name="JsonName">The name in the flow, verbatim.</param>
/// <param name="Property">The name of the property.</param>
/// <param name="Form">How the value appears.</param>
/// <param name="IsNullable">Whether the property can be null.</param>
/// <param name="TypeWord">The type that the flow file declares.</param>
/// <param name="Description">The flow file's description, or null.</param>
/// <param name="DefaultJson">What the flow takes when an input is left out, or null.</param>
internal sealed record Member(
    string JsonName, string Property, ValueForm Form, bool IsNullable, string TypeWord, string? Description, string? DefaultJson)
{
    /// <summary>Whether an output's value comes from a node of the flow.</summary>
    public bool IsFromNode { get; init; }

    /// <summary>The JSON name as a C# literal.</summary>
    public string Literal { get; } = CSharpLiteral.Of(JsonName);

    /// <summary>Expression that reads the value from <c>reader</c>.</summary>
    public string Read => IsNullable ? Form.ReadNullable(Literal) : Form.Read(Literal);

    /// <summary>The C# type of the property.</summary>
    public string PropertyType => IsNullable ? Form.NullableType : Form.Type;
}

/// <summary>The two members of a turn and the input that holds the turns.</summary>
internal sealed record ChatShape(Member Question, Member Answer, Member History, Member QuestionInput, Member AnswerOutput);

/// <summary>The types that a flow gets and the names of everything in them: the model, settled for the emitters.</summary>
internal sealed class FlowShape
{
    private readonly ContractNames _names;

    public FlowShape(FlowModel model)
    {
        Model = model;
        Source = $"<c>{CSharpText.XmlLine(model.Source)}</c>";
        _names = new ContractNames(model.Name, model.Contract);
        ConversationType = Name + "Conversation";
        InterfaceType = $"I{Name}Client";
        JsonType = Name + "Json";
        ExtensionsType = Name + "ServiceCollectionExtensions";

        var contract = model.Contract;
        Inputs = Members(contract.Inputs, (input, i) => new Member(
            input.Name,
            _names.Inputs[i],
            _names.Chat?.History == input.Name ? ValueForm.Turns(TurnType) : FormOf(input),
            IsNullable: !input.IsRequired,
            ValueForm.Word(input.Type),
            input.Description,
            input.DefaultJson));

        Outputs = Members(contract.Outputs, (output, i) => new Member(
            output.Name,
            _names.Outputs[i],
            FormOf(output),
            GivenTo("outputs", output.Name)?.IsNullable ?? output.IsNullable,
            ValueForm.Word(output.DeclaredType),
            output.Description,
            DefaultJson: null)
        {
            IsFromNode = output.IsFromNode,
        });

        Updates = _names.Updates.Count == 0 ? [] : Members(contract.Outputs, (output, i) => Outputs[i] with
        {
            Property = _names.Updates[i],
            Form = output.CanStream ? Outputs[i].Form.Streamed : Outputs[i].Form,
            IsNullable = true,
        });

        Chat = _names.Chat is { } chat ? MakeChat(chat) : null;
    }

    public FlowModel Model { get; }

    /// <summary>The flow file as documentation names it.</summary>
    public string Source { get; }

    public string Name => Model.Name;

    public string Accessibility => Model.IsPublic ? "public" : "internal";

    public string InputType => _names.InputType;

    public string OutputType => _names.OutputType;

    public string UpdateType => _names.UpdateType;

    public string TurnType => _names.TurnType;

    public string ConversationType { get; }

    public string InterfaceType { get; }

    public string ClientType => _names.ClientType;

    public string JsonType { get; }

    public string ExtensionsType { get; }

    public IReadOnlyList<Member> Inputs { get; }

    public IReadOnlyList<Member> Outputs { get; }

    /// <summary>The outputs as a stream brings them; empty when the flow cannot stream, or its result is bare.</summary>
    public IReadOnlyList<Member> Updates { get; }

    public bool CanStream => Model.Contract.CanStream;

    /// <summary>The type of one piece of a stream: the update record, or any JSON where the code behind the flow returns what it likes.</summary>
    public string StreamedType => Model.Contract.ReturnsBareResult ? ResultType : UpdateType;

    public ChatShape? Chat { get; }

    /// <summary>The type of the argument: the input record, or any JSON object where the flow file declares no inputs.</summary>
    public string ArgumentType => Model.Contract.AcceptsAnyInput ? "global::System.Text.Json.Nodes.JsonObject" : InputType;

    /// <summary>The type of the answer: the output record, or any JSON where the code behind the flow returns what it likes.</summary>
    public string ResultType => Model.Contract.ReturnsBareResult ? "global::System.Text.Json.JsonElement" : OutputType;

    private static Member[] Members<T>(EquatableArray<T> declared, Func<T, int, Member> make)
    {
        var members = new Member[declared.Count];
        for (var i = 0; i < members.Length; i++)
        {
            members[i] = make(declared[i], i);
        }

        return members;
    }

    // The server converts an input to its declared type, so only one that holds anything can be given another.
    private ValueForm FormOf(ContractInput input) =>
        input.Type is FlowValueType.List or FlowValueType.Object && GivenTo("inputs", input.Name) is { } given
            ? FormOf(given, input.Type)
            : ValueForm.Of(input.Type, Model.Contract.MessageFormat);

    private ValueForm FormOf(ContractOutput output) => GivenTo("outputs", output.Name) is { } given
        ? FormOf(given, output.DeclaredType)
        : ValueForm.Of(output.Type, Model.Contract.MessageFormat);

    private ValueForm FormOf(GivenType given, FlowValueType declared) =>
        ValueForm.OfGivenType(given.Type, ValueForm.Word(declared), Model.JsonContext, Model.Contract.MessageFormat)
        ?? throw new InvalidOperationException($"No serializer context knows '{given.Type}'.");

    private GivenType? GivenTo(string kind, string name)
    {
        foreach (var given in Model.ValueTypes)
        {
            if (given.Name == name || given.Name == $"{kind}.{name}")
            {
                return given;
            }
        }

        return null;
    }

    private ChatShape MakeChat(ChatRoles chat)
    {
        var question = Inputs.First(member => member.JsonName == chat.Input);
        var answer = Outputs.First(member => member.JsonName == chat.Output);
        return new ChatShape(
            question with { Property = _names.TurnQuestion, IsNullable = false },
            answer with { Property = _names.TurnAnswer },
            Inputs.First(member => member.JsonName == chat.History),
            question,
            answer);
    }
}
