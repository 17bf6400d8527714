using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Writes the messages of OpenFlow 1.3.</summary>
internal static partial class Encoder13
{
    public static void Encode(MessageBuffer buffer, OpenFlowMessage message)
    {
        int start = MessageEncoder.Begin(buffer, WireVersion.Of13, (byte)message.Type, message.Xid);
        switch (message)
        {
            case MultipartRequest request:
                WriteRequest(buffer, request);
                break;
            case MultipartReply reply:
                // Writes its own length, or lengths.
                WriteReply(buffer, start, reply);
                return;
            default:
                if (!MessageEncoder.TryWriteCommonBody(buffer, message))
                    WriteBody(buffer, message);
                break;
        }

        MessageEncoder.End(buffer, start);
    }

    private static void WriteBody(MessageBuffer buffer, OpenFlowMessage message)
    {
        switch (message)
        {
            case FeaturesReply m:
                buffer.U64(m.DatapathId);
                buffer.U32(m.Buffers);
                buffer.U8(m.Tables);
                buffer.U8(m.AuxiliaryId);
                buffer.Zeros(2);
                buffer.U32(m.Capabilities);
                buffer.Zeros(4);
                break;
            case PacketIn m:
                WritePacketIn(buffer, m);
                break;
            case FlowRemoved m:
                WriteFlowRemoved(buffer, m);
                break;
            case PortStatusMessage m:
                buffer.U8((byte)m.Reason);
                buffer.Zeros(7);
                PortCodec.Write13(buffer, m.Port);
                break;
            case PacketOut m:
                WritePacketOut(buffer, m);
                break;
            case FlowMod m:
                WriteFlowMod(buffer, m);
                break;
            case GroupMod m:
                buffer.U16((ushort)m.Command);
                buffer.U8((byte)m.GroupType);
                buffer.Zeros(1);
                buffer.U32(m.Group);
                WriteBuckets(buffer, m.Buckets);
                break;
            case PortMod m:
                buffer.U32(m.Port);
                buffer.Zeros(4);
                buffer.U48(m.HardwareAddress.Value);
                buffer.Zeros(2);
                buffer.U32(m.Config);
                buffer.U32(m.Mask);
                buffer.U32(m.Advertise);
                buffer.Zeros(4);
                break;
            case TableMod m:
                buffer.U8(m.Table);
                buffer.Zeros(3);
                buffer.U32(m.Config);
                break;
            case MeterMod m:
                buffer.U16(m.Command);
                buffer.U16(m.Flags);
                buffer.U32(m.Meter);
                buffer.Bytes(m.Bands.Span);
                break;
            case QueueGetConfigRequest m:
                buffer.U32(m.Port);
                buffer.Zeros(4);
                break;
            case QueueGetConfigReply m:
                WriteQueues(buffer, m);
                break;
            case RoleRequest m:
                WriteRole(buffer, m.Role, m.GenerationId);
                break;
            case RoleReply m:
                WriteRole(buffer, m.Role, m.GenerationId);
                break;
            case GetAsyncReply m:
                WriteMasks(buffer, m.Masks);
                break;
            case SetAsync m:
                WriteMasks(buffer, m.Masks);
                break;
            case GetAsyncRequest:
                break;
            default:
                throw new NotSupportedException($"OpenFlow 1.3 has no {message.GetType().Name}.");
        }
    }

    private static void WritePacketIn(MessageBuffer buffer, PacketIn message)
    {
        buffer.U32(message.BufferId);
        buffer.U16(message.TotalLength);
        buffer.U8((byte)message.Reason);
        buffer.U8(message.Table);
        buffer.U64(message.Cookie);
        MatchCodec13.Write(buffer, message.Match);
        // So that the IP header behind 14 bytes of Ethernet stands at a multiple of four.
        buffer.Zeros(2);
        buffer.Bytes(message.Data.Span);
    }

