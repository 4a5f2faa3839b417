using FlowBuild.Definitions;
using FlowBuild.Definitions.Flows;

namespace FlowBuild.Generator.Emit;

/// <summary>All that the generated code of one flow depends on. Two equal models give the same text, so nothing is emitted again.</summary>
/// <param name="Name">Base name of the types, such as <c>ChatBasic</c>.</param>
/// <param name="Namespace">Namespace of the types; empty for the global one.</param>
/// <param name="HintPrefix">What the generated files' names begin with.</param>
/// <param name="IsPublic">Whether the types are public; else internal.</param>
/// <param name="Source">The flow file as comments show it: relative to the project, with <c>/</c>.</param>
/// <param name="Contract">What the flow takes and gives.</param>
/// <param name="ValueTypes">Types that the item gives to outputs, and to inputs that are lists and objects.</param>
/// <param name="JsonContext">The serializer context that knows them, or null.</param>
internal sealed record FlowModel(
    string Name,
    string Namespace,
    string HintPrefix,
    bool IsPublic,
    string Source,
    FlowContract Contract,
    EquatableArray<GivenType> ValueTypes,
    string? JsonContext);

/// <summary>A type that the item gives to a value of the flow.</summary>
/// <param name="Name">The name of an output or input, with or without <c>outputs.</c> or <c>inputs.</c> before it.</param>
/// <param name="Type">The type as written, without its mark.</param>
/// <param name="IsNullable">Whether an output can be null: false for <c>!</c>, true for <c>?</c>, null without a mark.</param>
internal sealed record GivenType(string Name, string Type, bool? IsNullable);

/// <summary>One generated file.</summary>
internal sealed record GeneratedFile(string HintName, string Text);
