using Azure;

namespace FlowBuild.Client.Tests;

/// <summary>The calls of the two flows that most tests make, as a generated client makes them.</summary>
internal static class Calls
{
    public static readonly AzureKeyCredential Key = new("key-of-the-tests");

    public static FlowEndpoint Endpoint(Uri scoringUri, FlowClientOptions? options = null) => new(scoringUri, Key, options);

    public static Task<HelloOutput> HelloAsync(this FlowEndpoint endpoint, HelloInput? input = null, CancellationToken cancellationToken = default) =>
        endpoint.ScoreAsync(input ?? new HelloInput { Text = "hi" }, HelloInput.Write, HelloOutput.Read, cancellationToken);

    public static Task<StreamOutput> AskAsync(this FlowEndpoint endpoint, CancellationToken cancellationToken = default) =>
        endpoint.ScoreAsync(new StreamInput { Question = "a b" }, StreamInput.Write, StreamOutput.Read, cancellationToken);

    public static IAsyncEnumerable<StreamUpdate> StreamAsync(this FlowEndpoint endpoint, CancellationToken cancellationToken = default) =>
        endpoint.StreamAsync(new StreamInput { Question = "a b" }, StreamInput.Write, StreamUpdate.Read, cancellationToken);

    /// <summary>Takes all updates into <paramref name="updates"/>, so that those before an exception are seen.</summary>
    public static async Task IntoAsync(this IAsyncEnumerable<StreamUpdate> stream, List<StreamUpdate> updates)
    {
        await foreach (var update in stream)
        {
            updates.Add(update);
        }
    }
}
