using System.Buffers;
using FsCheck.Xunit;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

public class RoundTripTests
{
    [Property(MaxTest = 3000)]
    public void What_is_written_as_OpenFlow_1_3_reads_as_the_same(int seed, byte kind)
    {
        OpenFlowMessage message = new MessageGenerator(seed).Next13(kind % MessageGenerator.Kinds13);
        Assert.Equal(message, RoundTrip(message, WireVersion.Of13));
    }

    [Property(MaxTest = 3000)]
    public void What_is_written_as_OpenFlow_1_0_reads_as_the_same(int seed, byte kind)
    {
        OpenFlowMessage message = new MessageGenerator(seed).Next10(kind % MessageGenerator.Kinds10);
        Assert.Equal(message, RoundTrip(message, WireVersion.Of10));
    }

    [Property(MaxTest = 300)]
    public void A_message_in_several_pieces_reads_as_one_in_a_single_piece(int seed, byte kind, ushort cut)
    {
        OpenFlowMessage message = new MessageGenerator(seed).Next13(kind % MessageGenerator.Kinds13);
        byte[] bytes = Write(message, WireVersion.Of13);
        int at = cut % bytes.Length;
        Piece first = new(bytes.AsMemory(0, at), 0);
        ReadOnlySequence<byte> pieces = new(first, 0, first.Append(bytes.AsMemory(at)), bytes.Length - at);
        Assert.True(MessageDecoder.TryDecode(pieces, out OpenFlowMessage? read, out _));
        Assert.Equal(message, read);
    }

    [Fact]
    public void Every_kind_of_message_is_among_those_generated()
    {
        MessageType[] seen = [.. Enumerable.Range(0, MessageGenerator.Kinds13).Select(kind => new MessageGenerator(kind).Next13(kind).Type).Distinct().Order()];
        Assert.Equal(Enum.GetValues<MessageType>(), seen);
    }

    [Theory]
    [InlineData(WireVersion.Of13)]
    [InlineData(WireVersion.Of10)]
    public void A_long_answer_is_written_as_messages_that_say_that_more_follows(byte version)
    {
        FlowStatistics[] flows = [.. Enumerable.Range(0, 5000).Select(index => new FlowStatistics(
            0, (ushort)index, FlowMatch.Of(new OxmField(OxmFieldId.InPort, (UInt128)(index + 1))), [new ApplyActionsInstruction([new OutputAction(7)])]))];
        byte[] bytes = Write(new FlowStatisticsReply(new ValueArray<FlowStatistics>(flows)) { Xid = 9 }, version);
        List<FlowStatisticsReply> parts = [];
        for (int offset = 0; offset < bytes.Length;)
        {
            int length = (bytes[offset + 2] << 8) | bytes[offset + 3];
            Assert.True(MessageDecoder.TryDecode(bytes.AsSpan(offset, length), out OpenFlowMessage? part, out OpenFlowError error), $"{error}");
            parts.Add(Assert.IsType<FlowStatisticsReply>(part));
            offset += length;
        }

        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.Equal(9u, part.Xid));
        Assert.All(parts.SkipLast(1), part => Assert.True(part.HasMore));
        Assert.False(parts[^1].HasMore);
        Assert.Equal(flows, parts.SelectMany(part => part.Flows));
    }

    [Fact]
    public void Writing_into_a_used_buffer_leaves_nothing_of_earlier_messages_in_the_padding()
    {
        MessageBuffer buffer = new();
        MessageEncoder.Encode(buffer, new EchoRequest(new ValueArray<byte>([.. Enumerable.Repeat((byte)0xFF, 1500)])), WireVersion.Of13);
        buffer.TryReset();
        OpenFlowMessage message = new PortDescriptionReply([new PortDescription(1, default, "nic1")]);
        MessageEncoder.Encode(buffer, message, WireVersion.Of13);
        Assert.Equal(Write(message, WireVersion.Of13), buffer.Written);
    }

    [Fact]
    public void A_message_that_is_too_long_is_refused_and_not_written_with_a_wrong_length()
    {
        OpenFlowMessage message = new EchoRequest(new ValueArray<byte>(new byte[65_528]));
        Assert.Throws<OverflowException>(() => Write(message, WireVersion.Of13));
    }

    [Fact]
    public void What_1_0_does_not_have_is_not_written_as_1_0() =>
        Assert.Throws<NotSupportedException>(() => Write(new RoleReply(ControllerRole.Master, 1), WireVersion.Of10));

    internal static byte[] Write(OpenFlowMessage message, byte version)
    {
        MessageBuffer buffer = new();
        MessageEncoder.Encode(buffer, message, version);
        return buffer.Written.ToArray();
    }

    private static OpenFlowMessage RoundTrip(OpenFlowMessage message, byte version)
    {
        byte[] bytes = Write(message, version);
        Assert.True(MessageDecoder.TryDecode(bytes, out OpenFlowMessage? read, out OpenFlowError error), $"{message} was refused with {error}: {Convert.ToHexString(bytes)}");
        return read!;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, long index) => (Memory, RunningIndex) = (memory, index);

        public Piece Append(ReadOnlyMemory<byte> memory)
        {
            Piece next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
