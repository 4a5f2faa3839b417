using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;
using FlowBuild.Generator.Emit;

namespace FlowBuild.Generator.Tests.Harness;

/// <summary>Contracts made by hand, where a test is about the emitters alone.</summary>
internal static class Contracts
{
    public static FlowModel Model(string name, FlowContract contract, string ns = "Sample", bool isPublic = true) =>
        new(name, ns, name, isPublic, $"flows/{name}/flow.dag.yaml", contract, EquatableArray.Empty<GivenType>(), null);

    /// <summary>What a flow without declared inputs and outputs has.</summary>
    public static FlowContract Open(string? description = null) => new(
        FlowKind.Flex,
        description,
        EquatableArray.Empty<ContractInput>(),
        EquatableArray.Empty<ContractOutput>(),
        Chat: null,
        FlowMessageFormat.Basic,
        AcceptsAnyInput: true,
        ReturnsBareResult: true);

    public static FlowContract Dag(
        IEnumerable<ContractInput> inputs,
        IEnumerable<ContractOutput> outputs,
        ChatRoles? chat = null,
        FlowMessageFormat format = FlowMessageFormat.Basic) =>
        new(FlowKind.Dag, null, inputs.ToEquatableArray(), outputs.ToEquatableArray(), chat, format, AcceptsAnyInput: false, ReturnsBareResult: false);

    public static ContractInput In(string name, FlowValueType type = FlowValueType.String, string? defaultJson = null) =>
        new(name, type, defaultJson, null);

    public static ContractOutput Out(
        string name, FlowValueType type = FlowValueType.String, bool isNullable = false, bool canStream = false) =>
        new(name, type, type, null, isNullable, canStream);

    /// <summary>The contract of the basic chat sample.</summary>
    public static FlowContract ChatBasic { get; } = Dag(
        [In("chat_history", FlowValueType.List, "[]"), In("question", FlowValueType.String, "\"What is ChatGPT?\"")],
        [Out("answer", canStream: true)],
        new ChatRoles("question", "answer", "chat_history"));
}
