using System.Buffers.Binary;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>
/// Actions as OpenFlow 1.0 writes them (5.2.4). Two that Open vSwitch sends under its own number, because 1.0 lacks them, are read as what they are: set queue
/// and decrement TTL.
/// </summary>
internal static class ActionCodec10
{
    private const ushort Output = 0;
    private const ushort SetVlanId = 1;
    private const ushort SetVlanPriority = 2;
    private const ushort StripVlan = 3;
    private const ushort SetSource = 4;
    private const ushort SetDestination = 5;
    private const ushort SetNetworkSource = 6;
    private const ushort SetNetworkDestination = 7;
    private const ushort SetTos = 8;
    private const ushort SetTransportSource = 9;
    private const ushort SetTransportDestination = 10;
    private const ushort Enqueue = 11;
    private const ushort Vendor = 0xFFFF;
    private const ushort NiciraSetQueue = 4;
    private const ushort NiciraDecrementTtl = 18;
    private const int HeaderLength = 4;

    /// <summary>Actions that FEATURES_REPLY offers: all but vendor's.</summary>
    public const uint Supported = (1u << (Enqueue + 1)) - 1;

    /// <summary>Reads actions up to the reader's end.</summary>
    public static ValueArray<OpenFlowAction> ReadActions(ref WireReader reader)
    {
        List<OpenFlowAction>? actions = null;
        while (reader.Remaining > 0 && !reader.Failed)
        {
            ushort type = reader.U16();
            int length = reader.U16();
            if (reader.Failed || length < 8 || length % 8 != 0 || length - HeaderLength > reader.Remaining)
            {
                reader.Fail(Errors.BadAction.Length);
                break;
            }

            WireReader body = reader.Part(length - HeaderLength, Errors.BadAction.Length);
            if (type < Vendor && type <= Enqueue && length != LengthOf(type))
                body.Fail(Errors.BadAction.Length);
            OpenFlowAction? action = ReadAction(ref body, type);
            reader.Join(body);
            if (action is not null && !reader.Failed)
                (actions ??= []).Add(action);
        }

        return reader.Failed || actions is null ? default : new ValueArray<OpenFlowAction>([.. actions]);
    }

    public static void WriteActions10(MessageBuffer buffer, ValueArray<OpenFlowAction> actions)
    {
        foreach (OpenFlowAction action in actions)
            WriteAction(buffer, action);
    }

    private static int LengthOf(ushort type) => type is SetSource or SetDestination or Enqueue ? 16 : 8;

    private static OpenFlowAction? ReadAction(ref WireReader body, ushort type)
    {
        switch (type)
        {
            case Output:
                return new OutputAction(ReservedPort.From10(body.U16()), body.U16());
            case SetVlanId:
                ushort vlan = body.U16();
                if (vlan > 0x0FFF)
                    body.Fail(Errors.BadAction.Argument);
                return new SetVlanIdAction(vlan);
            case SetVlanPriority:
                byte priority = body.U8();
                if (priority > 7)
                    body.Fail(Errors.BadAction.Argument);
                return new SetVlanPriorityAction(priority);
            case StripVlan:
                return new PopVlanAction();
            case SetSource:
                return new SetFieldAction(new OxmField(OxmFieldId.EthernetSource, body.U48()));
            case SetDestination:
                return new SetFieldAction(new OxmField(OxmFieldId.EthernetDestination, body.U48()));
            case SetNetworkSource:
                return new SetFieldAction(new OxmField(OxmFieldId.Ipv4Source, body.U32()));
            case SetNetworkDestination:
                return new SetFieldAction(new OxmField(OxmFieldId.Ipv4Destination, body.U32()));
            case SetTos:
                byte tos = body.U8();
                if ((tos & 3) != 0)
                    body.Fail(Errors.BadAction.Argument);
                return new SetFieldAction(new OxmField(OxmFieldId.IpDscp, (UInt128)(tos >> 2)));
            case SetTransportSource:
                return new SetTransportPortAction(IsDestination: false, body.U16());
            case SetTransportDestination:
                return new SetTransportPortAction(IsDestination: true, body.U16());
            case Enqueue:
                uint port = ReservedPort.From10(body.U16());
                body.Skip(6);
                return new EnqueueAction(port, body.U32());
            case Vendor:
                return ReadVendor(ref body);
            default:
                body.Fail(Errors.BadAction.Type);
                return null;
        }
    }

