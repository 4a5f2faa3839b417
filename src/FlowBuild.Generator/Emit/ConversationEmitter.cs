using FlowBuild.Definitions.Naming;

namespace FlowBuild.Generator.Emit;

/// <summary>Writes the conversation of a chat flow: it keeps the turns and sends them with each message.</summary>
internal static class ConversationEmitter
{
    private const string CancellationToken = "global::System.Threading.CancellationToken";

    public static void Write(CodeWriter writer, FlowShape shape, ChatShape chat)
    {
        var turns = chat.History.Form.Type;
        var asText = Identifiers.CamelCase(chat.Question.Property);
        asText = asText == "cancellationToken" ? "question" : asText;

        // A message alone is enough where the flow requires nothing else.
        var messageAlone = shape.Inputs.All(member => member.IsNullable || member == chat.QuestionInput || member == chat.History);

        writer.Line($$"""

            /// <summary>
            /// A conversation with the flow {{shape.Source}}. It keeps the finished turns and sends them with each message;
            /// a turn that fails or is given up leaves no trace. Messages are sent one after the other.
            /// </summary>
            {{FlowEmitter.GeneratedCode}}
            {{shape.Accessibility}} sealed partial class {{shape.ConversationType}}
            {
                private readonly {{shape.InterfaceType}} _client;
                private {{turns}} _turns;
                private int _sending;

                /// <summary>Starts a conversation, or goes on with an earlier one.</summary>
                /// <param name="client">The client that messages are sent through.</param>
                /// <param name="turns">The turns so far, oldest first; none when null.</param>
                public {{shape.ConversationType}}({{shape.InterfaceType}} client, global::System.Collections.Generic.IEnumerable<{{shape.TurnType}}>? turns = null)
                {
                    global::System.ArgumentNullException.ThrowIfNull(client);
                    _client = client;
                    _turns = turns is null ? [] : [.. turns];
                }

                /// <summary>The finished turns, oldest first.</summary>
                public {{turns}} Turns => _turns;

                /// <summary>Chooses the turns that go with the next message, as where a model's context is short. All of them when null.</summary>
                public global::System.Func<{{turns}}, {{turns}}>? SelectTurns { get; set; }

                /// <summary>Restores a conversation from what <see cref="ToJson"/> gave.</summary>
                /// <param name="client">The client that messages are sent through.</param>
                /// <param name="json">The stored turns.</param>
                /// <exception cref="global::System.FormatException">The text holds no turns of this flow.</exception>
                public static {{shape.ConversationType}} FromJson({{shape.InterfaceType}} client, string json)
                {
                    try
                    {
                        var turns = {{ValueForm.FlowJson}}.ReadDocument(global::System.Text.Encoding.UTF8.GetBytes(json), {{shape.JsonType}}.ReadTurns);
                        return new {{shape.ConversationType}}(client, turns);
                    }
                    catch (global::System.Exception exception) when (exception is global::System.Text.Json.JsonException or global::FlowBuild.FlowContractException)
                    {
                        throw new global::System.FormatException("The text holds no turns of this flow.", exception);
                    }
                }

                /// <summary>The finished turns as JSON, in the form that the flow takes them.</summary>
                public string ToJson()
                {
                    using var stream = new global::System.IO.MemoryStream();
                    using (var writer = new global::System.Text.Json.Utf8JsonWriter(stream))
                    {
                        {{shape.JsonType}}.WriteTurns(writer, _turns);
                    }

                    return global::System.Text.Encoding.UTF8.GetString(stream.GetBuffer(), 0, (int)stream.Length);
                }
            """);

        WriteSend(writer, shape, chat, messageAlone ? asText : null);
        if (shape.CanStream && CanCollect(shape, chat))
        {
            WriteStream(writer, shape, chat, messageAlone ? asText : null);
        }

        writer.Line($$"""

                private void Begin({{shape.InputType}} input)
                {
                    global::System.ArgumentNullException.ThrowIfNull(input);
            """);
        if (chat.QuestionInput.IsNullable || chat.QuestionInput.Form.IsReference)
        {
            writer.Line($$"""
                        if (input.{{chat.QuestionInput.Property}} is null)
                        {
                            throw new global::System.ArgumentException("A turn of a conversation needs its {{chat.QuestionInput.Property}}.", nameof(input));
                        }

                """);
        }

        writer.Line($$"""
                    if (global::System.Threading.Interlocked.Exchange(ref _sending, 1) != 0)
                    {
                        throw new global::System.InvalidOperationException("This conversation still waits for an answer. Await it before sending the next message.");
                    }
                }

                private {{shape.InputType}} WithTurns({{shape.InputType}} input) =>
                    input with { {{chat.History.Property}} = SelectTurns is null ? _turns : SelectTurns(_turns) };
            }
            """);
    }

    // A streamed list comes item by item and a whole one at once: what the turn's answer is cannot be told.
    private static bool CanCollect(FlowShape shape, ChatShape chat) =>
        shape.Updates.First(member => member.JsonName == chat.Answer.JsonName).Form.Type == chat.Answer.Form.Type;

