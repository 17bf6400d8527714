using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <content>Multipart messages (OpenFlow 1.3.5, 7.3.5).</content>
internal static partial class Decoder13
{
    private delegate T ReadItem<T>(ref WireReader reader);

    private static MultipartRequest? DecodeMultipartRequest(ref WireReader reader)
    {
        MultipartType type = (MultipartType)reader.U16();
        bool more = (reader.U16() & 1) != 0;
        reader.Skip(4);
        MultipartRequest? request = DecodeRequestBody(ref reader, type);
        return request is null ? null : request with { HasMore = more };
    }

    private static MultipartRequest? DecodeRequestBody(ref WireReader reader, MultipartType type)
    {
        switch (type)
        {
            case MultipartType.Description or MultipartType.Table or MultipartType.GroupDescription or MultipartType.GroupFeatures
                or MultipartType.MeterFeatures or MultipartType.PortDescription:
                return new PlainRequest(type);
            case MultipartType.Flow or MultipartType.Aggregate:
                return DecodeFlowRequest(ref reader, type == MultipartType.Aggregate);
            case MultipartType.PortStatistics:
                return new PortStatisticsRequest(PaddedU32(ref reader));
            case MultipartType.Queue:
                return new QueueStatisticsRequest(reader.U32(), reader.U32());
            case MultipartType.Group:
                return new GroupStatisticsRequest(PaddedU32(ref reader));
            case MultipartType.Meter or MultipartType.MeterConfig:
                return new MeterRequest(type, PaddedU32(ref reader));
            case MultipartType.TableFeatures:
                return new TableFeaturesRequest(ReadAll(ref reader, ReadTableFeatures));
            case MultipartType.Experimenter:
                return new ExperimenterRequest(reader.U32(), reader.RestAsArray());
            default:
                MessageDecoder.Refuse(ref reader, Errors.BadRequest.Multipart);
                return null;
        }
    }

    private static uint PaddedU32(ref WireReader reader)
    {
        uint value = reader.U32();
        reader.Skip(4);
        return value;
    }

    private static FlowStatisticsRequest DecodeFlowRequest(ref WireReader reader, bool isAggregate)
    {
        byte table = reader.U8();
        reader.Skip(3);
        uint outPort = reader.U32();
        uint outGroup = reader.U32();
        reader.Skip(4);
        ulong cookie = reader.U64();
        ulong mask = reader.U64();
        FlowMatch match = MatchCodec13.Read(ref reader);
        if (!reader.Failed && !match.HasPrerequisites())
            reader.Fail(Errors.BadMatch.Prerequisite);
        return new FlowStatisticsRequest(isAggregate, match) { Table = table, OutPort = outPort, OutGroup = outGroup, Cookie = cookie, CookieMask = mask };
    }

    private static MultipartReply? DecodeMultipartReply(ref WireReader reader)
    {
        MultipartType type = (MultipartType)reader.U16();
        bool more = (reader.U16() & 1) != 0;
        reader.Skip(4);
        MultipartReply? reply = DecodeReplyBody(ref reader, type);
        return reply is null ? null : reply with { HasMore = more };
    }

    private static MultipartReply? DecodeReplyBody(ref WireReader reader, MultipartType type)
    {
        switch (type)
        {
            case MultipartType.Description:
                return ReadDescription(ref reader);
            case MultipartType.Flow:
                return new FlowStatisticsReply(ReadAll(ref reader, ReadFlow));
            case MultipartType.Aggregate:
                AggregateReply aggregate = new(new FlowCounters(reader.U64(), reader.U64()), reader.U32());
                reader.Skip(4);
                return aggregate;
            case MultipartType.Table:
                return new TableStatisticsReply(ReadAll(ref reader, ReadTable));
            case MultipartType.PortStatistics:
                return new PortStatisticsReply(ReadAll(ref reader, ReadPortStatistics));
            case MultipartType.Queue:
                return new QueueStatisticsReply(ReadAll(ref reader, static (ref WireReader item) => new QueueStatistics(
                    item.U32(), item.U32(), item.U64(), item.U64(), item.U64(), new OpenFlowDuration(item.U32(), item.U32()))));
            case MultipartType.Group:
                return new GroupStatisticsReply(ReadAll(ref reader, ReadGroup));
            case MultipartType.GroupDescription:
                return new GroupDescriptionReply(ReadAll(ref reader, ReadGroupDescription));
            case MultipartType.GroupFeatures:
                return new GroupFeaturesReply(reader.U32(), reader.U32(), ReadFour(ref reader), ReadFour(ref reader));
            case MultipartType.MeterFeatures:
                MeterFeaturesReply meters = new(reader.U32(), reader.U32(), reader.U32(), reader.U8(), reader.U8());
                reader.Skip(2);
                return meters;
            case MultipartType.TableFeatures:
                return new TableFeaturesReply(ReadAll(ref reader, ReadTableFeatures));
            case MultipartType.PortDescription:
                return new PortDescriptionReply(ReadAll(ref reader, static (ref WireReader item) => PortCodec.Read13(ref item)));
            case MultipartType.Meter or MultipartType.MeterConfig or MultipartType.Experimenter:
                return new OpaqueReply(type, reader.RestAsArray());
            default:
                MessageDecoder.Refuse(ref reader, Errors.BadRequest.Multipart);
                return null;
        }
    }

    /// <summary>Items up to the end. Every item takes at least one byte, or fails.</summary>
    private static ValueArray<T> ReadAll<T>(ref WireReader reader, ReadItem<T> read)
        where T : IEquatable<T>
    {
        List<T> items = [];
        while (reader.Remaining > 0 && !reader.Failed)
            items.Add(read(ref reader));
        return reader.Failed ? default : new ValueArray<T>([.. items]);
    }

