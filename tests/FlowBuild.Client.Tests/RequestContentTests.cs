using System.Text;

namespace FlowBuild.Client.Tests;

/// <summary>A request's buffer is pooled: these are the moments at which it must not be.</summary>
public sealed class RequestContentTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_body_that_is_still_being_sent_is_given_to_no_other_call()
    {
        var slow = new SlowStream();
        var first = Body("first");
        var sending = first.CopyToAsync(slow, Stop);

        // As when an endpoint answers before it has read the request: the call is over, the transport still holds the body.
        first.Dispose();
        var others = Enumerable.Range(0, 100).Select(_ => Body("other")).ToList();

        Assert.Equal("""{"text":"first"}""", Encoding.UTF8.GetString(slow.Written.Span));
        slow.Finish.SetResult();
        await sending;
        others.ForEach(static other => other.Dispose());
    }

    [Fact]
    public async Task A_body_can_be_sent_again_until_its_call_is_over()
    {
        var body = Body("hi");
        using var sent = new MemoryStream();

        await body.CopyToAsync(sent, Stop);
        await body.CopyToAsync(sent, Stop);
        body.Dispose();

        Assert.Equal("""{"text":"hi"}{"text":"hi"}""", Encoding.UTF8.GetString(sent.ToArray()));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => body.CopyToAsync(sent, Stop));
    }

    [Fact]
    public async Task A_writer_may_write_another_body_and_one_that_fails_harms_no_later_one()
    {
        FlowRequestContent? inner = null;
        using var outer = FlowRequestContent.Of("outer", (writer, text) =>
        {
            writer.WriteStartObject();
            inner = Body("inner");
            Assert.Throws<InvalidOperationException>(() => FlowRequestContent.Of("", static (half, _) =>
            {
                half.WriteStartArray();
                throw new InvalidOperationException();
            }));
            writer.WriteString("text"u8, text);
            writer.WriteEndObject();
        });

        Assert.Equal("""{"text":"outer"}""", await outer.ReadAsStringAsync(Stop));
        Assert.Equal("""{"text":"inner"}""", await inner!.ReadAsStringAsync(Stop));
        inner.Dispose();
    }

    private static FlowRequestContent Body(string text) => FlowRequestContent.Of(new HelloInput { Text = text }, HelloInput.Write);

    /// <summary>Takes the bytes and does not say yet that it has them.</summary>
    private sealed class SlowStream : MemoryStream
    {
        public TaskCompletionSource Finish { get; } = new();

        public ReadOnlyMemory<byte> Written { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written = buffer;
            await Finish.Task;
        }
    }
}
