using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Dpdk.Interop;

namespace OpenNetVM.Dpdk.Memory;

/// <summary>
/// The mempool handler by which DPDK allocates from and frees to a <c>PacketPool</c> (rte_mempool_ops). Registered once, when EAL has started, as DPDK's table of
/// handlers is once per process.
/// </summary>
/// <remarks>
/// DPDK calls these functions on whatever thread frees or allocates, the driver's own included, in bulk: between them and the drivers stands DPDK's cache of the
/// thread. They must not throw: an exception cannot pass through native code.
/// </remarks>
internal static unsafe class MempoolOps
{
    internal const string Name = "onvm";
    private const int NoEntry = 2;

    /// <summary>Makes the handler known. Once per process.</summary>
    /// <exception cref="DpdkException">DPDK's table of handlers is full.</exception>
    internal static void Register()
    {
        // It asks for alignment to cache lines, and copies what it is given.
        byte* ops = (byte*)NativeMemory.AlignedAlloc(MempoolOpsLayout.Stride, 64);
        try
        {
            NativeMemory.Clear(ops, MempoolOpsLayout.Stride);
            for (int i = 0; i < Name.Length; i++)
                ops[MempoolOpsLayout.Name + i] = (byte)Name[i];
            *(delegate* unmanaged<nint, int>*)(ops + MempoolOpsLayout.Alloc) = &Alloc;
            *(delegate* unmanaged<nint, void>*)(ops + MempoolOpsLayout.Free) = &Free;
            *(delegate* unmanaged<nint, nint*, uint, int>*)(ops + MempoolOpsLayout.Enqueue) = &Enqueue;
            *(delegate* unmanaged<nint, nint*, uint, int>*)(ops + MempoolOpsLayout.Dequeue) = &Dequeue;
            *(delegate* unmanaged<nint, uint>*)(ops + MempoolOpsLayout.GetCount) = &GetCount;
            int index = Rte.rte_mempool_register_ops(ops);
            if (index < 0)
                throw new DpdkException("rte_mempool_register_ops", -index, $"DPDK refused the packet pool's memory handler (error {-index}): its table of 16 handlers is full.");
        }
        finally
        {
            NativeMemory.AlignedFree(ops);
        }
    }

    /// <summary>Whose rte_mempool it is.</summary>
    internal static PacketMempool PoolOf(nint pool) => Unsafe.As<PacketMempool>(GCHandle.FromIntPtr(*(nint*)(pool + MempoolLayout.PoolData)).Target!);

    [UnmanagedCallersOnly]
    private static int Alloc(nint pool) => 0;

    [UnmanagedCallersOnly]
    private static void Free(nint pool)
    {
    }

    [UnmanagedCallersOnly]
    private static int Enqueue(nint pool, nint* mbufs, uint count)
    {
        PoolOf(pool).Return(new ReadOnlySpan<nint>(mbufs, (int)count));
        return 0;
    }

    // All or nothing, as DPDK wants it.
    [UnmanagedCallersOnly]
    private static int Dequeue(nint pool, nint* mbufs, uint count) =>
        PoolOf(pool).TryLend(new Span<nint>(mbufs, (int)count)) ? 0 : -NoEntry;

    [UnmanagedCallersOnly]
    private static uint GetCount(nint pool) => PoolOf(pool).Available;
}
