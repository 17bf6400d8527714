using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <content>Multipart messages (OpenFlow 1.3.5, 7.3.5).</content>
internal static partial class Encoder13
{
    private const int MultipartHeaderLength = OpenFlowConstants.HeaderLength + 8;

    private static void WriteRequest(MessageBuffer buffer, MultipartRequest request)
    {
        WriteHead(buffer, request.Part, request.HasMore);
        switch (request)
        {
            case FlowStatisticsRequest r:
                buffer.U8(r.Table);
                buffer.Zeros(3);
                buffer.U32(r.OutPort);
                buffer.U32(r.OutGroup);
                buffer.Zeros(4);
                buffer.U64(r.Cookie);
                buffer.U64(r.CookieMask);
                MatchCodec13.Write(buffer, r.Match);
                break;
            case PortStatisticsRequest r:
                buffer.U32(r.Port);
                buffer.Zeros(4);
                break;
            case QueueStatisticsRequest r:
                buffer.U32(r.Port);
                buffer.U32(r.Queue);
                break;
            case GroupStatisticsRequest r:
                buffer.U32(r.Group);
                buffer.Zeros(4);
                break;
            case MeterRequest r:
                buffer.U32(r.Meter);
                buffer.Zeros(4);
                break;
            case TableFeaturesRequest r:
                foreach (TableFeatures table in r.Tables)
                    WriteTableFeatures(buffer, table);
                break;
            case ExperimenterRequest r:
                buffer.U32(r.Experimenter);
                buffer.Bytes(r.Data.Span);
                break;
        }
    }

    private static void WriteHead(MessageBuffer buffer, MultipartType type, bool more)
    {
        buffer.U16((ushort)type);
        buffer.U16((ushort)(more ? 1 : 0));
        buffer.Zeros(4);
    }

