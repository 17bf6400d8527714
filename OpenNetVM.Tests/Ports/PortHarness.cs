using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

/// <summary>A port with a pool of its own, driven by hand. Disposal asserts that the pool is whole.</summary>
internal sealed class PortHarness : IDisposable
{
    public static readonly PortId Id = new(7);

    public PortHarness(IPort port, int capacity = 2048, int bufferSize = 2048, TimeProvider? time = null)
    {
        Port = port;
        Pool = new PacketPool(new PacketPoolOptions { Capacity = capacity, BufferSize = bufferSize });
        Cache = Pool.CreateCache();
        Context = new PortContext(Id, Pool, time);
    }

    public IPort Port { get; }

    public PacketPool Pool { get; }

    public PoolCache Cache { get; }

    public PortContext Context { get; }

    public static PortHarness Started(IPort port, int capacity = 2048, int bufferSize = 2048, TimeProvider? time = null)
    {
        PortHarness harness = new(port, capacity, bufferSize, time);
        port.Start(harness.Context);
        return harness;
    }

    public PacketDescriptor[] Receive(int burst = 32, int queue = 0)
    {
        PacketDescriptor[] descriptors = new PacketDescriptor[burst];
        return descriptors[..Port.Receive(queue, descriptors, Cache)];
    }

    /// <summary>Receives and copies out frames until a burst comes back empty.</summary>
    public List<ReceivedFrame> ReceiveAll(int queue = 0, int most = int.MaxValue)
    {
        List<ReceivedFrame> frames = [];
        while (frames.Count < most && Receive(Math.Min(32, most - frames.Count), queue) is { Length: > 0 } burst)
        {
            frames.AddRange(burst.Select(Copy));
            Cache.Free(burst);
        }

        return frames;
    }

    public ReceivedFrame Copy(PacketDescriptor descriptor)
    {
        Packet packet = Pool.Open(ref descriptor);
        return new ReceivedFrame(packet.Data.ToArray(), packet.Timestamp, descriptor.RssHash, packet.IngressPort);
    }

    public PacketDescriptor[] Packets(int count, int length = 64)
    {
        PacketDescriptor[] burst = new PacketDescriptor[count];
        Assert.Equal(count, Cache.Allocate(burst));
        for (int i = 0; i < count; i++)
        {
            Packet packet = Pool.Open(ref burst[i]);
            byte[] frame = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xB5, .. new byte[length - 14]];
            frame[^1] = (byte)i;
            Assert.True(packet.TrySetData(frame));
        }

        return burst;
    }

    /// <summary>Sends all packets, a port that takes few at a time included; fails where a port stops taking any.</summary>
    public void Transmit(PacketDescriptor[] packets, int queue = 0)
    {
        for (int sent = 0, tries = 0; sent < packets.Length; tries++)
        {
            Assert.True(tries < 10_000, "the port takes no more packets");
            sent += Port.Transmit(queue, packets.AsSpan(sent), Cache);
        }
    }

    public void Dispose()
    {
        Port.Stop();
        Port.Dispose();
        Assert.Equal(0, Pool.InUse);
        Assert.Equal(0, Pool.RejectedFrees);
        Pool.Dispose();
    }
}

/// <summary>A received packet, copied.</summary>
internal sealed record ReceivedFrame(byte[] Data, long Timestamp, uint RssHash, PortId Ingress);
