namespace FlowBuild.Benchmarks.Client;

/// <summary>The client as the generator emits it.</summary>
internal sealed class FlowChatClient(FlowEndpoint endpoint)
{
    public Task<ChatOutput> ScoreAsync(ChatInput input, CancellationToken cancellationToken = default) =>
        endpoint.ScoreAsync(input, ChatJson.WriteInput, ChatJson.ReadOutput, cancellationToken);

    public IAsyncEnumerable<ChatUpdate> StreamAsync(ChatInput input, CancellationToken cancellationToken = default) =>
        endpoint.StreamAsync(input, ChatJson.WriteInput, ChatJson.ReadUpdate, cancellationToken);
}
