using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>One port's use of a <see cref="PacketMempool"/>.</summary>
internal sealed class PacketMempoolLease(PacketMempools owner, PacketMempool mempool, Func<long> held) : IDisposable
{
    // What drivers that do not receive into the platform's buffers are given: enough for their rings, which are of 2,048 or 4,096.
    private const int CopyBuffers = 8_192;
    private const int CopyCache = 256;
    private const int MostDataRoom = 65_535;

    // An AF_XDP frame lies in one page, mbuf and DPDK's header of it included; the kernel keeps these bytes of its room to itself (XDP_PACKET_HEADROOM). DPDK spreads objects
    // over memory channels by odd numbers of lines: the page's last line stays free.
    private const int KernelHeadroom = 256;
    private const int Line = 64;
    private const int MostPageRoom = 4_096 - Line - Mbuf.Size - MempoolLayout.ObjectHeaderSize;

    private static int _number;

    private nint _copyPool;
    private bool _ended;

    internal PacketMempool Mempool { get; } = mempool;

    internal long Held() => held();

    /// <summary>A mempool of DPDK's own memory, mbufs and data in one piece, for this port alone.</summary>
    /// <param name="socket">The device's NUMA node, or -1.</param>
    /// <param name="inPages">Whether the kernel receives into it, a frame to a page.</param>
    /// <exception cref="DpdkException">DPDK has not enough memory.</exception>
    internal nint CopyPool(int socket, bool inPages)
    {
        if (_copyPool == 0)
        {
            int wanted = Mbuf.Headroom + Mempool.Pool.BufferSize;
            ushort room = (ushort)(inPages ? Math.Min(MostPageRoom, wanted + KernelHeadroom) : Math.Min(MostDataRoom, wanted));
            _copyPool = Rte.rte_pktmbuf_pool_create($"onvm_copy_{Interlocked.Increment(ref _number)}", CopyBuffers, CopyCache, 0, room, socket);
            if (_copyPool == 0)
                throw Rte.Failed("rte_pktmbuf_pool_create", $"DPDK has no memory for {CopyBuffers} mbufs of {room} bytes: give it more (EalOptions.MainMemoryMegabytes, or huge pages).");
        }

        return _copyPool;
    }

    /// <summary>Ends the mempool of <see cref="CopyPool"/>: the device is closed, and may have kept some of it.</summary>
    internal void FreeCopyPool()
    {
        if (_copyPool != 0)
            Rte.rte_mempool_free(_copyPool);
        _copyPool = 0;
    }

    /// <summary>Ends it. The port's device was closed before.</summary>
    public void Dispose()
    {
        if (_ended)
            return;
        _ended = true;
        FreeCopyPool();
        owner.End(this);
    }
}
