using System.Buffers;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Processes.Control;

/// <summary>Every kind of message of the control protocol, as the tests go through them.</summary>
internal static class Messages
{
    /// <summary>Reads a payload as one kind of message, and writes what was read again; null if it was refused.</summary>
    public delegate byte[]? Rewriter(ReadOnlySequence<byte> payload);

    public static readonly IReadOnlyDictionary<ControlMessageType, Rewriter> Kinds = new Dictionary<ControlMessageType, Rewriter>
    {
        [ControlMessageType.Register] = Rewrite<RegisterMessage>,
        [ControlMessageType.Ready] = Rewrite<EmptyMessage>,
        [ControlMessageType.Fault] = Rewrite<FaultMessage>,
        [ControlMessageType.Stopped] = Rewrite<EmptyMessage>,
        [ControlMessageType.Post] = Rewrite<PostMessage>,
        [ControlMessageType.SetFlow] = Rewrite<FlowMessage>,
        [ControlMessageType.RemoveFlow] = Rewrite<RemoveFlowMessage>,
        [ControlMessageType.Scale] = Rewrite<ScaleMessage>,
        [ControlMessageType.Query] = Rewrite<QueryMessage>,
        [ControlMessageType.Welcome] = Rewrite<WelcomeMessage>,
        [ControlMessageType.Refused] = Rewrite<RefusedMessage>,
        [ControlMessageType.Message] = Rewrite<InstanceMessage>,
        [ControlMessageType.Command] = Rewrite<CommandMessage>,
        [ControlMessageType.Reply] = Rewrite<ReplyMessage>,
    };

    public static readonly RegisterMessage Register =
        new("firewall", 7, "firewall-é-1", "tenant-a", Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 0xDEADBEEF);

    public static readonly WelcomeMessage Welcome =
        new(3, 7, "firewall", "tenant-a", 65_536, 4_096, 2_240, 2_048, 128, 32, 2, 1_024, 512, 4_096L * 2_240, 1L << 33);

    public static readonly Ipv4FlowKey Ipv4 = new(0xC0000201, 0xC6336407, 4_242, 80, 6);

    public static readonly Ipv6FlowKey Ipv6 = new(0x20010DB8_00000000, 1, 0x20010DB8_00000000, 2, 5_353, 53, 17);

    public static readonly FlowRuleOptions FlowOptions = new()
    {
        IdleTimeout = TimeSpan.FromSeconds(30),
        HardTimeout = TimeSpan.FromHours(2),
        Tag = 0xCAFE,
    };

    /// <summary>Well-formed payloads, several of each kind that has parts.</summary>
    public static readonly IReadOnlyList<(ControlMessageType Type, byte[] Payload)> Samples =
    [
        (ControlMessageType.Register, Bytes(Register)),
        (ControlMessageType.Register, Bytes(default(RegisterMessage))),
        (ControlMessageType.Ready, Bytes(default(EmptyMessage))),
        (ControlMessageType.Fault, Bytes(new FaultMessage("System.FormatException", "bad\nheader", "at Process()", [[1, 2, 3], [], [4]]))),
        (ControlMessageType.Fault, Bytes(default(FaultMessage))),
        (ControlMessageType.Stopped, Bytes(default(EmptyMessage))),
        (ControlMessageType.Post, Bytes(new PostMessage(9, true, -5, new byte[] { 1, 2, 3 }))),
        (ControlMessageType.SetFlow, Bytes(new FlowMessage(new FlowKeyBytes(Ipv4), 12, FlowOptions))),
        (ControlMessageType.SetFlow, Bytes(new FlowMessage(new FlowKeyBytes(Ipv6), 65_534, default))),
        (ControlMessageType.RemoveFlow, Bytes(new RemoveFlowMessage(new FlowKeyBytes(Ipv4)))),
        (ControlMessageType.RemoveFlow, Bytes(new RemoveFlowMessage(new FlowKeyBytes(Ipv6)))),
        (ControlMessageType.Scale, Bytes(new ScaleMessage(50))),
        (ControlMessageType.Query, Bytes(new QueryMessage(QueryKind.Instances))),
        (ControlMessageType.Welcome, Bytes(Welcome)),
        (ControlMessageType.Refused, Bytes(new RefusedMessage("the domain is full"))),
        (ControlMessageType.Message, Bytes(new InstanceMessage(4, int.MinValue, new byte[] { 9 }))),
        (ControlMessageType.Command, Bytes(new CommandMessage(ControlCommand.Stop))),
        (ControlMessageType.Reply, Bytes(new ReplyMessage(ReplyStatus.NotFound, long.MinValue, new byte[] { 8, 7 }))),
    ];

    public static byte[] Bytes<T>(in T message)
        where T : IControlPayload
    {
        var writer = new ArrayBufferWriter<byte>();
        message.Write(writer);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>A whole frame.</summary>
    public static byte[] Frame(ControlMessageType type, uint request, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[ControlProtocol.HeaderLength + payload.Length];
        ControlFrameReader.WriteHeader(frame, payload.Length, type, request);
        payload.CopyTo(frame.AsSpan(ControlProtocol.HeaderLength));
        return frame;
    }

    public static T Read<T>(byte[] payload)
        where T : struct, IControlPayload<T>
    {
        Assert.True(T.TryRead(new ReadOnlySequence<byte>(payload), out T message), $"{typeof(T).Name} was refused");
        return message;
    }

    /// <summary>The same bytes in several pieces, each in memory of its own, with the boundaries after the given numbers of bytes.</summary>
    public static ReadOnlySequence<byte> InPieces(ReadOnlySpan<byte> bytes, params ReadOnlySpan<int> boundaries)
    {
        Piece? first = null;
        Piece? last = null;
        int start = 0;
        foreach (int end in (ReadOnlySpan<int>)[.. boundaries, bytes.Length])
        {
            last = new Piece(bytes[start..end].ToArray(), last);
            first ??= last;
            start = end;
        }

        return new ReadOnlySequence<byte>(first!, 0, last!, last!.Memory.Length);
    }

    private static byte[]? Rewrite<T>(ReadOnlySequence<byte> payload)
        where T : IControlPayload<T> => T.TryRead(payload, out T message) ? Bytes(message) : null;

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes, Piece? previous)
        {
            Memory = bytes;
            if (previous is null)
                return;
            RunningIndex = previous.RunningIndex + previous.Memory.Length;
            previous.Next = this;
        }
    }
}
