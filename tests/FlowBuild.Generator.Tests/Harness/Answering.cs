using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace FlowBuild.Generator.Tests.Harness;

/// <summary>An endpoint inside the process: remembers what it was sent and answers with what it was given.</summary>
internal sealed class Answering(string answer, string contentType = "application/json") : HttpMessageHandler
{
    /// <summary>The bodies that were sent.</summary>
    public List<string> Requests { get; } = [];

    /// <summary>A client of this endpoint.</summary>
    public HttpClient Client() => new(this, disposeHandler: false) { BaseAddress = new Uri("http://127.0.0.1/score") };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Requests.Add(await request.Content!.ReadAsStringAsync(cancellationToken));
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(answer));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        return new HttpResponseMessage(HttpStatusCode.OK) { Content = content, RequestMessage = request };
    }
}
