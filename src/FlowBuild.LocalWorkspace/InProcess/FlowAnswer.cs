using System.Collections;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using FlowBuild.LocalWorkspace.Scoring;

namespace FlowBuild.LocalWorkspace;

/// <summary>What a test lets a deployed flow answer.</summary>
public sealed class FlowAnswer
{
    private FlowAnswer(GivenAnswer given, Task ready) => (Given, Ready) = (given, ready);

    /// <summary>What the flow answers without a test's word: a row of its folder for these inputs, else values made up of the declared types.</summary>
    public static FlowAnswer MadeUp { get; } = new(new GivenAnswer.Nothing(), Task.CompletedTask);

    /// <summary>What is answered.</summary>
    internal GivenAnswer Given { get; }

    /// <summary>When it is answered.</summary>
    internal Task Ready { get; }

    /// <summary>
    /// The outputs of the flow: an anonymous object, a dictionary or a <see cref="JsonObject"/> with a member for each output, by its name
    /// in the flow file. Values need not be of the declared types, since promptflow does not check that; what is left out is made up. Of
    /// what the deployment does not return, the caller sees nothing.
    /// <para>
    /// A text is streamed word by word when the caller wants a stream and the output can be one. To say the pieces, give an
    /// <see cref="IAsyncEnumerable{T}"/> of a reference type: it is what a generator is in Python. Each item is a piece that is sent at
    /// once; an exception cuts the connection, as the real server does; a caller that wants no stream gets the pieces in one text. Its
    /// cancellation token is cancelled when the caller has gone.
    /// </para>
    /// </summary>
    /// <param name="outputs">The outputs.</param>
    /// <exception cref="ArgumentException">It has no members to read, or a value cannot be written as JSON.</exception>
    public static FlowAnswer Outputs(object outputs)
    {
        ArgumentNullException.ThrowIfNull(outputs);
        return new(new GivenAnswer.Result(new PythonDict([.. Members(outputs).Select(static m => KeyValuePair.Create(m.Key, ToPython(m.Value)))])), Task.CompletedTask);
    }

    /// <summary>The result of a flow that returns it bare: a flex flow, or a prompty without outputs.</summary>
    /// <param name="value">Any value that can be written as JSON, null for JSON's; or an <see cref="IAsyncEnumerable{T}"/> of a reference type,
    /// which is a generator as in <see cref="Outputs"/>.</param>
    /// <exception cref="ArgumentException">It cannot be written as JSON.</exception>
    public static FlowAnswer Result(object? value) => new(new GivenAnswer.Result(ToPython(value)), Task.CompletedTask);

    /// <summary>
    /// The flow fails. The container's error passes the endpoint as status 424, with <paramref name="status"/> beside it, as in Azure.
    /// </summary>
    /// <param name="message">What the server says, such as <c>Execution failure in 'chat': (ValueError) boom</c>.</param>
    /// <param name="status">The container's own status: 400 (code <c>UserError</c>; an exception in a node is one) or 500
    /// (<c>SystemError</c>).</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is neither.</exception>
    public static FlowAnswer Failure(string message, int status = 400)
    {
        ArgumentNullException.ThrowIfNull(message);
        return status is 400 or 500
            ? new(new GivenAnswer.Failure(status, message), Task.CompletedTask)
            : throw new ArgumentOutOfRangeException(nameof(status), status, "A flow fails with 400 or 500. What the endpoint itself answers is a Refusal.");
    }

    /// <summary>The endpoint refuses the request before it reaches the flow.</summary>
    /// <param name="status">Its status, 400 to 599: 429 when too many requests are in flight, 408 when the flow took too long, 424 for a
    /// container that is not ready.</param>
    /// <param name="retryAfter">The header <c>Retry-After</c>, in whole seconds; null for none.</param>
    /// <exception cref="ArgumentOutOfRangeException">The status is no error.</exception>
    public static FlowAnswer Refusal(int status, TimeSpan? retryAfter = null) => status is >= 400 and <= 599
        ? new(new GivenAnswer.Refusal(status, retryAfter), Task.CompletedTask)
        : throw new ArgumentOutOfRangeException(nameof(status), status, "An endpoint refuses with a status from 400 to 599.");

    /// <summary>The same answer, once a task has ended; when the task fails, so does the request. It lets a test decide when an answer comes.</summary>
    /// <param name="ready">The task.</param>
    public FlowAnswer After(Task ready)
    {
        ArgumentNullException.ThrowIfNull(ready);
        return new(Given, ready);
    }

    private static IEnumerable<KeyValuePair<string, object?>> Members(object outputs) => outputs switch
    {
        JsonObject json => json.Select(static m => KeyValuePair.Create<string, object?>(m.Key, m.Value)),
        IDictionary dictionary => dictionary.Keys.Cast<object>().Select(key => KeyValuePair.Create(key.ToString()!, dictionary[key])),
        IEnumerable or ValueType => throw new ArgumentException(
            "Outputs takes an object with a member for each output. The bare result of a flex flow is a Result.", nameof(outputs)),
        _ => outputs.GetType().GetProperties().Select(property => KeyValuePair.Create(property.Name, property.GetValue(outputs))),
    };

    private static PythonValue ToPython(object? value)
    {
        switch (value)
        {
            case IAsyncEnumerable<object?> pieces:
                return new PythonGenerator(ToPythonAsync(pieces));
            case JsonObject members:
                return new PythonDict([.. members.Select(static m => KeyValuePair.Create(m.Key, ToPython(m.Value)))]);
            case JsonArray items:
                return new PythonList([.. items.Select(ToPython)]);
            case JsonValue number when number.GetValue<object>() is double or float:
                return ToPython(number.GetValue<object>());
            default:
                try
                {
                    return PythonJsonReader.Read(JsonSerializer.Serialize(value, AsPython));
                }
                catch (NotSupportedException e)
                {
                    throw new ArgumentException($"A value of the type {value!.GetType()} cannot be written as JSON: {e.Message}", nameof(value), e);
                }
        }
    }

    private static readonly JsonSerializerOptions AsPython = new() { Converters = { new FloatConverter<double>(), new FloatConverter<float>() } };

    /// <summary>Keeps a float one: JSON has no NaN and writes 1.0 as 1, and a server can send both.</summary>
    private sealed class FloatConverter<T> : JsonConverter<T>
        where T : struct, IBinaryFloatingPointIeee754<T>
    {
        public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
        {
            // The digits of a float, not those of the double that it becomes.
            var number = double.Parse(value.ToString("R", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
            writer.WriteRawValue(Format.Write(new PythonFloat(number)), skipInputValidation: true);
        }

        private static readonly PythonJsonFormat Format = new(IsAscii: true, IsSorted: false, IsCompact: true);
    }

    private static async IAsyncEnumerable<PythonValue> ToPythonAsync(
        IAsyncEnumerable<object?> pieces, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (var piece in pieces.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            yield return ToPython(piece);
        }
    }
}
