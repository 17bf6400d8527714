using System.Buffers;
using System.Text;
using FsCheck.Xunit;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Processes.Control;

public sealed class ControlMessageTests
{
    [Fact]
    public void Every_type_that_a_side_may_send_has_a_payload_and_samples()
    {
        ControlMessageType[] types = Enum.GetValues<ControlMessageType>();
        Assert.Equal(types.Order(), Messages.Kinds.Keys.Order());
        Assert.Equal(types.Order(), Messages.Samples.Select(sample => sample.Type).Distinct().Order());
        Assert.All(types, type => Assert.True(
            ControlProtocol.IsDefined(type, ControlDirection.ToManager) != ControlProtocol.IsDefined(type, ControlDirection.ToFunction)));
    }

    [Fact]
    public void A_registration_has_a_known_form_on_the_wire() => Assert.Equal(
        new byte[]
        {
            2, 0, (byte)'f', (byte)'w', // the service's name
            0x34, 0x12, // its id
            0, 0, // no tag
            1, 0, (byte)'d', // the domain
            0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, // the token, as .NET lays out a Guid
            0xEF, 0xBE, 0xAD, 0xDE, // the fingerprint
        },
        Messages.Bytes(Messages.Register with { Service = "fw", ServiceId = 0x1234, Tag = "", Domain = "d" }));

    [Fact]
    public void A_rule_for_a_flow_has_a_known_form_on_the_wire() => Assert.Equal(
        new byte[]
        {
            4, // the version of IP
            0x01, 0x02, 0x00, 0xC0, 0x07, 0x64, 0x33, 0xC6, 0x92, 0x10, 80, 0, 6,
            12, 0, // the chain
            0x80, 0x96, 0x98, 0, 0, 0, 0, 0, // one second in ticks of 100 ns
            0, 0, 0, 0, 0, 0, 0, 0,
            0xFE, 0xCA, 0, 0,
        },
        Messages.Bytes(new FlowMessage(new FlowKeyBytes(Messages.Ipv4), 12, new FlowRuleOptions { IdleTimeout = TimeSpan.FromSeconds(1), Tag = 0xCAFE })));

    [Fact]
    public void Every_field_comes_back()
    {
        Assert.Equal(Messages.Register, Messages.Read<RegisterMessage>(Messages.Bytes(Messages.Register)));
        Assert.Equal(Messages.Welcome, Messages.Read<WelcomeMessage>(Messages.Bytes(Messages.Welcome)));
        var six = new FlowMessage(new FlowKeyBytes(Messages.Ipv6), 3, Messages.FlowOptions);
        Assert.Equal(six, Messages.Read<FlowMessage>(Messages.Bytes(six)));
        Assert.True(Messages.Read<FlowMessage>(Messages.Bytes(six)).Key.IsIpv6);
        var four = new RemoveFlowMessage(new FlowKeyBytes(Messages.Ipv4));
        Assert.Equal(four, Messages.Read<RemoveFlowMessage>(Messages.Bytes(four)));
        Assert.Equal(new ScaleMessage(65_535), Messages.Read<ScaleMessage>(Messages.Bytes(new ScaleMessage(65_535))));
        Assert.All(Enum.GetValues<QueryKind>(), kind => Assert.Equal(kind, Messages.Read<QueryMessage>(Messages.Bytes(new QueryMessage(kind))).Kind));
        Assert.All(Enum.GetValues<ControlCommand>(), command => Assert.Equal(command, Messages.Read<CommandMessage>(Messages.Bytes(new CommandMessage(command))).Command));
        Assert.All(Enum.GetValues<ReplyStatus>(), status => Assert.Equal(status, Messages.Read<ReplyMessage>(Messages.Bytes(new ReplyMessage(status, 0, default))).Status));
    }

    [Property(MaxTest = 500)]
    public void Any_registration_comes_back(string service, ushort id, string tag, string domain, Guid token, uint fingerprint)
    {
        var message = new RegisterMessage(AsName(service), id, AsName(tag), AsName(domain), token, fingerprint);
        Assert.Equal(message, Messages.Read<RegisterMessage>(Messages.Bytes(message)));
    }

