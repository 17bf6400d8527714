using System.Buffers.Binary;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Matches;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// Carries out on a frame the actions that change packets (OpenFlow 1.3.5, 5.12 and 7.2.5; OpenFlow 1.0, 5.2.4). Stateless; allocates nothing; reads and writes
/// nothing outside the frame and throws nothing, whatever its bytes are.
/// </summary>
/// <remarks>
/// <para>Headers are the ones that <see cref="PacketFieldsReader"/> sees: the outermost VLAN tag, the outermost IP header. A checksum that was right stays right, and one that
/// was wrong stays wrong: it is changed by the difference (RFC 1624), so that what was damaged on its way is not passed off as sound.</para>
/// <para>Fragments of a datagram are changed alike as far as they have the field: only the first has ports, and with them the checksum. Only the CRC of SCTP cannot be
/// kept right in a part of a packet, and the receiver will drop the whole.</para>
/// </remarks>
internal static class PacketEditor
{
    private const int AddressesLength = 2 * MacAddress.Length;
    private const int PriorityShift = 13;
    private const ushort VlanIdMask = 0x0FFF;

    // All but "drop eligible", which OpenFlow does not know.
    private const ushort VlanFields = 0xEFFF;

    /// <summary>Whether an action changes the packet, rather than saying where it goes.</summary>
    public static bool Edits(OpenFlowAction action) => action is not (OutputAction or GroupAction or SetQueueAction or EnqueueAction or ExperimenterAction);

    /// <summary>Carries out an action. One that changes no packet is done at once.</summary>
    /// <param name="frame">The frame, whose bytes and bounds are changed.</param>
    /// <param name="action">What to do.</param>
    public static EditResult Apply<TFrame>(ref TFrame frame, OpenFlowAction action)
        where TFrame : IEditableFrame, allows ref struct
    {
        switch (action)
        {
            case SetFieldAction set:
                EditResult result = FieldWriter.Set(frame.Data, set.Field.Id, set.Field.Value);
                if (result == EditResult.Done && set.Field.Id is OxmFieldId.EthernetType or OxmFieldId.IpProtocol)
                    frame.Changed();
                return result;
            case DecrementTtlAction:
                return FieldWriter.DecrementTtl(frame.Data);
            case SetTtlAction set:
                return FieldWriter.SetTtl(frame.Data, set.Ttl);
            case SetTransportPortAction set:
                return FieldWriter.SetPort(frame.Data, set.IsDestination, set.Port);
            case SetVlanIdAction set:
                return SetOrPush(ref frame, OxmFieldId.VlanId, set.VlanId, (ushort)(set.VlanId & VlanIdMask));
            case SetVlanPriorityAction set:
                return SetOrPush(ref frame, OxmFieldId.VlanPriority, set.Priority, (ushort)(set.Priority << PriorityShift));
            case PushVlanAction push:
                // The new tag has the id and priority of the one that was outermost (OpenFlow 1.3.5, 5.12.1).
                return Push(ref frame, push.EtherType, FieldWriter.TryReadTag(frame.Data, out ushort tag) ? (ushort)(tag & VlanFields) : (ushort)0);
            case PopVlanAction:
                return Pop(ref frame);
            default:
                return EditResult.Done;
        }
    }

    // OpenFlow 1.0: a packet without a tag gets one, whose other field is zero.
    private static EditResult SetOrPush<TFrame>(ref TFrame frame, OxmFieldId id, ushort value, ushort tag)
        where TFrame : IEditableFrame, allows ref struct
    {
        EditResult result = FieldWriter.Set(frame.Data, id, value);
        return result == EditResult.NotPresent ? Push(ref frame, EtherTypes.Vlan, tag) : result;
    }

    private static EditResult Push<TFrame>(ref TFrame frame, ushort etherType, ushort tag)
        where TFrame : IEditableFrame, allows ref struct
    {
        if (frame.Data.Length < EthernetHeader.Length)
            return EditResult.NotPresent;
        if (!frame.TryPrepend(VlanTag.Length))
            return EditResult.NoRoom;
        Span<byte> data = frame.Data;
        // The bounds lie in memory that other processes may write.
        if (data.Length < EthernetHeader.Length + VlanTag.Length)
            return EditResult.NotPresent;
        data.Slice(VlanTag.Length, AddressesLength).CopyTo(data);
        BinaryPrimitives.WriteUInt16BigEndian(data[AddressesLength..], etherType);
        BinaryPrimitives.WriteUInt16BigEndian(data[(AddressesLength + 2)..], tag);
        frame.Changed();
        return EditResult.Done;
    }

    private static EditResult Pop<TFrame>(ref TFrame frame)
        where TFrame : IEditableFrame, allows ref struct
    {
        Span<byte> data = frame.Data;
        if (!FieldWriter.TryReadTag(data, out _))
            return EditResult.NotPresent;
        data[..AddressesLength].CopyTo(data[VlanTag.Length..]);
        frame.TryTrimStart(VlanTag.Length);
        frame.Changed();
        return EditResult.Done;
    }
}
