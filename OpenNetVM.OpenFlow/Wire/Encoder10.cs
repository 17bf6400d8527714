using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Writes messages as OpenFlow 1.0 has them.</summary>
internal static partial class Encoder10
{
    public static void Encode(MessageBuffer buffer, OpenFlowMessage message)
    {
        if (!MessageTypes10.TryToWire(message.Type, out byte type))
            throw new NotSupportedException($"OpenFlow 1.0 has no {message.Type}.");
        int start = MessageEncoder.Begin(buffer, WireVersion.Of10, type, message.Xid);
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
                buffer.Zeros(3);
                buffer.U32(m.Capabilities);
                buffer.U32(m.Actions10);
                foreach (PortDescription port in m.Ports10)
                    PortCodec.Write10(buffer, port);
                break;
            case PacketIn m:
                buffer.U32(m.BufferId);
                buffer.U16(m.TotalLength);
                buffer.U16(m.Match.TryGet(OxmFieldId.InPort, out OxmField port10) ? Port((uint)port10.Value) : (ushort)0);
                buffer.U8((byte)m.Reason);
                buffer.Zeros(1);
                buffer.Bytes(m.Data.Span);
                break;
            case FlowRemoved m:
                WriteFlowRemoved(buffer, m);
                break;
            case PortStatusMessage m:
                buffer.U8((byte)m.Reason);
                buffer.Zeros(7);
                PortCodec.Write10(buffer, m.Port);
                break;
            case PacketOut m:
                WritePacketOut(buffer, m);
                break;
            case FlowMod m:
                WriteFlowMod(buffer, m);
                break;
            case PortMod m:
                buffer.U16(Port(m.Port));
                buffer.U48(m.HardwareAddress.Value);
                buffer.U32(m.Config);
                buffer.U32(m.Mask);
                buffer.U32(m.Advertise);
                buffer.Zeros(4);
                break;
            case QueueGetConfigRequest m:
                buffer.U16(Port(m.Port));
                buffer.Zeros(2);
                break;
            case QueueGetConfigReply m:
                WriteQueues(buffer, m);
                break;
            default:
                throw new NotSupportedException($"OpenFlow 1.0 has no {message.GetType().Name}.");
        }
    }

    private static ushort Port(uint port) => ReservedPort.TryTo10(port, out ushort port10) ? port10 : ReservedPort.None10;

    private static void WriteFlowRemoved(MessageBuffer buffer, FlowRemoved message)
    {
        MatchCodec10.Write(buffer, message.Match);
        buffer.U64(message.Cookie);
        buffer.U16(message.Priority);
        buffer.U8((byte)message.Reason);
        buffer.Zeros(1);
        buffer.U32(message.Duration.Seconds);
        buffer.U32(message.Duration.Nanoseconds);
        buffer.U16(message.IdleTimeout);
        buffer.Zeros(2);
        buffer.U64(message.Counters.Packets);
        buffer.U64(message.Counters.Bytes);
    }

    private static void WritePacketOut(MessageBuffer buffer, PacketOut message)
    {
        buffer.U32(message.BufferId);
        buffer.U16(Port(message.InPort));
        int length = buffer.Length;
        buffer.Zeros(2);
        ActionCodec10.WriteActions10(buffer, message.Actions);
        buffer.PatchU16(length, buffer.Length - length - 2);
        buffer.Bytes(message.Data.Span);
    }

    private static void WriteFlowMod(MessageBuffer buffer, FlowMod message)
    {
        MatchCodec10.Write(buffer, message.Match);
        buffer.U64(message.Cookie);
        buffer.U16((ushort)message.Command);
        buffer.U16(message.IdleTimeout);
        buffer.U16(message.HardTimeout);
        buffer.U16(message.Priority);
        buffer.U32(message.BufferId);
        buffer.U16(Port(message.OutPort));
        buffer.U16((ushort)(message.Flags & (FlowModFlags.SendFlowRemoved | FlowModFlags.CheckOverlap)));
        WriteInstructions(buffer, message.Instructions);
    }

    /// <summary>The actions of a rule, whichever instruction of 1.3 holds them.</summary>
    private static void WriteInstructions(MessageBuffer buffer, ValueArray<Instruction> instructions)
    {
        foreach (Instruction instruction in instructions)
        {
            if (instruction is ApplyActionsInstruction(ValueArray<OpenFlowAction> applied))
                ActionCodec10.WriteActions10(buffer, applied);
            else if (instruction is WriteActionsInstruction(ValueArray<OpenFlowAction> written))
                ActionCodec10.WriteActions10(buffer, written);
        }
    }

    private static void WriteQueues(MessageBuffer buffer, QueueGetConfigReply message)
    {
        buffer.U16(Port(message.Port));
        buffer.Zeros(6);
        foreach (PacketQueue queue in message.Queues)
        {
            int start = buffer.Length;
            buffer.U32(queue.Queue);
            buffer.Zeros(4);
            Encoder13.WriteQueueProperties(buffer, queue.Properties);
            buffer.PatchU16(start + 4, buffer.Length - start);
        }
    }
}
