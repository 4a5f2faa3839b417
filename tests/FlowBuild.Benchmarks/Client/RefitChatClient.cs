using Refit;

namespace FlowBuild.Benchmarks.Client;

/// <summary>The same call through Refit, with source-generated JSON.</summary>
public interface IRefitChatClient
{
    [Post("/score")]
    [Headers("Accept: application/json", "Authorization: Bearer")]
    Task<ChatOutput> ScoreAsync([Body(buffered: true)] ChatInput input, CancellationToken cancellationToken = default);
}
