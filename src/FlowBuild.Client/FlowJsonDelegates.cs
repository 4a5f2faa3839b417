using System.Text.Json;

namespace FlowBuild;

/// <summary>Writes the whole body of a request: one JSON value.</summary>
/// <typeparam name="TInput">The flow's inputs.</typeparam>
/// <param name="writer">The writer to write to. It must not be kept.</param>
/// <param name="input">What to write.</param>
public delegate void FlowJsonWriter<in TInput>(Utf8JsonWriter writer, TInput input);

/// <summary>Reads one JSON document: a whole answer, or the data of one event of a stream.</summary>
/// <typeparam name="TResult">What the document is read as.</typeparam>
/// <param name="reader">Stands on the first token of the document; must stand on its last token on return.</param>
/// <exception cref="FlowContractException">The document is not what the flow declares.</exception>
public delegate TResult FlowJsonReader<out TResult>(ref Utf8JsonReader reader);

/// <summary>Reads one value of an answer.</summary>
/// <typeparam name="T">What the value is read as.</typeparam>
/// <param name="reader">Stands on the first token of the value; must stand on its last token on return.</param>
/// <param name="output">The output that an exception names.</param>
/// <exception cref="FlowContractException">The value does not fit.</exception>
public delegate T FlowJsonValueReader<out T>(ref Utf8JsonReader reader, string output);
