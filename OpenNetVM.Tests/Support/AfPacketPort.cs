using System.Net;
using System.Net.Sockets;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// A port on an interface of Linux by a packet socket and nothing else: a system call for each frame, and copies. It shows that functions work on real traffic
/// where no DPDK is installed; it is not made to be fast.
/// </summary>
internal sealed class AfPacketPort : IPort
{
    // linux/if_ether.h, linux/if_packet.h.
    private const ushort AllProtocols = 3;
    private const int PacketLevel = 263;
    private const int IgnoreOutgoing = 23;
    private const int NoBufferSpace = 105;

    private readonly Socket _socket;
    private readonly PortLife _life;
    private readonly PortCounters _counters = new(1, 1);
    private readonly byte[] _frame = new byte[65_536];

    /// <summary>Opens an interface of the namespace that the calling thread stands in.</summary>
    public AfPacketPort(string name, int interfaceIndex)
    {
        Info = new PortInfo { Name = name };
        _life = new PortLife(name);

        // Without a protocol the socket receives nothing before it is bound to its interface.
        _socket = new Socket(AddressFamily.Packet, SocketType.Raw, ProtocolType.Unspecified) { Blocking = false, ReceiveBufferSize = 8 << 20, SendBufferSize = 8 << 20 };
        _socket.SetRawSocketOption(PacketLevel, IgnoreOutgoing, BitConverter.GetBytes(1));
        _socket.Bind(new InterfaceEndPoint(interfaceIndex));
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status => _life.Status(ended: false, error: null);

    /// <summary>Frames that the kernel would not take, for example because they are longer than the interface's MTU.</summary>
    public long RefusedByKernel { get; private set; }

    /// <summary>Opens an interface of a namespace.</summary>
    public static AfPacketPort Open(NetworkNamespace where, string interfaceName)
    {
        int index = int.Parse(where.Run("cat", $"/sys/class/net/{interfaceName}/ifindex").ShouldSucceed().Output, System.Globalization.CultureInfo.InvariantCulture);
        return where.Execute(() => new AfPacketPort($"{where.Name}/{interfaceName}", index));
    }

    /// <inheritdoc/>
    public void Start(PortContext context) => _life.Start(context);

    /// <inheritdoc/>
    public int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Receive(queue);
        if (_life.Running is not { } context)
            return 0;
        int count = 0;
        long bytes = 0;
        while (count < burst.Length)
        {
            int length = _socket.Receive(_frame, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
                break;
            if (!cache.TryAllocate(out PacketDescriptor descriptor))
            {
                PortQueueCounters.Raise(ref counters.DroppedNoBuffer, 1);
                break;
            }

            Packet packet = context.Pool.Open(ref descriptor);
            packet.IngressPort = context.Id;
            if (!packet.TrySetData(_frame.AsSpan(0, length)))
            {
                PortQueueCounters.Raise(ref counters.DroppedOversize, 1);
                cache.Free(descriptor);
                continue;
            }

            burst[count++] = descriptor;
            bytes += length;
        }

        counters.Add(count, bytes);
        return count;
    }

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        if (_life.Running is not { } context)
            return 0;
        int count = 0;
        long bytes = 0;
        foreach (PacketDescriptor sent in burst)
        {
            PacketDescriptor descriptor = sent;
            Packet packet = context.Pool.Open(ref descriptor);
            _socket.Send(packet.Data, SocketFlags.None, out SocketError error);

            // A full queue takes the rest later; what can never be sent is taken and counted.
            if (error is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable || (int)error == NoBufferSpace)
                break;
            if (error != SocketError.Success)
                RefusedByKernel++;
            bytes += packet.Length;
            count++;
        }

        cache.Free(burst[..count]);
        counters.Add(count, bytes);
        return count;
    }

    /// <inheritdoc/>
    public void Stop() => _life.Stop();

    /// <inheritdoc/>
    public PortStatistics GetStatistics() => _counters.Sum();

    /// <inheritdoc/>
    public void Dispose()
    {
        Stop();
        _socket.Dispose();
    }

    /// <summary>The address of an interface for a packet socket (struct sockaddr_ll, man 7 packet).</summary>
    private sealed class InterfaceEndPoint(int index) : EndPoint
    {
        private const int Size = 20;

        public override AddressFamily AddressFamily => AddressFamily.Packet;

        public override SocketAddress Serialize()
        {
            SocketAddress address = new(AddressFamily.Packet, Size);

            // The protocol in network order, the index in the machine's.
            address[2] = AllProtocols >> 8;
            address[3] = AllProtocols & 0xFF;
            byte[] number = BitConverter.GetBytes(index);
            for (int i = 0; i < number.Length; i++)
                address[4 + i] = number[i];
            return address;
        }

        // A packet socket's peer is not looked at.
        public override EndPoint Create(SocketAddress socketAddress) => this;
    }
}
