using System.Diagnostics.Tracing;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FlowBuild.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace FlowBuild.Client.Tests;

/// <summary>
/// A server that closes a connection some time after its last answer and does not announce it, as uvicorn does. <see cref="OnSecondRequest"/>
/// closes at the worst moment: the client has taken the connection from its pool, and has not sent a byte.
/// </summary>
public sealed class IdleConnectionTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_request_that_the_closed_connection_never_sent_is_repeated_on_another()
    {
        ReplayConnection? idle = null;
        await using var server = Answering(connection => idle ??= connection);
        await using var services = Services(server.ScoringUri, isResilient: true);
        await Endpoint(services).HelloAsync(cancellationToken: Stop);
        using var closing = new OnSecondRequest(() => idle!.Cut());

        var output = await Endpoint(services).HelloAsync(cancellationToken: Stop);

        Assert.Equal("hi", output.Output);
        Assert.True(closing.HasClosed);
        Assert.Equal((2, 2), (server.Requests.Count, server.ConnectionCount));
    }

    [Fact]
    public async Task A_connection_that_was_reset_while_idle_is_the_same()
    {
        ReplayConnection? idle = null;
        await using var server = Answering(connection => idle ??= connection);
        await using var services = Services(server.ScoringUri, isResilient: true);
        await Endpoint(services).HelloAsync(cancellationToken: Stop);
        using var closing = new OnSecondRequest(() => idle!.Reset());

        await Endpoint(services).HelloAsync(cancellationToken: Stop);

        Assert.True(closing.HasClosed);
        Assert.Equal((2, 2), (server.Requests.Count, server.ConnectionCount));
    }

    [Fact]
    public async Task Without_resilience_it_is_an_exception_that_says_that_the_flow_has_not_run()
    {
        ReplayConnection? idle = null;
        await using var server = Answering(connection => idle ??= connection);
        await using var services = Services(server.ScoringUri, isResilient: false);
        await Endpoint(services).HelloAsync(cancellationToken: Stop);
        using var closing = new OnSecondRequest(() => idle!.Cut());

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        Assert.Equal(
            $"The endpoint '{server.ScoringUri}' closed the idle connection before the request was sent: the flow has not run.", exception.Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_request_that_the_server_has_read_on_a_connection_used_before_is_never_repeated()
    {
        var answered = 0;
        await using var server = ReplayServer.Start(async connection =>
        {
            if (Interlocked.Increment(ref answered) == 1)
            {
                await connection.AnswerAsync("200 OK", """{"output":"hi"}""");
            }
            else
            {
                connection.Cut();
            }
        });
        await using var services = Services(server.ScoringUri, isResilient: true);
        await Endpoint(services).HelloAsync(cancellationToken: Stop);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => Endpoint(services).HelloAsync(cancellationToken: Stop));

        Assert.EndsWith("was cut before any answer: the flow may have run.", exception.Message, StringComparison.Ordinal);
        Assert.Equal((2, 1), (server.Requests.Count, server.ConnectionCount));
    }

    [Fact]
    public async Task A_large_body_of_which_the_server_has_read_the_begin_is_never_repeated()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync();
        async Task ServeAsync()
        {
            using var connection = await listener.AcceptTcpClientAsync(Stop);
            var stream = connection.GetStream();
            var buffer = new byte[4096];
            await stream.ReadAtLeastAsync(buffer, 10, cancellationToken: Stop);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"output\":\"hi\"}"u8.ToArray(), Stop);
            await stream.ReadAtLeastAsync(buffer, buffer.Length, cancellationToken: Stop);
        }

        await using var services = Services(new Uri($"http://{listener.LocalEndpoint}/score"), isResilient: true);
        await Endpoint(services).HelloAsync(cancellationToken: Stop);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(
            () => Endpoint(services).HelloAsync(new HelloInput { Text = new string('x', 10_000_000) }, Stop));

        await serving;
        Assert.EndsWith("was cut before any answer: the flow may have run.", exception.Message, StringComparison.Ordinal);
        Assert.False(listener.Pending());
    }

    [Fact]
    public async Task Over_TLS_it_is_the_same()
    {
        using var key = ECDsa.Create();
        using var made = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddDays(1));
        using var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var accepted = ServeAsync();
        var uri = new Uri($"https://{listener.LocalEndpoint}/score");
        using var transport = FlowHttp.CreateTransport(uri);
        transport.SslOptions.RemoteCertificateValidationCallback = (_, shown, _, _) => shown!.GetRawCertData().AsSpan().SequenceEqual(certificate.RawData);
        using var http = new HttpClient(transport);
        var endpoint = new FlowEndpoint(http, new FlowClientOptions { ScoringUri = uri });

        Assert.Equal("hi", (await endpoint.HelloAsync(cancellationToken: Stop)).Output);
        Assert.Equal("hi", (await endpoint.HelloAsync(new HelloInput { Text = new string('x', 100_000) }, Stop)).Output);
        var connection = await accepted;
        using var closing = new OnSecondRequest(connection.Close);
        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => endpoint.HelloAsync(cancellationToken: Stop));

        Assert.EndsWith("closed the idle connection before the request was sent: the flow has not run.", exception.Message, StringComparison.Ordinal);

        async Task<TcpClient> ServeAsync()
        {
            var client = await listener.AcceptTcpClientAsync(Stop);
            var stream = new SslStream(client.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
            var buffer = new byte[200_000];
            foreach (var size in (int[])[10, 100_000])
            {
                await stream.ReadAtLeastAsync(buffer, size, cancellationToken: Stop);
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"output\":\"hi\"}"u8.ToArray(), Stop);
            }

            return client;
        }
    }

    private static ReplayServer Answering(Action<ReplayConnection> seen) => ReplayServer.Start(connection =>
    {
        seen(connection);
        return connection.AnswerAsync("200 OK", """{"output":"hi"}""");
    });

    private static FlowEndpoint Endpoint(ServiceProvider services) => (FlowEndpoint)services.GetRequiredService<object>();

    private static ServiceProvider Services(Uri scoringUri, bool isResilient)
    {
        var services = new ServiceCollection();
        var client = services.AddFlowClient<object, FlowEndpoint>("Hello", options => options.ScoringUri = scoringUri, endpoint => endpoint);
        if (isResilient)
        {
            client.AddFlowResilience();
        }

        return services.BuildServiceProvider();
    }

    /// <summary>Acts when this test's next request has its connection and has not written its first byte.</summary>
    private sealed class OnSecondRequest : EventListener
    {
        // Set before the base constructor enables the source. An event comes on the thread that sends, so it stays within the test's flow.
        private static readonly AsyncLocal<OnSecondRequest?> Current = new();
        private readonly Action _close;
        private int _hasClosed;

        public OnSecondRequest(Action close)
        {
            _close = close;
            Current.Value = this;
        }

        public bool HasClosed => Volatile.Read(ref _hasClosed) == 1;

        public override void Dispose()
        {
            Current.Value = null;
            base.Dispose();
        }

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "System.Net.Http")
            {
                EnableEvents(eventSource, EventLevel.Informational);
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData)
        {
            if (eventData.EventName == "RequestHeadersStart" && Current.Value == this && Interlocked.Exchange(ref _hasClosed, 1) == 0)
            {
                _close();
            }
        }
    }
}
