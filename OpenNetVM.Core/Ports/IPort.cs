using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// A place where packets enter and leave a platform: a NIC, a capture file, a generator, an in-process wire. Burst-oriented, with
/// one or more receive and transmit queues. Each queue is used by one thread at a time; different queues may be used at once.
/// </summary>
/// <remarks>
/// <para>Life: constructed, <see cref="Start"/>, bursts, <see cref="Stop"/>, disposed. Before Start and after Stop, bursts move nothing.</para>
/// <para>Conservation: what a port received it either returned from <see cref="Receive"/> or counted in <see cref="PortStatistics"/> as dropped,
/// with the reason. What <see cref="Transmit"/> accepted the port owns and frees, at the latest in <see cref="Stop"/>.</para>
/// </remarks>
public interface IPort : IDisposable
{
    /// <summary>What the port is and can do. Constant from construction on.</summary>
    PortInfo Info { get; }

    /// <summary>Whether the port is running, has come to its end, or has failed and why. Safe from any thread.</summary>
    PortStatus Status { get; }

    /// <summary>Makes the port ready to move packets of the given pool. Called once, by the platform.</summary>
    /// <exception cref="InvalidOperationException">The port was started before: a port belongs to one platform, once.</exception>
    void Start(PortContext context);

    /// <summary>
    /// Receives up to <paramref name="burst"/>.Length packets. Each descriptor names a buffer with the frame in it (ingress port set) and has the
    /// RSS hash where <see cref="PortInfo.ProvidesRssHash"/> says so; its steering fields are zero.
    /// </summary>
    /// <param name="queue">Receive queue, 0 to <see cref="PortInfo.ReceiveQueues"/> - 1.</param>
    /// <param name="burst">Filled from the front.</param>
    /// <param name="cache">The calling thread's cache of the pool, to allocate from.</param>
    /// <returns>How many packets were received; 0 when there are none at the moment.</returns>
    int Receive(int queue, Span<PacketDescriptor> burst, PoolCache cache);

    /// <summary>Sends packets in order.</summary>
    /// <param name="queue">Transmit queue, 0 to <see cref="PortInfo.TransmitQueues"/> - 1.</param>
    /// <param name="burst">The packets, held by the caller.</param>
    /// <param name="cache">The calling thread's cache of the pool, to free to.</param>
    /// <returns>How many packets at the front of <paramref name="burst"/> were accepted and are now the port's to free; the rest stays the caller's.</returns>
    int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache);

    /// <summary>Stops moving packets and frees every packet that the port holds. The queues' threads have stopped using the port before. Idempotent.</summary>
    void Stop();

    /// <summary>Counters since construction. Safe from any thread; exact when the port is quiet.</summary>
    PortStatistics GetStatistics();
}
