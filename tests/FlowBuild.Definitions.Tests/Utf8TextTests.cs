using FlowBuild.Definitions.Text;

namespace FlowBuild.Definitions.Tests;

public sealed class Utf8TextTests
{
    [Fact]
    public void A_byte_that_begins_no_character_is_told_at_its_place()
    {
        Assert.Null(Utf8Text.Decode([.. "a: ü\nb: x"u8, 0xE9, .. " y"u8], out var fault));

        Assert.Equal(new SourceSpan(1, 4, 1, 5), fault!.Span);
        Assert.Contains("0xE9", fault.Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0xFF, 0xFE)]
    [InlineData(0xFE, 0xFF)]
    public void The_byte_order_mark_of_UTF_16_is_told(byte first, byte second)
    {
        Assert.Null(Utf8Text.Decode([first, second, 0x61, 0], out var fault));
        Assert.Contains("UTF-16", fault!.Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_byte_order_mark_of_UTF_8_is_skipped()
    {
        Assert.Equal("ü", Utf8Text.Decode([0xEF, 0xBB, 0xBF, .. "ü"u8], out var fault));
        Assert.Null(fault);
    }
}
