using System.Runtime.CompilerServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>
/// The burst functions of a port, called through DPDK's exported table rte_eth_fp_ops. The words of the table are read anew at each call, as starting and stopping
/// the port replaces them.
/// </summary>
/// <remarks>
/// The calls let the garbage collector run meanwhile: a driver that makes a system call must not hold it up, and the 5 ns that it costs are per burst.
/// </remarks>
internal readonly unsafe struct EthBursts
{
    private readonly byte* _operations;
    private readonly FpOpsLayout _offsets;
    private readonly ushort _port;

    internal EthBursts(DpdkLibrary library, ushort port)
    {
        _offsets = library.Layout.FpOps;
        _operations = (byte*)library.Symbol("rte_eth_fp_ops") + (port * FpOpsLayout.Stride);
        _port = port;
    }

    /// <summary>Receives up to <paramref name="count"/> mbufs.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Receive(int queue, nint* mbufs, int count)
    {
        nint data = (*(nint**)(_operations + _offsets.RxQueueData))[queue];
        int received = (*(delegate* unmanaged<nint, nint*, ushort, ushort>*)(_operations + _offsets.RxBurst))(data, mbufs, (ushort)count);
        nint callbacks = (*(nint**)(_operations + _offsets.RxQueueCallbacks))[queue];
        return callbacks == 0 ? received : Rte.rte_eth_call_rx_callbacks(_port, (ushort)queue, mbufs, (ushort)received, (ushort)count, callbacks);
    }

    /// <summary>Hands mbufs to the driver; returns how many of the first it took.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Transmit(int queue, nint* mbufs, int count)
    {
        nint callbacks = (*(nint**)(_operations + _offsets.TxQueueCallbacks))[queue];
        if (callbacks != 0)
            count = Rte.rte_eth_call_tx_callbacks(_port, (ushort)queue, mbufs, (ushort)count, callbacks);
        nint data = (*(nint**)(_operations + _offsets.TxQueueData))[queue];
        return (*(delegate* unmanaged<nint, nint*, ushort, ushort>*)(_operations + _offsets.TxBurst))(data, mbufs, (ushort)count);
    }
}
