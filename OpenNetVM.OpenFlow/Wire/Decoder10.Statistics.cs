using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <content>Statistics (OpenFlow 1.0, 5.3.5). PORT_DESC is 1.3's, but clients of Open vSwitch ask for it in 1.0 too.</content>
internal static partial class Decoder10
{
    private static MultipartRequest? DecodeStatisticsRequest(ref WireReader reader)
    {
        MultipartType type = (MultipartType)reader.U16();
        bool more = (reader.U16() & 1) != 0;
        MultipartRequest? request = DecodeRequestBody(ref reader, type);
        return request is null ? null : request with { HasMore = more };
    }

    private static MultipartRequest? DecodeRequestBody(ref WireReader reader, MultipartType type)
    {
        switch (type)
        {
            case MultipartType.Description or MultipartType.Table or MultipartType.PortDescription:
                return new PlainRequest(type);
            case MultipartType.Flow or MultipartType.Aggregate:
                FlowMatch match = MatchCodec10.Read(ref reader);
                byte table = reader.U8();
                reader.Skip(1);
                return new FlowStatisticsRequest(type == MultipartType.Aggregate, match) { Table = table, OutPort = ReservedPort.From10(reader.U16()) };
            case MultipartType.PortStatistics:
                uint port = ReservedPort.From10(reader.U16());
                reader.Skip(6);
                return new PortStatisticsRequest(port);
            case MultipartType.Queue:
                uint queuePort = AllIsAny(ReservedPort.From10(reader.U16()));
                reader.Skip(2);
                return new QueueStatisticsRequest(queuePort, reader.U32());
            case MultipartType.Experimenter:
                return new ExperimenterRequest(reader.U32(), reader.RestAsArray());
            default:
                MessageDecoder.Refuse(ref reader, Errors.BadRequest.Multipart);
                return null;
        }
    }

    // "All ports" of queues is OFPP_ALL in 1.0 and OFPP_ANY in 1.3.
    private static uint AllIsAny(uint port) => port == ReservedPort.All ? ReservedPort.Any : port;

    private static MultipartReply? DecodeStatisticsReply(ref WireReader reader)
    {
        MultipartType type = (MultipartType)reader.U16();
        bool more = (reader.U16() & 1) != 0;
        MultipartReply? reply = DecodeReplyBody(ref reader, type);
        return reply is null ? null : reply with { HasMore = more };
    }

    private static MultipartReply? DecodeReplyBody(ref WireReader reader, MultipartType type)
    {
        switch (type)
        {
            case MultipartType.Description:
                return Decoder13.ReadDescription(ref reader);
            case MultipartType.Flow:
                List<FlowStatistics> flows = [];
                while (reader.Remaining > 0 && !reader.Failed)
                    flows.Add(ReadFlow(ref reader));
                return new FlowStatisticsReply(new ValueArray<FlowStatistics>([.. flows]));
            case MultipartType.Aggregate:
                AggregateReply aggregate = new(new FlowCounters(reader.U64(), reader.U64()), reader.U32());
                reader.Skip(4);
                return aggregate;
            case MultipartType.Table:
                List<TableStatistics> tables = [];
                while (reader.Remaining > 0 && !reader.Failed)
                    tables.Add(ReadTable(ref reader));
                return new TableStatisticsReply(new ValueArray<TableStatistics>([.. tables]));
            case MultipartType.PortStatistics:
                List<PortStatistics> ports = [];
                while (reader.Remaining > 0 && !reader.Failed)
                    ports.Add(ReadPort(ref reader));
                return new PortStatisticsReply(new ValueArray<PortStatistics>([.. ports]));
            case MultipartType.Queue:
                List<QueueStatistics> queues = [];
                while (reader.Remaining > 0 && !reader.Failed)
                    queues.Add(ReadQueue(ref reader));
                return new QueueStatisticsReply(new ValueArray<QueueStatistics>([.. queues]));
            case MultipartType.PortDescription:
                return new PortDescriptionReply(ReadPorts(ref reader));
            case MultipartType.Experimenter:
                return new OpaqueReply(type, reader.RestAsArray());
            default:
                MessageDecoder.Refuse(ref reader, Errors.BadRequest.Multipart);
                return null;
        }
    }

    private static FlowStatistics ReadFlow(ref WireReader reader)
    {
        int length = reader.U16();
        WireReader body = reader.Part(length - 2, Errors.BadRequest.Length);
        byte table = body.U8();
        body.Skip(1);
        FlowMatch match = MatchCodec10.Read(ref body);
        OpenFlowDuration duration = new(body.U32(), body.U32());
        ushort priority = body.U16();
        ushort idle = body.U16();
        ushort hard = body.U16();
        body.Skip(6);
        ulong cookie = body.U64();
        FlowCounters counters = new(body.U64(), body.U64());
        FlowStatistics flow = new(table, priority, match, Instructions(ActionCodec10.ReadActions(ref body)))
        {
            Duration = duration,
            IdleTimeout = idle,
            HardTimeout = hard,
            Cookie = cookie,
            Counters = counters,
        };
        reader.Join(body);
        return flow;
    }

    private static TableStatistics ReadTable(ref WireReader reader)
    {
        byte table = reader.U8();
        reader.Skip(3);
        string name = reader.Text(TableFeatureTypes.NameLength);
        uint wildcards = reader.U32();
        uint maximum = reader.U32();
        return new TableStatistics(table, reader.U32(), reader.U64(), reader.U64()) { Name10 = name, Wildcards10 = wildcards, MaxEntries10 = maximum };
    }

    private static PortStatistics ReadPort(ref WireReader reader)
    {
        uint port = ReservedPort.From10(reader.U16());
        reader.Skip(6);
        return Decoder13.ReadPortCounters(ref reader, port);
    }

    private static QueueStatistics ReadQueue(ref WireReader reader)
    {
        uint port = ReservedPort.From10(reader.U16());
        reader.Skip(2);
        return new QueueStatistics(port, reader.U32(), reader.U64(), reader.U64(), reader.U64(), default);
    }
}
