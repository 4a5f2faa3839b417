using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace FlowBuild.Benchmarks.Client;

/// <summary>The baseline: what a careful engineer writes by hand on HttpClient, byte arrays and source-generated JSON.</summary>
internal sealed class HandWrittenClient(HttpClient httpClient, Uri scoringUri, string key)
{
    private static readonly MediaTypeHeaderValue JsonContent = new("application/json");
    private readonly AuthenticationHeaderValue _authorization = new("Bearer", key);

    public async Task<ChatOutput> ScoreAsync(ChatInput input, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, scoringUri);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(input, ChatJsonContext.Default.ChatInput));
        request.Content.Headers.ContentType = JsonContent;
        request.Headers.TryAddWithoutValidation("Accept", "application/json");
        request.Headers.Authorization = _authorization;

        using var response = await httpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        return JsonSerializer.Deserialize(body, ChatJsonContext.Default.ChatOutput)!;
    }

    public async IAsyncEnumerable<ChatUpdate> StreamAsync(ChatInput input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, scoringUri);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(input, ChatJsonContext.Default.ChatInput));
        request.Content.Headers.ContentType = JsonContent;
        request.Headers.TryAddWithoutValidation("Accept", "text/event-stream, application/json");
        request.Headers.Authorization = _authorization;

        using var response = await httpClient.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
        response.EnsureSuccessStatusCode();
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var parser = SseParser.Create(stream, static (_, data) => JsonSerializer.Deserialize(data, ChatJsonContext.Default.ChatUpdate)!);
        await foreach (var item in parser.EnumerateAsync(cancellationToken).ConfigureAwait(false))
        {
            yield return item.Data;
        }
    }
}
