using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>The messages of OpenFlow 1.0, after their header, as those of 1.3 that say the same.</summary>
internal static partial class Decoder10
{
    private const ushort EmergencyFlag = 4;

    public static OpenFlowMessage? Decode(ref WireReader reader, byte number)
    {
        if (!MessageTypes10.TryFromWire(number, out MessageType type))
            return MessageDecoder.Refuse(ref reader, Errors.BadRequest.Type);
        OpenFlowMessage? message = MessageDecoder.DecodeCommonBody(ref reader, type) ?? DecodeBody(ref reader, type);
        if (message is not null && !reader.Failed)
            reader.ExpectEnd();
        return message;
    }

    private static OpenFlowMessage? DecodeBody(ref WireReader reader, MessageType type)
    {
        switch (type)
        {
            case MessageType.FeaturesReply:
                return DecodeFeaturesReply(ref reader);
            case MessageType.PacketIn:
                return DecodePacketIn(ref reader);
            case MessageType.FlowRemoved:
                return DecodeFlowRemoved(ref reader);
            case MessageType.PortStatus:
                PortStatusReason reason = (PortStatusReason)reader.U8();
                reader.Skip(7);
                return new PortStatusMessage(reason, PortCodec.Read10(ref reader));
            case MessageType.PacketOut:
                return DecodePacketOut(ref reader);
            case MessageType.FlowMod:
                return DecodeFlowMod(ref reader);
            case MessageType.PortMod:
                PortMod portMod = new(
                    ReservedPort.From10(reader.U16()), new MacAddress(reader.U48()), reader.U32(), reader.U32(), reader.U32());
                reader.Skip(4);
                return portMod;
            case MessageType.MultipartRequest:
                return DecodeStatisticsRequest(ref reader);
            case MessageType.MultipartReply:
                return DecodeStatisticsReply(ref reader);
            case MessageType.QueueGetConfigRequest:
                uint port = ReservedPort.From10(reader.U16());
                reader.Skip(2);
                return new QueueGetConfigRequest(port);
            case MessageType.QueueGetConfigReply:
                return DecodeQueues(ref reader);
            default:
                return MessageDecoder.Refuse(ref reader, Errors.BadRequest.Type);
        }
    }

    private static FeaturesReply DecodeFeaturesReply(ref WireReader reader)
    {
        ulong datapath = reader.U64();
        uint buffers = reader.U32();
        byte tables = reader.U8();
        reader.Skip(3);
        uint capabilities = reader.U32();
        uint actions = reader.U32();
        return new FeaturesReply(datapath, buffers, tables, AuxiliaryId: 0, capabilities) { Actions10 = actions, Ports10 = ReadPorts(ref reader) };
    }

    private static ValueArray<PortDescription> ReadPorts(ref WireReader reader)
    {
        List<PortDescription> ports = [];
        while (reader.Remaining > 0 && !reader.Failed)
            ports.Add(PortCodec.Read10(ref reader));
        return new ValueArray<PortDescription>([.. ports]);
    }

    private static PacketIn DecodePacketIn(ref WireReader reader)
    {
        uint buffer = reader.U32();
        ushort total = reader.U16();
        FlowMatch match = FlowMatch.Of(new OxmField(OxmFieldId.InPort, ReservedPort.From10(reader.U16())));
        PacketInReason reason = (PacketInReason)reader.U8();
        reader.Skip(1);
        return new PacketIn(buffer, total, reason, Table: 0, Cookie: 0, match, reader.RestAsArray());
    }

    private static FlowRemoved DecodeFlowRemoved(ref WireReader reader)
    {
        FlowMatch match = MatchCodec10.Read(ref reader);
        ulong cookie = reader.U64();
        ushort priority = reader.U16();
        FlowRemovedReason reason = (FlowRemovedReason)reader.U8();
        reader.Skip(1);
        OpenFlowDuration duration = new(reader.U32(), reader.U32());
        ushort idle = reader.U16();
        reader.Skip(2);
        return new FlowRemoved(match, priority, reason)
        {
            Cookie = cookie,
            Duration = duration,
            IdleTimeout = idle,
            Counters = new FlowCounters(reader.U64(), reader.U64()),
        };
    }

    private static PacketOut DecodePacketOut(ref WireReader reader)
    {
        uint buffer = reader.U32();
        uint inPort = ReservedPort.From10(reader.U16());
        int length = reader.U16();
        WireReader actions = reader.Part(length, Errors.BadAction.Length);
        ValueArray<OpenFlowAction> list = ActionCodec10.ReadActions(ref actions);
        reader.Join(actions);
        return new PacketOut(buffer, inPort, list, reader.RestAsArray());
    }

    private static FlowMod? DecodeFlowMod(ref WireReader reader)
    {
        FlowMatch match = MatchCodec10.Read(ref reader);
        ulong cookie = reader.U64();
        ushort command = reader.U16();
        ushort idle = reader.U16();
        ushort hard = reader.U16();
        ushort priority = reader.U16();
        uint buffer = reader.U32();
        uint outPort = ReservedPort.From10(reader.U16());
        ushort flags = reader.U16();
        ValueArray<OpenFlowAction> actions = ActionCodec10.ReadActions(ref reader);
        if (reader.Failed)
            return null;
        if (command > (ushort)FlowModCommand.DeleteStrict)
            reader.Fail(Errors.FlowMod.Command);
        else if ((flags & EmergencyFlag) != 0)
            // There is no emergency cache; 1.0's "unsupported".
            reader.Fail(Errors.FlowMod.Flags);
        FlowModCommand what = (FlowModCommand)command;
        return new FlowMod(what, match, Instructions(actions))
        {
            Cookie = cookie,
            IdleTimeout = idle,
            HardTimeout = hard,
            Priority = priority,
            BufferId = buffer,
            OutPort = outPort,
            HasVersion10Semantics = true,
            Flags = (FlowModFlags)(flags & (ushort)(FlowModFlags.SendFlowRemoved | FlowModFlags.CheckOverlap))
                // In 1.0 a MODIFY leaves counters, and an ADD of an equal rule begins at zero.
                | (what == FlowModCommand.Add ? FlowModFlags.ResetCounts : FlowModFlags.None),
        };
    }

    /// <summary>The actions of 1.0's rules are carried out at once, in order; none is a drop.</summary>
    private static ValueArray<Instruction> Instructions(ValueArray<OpenFlowAction> actions) =>
        actions.Count == 0 ? default : [new ApplyActionsInstruction(actions)];

    private static QueueGetConfigReply DecodeQueues(ref WireReader reader)
    {
        const int HeaderLength = 8;
        uint port = ReservedPort.From10(reader.U16());
        reader.Skip(6);
        List<PacketQueue> queues = [];
        while (reader.Remaining > 0 && !reader.Failed)
        {
            uint queue = reader.U32();
            int length = reader.U16();
            reader.Skip(2);
            WireReader body = reader.Part(length - HeaderLength, Errors.BadRequest.Length);
            queues.Add(new PacketQueue(queue, port, Decoder13.ReadQueueProperties(ref body)));
            reader.Join(body);
        }

        return new QueueGetConfigReply(port, new ValueArray<PacketQueue>([.. queues]));
    }
}
