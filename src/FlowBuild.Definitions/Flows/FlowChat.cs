using FlowBuild.Definitions.Diagnostics;

namespace FlowBuild.Definitions.Flows;

/// <summary>
/// What makes a chat flow, by promptflow's own rule: exactly one chat input, exactly one chat output (or no outputs at all), and a
/// history input.
/// </summary>
internal static class FlowChat
{
    /// <summary>The chat roles, or null when the flow is no chat flow.</summary>
    public static ChatRoles? RolesOf(FlowDefinition flow)
    {
        string? input = null;
        string? history = null;
        string? namedHistory = null;
        foreach (var candidate in flow.Inputs)
        {
            if (candidate.IsChatInput)
            {
                if (input is not null)
                {
                    return null;
                }

                input = candidate.Name;
            }

            history ??= candidate.IsChatHistory == true ? candidate.Name : null;
            namedHistory ??= candidate is { Name: "chat_history", IsChatHistory: not false } ? candidate.Name : null;
        }

        string? output = null;
        foreach (var candidate in flow.Outputs)
        {
            if (candidate.IsChatOutput)
            {
                if (output is not null)
                {
                    return null;
                }

                output = candidate.Name;
            }
        }

        // A flow without any output counts as a chat flow for promptflow, but there is no answer to keep in a turn; one whose message
        // is the history has no message to keep.
        return input is not null && output is not null && (history ?? namedHistory) is { } turns && turns != input
            ? new(input, output, turns)
            : null;
    }

    /// <summary>
    /// Warns of flags that contradict each other: promptflow then takes the flow for no chat flow, without a word. A message without a
    /// history is no contradiction, since many flows answer one question at a time.
    /// </summary>
    public static void Check(FlowDefinition flow, DiagnosticList problems)
    {
        FlowInput? message = null;
        FlowInput? history = null;
        foreach (var input in flow.Inputs)
        {
            if (input.IsChatInput && message is not null)
            {
                problems.Add(FlowRules.ChatFlags, input.Span, $"'{message.Name}' is flagged 'is_chat_input' too, and a chat flow has one such input; remove one of the flags");
            }

            if (input.IsChatHistory == true && history is not null)
            {
                problems.Add(FlowRules.ChatFlags, input.Span, $"'{history.Name}' is flagged 'is_chat_history' too, and the first one is the history; remove one of the flags");
            }

            message ??= input.IsChatInput ? input : null;
            history ??= input.IsChatHistory == true ? input : null;
        }

        FlowOutput? answer = null;
        foreach (var output in flow.Outputs)
        {
            if (output.IsChatOutput && answer is not null)
            {
                problems.Add(FlowRules.ChatFlags, output.Span, $"'{answer.Name}' is flagged 'is_chat_output' too, and a chat flow has one such output; remove one of the flags");
            }

            answer ??= output.IsChatOutput ? output : null;
        }

        // The input of this name is the history when no flag says otherwise.
        var turns = history ?? (message is { Name: "chat_history", IsChatHistory: null } ? message : null);
        if (turns is not null && turns == message)
        {
            problems.Add(FlowRules.ChatFlags, turns.Span, "this is both the message and the history of a chat, which must be two inputs; set 'is_chat_input: true' on the input that holds the message");
            return;
        }

        if (history is null)
        {
            if (answer is not null && message is null)
            {
                problems.Add(FlowRules.ChatFlags, answer.Span, "this is flagged as the answer of a chat, and no input has 'is_chat_input: true', which says where the message goes");
            }

            return;
        }

        if (message is null)
        {
            problems.Add(FlowRules.ChatFlags, history.Span, "this is flagged as the history of a chat, and no input has 'is_chat_input: true', which says where the message goes");
        }
        else if (answer is null && flow.Outputs.Count > 0)
        {
            problems.Add(FlowRules.ChatFlags, history.Span, "this is flagged as the history of a chat, and no output has 'is_chat_output: true', which says where the answer comes from");
        }
        else if (history.Type != FlowValueType.List)
        {
            problems.Add(FlowRules.ChatFlags, history.Span, $"this is flagged as the history of a chat, which is a list, and its type is '{FlowWords.WordOf(history.Type)}'; write 'type: list'");
        }
    }
}