    private static void WriteFlowRemoved(MessageBuffer buffer, FlowRemoved message)
    {
        buffer.U64(message.Cookie);
        buffer.U16(message.Priority);
        buffer.U8((byte)message.Reason);
        buffer.U8(message.Table);
        buffer.U32(message.Duration.Seconds);
        buffer.U32(message.Duration.Nanoseconds);
        buffer.U16(message.IdleTimeout);
        buffer.U16(message.HardTimeout);
        buffer.U64(message.Counters.Packets);
        buffer.U64(message.Counters.Bytes);
        MatchCodec13.Write(buffer, message.Match);
    }

    private static void WritePacketOut(MessageBuffer buffer, PacketOut message)
    {
        buffer.U32(message.BufferId);
        buffer.U32(message.InPort);
        int length = buffer.Length;
        buffer.Zeros(8);
        int actions = buffer.Length;
        ActionCodec13.WriteActions13(buffer, message.Actions);
        buffer.PatchU16(length, buffer.Length - actions);
        buffer.Bytes(message.Data.Span);
    }

    private static void WriteFlowMod(MessageBuffer buffer, FlowMod message)
    {
        buffer.U64(message.Cookie);
        buffer.U64(message.CookieMask);
        buffer.U8(message.Table);
        buffer.U8((byte)message.Command);
        buffer.U16(message.IdleTimeout);
        buffer.U16(message.HardTimeout);
        buffer.U16(message.Priority);
        buffer.U32(message.BufferId);
        buffer.U32(message.OutPort);
        buffer.U32(message.OutGroup);
        buffer.U16((ushort)message.Flags);
        buffer.Zeros(2);
        MatchCodec13.Write(buffer, message.Match);
        ActionCodec13.WriteInstructions(buffer, message.Instructions);
    }

    private static void WriteBuckets(MessageBuffer buffer, ValueArray<Bucket> buckets)
    {
        foreach (Bucket bucket in buckets)
        {
            int start = buffer.Length;
            buffer.U16(0);
            buffer.U16(bucket.Weight);
            buffer.U32(bucket.WatchPort);
            buffer.U32(bucket.WatchGroup);
            buffer.Zeros(4);
            ActionCodec13.WriteActions13(buffer, bucket.Actions);
            buffer.PatchU16(start, buffer.Length - start);
        }
    }

    private static void WriteQueues(MessageBuffer buffer, QueueGetConfigReply message)
    {
        buffer.U32(message.Port);
        buffer.Zeros(4);
        foreach (PacketQueue queue in message.Queues)
        {
            int start = buffer.Length;
            buffer.U32(queue.Queue);
            buffer.U32(queue.Port);
            buffer.Zeros(8);
            WriteQueueProperties(buffer, queue.Properties);
            buffer.PatchU16(start + 8, buffer.Length - start);
        }
    }

    /// <summary>The properties of a queue, which 1.0 writes in the same way.</summary>
    internal static void WriteQueueProperties(MessageBuffer buffer, ValueArray<QueueProperty> properties)
    {
        foreach (QueueProperty property in properties)
        {
            int start = buffer.Length;
            buffer.U16(property.Type);
            buffer.Zeros(6);
            buffer.Bytes(property.Body.Span);
            buffer.PatchU16(start + 2, buffer.Length - start);
        }
    }

    private static void WriteRole(MessageBuffer buffer, ControllerRole role, ulong generation)
    {
        buffer.U32((uint)role);
        buffer.Zeros(4);
        buffer.U64(generation);
    }

    private static void WriteMasks(MessageBuffer buffer, AsyncMasks masks)
    {
        buffer.U32(masks.PacketIn);
        buffer.U32(masks.PacketInSlave);
        buffer.U32(masks.PortStatus);
        buffer.U32(masks.PortStatusSlave);
        buffer.U32(masks.FlowRemoved);
        buffer.U32(masks.FlowRemovedSlave);
    }
}
