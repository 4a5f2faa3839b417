using System.Collections.Concurrent;
using System.Diagnostics;
using Azure;
using FlowBuild.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace FlowBuild.Client.Tests;

/// <summary>Spans are seen by whoever listens in the process, so these tests run while no other does.</summary>
[CollectionDefinition(nameof(TelemetryTests), DisableParallelization = true)]
[Collection(nameof(TelemetryTests))]
public sealed class TelemetryTests : IDisposable
{
    private readonly ActivitySource _source = new("FlowBuild.Client.Tests");
    private readonly List<Activity> _exported = [];
    private readonly TracerProvider _provider;

    public TelemetryTests() => _provider = Sdk.CreateTracerProviderBuilder()
        .AddSource("FlowBuild.Client.Tests", "FlowBuild.Client", "System.Net.Http")
        .AddInMemoryExporter(_exported)
        .Build();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Client_and_flow_join_in_one_trace()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success"));
        ActivityTraceId trace;
        using (var root = _source.StartActivity("root"))
        {
            trace = root!.TraceId;
            await Calls.Endpoint(server.ScoringUri, new() { DeploymentName = "blue" }).HelloAsync(cancellationToken: Stop);
        }

        var call = Span(trace, "flow.score");
        var http = Span(trace, "POST");
        Assert.Equal(call.SpanId, http.ParentSpanId);
        Assert.Equal("127.0.0.1", call.GetTagItem("server.address"));
        Assert.Equal("blue", call.GetTagItem("azureml.deployment.name"));
        Assert.Equal(http.Id, Assert.Single(server.Requests).Headers["traceparent"]);
    }

    [Fact]
    public async Task The_span_of_a_stream_lasts_to_its_end_and_counts_the_updates()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_stream_both_accept"));
        ActivityTraceId trace;
        using (var root = _source.StartActivity("root"))
        {
            trace = root!.TraceId;
            await foreach (var update in Calls.Endpoint(server.ScoringUri).StreamAsync(Stop))
            {
                Assert.Same(root, Activity.Current);
            }
        }

        Assert.Equal(5L, Span(trace, "flow.stream").GetTagItem("flow.updates"));
    }

    [Theory]
    [InlineData("flask_node_exception", "flow.score", "FlowBuild.FlowRequestException")]
    [InlineData("flask_stream_error_midway", "flow.stream", "FlowBuild.FlowStreamInterruptedException")]
    [InlineData("flask_stream_missing_input", "flow.stream", "FlowBuild.FlowRequestException")]
    [InlineData("flask_nan_output", "flow.score", "FlowBuild.FlowContractException")]
    public async Task A_failed_call_has_a_failed_span_without_what_the_server_said(string transcript, string name, string error)
    {
        await using var server = ReplayServer.Start(Transcript.Load(transcript));
        var endpoint = Calls.Endpoint(server.ScoringUri);
        ActivityTraceId trace;
        using (var root = _source.StartActivity("root"))
        {
            trace = root!.TraceId;
            await Assert.ThrowsAnyAsync<Exception>(() => name == "flow.score" ? endpoint.HelloAsync(cancellationToken: Stop) : endpoint.StreamAsync(Stop).IntoAsync([]));
        }

        var span = Span(trace, name);
        Assert.Equal(ActivityStatusCode.Error, span.Status);
        Assert.Equal(error, span.GetTagItem("error.type"));
        Assert.Equal(transcript == "flask_node_exception" ? "echo" : null, span.GetTagItem("promptflow.node.name"));
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value is string text && text.Contains("boom", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Logs_hold_neither_key_nor_bodies()
    {
        await using var server = ReplayServer.Start(Transcript.Load("flask_success_all_inputs"));
        var log = new CapturedLog();
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log));
        collection.AddFlowClient<object, FlowEndpoint>(
            "Hello",
            options =>
            {
                options.ScoringUri = server.ScoringUri;
                options.KeyCredential = new AzureKeyCredential("the-key");
            },
            endpoint => endpoint);
        await using var services = collection.BuildServiceProvider();

        await ((FlowEndpoint)services.GetRequiredService<object>()).HelloAsync(new HelloInput { Text = "what was asked" }, Stop);

        var text = string.Join('\n', log.Lines);
        Assert.Contains("/score", text, StringComparison.Ordinal);
        Assert.DoesNotContain("the-key", text, StringComparison.Ordinal);
        Assert.DoesNotContain("what was asked", text, StringComparison.Ordinal);
        Assert.DoesNotContain("HI HI", text, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _provider.Dispose();
        _source.Dispose();
    }

    private Activity Span(ActivityTraceId trace, string name)
    {
        _provider.ForceFlush();
        return _exported.Single(activity => activity.TraceId == trace && activity.DisplayName == name);
    }

    private sealed class CapturedLog : ILoggerProvider, ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
        {
            _lines.Enqueue(state.ToString()!);
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