    [Property(MaxTest = 500)]
    public void Any_message_to_or_from_an_instance_comes_back(ushort target, bool toService, int kind, byte[] body)
    {
        PostMessage post = Messages.Read<PostMessage>(Messages.Bytes(new PostMessage(target, toService, kind, body)));
        Assert.Equal((target, toService, kind), (post.Target, post.ToService, post.Kind));
        Assert.Equal(body, post.Body.ToArray());
        InstanceMessage message = Messages.Read<InstanceMessage>(Messages.Bytes(new InstanceMessage(target, kind, body)));
        Assert.Equal((target, kind), (message.Sender, message.Kind));
        Assert.Equal(body, message.Body.ToArray());
    }

    [Property(MaxTest = 500)]
    public void Any_flow_comes_back(bool six, ulong a, ulong b, ulong c, ulong d, ushort sourcePort, ushort destinationPort, byte protocol)
    {
        FlowKeyBytes key = six
            ? new FlowKeyBytes(new Ipv6FlowKey(a, b, c, d, sourcePort, destinationPort, protocol))
            : new FlowKeyBytes(new Ipv4FlowKey((uint)a, (uint)b, sourcePort, destinationPort, protocol));
        var message = new FlowMessage(key, sourcePort, new FlowRuleOptions { IdleTimeout = new TimeSpan((long)(c >> 1)), HardTimeout = new TimeSpan((long)(d >> 1)), Tag = (uint)a });
        Assert.Equal(message, Messages.Read<FlowMessage>(Messages.Bytes(message)));
        Assert.Equal(key, Messages.Read<RemoveFlowMessage>(Messages.Bytes(new RemoveFlowMessage(key))).Key);
    }

    [Property(MaxTest = 500)]
    public void Any_reply_and_any_fault_come_back(byte status, long value, byte[] body, byte[][] frames)
    {
        var expected = (ReplyStatus)(status % 5);
        ReplyMessage reply = Messages.Read<ReplyMessage>(Messages.Bytes(new ReplyMessage(expected, value, body)));
        Assert.Equal((expected, value), (reply.Status, reply.Value));
        Assert.Equal(body, reply.Body.ToArray());
        FaultMessage fault = Messages.Read<FaultMessage>(Messages.Bytes(new FaultMessage("T", "m", "s", frames)));
        Assert.Equal(("T", "m", "s"), (fault.ExceptionType, fault.Message, fault.StackTrace));
        Assert.Equal(frames, fault.Frames);
    }

    [Property(MaxTest = 5_000)]
    public void Any_bytes_are_refused_or_are_the_one_form_of_what_they_say(byte[] bytes)
    {
        foreach (Messages.Rewriter rewrite in Messages.Kinds.Values)
        {
            if (rewrite(new ReadOnlySequence<byte>(bytes)) is byte[] written)
                Assert.Equal(bytes, written);
        }
    }

    [Fact]
    public void A_payload_that_is_cut_anywhere_or_has_a_byte_too_many_is_refused() => Assert.All(Messages.Samples, sample =>
    {
        Messages.Rewriter rewrite = Messages.Kinds[sample.Type];
        Assert.Equal(sample.Payload, rewrite(new ReadOnlySequence<byte>(sample.Payload)));
        for (int length = 0; length < sample.Payload.Length; length++)
            Assert.Null(rewrite(new ReadOnlySequence<byte>(sample.Payload, 0, length)));
        Assert.Null(rewrite(new ReadOnlySequence<byte>([.. sample.Payload, 0])));
    });

    [Fact]
    public void A_payload_in_pieces_reads_as_the_whole_wherever_it_is_split() => Assert.All(Messages.Samples, sample =>
    {
        Messages.Rewriter rewrite = Messages.Kinds[sample.Type];
        for (int first = 0; first <= sample.Payload.Length; first++)
        {
            Assert.Equal(sample.Payload, rewrite(Messages.InPieces(sample.Payload, first)));
            for (int second = first; second <= sample.Payload.Length; second += 3)
                Assert.Equal(sample.Payload, rewrite(Messages.InPieces(sample.Payload, first, second)));
        }
    });

