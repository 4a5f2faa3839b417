using FlowBuild.Definitions.Flows;

namespace FlowBuild.Definitions.Naming;

/// <summary>What a flow's types and their properties are called in C#.</summary>
public sealed class ContractNames
{
    /// <summary>Names everything that a contract gives.</summary>
    /// <param name="name">Base name of the types, such as <c>ChatBasic</c>.</param>
    /// <param name="contract">What the flow takes and gives.</param>
    public ContractNames(string name, FlowContract contract)
    {
        InputType = name + "Input";
        OutputType = name + "Output";
        UpdateType = name + "Update";
        TurnType = name + "Turn";
        ClientType = name + "Client";
        Inputs = Properties(InputType, contract.Inputs, static input => input.Name);
        Outputs = Properties(OutputType, contract.Outputs, static output => output.Name);
        Updates = contract.CanStream && !contract.ReturnsBareResult
            ? Properties(UpdateType, contract.Outputs, static output => output.Name)
            : [];
        Chat = FindChat(contract);
        if (Chat is not null)
        {
            var turn = NameScope.ForRecord(TurnType);
            var question = Inputs[IndexOf(contract.Inputs.Select(static input => input.Name), Chat.Input)];
            var answer = Outputs[IndexOf(contract.Outputs.Select(static output => output.Name), Chat.Output)];
            TurnQuestion = turn.Take(question);
            TurnAnswer = turn.Take(answer == question ? answer + "Output" : answer);
        }
    }

    /// <summary>The record of the inputs.</summary>
    public string InputType { get; }

    /// <summary>The record of the outputs.</summary>
    public string OutputType { get; }

    /// <summary>The record of one piece of a stream.</summary>
    public string UpdateType { get; }

    /// <summary>The record of one turn of a chat.</summary>
    public string TurnType { get; }

    /// <summary>The client.</summary>
    public string ClientType { get; }

    /// <summary>The properties of the input record, in the order of the contract.</summary>
    public IReadOnlyList<string> Inputs { get; }

    /// <summary>The properties of the output record, in the order of the contract.</summary>
    public IReadOnlyList<string> Outputs { get; }

    /// <summary>The properties of a piece of a stream, in the order of the contract's outputs; none when the flow cannot stream.</summary>
    public IReadOnlyList<string> Updates { get; }

    /// <summary>The roles of a chat whose turns have a type, else null: a turn needs its question, its answer and a list to stand in, and
    /// a deployment can leave the answer out of its responses.</summary>
    public ChatRoles? Chat { get; }

    /// <summary>The turn's property that holds the question; empty when the flow is no chat.</summary>
    public string TurnQuestion { get; } = "";

    /// <summary>The turn's property that holds the answer; empty when the flow is no chat.</summary>
    public string TurnAnswer { get; } = "";

    private static string[] Properties<T>(string type, EquatableArray<T> members, Func<T, string> jsonNameOf)
    {
        var scope = NameScope.ForRecord(type);
        var properties = new string[members.Count];
        for (var i = 0; i < properties.Length; i++)
        {
            properties[i] = scope.Take(Identifiers.PascalCase(jsonNameOf(members[i])));
        }

        return properties;
    }

    private static ChatRoles? FindChat(FlowContract contract) =>
        contract.Chat is { } chat
            && !contract.AcceptsAnyInput
            && !contract.ReturnsBareResult
            && chat.Input != chat.History
            && contract.Inputs.Any(input => input.Name == chat.Input)
            && contract.Outputs.Any(output => output.Name == chat.Output)
            && contract.Inputs.Any(input => input.Name == chat.History && input.Type == FlowValueType.List)
                ? chat
                : null;

    private static int IndexOf(IEnumerable<string> names, string name) => names.TakeWhile(n => n != name).Count();
}