    private static void WriteReply(MessageBuffer buffer, int start, MultipartReply reply)
    {
        WriteHead(buffer, reply.Part, reply.HasMore);
        switch (reply)
        {
            case DescriptionReply r:
                WriteDescription(buffer, r);
                break;
            case FlowStatisticsReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Flows, WriteFlow);
                return;
            case AggregateReply r:
                buffer.U64(r.Counters.Packets);
                buffer.U64(r.Counters.Bytes);
                buffer.U32(r.Flows);
                buffer.Zeros(4);
                break;
            case TableStatisticsReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Tables, WriteTable);
                return;
            case PortStatisticsReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Ports, WritePortStatistics);
                return;
            case QueueStatisticsReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Queues, WriteQueueStatistics);
                return;
            case GroupStatisticsReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Groups, WriteGroup);
                return;
            case GroupDescriptionReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Groups, WriteGroupDescription);
                return;
            case GroupFeaturesReply r:
                buffer.U32(r.Types);
                buffer.U32(r.Capabilities);
                foreach (uint maximum in r.MaxGroups)
                    buffer.U32(maximum);
                foreach (uint actions in r.Actions)
                    buffer.U32(actions);
                break;
            case MeterFeaturesReply r:
                buffer.U32(r.MaxMeters);
                buffer.U32(r.BandTypes);
                buffer.U32(r.Capabilities);
                buffer.U8(r.MaxBands);
                buffer.U8(r.MaxColors);
                buffer.Zeros(2);
                break;
            case TableFeaturesReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Tables, WriteTableFeatures);
                return;
            case PortDescriptionReply r:
                MessageEncoder.Items(buffer, start, MultipartHeaderLength, r.Ports, PortCodec.Write13);
                return;
            case OpaqueReply r:
                buffer.Bytes(r.Body.Span);
                break;
        }

        MessageEncoder.End(buffer, start);
    }

    internal static void WriteDescription(MessageBuffer buffer, DescriptionReply reply)
    {
        buffer.Text(reply.Manufacturer, DescriptionLengths.Text);
        buffer.Text(reply.Hardware, DescriptionLengths.Text);
        buffer.Text(reply.Software, DescriptionLengths.Text);
        buffer.Text(reply.SerialNumber, DescriptionLengths.SerialNumber);
        buffer.Text(reply.Datapath, DescriptionLengths.Text);
    }

    private static void WriteFlow(MessageBuffer buffer, FlowStatistics flow)
    {
        int start = buffer.Length;
        buffer.U16(0);
        buffer.U8(flow.Table);
        buffer.Zeros(1);
        buffer.U32(flow.Duration.Seconds);
        buffer.U32(flow.Duration.Nanoseconds);
        buffer.U16(flow.Priority);
        buffer.U16(flow.IdleTimeout);
        buffer.U16(flow.HardTimeout);
        buffer.U16((ushort)flow.Flags);
        buffer.Zeros(4);
        buffer.U64(flow.Cookie);
        buffer.U64(flow.Counters.Packets);
        buffer.U64(flow.Counters.Bytes);
        MatchCodec13.Write(buffer, flow.Match);
        ActionCodec13.WriteInstructions(buffer, flow.Instructions);
        buffer.PatchU16(start, buffer.Length - start);
    }

    private static void WriteTable(MessageBuffer buffer, TableStatistics table)
    {
        buffer.U8(table.Table);
        buffer.Zeros(3);
        buffer.U32(table.Active);
        buffer.U64(table.Lookups);
        buffer.U64(table.Matched);
    }

    private static void WritePortStatistics(MessageBuffer buffer, PortStatistics port)
    {
        buffer.U32(port.Port);
        buffer.Zeros(4);
        WritePortCounters(buffer, port);
        buffer.U32(port.Duration.Seconds);
        buffer.U32(port.Duration.Nanoseconds);
    }

    /// <summary>The twelve counters that both versions have in the same order.</summary>
    internal static void WritePortCounters(MessageBuffer buffer, PortStatistics port)
    {
        buffer.U64(port.ReceivedPackets);
        buffer.U64(port.SentPackets);
        buffer.U64(port.ReceivedBytes);
        buffer.U64(port.SentBytes);
        buffer.U64(port.ReceiveDrops);
        buffer.U64(port.SendDrops);
        buffer.U64(port.ReceiveErrors);
        buffer.U64(port.SendErrors);
        buffer.U64(port.FrameErrors);
        buffer.U64(port.OverrunErrors);
        buffer.U64(port.CrcErrors);
        buffer.U64(port.Collisions);
    }

    private static void WriteQueueStatistics(MessageBuffer buffer, QueueStatistics queue)
    {
        buffer.U32(queue.Port);
        buffer.U32(queue.Queue);
        buffer.U64(queue.Bytes);
        buffer.U64(queue.Packets);
        buffer.U64(queue.Errors);
        buffer.U32(queue.Duration.Seconds);
        buffer.U32(queue.Duration.Nanoseconds);
    }

    private static void WriteGroup(MessageBuffer buffer, GroupStatistics group)
    {
        int start = buffer.Length;
        buffer.Zeros(4);
        buffer.U32(group.Group);
        buffer.U32(group.References);
        buffer.Zeros(4);
        buffer.U64(group.Counters.Packets);
        buffer.U64(group.Counters.Bytes);
        buffer.U32(group.Duration.Seconds);
        buffer.U32(group.Duration.Nanoseconds);
        foreach (FlowCounters bucket in group.Buckets)
        {
            buffer.U64(bucket.Packets);
            buffer.U64(bucket.Bytes);
        }

        buffer.PatchU16(start, buffer.Length - start);
    }

    private static void WriteGroupDescription(MessageBuffer buffer, GroupDescription group)
    {
        int start = buffer.Length;
        buffer.U16(0);
        buffer.U8((byte)group.GroupType);
        buffer.Zeros(1);
        buffer.U32(group.Group);
        WriteBuckets(buffer, group.Buckets);
        buffer.PatchU16(start, buffer.Length - start);
    }

    private static void WriteTableFeatures(MessageBuffer buffer, TableFeatures table)
    {
        int start = buffer.Length;
        buffer.U16(0);
        buffer.U8(table.Table);
        buffer.Zeros(5);
        buffer.Text(table.Name, TableFeatureTypes.NameLength);
        buffer.U64(table.MetadataMatch);
        buffer.U64(table.MetadataWrite);
        buffer.U32(table.Config);
        buffer.U32(table.MaxEntries);
        foreach (TableProperty property in table.Properties)
            WriteTableProperty(buffer, property);
        buffer.PatchU16(start, buffer.Length - start);
    }

    private static void WriteTableProperty(MessageBuffer buffer, TableProperty property)
    {
        const ushort IdLength = 4;
        int start = buffer.Length;
        buffer.U16(property.Type);
        buffer.U16(0);
        foreach (uint id in property.Ids)
        {
            if (TableFeatureTypes.IsTables(property.Type))
            {
                buffer.U8((byte)id);
            }
            else if (TableFeatureTypes.IsWords(property.Type))
            {
                buffer.U32(id);
            }
            else
            {
                buffer.U16((ushort)id);
                buffer.U16(IdLength);
            }
        }

        buffer.PatchU16(start + 2, buffer.Length - start);
        buffer.PadTo8(start);
    }
}
