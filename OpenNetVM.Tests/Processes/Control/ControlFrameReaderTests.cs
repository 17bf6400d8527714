using System.Buffers;
using OpenNetVM.Core.Processes.Control;

namespace OpenNetVM.Tests.Processes.Control;

public sealed class ControlFrameReaderTests
{
    [Fact]
    public void A_frame_has_a_known_form_on_the_wire() => Assert.Equal(
        new byte[] { 2, 0, 0, 0, 1, 8, 0, 0, 4, 3, 2, 1, 50, 0 },
        Messages.Frame(ControlMessageType.Scale, 0x01020304, Messages.Bytes(new ScaleMessage(50))));

    [Fact]
    public void Frames_are_taken_off_one_after_the_other_wherever_the_stream_is_split()
    {
        byte[] stream = [.. Messages.Samples.SelectMany((sample, i) => Messages.Frame(sample.Type, (uint)i, sample.Payload))];
        for (int split = 0; split <= stream.Length; split++)
        {
            ReadOnlySequence<byte> rest = Messages.InPieces(stream, split);
            for (int i = 0; i < Messages.Samples.Count; i++)
            {
                (ControlMessageType type, byte[] payload) = Messages.Samples[i];
                Assert.Equal(FrameResult.Frame, ControlFrameReader.TryRead(ref rest, DirectionOf(type), out ControlFrame frame));
                Assert.Equal((type, (uint)i), (frame.Type, frame.Request));
                Assert.Equal(payload, frame.Payload.ToArray());
            }

            Assert.True(rest.IsEmpty);
        }
    }

    [Fact]
    public void A_part_of_a_frame_waits_for_the_rest()
    {
        byte[] frame = Messages.Frame(ControlMessageType.Register, 1, Messages.Bytes(Messages.Register));
        for (int length = 0; length < frame.Length; length++)
        {
            var part = new ReadOnlySequence<byte>(frame, 0, length);
            Assert.Equal(FrameResult.NeedMore, ControlFrameReader.TryRead(ref part, ControlDirection.ToManager, out _));
            Assert.Equal(length, part.Length);
        }
    }

    [Theory]
    [InlineData(4, 2, FrameResult.WrongVersion, "version is 2")]
    [InlineData(4, 0, FrameResult.WrongVersion, "version is 0")]
    [InlineData(3, 1, FrameResult.TooLong, "16,777,216 bytes")]
    [InlineData(6, 1, FrameResult.ReservedNotZero, "reserved field is 1")]
    [InlineData(7, 1, FrameResult.ReservedNotZero, "reserved field is 256")]
    [InlineData(5, 0, FrameResult.UnknownType, "type is 0")]
    [InlineData(5, 10, FrameResult.UnknownType, "type is 10")]
    [InlineData(5, 68, FrameResult.UnknownType, "type is 68")]
    [InlineData(5, 255, FrameResult.UnknownType, "type is 255")]
    internal void A_header_that_is_wrong_is_told_apart_and_described(int offset, byte value, FrameResult expected, string described)
    {
        byte[] frame = Messages.Frame(ControlMessageType.Ready, 0, []);
        frame[offset] = value;
        var buffer = new ReadOnlySequence<byte>(frame);
        Assert.Equal(expected, ControlFrameReader.TryRead(ref buffer, ControlDirection.ToManager, out _));
        Assert.Equal(frame.Length, buffer.Length);
        Assert.Contains(described, ControlFrameReader.Describe(expected, buffer));
    }

    [Theory]
    [InlineData(65_536, FrameResult.NeedMore)]
    [InlineData(65_537, FrameResult.TooLong)]
    internal void The_longest_payload_is_allowed_and_one_byte_more_is_not(int length, FrameResult expected)
    {
        byte[] header = new byte[ControlProtocol.HeaderLength];
        ControlFrameReader.WriteHeader(header, length, ControlMessageType.Post, 0);
        var buffer = new ReadOnlySequence<byte>(header);
        Assert.Equal(expected, ControlFrameReader.TryRead(ref buffer, ControlDirection.ToManager, out _));
    }

    [Fact]
    public void A_side_may_not_send_what_is_the_other_sides() => Assert.All(Enum.GetValues<ControlMessageType>(), type =>
    {
        ControlDirection other = DirectionOf(type) == ControlDirection.ToManager ? ControlDirection.ToFunction : ControlDirection.ToManager;
        var buffer = new ReadOnlySequence<byte>(Messages.Frame(type, 0, []));
        Assert.Equal(FrameResult.UnknownType, ControlFrameReader.TryRead(ref buffer, other, out _));
        Assert.Equal(FrameResult.Frame, ControlFrameReader.TryRead(ref buffer, DirectionOf(type), out _));
    });

    [Fact]
    public void Millions_of_mutated_streams_are_taken_apart_into_whole_frames_or_refused()
    {
        var random = new Random(20_260_101);
        var counts = new long[Enum.GetValues<FrameResult>().Length];
        for (int i = 0; i < 1_500_000; i++)
        {
            (ControlMessageType type, byte[] payload) = Messages.Samples[random.Next(Messages.Samples.Count)];
            byte[] stream = Messages.Frame(type, (uint)i, payload);
            for (int mutations = random.Next(4); mutations > 0; mutations--)
                stream[random.Next(stream.Length)] = (byte)random.Next(256);
            if (random.Next(8) == 0)
                stream = stream[..random.Next(stream.Length + 1)];
            ReadOnlySequence<byte> rest = random.Next(16) == 0 ? Messages.InPieces(stream, random.Next(stream.Length + 1)) : new(stream);
            FrameResult result;
            do
            {
                long before = rest.Length;
                result = ControlFrameReader.TryRead(ref rest, DirectionOf(type), out ControlFrame frame);
                counts[(int)result]++;
                if (result != FrameResult.Frame)
                {
                    Assert.Equal(before, rest.Length);
                    continue;
                }

                Assert.Equal(before, rest.Length + ControlProtocol.HeaderLength + frame.Payload.Length);
                if (Messages.Kinds[frame.Type](frame.Payload) is byte[] written)
                    Assert.Equal(frame.Payload.ToArray(), written);
            }
            while (result == FrameResult.Frame);
        }

        TestContext.Current.TestOutputHelper?.WriteLine(string.Join(", ", counts));
        Assert.All(counts, count => Assert.NotEqual(0, count));
    }

    private static ControlDirection DirectionOf(ControlMessageType type) =>
        ControlProtocol.IsDefined(type, ControlDirection.ToManager) ? ControlDirection.ToManager : ControlDirection.ToFunction;
}
