using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Testing;

public class FrameAssertTests
{
    [Fact]
    public void Equal_frames_pass_in_every_form()
    {
        PacketBuilder builder = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "same");
        using PacketPool pool = new(new PacketPoolOptions { Capacity = 8 });
        Assert.True(pool.CreateCache().TryAllocate(out PacketDescriptor descriptor));
        Packet packet = pool.Open(ref descriptor);
        Assert.True(packet.TrySetData(builder.Build()));

        FrameAssert.Equal(builder.Build(), packet);
        FrameAssert.Equal(builder, packet.Data);
        FrameAssert.Equal([], []);
    }

    [Fact]
    public void The_first_differing_byte_is_shown_in_its_surroundings()
    {
        byte[] expected = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2, "payload").Build();
        byte[] actual = [.. expected];
        actual[37] = 9;

        string message = Assert.Throws<TestAssertionException>(() => FrameAssert.Equal(expected, actual)).Message;

        Assert.Contains("first at byte 37: 0x02 was expected, 0x09 found", message, StringComparison.Ordinal);
        Assert.Contains("10.0.0.2:2 UDP", message, StringComparison.Ordinal);
        Assert.Contains("10.0.0.2:9 UDP", message, StringComparison.Ordinal);
        string[] lines = message.Split('\n');
        int at = Array.FindIndex(lines, line => line.StartsWith("  actual     0020", StringComparison.Ordinal));
        Assert.StartsWith("  expected   0020", lines[at - 1], StringComparison.Ordinal);
        Assert.Equal("09", lines[at].Substring(lines[at + 1].IndexOf('^', StringComparison.Ordinal), 2));
        Assert.Contains("             0010", lines[at - 2], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(40, 45, "expected one ends (40 bytes were expected, 45 found)")]
    [InlineData(45, 40, "actual one ends (45 bytes were expected, 40 found)")]
    [InlineData(0, 16, "expected one ends (0 bytes were expected, 16 found)")]
    [InlineData(32, 16, "actual one ends (32 bytes were expected, 16 found)")]
    public void A_frame_that_is_longer_or_shorter_is_reported_with_both_lengths(int expected, int actual, string text)
    {
        string message = Assert.Throws<TestAssertionException>(() => FrameAssert.Equal(new byte[expected], new byte[actual])).Message;
        Assert.Contains(text, message, StringComparison.Ordinal);
    }
}
