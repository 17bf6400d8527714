using System.Runtime.CompilerServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Packets;

/// <summary>
/// What a network function sees of one packet: the frame, its metadata and what is to be done with it. Valid only during the call
/// that it was passed to, and only on that thread; it copies nothing, and everything it hands out is checked against the buffer.
/// </summary>
public readonly unsafe ref struct Packet
{
    private readonly ref PacketDescriptor _descriptor;
    private readonly PacketPool _pool;
    private readonly PacketHeader* _header;

    internal Packet(ref PacketDescriptor descriptor, PacketPool pool, PacketHeader* header)
    {
        _descriptor = ref descriptor;
        _pool = pool;
        _header = header;
    }

    /// <summary>The frame, from its first byte (the Ethernet destination address), without FCS. Empty if the header of the buffer was damaged.</summary>
    public Span<byte> Data
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _pool.FrameOf(_header);
    }

    /// <summary>Bytes of the frame, without FCS.</summary>
    public int Length => Data.Length;

    /// <summary>32 bytes that stay with the packet from function to function, zero at first, for the functions' own use.</summary>
    public Span<byte> UserArea => _header->UserArea;

    /// <summary>What is to be done with the packet.</summary>
    public PacketAction Action
    {
        get => new(_descriptor.Action, _descriptor.Destination);
        set
        {
            _descriptor.Action = value.Kind;
            _descriptor.Destination = value.Destination;
        }
    }

    /// <summary>The RSS hash: the same for both directions of a flow under a symmetric key; 0 for what has no addresses to hash.</summary>
    public uint RssHash => _descriptor.RssHash;

    /// <summary>Position in the packet's chain of the step that brought it here.</summary>
    public int Hop => _descriptor.Hop;

    /// <summary>The port that the packet came in by, set by that port; <see cref="PortId.None"/> if a network function created the packet.</summary>
    public PortId IngressPort
    {
        get => new(_header->IngressPort);
        set => _header->IngressPort = value.Value;
    }

    /// <summary>
    /// Where the frame's headers are and which flow key it has. Found at the first call and kept with the packet; call
    /// <see cref="InvalidateLayers"/> after writing other headers into the frame.
    /// </summary>
    public PacketLayers Layers
    {
        get
        {
            // Word by word in and out: a load of 16 bytes would have to wait for two stores of 8.
            PacketLayers layers = new(_header->LayersFirst, _header->LayersSecond);
            if (layers.Status == FlowKeyStatus.NotParsed)
            {
                FlowKeyReader.Parse(Data, out layers);
                (_header->LayersFirst, _header->LayersSecond) = layers.Words;
            }

            return layers;
        }
    }

    /// <summary>When the port received the packet, in nanoseconds since 1970-01-01 UTC; 0 where the port does not stamp.</summary>
    public long Timestamp
    {
        get => _header->Timestamp;
        set => _header->Timestamp = value;
    }

    /// <summary>Free bytes before the frame, for <see cref="TryPrepend"/>.</summary>
    public int Headroom => _header->DataOffset;

    /// <summary>Free bytes behind the frame, for <see cref="TryAppend"/>.</summary>
    public int Tailroom
    {
        get
        {
            ulong word = Volatile.Read(ref _header->LengthAndOffset);
            return (int)Math.Max(0, _pool.Room - (long)(uint)word - (ushort)(word >> 32));
        }
    }

    /// <summary>The descriptor of this packet.</summary>
    internal ref PacketDescriptor Descriptor => ref _descriptor;

    internal PacketHeader* Header => _header;

    internal PacketPool Pool => _pool;

    /// <summary>Forgets what <see cref="Layers"/> found. Changing a frame's length through this type does it by itself.</summary>
    public void InvalidateLayers() => _header->Layers = default;

    /// <summary>
    /// Computes <see cref="RssHash"/> from the headers, as is done for a port that has none: for a packet that a function made, so that it goes to the instances of its flow.
    /// </summary>
    public void UpdateRssHash() => _descriptor.RssHash = Flows.RssHash.Of(Data);

    /// <summary>Reads the packet's IPv4 five-tuple.</summary>
    /// <returns>False if the packet has none; <see cref="Layers"/> says why.</returns>
    public bool TryGetFlowKey(out Ipv4FlowKey key) => FlowKeyReader.TryReadKey(Data, Layers, out key);

    /// <summary>Reads the packet's IPv6 five-tuple.</summary>
    /// <returns>False if the packet has none; <see cref="Layers"/> says why.</returns>
    public bool TryGetFlowKey(out Ipv6FlowKey key) => FlowKeyReader.TryReadKey(Data, Layers, out key);

    /// <summary>Leaves the packet to its chain: what happens when nothing else is said.</summary>
    public void Next() => Action = PacketAction.Next;

    /// <summary>Drops the packet when the function returns.</summary>
    public void Drop() => Action = PacketAction.Drop;

    /// <summary>Sends the packet to an instance of <paramref name="service"/>, if the manager's policy allows it.</summary>
    public void SendTo(ServiceId service) => Action = PacketAction.ToService(service);

    /// <summary>Sends the packet out of <paramref name="port"/>, if the manager's policy allows it.</summary>
    public void SendTo(PortId port) => Action = PacketAction.ToPort(port);

    /// <summary>Lets the packet start on <paramref name="chain"/>, if the manager's policy lets the function set the chains of flows.</summary>
    public void SendTo(ChainId chain) => Action = PacketAction.ToChain(chain);

    /// <summary>Makes the frame longer at its front. The new bytes have no defined content.</summary>
    /// <returns>False, and nothing changes, where the headroom is too small.</returns>
    public bool TryPrepend(int count, out Span<byte> added)
    {
        ulong word = Volatile.Read(ref _header->LengthAndOffset);
        uint offset = (ushort)(word >> 32);
        if ((uint)count > offset || !SetBounds(offset - (uint)count, (uint)word + (uint)count))
        {
            added = default;
            return false;
        }

        added = Data[..count];
        return true;
    }

    /// <summary>Makes the frame longer at its end. The new bytes have no defined content.</summary>
    /// <returns>False, and nothing changes, where the room behind the frame is too small.</returns>
    public bool TryAppend(int count, out Span<byte> added)
    {
        ulong word = Volatile.Read(ref _header->LengthAndOffset);
        if (count < 0 || !SetBounds((ushort)(word >> 32), (uint)word + (ulong)count))
        {
            added = default;
            return false;
        }

        added = Data[^count..];
        return true;
    }

    /// <summary>Removes bytes from the front of the frame.</summary>
    /// <returns>False, and nothing changes, if the frame is shorter.</returns>
    public bool TryTrimStart(int count)
    {
        ulong word = Volatile.Read(ref _header->LengthAndOffset);
        return (uint)count <= (uint)word && SetBounds((ushort)(word >> 32) + (uint)count, (uint)word - (uint)count);
    }

    /// <summary>Removes bytes from the end of the frame.</summary>
    /// <returns>False, and nothing changes, if the frame is shorter.</returns>
    public bool TryTrimEnd(int count)
    {
        ulong word = Volatile.Read(ref _header->LengthAndOffset);
        return (uint)count <= (uint)word && SetBounds((ushort)(word >> 32), (uint)word - (uint)count);
    }

    /// <summary>Replaces the frame by a copy of <paramref name="frame"/>, behind the pool's usual headroom.</summary>
    /// <returns>False, and nothing changes, if it is longer than the buffer.</returns>
    public bool TrySetData(ReadOnlySpan<byte> frame)
    {
        if (frame.Length > _pool.BufferSize || !SetBounds((uint)_pool.Headroom, (uint)frame.Length))
            return false;
        frame.CopyTo(Data);
        return true;
    }

    private bool SetBounds(ulong offset, ulong length)
    {
        if (offset + length > _pool.Room || offset > ushort.MaxValue)
            return false;
        _header->Length = (uint)length;
        _header->DataOffset = (ushort)offset;
        _header->Layers = default;
        return true;
    }
}
