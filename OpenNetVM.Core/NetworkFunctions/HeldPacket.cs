using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>
/// A packet that an instance keeps: what <see cref="NfContext.Hold"/>, <see cref="NfContext.TryCreate"/> and <see cref="NfContext.TryClone"/> return. It is sent or dropped
/// once, by the same instance, with <see cref="NfContext.TrySend"/> or <see cref="NfContext.Drop"/>. A second attempt is recognised and counted as rejected.
/// </summary>
public struct HeldPacket
{
    internal PacketDescriptor Descriptor;

    // Of which manager it is: a process can outlive one.
    internal readonly int Era;

    internal HeldPacket(in PacketDescriptor descriptor, int era)
    {
        Descriptor = descriptor;
        Era = era;
        IsHeld = true;
    }

    /// <summary>True until the packet was sent or dropped through this variable.</summary>
    public bool IsHeld { get; internal set; }
}
