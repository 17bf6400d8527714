using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

/// <summary>A pool, a cache and a started port, polled by hand: what a platform does with a port and nothing more.</summary>
internal sealed class LoopbackBench : IDisposable
{
    private readonly List<int> _notified = [];

    public LoopbackBench(LoopbackPort port, PacketPoolOptions? pool = null, TimeProvider? time = null, ushort id = 3, bool start = true)
    {
        Port = port;
        Pool = new PacketPool(pool ?? new PacketPoolOptions { Capacity = 1_024 });
        Cache = Pool.CreateCache();
        Context = new PortContext(new PortId(id), Pool, time, null, Note);
        if (start)
            port.Start(Context);
    }

    public LoopbackPort Port { get; }

    public PacketPool Pool { get; }

    public PoolCache Cache { get; }

    public PortContext Context { get; }

    public IReadOnlyList<int> Notified
    {
        get
        {
            lock (_notified)
                return [.. _notified];
        }
    }

    public PacketDescriptor[] Receive(int queue = 0, int most = 32)
    {
        PacketDescriptor[] burst = new PacketDescriptor[most];
        return burst[..Port.Receive(queue, burst, Cache)];
    }

    public byte[] DataOf(PacketDescriptor descriptor) => Pool.Open(ref descriptor).Data.ToArray();

    public PacketDescriptor Packet(byte[] frame)
    {
        Assert.True(Cache.TryAllocate(out PacketDescriptor descriptor));
        Assert.True(Pool.Open(ref descriptor).TrySetData(frame));
        return descriptor;
    }

    public void Dispose()
    {
        Port.Dispose();
        Assert.Equal(0, Pool.InUse);
        Assert.Equal(0, Pool.RejectedFrees);
        Pool.Dispose();
    }

    private void Note(int queue)
    {
        lock (_notified)
            _notified.Add(queue);
    }
}
