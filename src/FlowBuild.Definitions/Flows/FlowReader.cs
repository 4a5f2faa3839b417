using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Flows;

/// <summary>Reads flow files: text in, a definition and diagnostics out.</summary>
public static class FlowReader
{
    /// <summary>Reads a flow file and applies every check that the file alone can show.</summary>
    /// <param name="file">The path that diagnostics name; never opened. A name that ends in <c>flow.flex.yaml</c> (or <c>.yml</c>)
    /// expects an entry point; one that ends in <c>.prompty</c> has its definition between two lines <c>---</c>.</param>
    /// <param name="text">The content of the file.</param>
    /// <returns>The definition (null when an error leaves no usable contract; one with errors still has the right inputs and
    /// outputs) and all problems in the order of the file. Never throws for any text.</returns>
    public static ReadResult<FlowDefinition> Read(string file, string text)
    {
        var problems = new DiagnosticList(file);
        var flow = new FlowFileReader(problems).Read(file, text);
        return new(flow, problems.ToOrderedArray());
    }

    /// <summary>Derives what a server of the flow takes and gives, as promptflow's serving app does.</summary>
    /// <param name="flow">The flow.</param>
    /// <param name="responseFields">The outputs that the deployment returns (<c>PROMPTFLOW_RESPONSE_INCLUDED_FIELDS</c>), or null
    /// when it does not say: then all but evaluation-only ones.</param>
    public static FlowContract GetContract(FlowDefinition flow, EquatableArray<string>? responseFields)
    {
        var inputs = new ContractInput[flow.Inputs.Count];
        for (var i = 0; i < inputs.Length; i++)
        {
            var input = flow.Inputs[i];
            inputs[i] = new(input.Name, input.Type, input.DefaultJson, input.Description);
        }

        var bypass = new FlowBypass(flow);
        var outputs = new List<ContractOutput>(flow.Outputs.Count);
        foreach (var output in flow.Outputs)
        {
            var isReturned = responseFields is { } fields ? Contains(fields, output.Name) : !output.IsEvaluationOnly;
            if (isReturned && !FlowGraph.IsDropped(flow, output))
            {
                outputs.Add(ContractOf(flow, output, bypass));
            }
        }

        return new FlowContract(
            flow.Kind,
            flow.Description,
            new(inputs),
            new(outputs),
            flow.Kind == FlowKind.Dag ? FlowChat.RolesOf(flow) : null,
            flow.MessageFormat,
            AcceptsAnyInput: flow.Kind == FlowKind.Flex && inputs.Length == 0,
            ReturnsBareResult: flow.Kind == FlowKind.Flex || (flow.Kind == FlowKind.Prompty && outputs.Count == 0));
    }

    private static ContractOutput ContractOf(FlowDefinition flow, FlowOutput output, FlowBypass bypass)
    {
        var reference = FlowReference.Parse(output.Reference.Value);
        if (reference.Kind != FlowReferenceKind.Node)
        {
            return new(output.Name, output.Type, output.Type, output.Description, IsNullable: true, CanStream: false)
            {
                IsFromNode = false,
            };
        }

        var index = -1;
        for (var i = 0; i < flow.Nodes.Count && index < 0; i++)
        {
            index = flow.Nodes[i].Name == reference.Name ? i : -1;
        }

        // A custom_llm tool is Python code, so it can return a generator like any python node, also as a part of its result.
        var node = index < 0 ? null : flow.Nodes[index];
        var isCode = node?.Type is "python" or "custom_llm";
        if (node is null || !reference.IsWholeNode)
        {
            return new(output.Name, output.Type, output.Type, output.Description, IsNullable: true, CanStream: isCode);
        }

        var (type, isNullable) = (output.Type, true);
        if (node.Type == "llm" && CallsFunctions(node))
        {
            type = FlowValueType.Object;
        }
        else if (output.Type == FlowValueType.String && node.Type is "llm" or "prompt")
        {
            isNullable = bypass.CanBypass(index);
        }

        var canStream = isCode || (node.Type == "llm" && !IsRead(flow, node.Name));
        return new(output.Name, output.Type, type, output.Description, isNullable, canStream);
    }

    /// <summary>Whether an llm node can answer with a function call in the place of text.</summary>
    private static bool CallsFunctions(FlowNode node)
    {
        foreach (var input in node.Inputs)
        {
            if (input.Key is "functions" or "tools" && input.Value.Value is not ("" or "~" or "null" or "[]" or "None"))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsRead(FlowDefinition flow, string name)
    {
        foreach (var node in flow.Nodes)
        {
            foreach (var input in node.Inputs)
            {
                if (FlowReference.Parse(input.Value.Value) is { Kind: FlowReferenceKind.Node } reference && reference.Name == name)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static bool Contains(EquatableArray<string> names, string name)
    {
        foreach (var candidate in names)
        {
            if (candidate == name)
            {
                return true;
            }
        }

        return false;
    }
}