    [Fact]
    public void A_payload_with_any_bit_turned_is_refused_or_means_something_else() => Assert.All(Messages.Samples, sample =>
    {
        byte[] bytes = [.. sample.Payload];
        for (int bit = 0; bit < 8 * bytes.Length; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            if (Messages.Kinds[sample.Type](new ReadOnlySequence<byte>(bytes)) is byte[] written)
                Assert.Equal(bytes, written);
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    });

    [Fact]
    public void Names_that_are_too_long_or_hold_control_characters_or_are_not_UTF_8_are_refused()
    {
        string longest = new('n', ControlProtocol.MaxName);
        Assert.Equal(longest, Messages.Read<RegisterMessage>(Messages.Bytes(Messages.Register with { Tag = longest })).Tag);
        Assert.Contains("65 bytes", Assert.Throws<ArgumentException>(() => Messages.Bytes(Messages.Register with { Tag = longest + "n" })).Message);
        foreach (string name in (string[])["a\nb", "\0", "a\u001b[31m", "\u0085", "a\u2028b", "\u007f"])
            Assert.False(RegisterMessage.TryRead(new ReadOnlySequence<byte>(Messages.Bytes(Messages.Register with { Service = name })), out _), name);
        foreach (byte[] name in (byte[][])[[0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]])
            Assert.False(RegisterMessage.TryRead(new ReadOnlySequence<byte>(WithServiceName(name)), out _), Convert.ToHexString(name));
        Assert.True(RegisterMessage.TryRead(new ReadOnlySequence<byte>(WithServiceName("é"u8.ToArray())), out RegisterMessage good));
        Assert.Equal("é", good.Service);
        Assert.False(RegisterMessage.TryRead(new ReadOnlySequence<byte>(WithServiceName(new byte[ControlProtocol.MaxName + 1])), out _));
    }

    [Fact]
    public void Texts_that_are_too_long_are_cut_at_a_whole_character()
    {
        string text = new string('x', ControlProtocol.MaxText - 1) + "é" + "behind";
        Assert.Equal(new string('x', ControlProtocol.MaxText - 1), Messages.Read<RefusedMessage>(Messages.Bytes(new RefusedMessage(text))).Reason);
        Assert.Equal("a\ufffdb", Messages.Read<RefusedMessage>(Messages.Bytes(new RefusedMessage("a\ud800b"))).Reason);
    }

    [Fact]
    public void A_fault_carries_the_frames_that_fit_and_is_never_too_long()
    {
        string text = new('x', 3 * ControlProtocol.MaxText);
        byte[][] frames = [.. Enumerable.Range(0, 40).Select(i => Enumerable.Repeat((byte)i, 2_000).ToArray())];
        byte[] payload = Messages.Bytes(new FaultMessage(text, text, text, frames));
        Assert.InRange(payload.Length, ControlProtocol.MaxPayload - 2_010, ControlProtocol.MaxPayload);
        FaultMessage fault = Messages.Read<FaultMessage>(payload);
        Assert.InRange(fault.Frames.Count, 26, 27);
        Assert.Equal(frames.Take(fault.Frames.Count), fault.Frames);
        Assert.Empty(Messages.Read<FaultMessage>(Messages.Bytes(new FaultMessage("", "", "", [new byte[70_000]]))).Frames);
    }

    [Fact]
    public void Bodies_have_a_longest_length_and_are_refused_beyond_it()
    {
        byte[] longest = new byte[ControlProtocol.MaxBody];
        Assert.InRange(Messages.Bytes(new ReplyMessage(ReplyStatus.Ok, 0, longest)).Length, 1, ControlProtocol.MaxPayload);
        Assert.InRange(Messages.Bytes(new PostMessage(1, false, 0, longest)).Length, 1, ControlProtocol.MaxPayload);
        Assert.InRange(Messages.Bytes(new InstanceMessage(1, 0, longest)).Length, 1, ControlProtocol.MaxPayload);
        Assert.Throws<ArgumentException>(() => Messages.Bytes(new PostMessage(1, false, 0, new byte[ControlProtocol.MaxBody + 1])));
    }

    [Fact]
    public void A_count_of_frames_that_lies_makes_no_large_array()
    {
        byte[] lie = Messages.Bytes(default(FaultMessage));
        lie[^2] = 0xFF;
        lie[^1] = 0xFF;
        var payload = new ReadOnlySequence<byte>(lie);
        FaultMessage.TryRead(payload, out _);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(FaultMessage.TryRead(payload, out _));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000);
    }

    private static byte[] WithServiceName(byte[] name)
    {
        byte[] rest = Messages.Bytes(Messages.Register with { Service = "" });
        return [(byte)name.Length, (byte)(name.Length >> 8), .. name, .. rest.AsSpan(2)];
    }

    /// <summary>The nearest allowed name.</summary>
    private static string AsName(string? text)
    {
        string name = new([.. (text ?? "").Where(c => !char.IsControl(c) && !char.IsSurrogate(c) && c is not ('\u2028' or '\u2029'))]);
        while (Encoding.UTF8.GetByteCount(name) > ControlProtocol.MaxName)
            name = name[..^1];
        return name;
    }
}