    private static OpenFlowAction ReadVendor(ref WireReader body)
    {
        uint vendor = body.U32();
        ReadOnlySpan<byte> data = body.TakeRest();
        if (vendor == OpenFlowConstants.Nicira && data.Length == 8)
        {
            switch (BinaryPrimitives.ReadUInt16BigEndian(data))
            {
                case NiciraSetQueue:
                    return new SetQueueAction(BinaryPrimitives.ReadUInt32BigEndian(data[4..]));
                case NiciraDecrementTtl:
                    return new DecrementTtlAction();
            }
        }

        return new ExperimenterAction(vendor, ValueArray.Create(data));
    }

    private static void WriteAction(MessageBuffer buffer, OpenFlowAction action)
    {
        switch (action)
        {
            case OutputAction(uint port, ushort maxLength):
                Header(buffer, Output, 8);
                buffer.U16(Port(port));
                buffer.U16(maxLength);
                break;
            case EnqueueAction(uint port, uint queue):
                Header(buffer, Enqueue, 16);
                buffer.U16(Port(port));
                buffer.Zeros(6);
                buffer.U32(queue);
                break;
            case SetVlanIdAction(ushort vlan):
                Short(buffer, SetVlanId, vlan);
                break;
            case SetVlanPriorityAction(byte priority):
                Byte(buffer, SetVlanPriority, priority);
                break;
            case PopVlanAction:
                Header(buffer, StripVlan, 8);
                buffer.Zeros(4);
                break;
            case SetTransportPortAction(bool isDestination, ushort port):
                Short(buffer, isDestination ? SetTransportDestination : SetTransportSource, port);
                break;
            case SetFieldAction(OxmField field):
                WriteSetField(buffer, field);
                break;
            case SetQueueAction(uint queue):
                Nicira(buffer, NiciraSetQueue, queue);
                break;
            case DecrementTtlAction:
                Nicira(buffer, NiciraDecrementTtl, 0);
                break;
            case ExperimenterAction(uint experimenter, ValueArray<byte> data):
                Header(buffer, Vendor, 8 + data.Count);
                buffer.U32(experimenter);
                buffer.Bytes(data.Span);
                break;
        }

        // What is left (groups, set TTL, push VLAN) came by 1.3 and cannot be told to a client that speaks 1.0.
    }

    private static void WriteSetField(MessageBuffer buffer, in OxmField field)
    {
        switch (field.Id)
        {
            case OxmFieldId.EthernetSource or OxmFieldId.EthernetDestination:
                Header(buffer, field.Id == OxmFieldId.EthernetSource ? SetSource : SetDestination, 16);
                buffer.U48((ulong)field.Value);
                buffer.Zeros(6);
                break;
            case OxmFieldId.Ipv4Source or OxmFieldId.Ipv4Destination:
                Header(buffer, field.Id == OxmFieldId.Ipv4Source ? SetNetworkSource : SetNetworkDestination, 8);
                buffer.U32((uint)field.Value);
                break;
            case OxmFieldId.IpDscp:
                Byte(buffer, SetTos, (byte)(field.Value << 2));
                break;
            case OxmFieldId.TcpSource or OxmFieldId.UdpSource:
                Short(buffer, SetTransportSource, (ushort)field.Value);
                break;
            case OxmFieldId.TcpDestination or OxmFieldId.UdpDestination:
                Short(buffer, SetTransportDestination, (ushort)field.Value);
                break;
            case OxmFieldId.VlanId:
                Short(buffer, SetVlanId, (ushort)(field.Value & 0x0FFF));
                break;
            case OxmFieldId.VlanPriority:
                Byte(buffer, SetVlanPriority, (byte)field.Value);
                break;
        }
    }

    private static ushort Port(uint port) => ReservedPort.TryTo10(port, out ushort port10) ? port10 : ReservedPort.None10;

    private static void Header(MessageBuffer buffer, ushort type, int length)
    {
        buffer.U16(type);
        buffer.U16((ushort)length);
    }

    private static void Short(MessageBuffer buffer, ushort type, ushort value)
    {
        Header(buffer, type, 8);
        buffer.U16(value);
        buffer.Zeros(2);
    }

    private static void Byte(MessageBuffer buffer, ushort type, byte value)
    {
        Header(buffer, type, 8);
        buffer.U8(value);
        buffer.Zeros(3);
    }

    private static void Nicira(MessageBuffer buffer, ushort subtype, uint value)
    {
        Header(buffer, Vendor, 16);
        buffer.U32(OpenFlowConstants.Nicira);
        buffer.U16(subtype);
        buffer.Zeros(2);
        buffer.U32(value);
    }
}
