using System.Numerics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Memory;

/// <summary>
/// Hands packets from one owner to another: the loop that every packet goes through at every hop. It is kept apart from the decisions around
/// it, so that everything it needs stays in registers.
/// </summary>
internal readonly unsafe ref struct OwnerChange
{
    private readonly uint* _owners;
    private readonly uint _capacity;
    private readonly uint _from;
    private readonly uint _to;
    private readonly uint _hopLimit;
    private readonly uint _step;

    /// <param name="pool">The pool of the packets.</param>
    /// <param name="from">Who must hold them.</param>
    /// <param name="to">Who holds them afterwards.</param>
    /// <param name="hopLimit">Packets whose owner word counts so many hops are not handed on.</param>
    /// <param name="step">How many hops are added to what the owner word counts.</param>
    internal OwnerChange(PacketPool pool, uint from, uint to, uint hopLimit, uint step = 1)
    {
        _owners = pool.Owners;
        _capacity = pool.IndexLimit;
        _from = from;
        _to = to;
        _hopLimit = hopLimit;
        _step = step;
    }

    /// <summary>Copies descriptors, with new steering, and makes the new owner theirs; stops at the first one that is not the sender's own or has come too far.</summary>
    /// <param name="run">The descriptors; where they come from may be written by another process meanwhile, so each is read once.</param>
    /// <param name="room">Where they go, at least as long; may be where they come from.</param>
    /// <param name="steering">Second half of each new descriptor.</param>
    /// <returns>How many were placed.</returns>
    internal int Place(ReadOnlySpan<PacketDescriptor> run, Span<PacketDescriptor> room, ulong steering)
    {
        uint* owners = _owners;
        uint capacity = _capacity;
        uint from = _from;
        uint to = _to;
        uint hopLimit = _hopLimit;
        uint step = _step;
        int count = Math.Min(run.Length, room.Length);
        ref PacketDescriptor source = ref Unsafe.AsRef(in run.GetPinnableReference());
        ref PacketDescriptor target = ref room.GetPinnableReference();
        int i = 0;
        for (; i < count; i++)
        {
            ulong bufferAndHash = Unsafe.Add(ref source, i).BufferAndHash;
            uint index = (uint)bufferAndHash;
            if (index >= capacity)
                break;

            // Owner in the low half, hops in the high half: if the owner is the expected one, the rotated difference is the number of hops; if
            // not, it is larger than any. One compare checks both.
            uint hops = BitOperations.RotateRight(owners[index] ^ from, BufferOwner.HopShift);
            if (hops >= hopLimit)
                break;
            owners[index] = ((hops + step) << BufferOwner.HopShift) | to;
            ref PacketDescriptor slot = ref Unsafe.Add(ref target, i);
            slot.BufferAndHash = bufferAndHash;
            slot.Steering = steering;
        }

        return i;
    }
}