    internal static DescriptionReply ReadDescription(ref WireReader reader) =>
        new(reader.Text(DescriptionLengths.Text), reader.Text(DescriptionLengths.Text), reader.Text(DescriptionLengths.Text),
            reader.Text(DescriptionLengths.SerialNumber), reader.Text(DescriptionLengths.Text));

    private static FlowStatistics ReadFlow(ref WireReader reader)
    {
        int length = reader.U16();
        WireReader body = reader.Part(length - 2, Errors.BadRequest.Length);
        byte table = body.U8();
        body.Skip(1);
        OpenFlowDuration duration = new(body.U32(), body.U32());
        ushort priority = body.U16();
        ushort idle = body.U16();
        ushort hard = body.U16();
        FlowModFlags flags = (FlowModFlags)body.U16();
        body.Skip(4);
        ulong cookie = body.U64();
        FlowCounters counters = new(body.U64(), body.U64());
        FlowMatch match = MatchCodec13.Read(ref body);
        ValueArray<Instruction> instructions = ActionCodec13.ReadInstructions(ref body);
        reader.Join(body);
        return new FlowStatistics(table, priority, match, instructions)
        {
            Duration = duration,
            IdleTimeout = idle,
            HardTimeout = hard,
            Flags = flags,
            Cookie = cookie,
            Counters = counters,
        };
    }

    private static TableStatistics ReadTable(ref WireReader reader)
    {
        byte table = reader.U8();
        reader.Skip(3);
        return new TableStatistics(table, reader.U32(), reader.U64(), reader.U64());
    }

    private static PortStatistics ReadPortStatistics(ref WireReader reader)
    {
        uint port = reader.U32();
        reader.Skip(4);
        PortStatistics statistics = ReadPortCounters(ref reader, port);
        return statistics with { Duration = new OpenFlowDuration(reader.U32(), reader.U32()) };
    }

    /// <summary>The twelve counters that both versions have in the same order.</summary>
    internal static PortStatistics ReadPortCounters(ref WireReader reader, uint port) => new(port)
    {
        ReceivedPackets = reader.U64(),
        SentPackets = reader.U64(),
        ReceivedBytes = reader.U64(),
        SentBytes = reader.U64(),
        ReceiveDrops = reader.U64(),
        SendDrops = reader.U64(),
        ReceiveErrors = reader.U64(),
        SendErrors = reader.U64(),
        FrameErrors = reader.U64(),
        OverrunErrors = reader.U64(),
        CrcErrors = reader.U64(),
        Collisions = reader.U64(),
    };

    private static GroupStatistics ReadGroup(ref WireReader reader)
    {
        int length = reader.U16();
        WireReader body = reader.Part(length - 2, Errors.BadRequest.Length);
        body.Skip(2);
        uint group = body.U32();
        uint references = body.U32();
        body.Skip(4);
        FlowCounters counters = new(body.U64(), body.U64());
        OpenFlowDuration duration = new(body.U32(), body.U32());
        ValueArray<FlowCounters> buckets = ReadAll(ref body, static (ref WireReader item) => new FlowCounters(item.U64(), item.U64()));
        reader.Join(body);
        return new GroupStatistics(group, references, counters, duration, buckets);
    }

    private static GroupDescription ReadGroupDescription(ref WireReader reader)
    {
        int length = reader.U16();
        WireReader body = reader.Part(length - 2, Errors.BadRequest.Length);
        GroupType type = (GroupType)body.U8();
        body.Skip(1);
        uint group = body.U32();
        GroupDescription description = new(group, type, ReadBuckets(ref body));
        reader.Join(body);
        return description;
    }

    private static ValueArray<uint> ReadFour(ref WireReader reader) => [reader.U32(), reader.U32(), reader.U32(), reader.U32()];

    private static TableFeatures ReadTableFeatures(ref WireReader reader)
    {
        int length = reader.U16();
        WireReader body = reader.Part(length - 2, Errors.TableFeatures.Length);
        byte table = body.U8();
        body.Skip(5);
        string name = body.Text(TableFeatureTypes.NameLength);
        ulong match = body.U64();
        ulong write = body.U64();
        uint config = body.U32();
        uint maximum = body.U32();
        TableFeatures features = new(table, name, match, write, config, maximum, ReadAll(ref body, ReadTableProperty));
        reader.Join(body);
        return features;
    }

    private static TableProperty ReadTableProperty(ref WireReader reader)
    {
        const int HeaderLength = 4;
        ushort type = reader.U16();
        int length = reader.U16();
        WireReader body = reader.Part(length - HeaderLength, Errors.TableFeatures.Length);
        List<uint> ids = [];
        while (body.Remaining > 0 && !body.Failed)
        {
            if (TableFeatureTypes.IsTables(type))
            {
                ids.Add(body.U8());
            }
            else if (TableFeatureTypes.IsInstructions(type) || TableFeatureTypes.IsActions(type))
            {
                ids.Add(body.U16());
                body.Skip(body.U16() - HeaderLength);
            }
            else if (TableFeatureTypes.IsWords(type))
            {
                ids.Add(body.U32());
            }
            else
            {
                body.Fail(Errors.TableFeatures.Type);
            }
        }

        reader.Join(body);
        // OpenFlow 1.3.5, 7.3.5.5.2: the length does not count the padding to a multiple of eight.
        reader.Skip(-length & 7);
        return new TableProperty(type, new ValueArray<uint>([.. ids]));
    }
}
