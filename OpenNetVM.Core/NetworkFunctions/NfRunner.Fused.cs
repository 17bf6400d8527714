using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.NetworkFunctions;

/// <content>
/// Packets that come past the rings (see ChainExecutor.Fused.cs). While the function has them their owner is Transit. Whatever may change who holds a
/// packet makes the instance the owner of the whole batch first, and sends the batch through the transmit ring: the rare cases exist only once.
/// </content>
internal sealed unsafe partial class NfRunner
{
    private readonly bool _fused;
    private uint _uncountedHops;
    private int _inTransit;

    /// <summary>
    /// Whether the function can be called with packets at once: it runs, nothing waits to be handled before them, and what comes of them is sent on by the
    /// same worker. Asked by that worker only.
    /// </summary>
    internal bool TakesPacketsDirectly =>
        _fused && _instance.State == InstanceState.Running && !Mailbox.HasMessages && _context.Timers.NextDue > Worker.Now && _instance.HasEmptyRings;

    /// <summary>Lets the function handle packets that come past its rings.</summary>
    /// <param name="burst">The packets, in transit; the executor's <c>Given</c> begins with a copy of them.</param>
    /// <param name="uncountedHops">Hops that their owner words do not count.</param>
    /// <returns>
    /// True: they are the caller's again, who must see that they are those which were given, or call <see cref="EmitInTransit"/>. False: they went
    /// through the instance's transmit ring, or were dropped.
    /// </returns>
    internal bool HandleInTransit(Span<PacketDescriptor> burst, uint uncountedHops)
    {
        _uncountedHops = uncountedHops;
        _inTransit = burst.Length;
        Volatile.Write(ref _instance.FusedPackets, _instance.FusedPackets + burst.Length);
        if (Call(burst) is { } exception)
        {
            TakeOwnership();
            FaultInBurst(exception, burst);
            return false;
        }

        Volatile.Write(ref _handledPackets, _handledPackets + burst.Length);
        if (_inTransit != 0)
        {
            _inTransit = 0;
            return true;
        }

        Emit(burst);
        return false;
    }

    /// <summary>Sends packets that came past the rings through the transmit ring: the function has put other descriptors in the batch, which are refused there.</summary>
    internal void EmitInTransit(ReadOnlySpan<PacketDescriptor> burst, uint uncountedHops)
    {
        _uncountedHops = uncountedHops;
        _inTransit = burst.Length;
        TakeOwnership();
        Emit(burst);
    }

    /// <summary>Makes the instance the owner of the packets that its function was called with, if they came past the rings.</summary>
    internal void TakeOwnership()
    {
        uint* owners = _plane.Pool.Owners;
        foreach (ref readonly PacketDescriptor descriptor in Executor.Given[.._inTransit])
        {
            // From what was given, which was checked, not from what the function may have made of it.
            uint hops = (owners[descriptor.BufferIndex] >> BufferOwner.HopShift) + _uncountedHops;
            owners[descriptor.BufferIndex] = (hops << BufferOwner.HopShift) | _instance.OwnerId;
        }

        _inTransit = 0;
    }
}
