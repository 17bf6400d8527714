using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>The messages of OpenFlow 1.3, after their header.</summary>
internal static partial class Decoder13
{
    public static OpenFlowMessage? Decode(ref WireReader reader, MessageType type)
    {
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
                return new PortStatusMessage(reason, PortCodec.Read13(ref reader));
            case MessageType.PacketOut:
                return DecodePacketOut(ref reader);
            case MessageType.FlowMod:
                return DecodeFlowMod(ref reader);
            case MessageType.GroupMod:
                return DecodeGroupMod(ref reader);
            case MessageType.PortMod:
                return DecodePortMod(ref reader);
            case MessageType.TableMod:
                byte table = reader.U8();
                reader.Skip(3);
                return new TableMod(table, reader.U32());
            case MessageType.MultipartRequest:
                return DecodeMultipartRequest(ref reader);
            case MessageType.MultipartReply:
                return DecodeMultipartReply(ref reader);
            case MessageType.QueueGetConfigRequest:
                uint port = reader.U32();
                reader.Skip(4);
                return new QueueGetConfigRequest(port);
            case MessageType.QueueGetConfigReply:
                return DecodeQueues(ref reader);
            case MessageType.RoleRequest:
                return new RoleRequest(DecodeRole(ref reader), reader.U64());
            case MessageType.RoleReply:
                return new RoleReply(DecodeRole(ref reader), reader.U64());
            case MessageType.GetAsyncRequest:
                return new GetAsyncRequest();
            case MessageType.GetAsyncReply:
                return new GetAsyncReply(DecodeMasks(ref reader));
            case MessageType.SetAsync:
                return new SetAsync(DecodeMasks(ref reader));
            case MessageType.MeterMod:
                return new MeterMod(reader.U16(), reader.U16(), reader.U32(), reader.RestAsArray());
            default:
                return MessageDecoder.Refuse(ref reader, Errors.BadRequest.Type);
        }
    }

    private static FeaturesReply DecodeFeaturesReply(ref WireReader reader)
    {
        ulong datapath = reader.U64();
        uint buffers = reader.U32();
        byte tables = reader.U8();
        byte auxiliary = reader.U8();
        reader.Skip(2);
        uint capabilities = reader.U32();
        reader.Skip(4);
        return new FeaturesReply(datapath, buffers, tables, auxiliary, capabilities);
    }

    private static PacketIn DecodePacketIn(ref WireReader reader)
    {
        uint buffer = reader.U32();
        ushort total = reader.U16();
        PacketInReason reason = (PacketInReason)reader.U8();
        byte table = reader.U8();
        ulong cookie = reader.U64();
        FlowMatch match = MatchCodec13.Read(ref reader);
        reader.Skip(2);
        return new PacketIn(buffer, total, reason, table, cookie, match, reader.RestAsArray());
    }

    private static FlowRemoved DecodeFlowRemoved(ref WireReader reader)
    {
        ulong cookie = reader.U64();
        ushort priority = reader.U16();
        FlowRemovedReason reason = (FlowRemovedReason)reader.U8();
        byte table = reader.U8();
        OpenFlowDuration duration = new(reader.U32(), reader.U32());
        ushort idle = reader.U16();
        ushort hard = reader.U16();
        FlowCounters counters = new(reader.U64(), reader.U64());
        return new FlowRemoved(MatchCodec13.Read(ref reader), priority, reason)
        {
            Cookie = cookie,
            Table = table,
            Duration = duration,
            IdleTimeout = idle,
            HardTimeout = hard,
            Counters = counters,
        };
    }

    private static PacketOut DecodePacketOut(ref WireReader reader)
    {
        uint buffer = reader.U32();
        uint inPort = reader.U32();
        int length = reader.U16();
        reader.Skip(6);
        // A length beyond the message is the message's fault, not an action's.
        WireReader actions = reader.Part(length, Errors.BadAction.Length);
        ValueArray<OpenFlowAction> list = ActionCodec13.ReadActions(ref actions);
        reader.Join(actions);
        return new PacketOut(buffer, inPort, list, reader.RestAsArray());
    }

    private static FlowMod? DecodeFlowMod(ref WireReader reader)
    {
        ulong cookie = reader.U64();
        ulong cookieMask = reader.U64();
        byte table = reader.U8();
        byte command = reader.U8();
        ushort idle = reader.U16();
        ushort hard = reader.U16();
        ushort priority = reader.U16();
        uint buffer = reader.U32();
        uint outPort = reader.U32();
        uint outGroup = reader.U32();
        FlowModFlags flags = (FlowModFlags)reader.U16();
        reader.Skip(2);
        FlowMatch match = MatchCodec13.Read(ref reader);
        ValueArray<Instruction> instructions = ActionCodec13.ReadInstructions(ref reader);
        if (reader.Failed)
            return null;
        if (command > (byte)FlowModCommand.DeleteStrict)
            reader.Fail(Errors.FlowMod.Command);
        else if ((flags & ~FlowModFlags.All) != 0)
            reader.Fail(Errors.FlowMod.Flags);
        else if (!match.HasPrerequisites())
            reader.Fail(Errors.BadMatch.Prerequisite);
        return new FlowMod((FlowModCommand)command, match, instructions)
        {
            Cookie = cookie,
            CookieMask = cookieMask,
            Table = table,
            IdleTimeout = idle,
            HardTimeout = hard,
            Priority = priority,
            BufferId = buffer,
            OutPort = outPort,
            OutGroup = outGroup,
            Flags = flags,
        };
    }

    private static GroupMod? DecodeGroupMod(ref WireReader reader)
    {
        ushort command = reader.U16();
        byte type = reader.U8();
        reader.Skip(1);
        uint group = reader.U32();
        ValueArray<Bucket> buckets = ReadBuckets(ref reader);
        if (reader.Failed)
            return null;
        if (command > (ushort)GroupModCommand.Delete)
            reader.Fail(Errors.GroupMod.Command);
        else if (command != (ushort)GroupModCommand.Delete && type > (byte)GroupType.FastFailover)
            reader.Fail(Errors.GroupMod.Type);
        return new GroupMod((GroupModCommand)command, (GroupType)type, group, buckets);
    }

    private static ValueArray<Bucket> ReadBuckets(ref WireReader reader)
    {
        const int HeaderLength = 16;
        List<Bucket> buckets = [];
        while (reader.Remaining > 0 && !reader.Failed)
        {
            int length = reader.U16();
            if (length < HeaderLength || length - 2 > reader.Remaining)
            {
                reader.Fail(Errors.GroupMod.Bucket);
                break;
            }

            WireReader body = reader.Part(length - 2, Errors.GroupMod.Bucket);
            ushort weight = body.U16();
            uint watchPort = body.U32();
            uint watchGroup = body.U32();
            body.Skip(4);
            buckets.Add(new Bucket(weight, watchPort, watchGroup, ActionCodec13.ReadActions(ref body)));
            reader.Join(body);
        }

        return new ValueArray<Bucket>([.. buckets]);
    }

    private static PortMod DecodePortMod(ref WireReader reader)
    {
        uint port = reader.U32();
        reader.Skip(4);
        MacAddress address = new(reader.U48());
        reader.Skip(2);
        PortMod message = new(port, address, reader.U32(), reader.U32(), reader.U32());
        reader.Skip(4);
        return message;
    }

    private static QueueGetConfigReply DecodeQueues(ref WireReader reader)
    {
        uint port = reader.U32();
        reader.Skip(4);
        List<PacketQueue> queues = [];
        while (reader.Remaining > 0 && !reader.Failed)
        {
            const int HeaderLength = 16;
            uint queue = reader.U32();
            uint queuePort = reader.U32();
            int length = reader.U16();
            reader.Skip(6);
            WireReader body = reader.Part(length - HeaderLength, Errors.BadRequest.Length);
            queues.Add(new PacketQueue(queue, queuePort, ReadQueueProperties(ref body)));
            reader.Join(body);
        }

        return new QueueGetConfigReply(port, new ValueArray<PacketQueue>([.. queues]));
    }

    /// <summary>The properties of a queue, which 1.0 writes in the same way.</summary>
    internal static ValueArray<QueueProperty> ReadQueueProperties(ref WireReader body)
    {
        const int HeaderLength = 8;
        List<QueueProperty> properties = [];
        while (body.Remaining > 0 && !body.Failed)
        {
            ushort type = body.U16();
            int length = body.U16();
            body.Skip(4);
            properties.Add(new QueueProperty(type, body.TakeArray(length - HeaderLength)));
        }

        return new ValueArray<QueueProperty>([.. properties]);
    }

    private static ControllerRole DecodeRole(ref WireReader reader)
    {
        uint role = reader.U32();
        if (role > (uint)ControllerRole.Slave)
            reader.Fail(Errors.RoleRequest.Role);
        reader.Skip(4);
        return (ControllerRole)role;
    }

    private static AsyncMasks DecodeMasks(ref WireReader reader) =>
        new(reader.U32(), reader.U32(), reader.U32(), reader.U32(), reader.U32(), reader.U32());
}