    private static string Turn(FlowShape shape, ChatShape chat, string answer)
    {
        var question = "input." + chat.QuestionInput.Property;
        if (chat.QuestionInput.IsNullable)
        {
            question += chat.QuestionInput.Form.IsReference ? "!" : ".GetValueOrDefault()";
        }

        return $"_turns = [.. _turns, new {shape.TurnType} {{ {chat.Question.Property} = {question}, {chat.Answer.Property} = {answer} }}];";
    }

    private static void WriteSend(CodeWriter writer, FlowShape shape, ChatShape chat, string? message)
    {
        var result = $"global::System.Threading.Tasks.Task<{shape.OutputType}>";
        if (message is not null)
        {
            writer.Line($$"""

                    /// <summary>Sends a message and waits for the whole answer.</summary>
                    /// <param name="{{message.TrimStart('@')}}">The message.</param>
                    /// <param name="cancellationToken">Gives the call up.</param>
                    /// <exception cref="global::System.InvalidOperationException">An earlier message still waits for its answer.</exception>
                    public {{result}} SendAsync({{chat.Question.Form.Type}} {{message}}, {{CancellationToken}} cancellationToken = default) =>
                        SendAsync({{NewInput(shape, chat, message)}}, cancellationToken);
                """);
        }

        writer.Line($$"""

                /// <summary>Sends a message with further inputs and waits for the whole answer.</summary>
                /// <param name="input">What the flow takes; the turns in it are replaced by those of the conversation.</param>
                /// <param name="cancellationToken">Gives the call up.</param>
                /// <exception cref="global::System.InvalidOperationException">An earlier message still waits for its answer.</exception>
                public async {{result}} SendAsync({{shape.InputType}} input, {{CancellationToken}} cancellationToken = default)
                {
                    Begin(input);
                    try
                    {
                        var output = await _client.ScoreAsync(WithTurns(input), cancellationToken).ConfigureAwait(false);
                        {{Turn(shape, chat, "output." + chat.AnswerOutput.Property)}}
                        return output;
                    }
                    finally
                    {
                        global::System.Threading.Volatile.Write(ref _sending, 0);
                    }
                }
            """);
    }

    private static void WriteStream(CodeWriter writer, FlowShape shape, ChatShape chat, string? message)
    {
        var result = $"global::System.Collections.Generic.IAsyncEnumerable<{shape.UpdateType}>";
        var update = shape.Updates.First(member => member.JsonName == chat.Answer.JsonName);
        var isText = update.Form.Type == "string";
        if (message is not null)
        {
            writer.Line($$"""

                    /// <summary>Sends a message and gives the answer piece by piece. The turn counts once the last piece was read.</summary>
                    /// <param name="{{message.TrimStart('@')}}">The message.</param>
                    /// <param name="cancellationToken">Gives the call up.</param>
                    /// <exception cref="global::System.InvalidOperationException">An earlier message still waits for its answer.</exception>
                    public {{result}} StreamAsync({{chat.Question.Form.Type}} {{message}}, {{CancellationToken}} cancellationToken = default) =>
                        StreamAsync({{NewInput(shape, chat, message)}}, cancellationToken);
                """);
        }

        // Text comes in pieces; of any other value the last one is the answer.
        var (declare, collect, answer) = isText
            ? ("var answer = new global::System.Text.StringBuilder();", $"answer.Append(update.{update.Property});", "answer.ToString()")
            : ($"{update.Form.Type}? answer = null;", $"answer = update.{update.Property} ?? answer;", chat.Answer.IsNullable
                ? "answer"
                : $"answer ?? throw {ValueForm.FlowJson}.Missing({chat.Answer.Literal}, \"{chat.Answer.TypeWord}\")");
        writer.Line($$"""

                /// <summary>Sends a message with further inputs and gives the answer piece by piece. The turn counts once the last piece was read.</summary>
                /// <param name="input">What the flow takes; the turns in it are replaced by those of the conversation.</param>
                /// <param name="cancellationToken">Gives the call up.</param>
                /// <exception cref="global::System.InvalidOperationException">An earlier message still waits for its answer.</exception>
                public async {{result}} StreamAsync(
                    {{shape.InputType}} input,
                    [global::System.Runtime.CompilerServices.EnumeratorCancellation] {{CancellationToken}} cancellationToken = default)
                {
                    Begin(input);
                    try
                    {
                        {{declare}}
                        await foreach (var update in global::System.Threading.Tasks.TaskAsyncEnumerableExtensions.ConfigureAwait(_client.StreamAsync(WithTurns(input), cancellationToken), false))
                        {
                            {{collect}}
                            yield return update;
                        }

                        {{Turn(shape, chat, answer)}}
                    }
                    finally
                    {
                        global::System.Threading.Volatile.Write(ref _sending, 0);
                    }
                }
            """);
    }

    private static string NewInput(FlowShape shape, ChatShape chat, string message)
    {
        var history = chat.History.IsNullable ? "" : $", {chat.History.Property} = []";
        return $"new {shape.InputType} {{ {chat.QuestionInput.Property} = {message}{history} }}";
    }
}
