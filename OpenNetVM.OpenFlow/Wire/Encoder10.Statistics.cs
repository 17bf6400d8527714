using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <content>Statistics (OpenFlow 1.0, 5.3.5), and 1.3's PORT_DESC, which clients of Open vSwitch ask for in 1.0 too.</content>
internal static partial class Encoder10
{
    private const int StatisticsHeaderLength = OpenFlowConstants.HeaderLength + 4;

    private static void WriteRequest(MessageBuffer buffer, MultipartRequest request)
    {
        WriteHead(buffer, request.Part, request.HasMore);
        switch (request)
        {
            case PlainRequest { Kind: MultipartType.Description or MultipartType.Table or MultipartType.PortDescription }:
                break;
            case FlowStatisticsRequest r:
                MatchCodec10.Write(buffer, r.Match);
                buffer.U8(r.Table);
                buffer.Zeros(1);
                buffer.U16(Port(r.OutPort));
                break;
            case PortStatisticsRequest r:
                buffer.U16(Port(r.Port));
                buffer.Zeros(6);
                break;
            case QueueStatisticsRequest r:
                buffer.U16(Port(r.Port == ReservedPort.Any ? ReservedPort.All : r.Port));
                buffer.Zeros(2);
                buffer.U32(r.Queue);
                break;
            case ExperimenterRequest r:
                buffer.U32(r.Experimenter);
                buffer.Bytes(r.Data.Span);
                break;
            default:
                throw new NotSupportedException($"OpenFlow 1.0 has no statistics {request.Part}.");
        }
    }

    private static void WriteHead(MessageBuffer buffer, MultipartType type, bool more)
    {
        buffer.U16((ushort)type);
        buffer.U16((ushort)(more ? 1 : 0));
    }

    private static void WriteReply(MessageBuffer buffer, int start, MultipartReply reply)
    {
        WriteHead(buffer, reply.Part, reply.HasMore);
        switch (reply)
        {
            case DescriptionReply r:
                Encoder13.WriteDescription(buffer, r);
                break;
            case FlowStatisticsReply r:
                MessageEncoder.Items(buffer, start, StatisticsHeaderLength, r.Flows, WriteFlow);
                return;
            case AggregateReply r:
                buffer.U64(r.Counters.Packets);
                buffer.U64(r.Counters.Bytes);
                buffer.U32(r.Flows);
                buffer.Zeros(4);
                break;
            case TableStatisticsReply r:
                MessageEncoder.Items(buffer, start, StatisticsHeaderLength, r.Tables, WriteTable);
                return;
            case PortStatisticsReply r:
                MessageEncoder.Items(buffer, start, StatisticsHeaderLength, r.Ports, WritePort);
                return;
            case QueueStatisticsReply r:
                MessageEncoder.Items(buffer, start, StatisticsHeaderLength, r.Queues, WriteQueue);
                return;
            case PortDescriptionReply r:
                MessageEncoder.Items(buffer, start, StatisticsHeaderLength, r.Ports, PortCodec.Write10);
                return;
            case OpaqueReply { Kind: MultipartType.Experimenter } r:
                buffer.Bytes(r.Body.Span);
                break;
            default:
                throw new NotSupportedException($"OpenFlow 1.0 has no statistics {reply.Part}.");
        }

        MessageEncoder.End(buffer, start);
    }

    private static void WriteFlow(MessageBuffer buffer, FlowStatistics flow)
    {
        int start = buffer.Length;
        buffer.U16(0);
        buffer.U8(flow.Table);
        buffer.Zeros(1);
        MatchCodec10.Write(buffer, flow.Match);
        buffer.U32(flow.Duration.Seconds);
        buffer.U32(flow.Duration.Nanoseconds);
        buffer.U16(flow.Priority);
        buffer.U16(flow.IdleTimeout);
        buffer.U16(flow.HardTimeout);
        buffer.Zeros(6);
        buffer.U64(flow.Cookie);
        buffer.U64(flow.Counters.Packets);
        buffer.U64(flow.Counters.Bytes);
        WriteInstructions(buffer, flow.Instructions);
        buffer.PatchU16(start, buffer.Length - start);
    }

    private static void WriteTable(MessageBuffer buffer, TableStatistics table)
    {
        buffer.U8(table.Table);
        buffer.Zeros(3);
        buffer.Text(table.Name10, TableFeatureTypes.NameLength);
        buffer.U32(table.Wildcards10);
        buffer.U32(table.MaxEntries10);
        buffer.U32(table.Active);
        buffer.U64(table.Lookups);
        buffer.U64(table.Matched);
    }

    private static void WritePort(MessageBuffer buffer, PortStatistics port)
    {
        buffer.U16(Port(port.Port));
        buffer.Zeros(6);
        Encoder13.WritePortCounters(buffer, port);
    }

    private static void WriteQueue(MessageBuffer buffer, QueueStatistics queue)
    {
        buffer.U16(Port(queue.Port));
        buffer.Zeros(2);
        buffer.U32(queue.Queue);
        buffer.U64(queue.Bytes);
        buffer.U64(queue.Packets);
        buffer.U64(queue.Errors);
    }
}
