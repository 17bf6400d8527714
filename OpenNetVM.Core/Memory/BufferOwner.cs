namespace OpenNetVM.Core.Memory;

/// <summary>
/// The word that the pool keeps for each buffer, in memory that network functions cannot write: who holds the buffer, and how
/// many instances it has been handed to since it was allocated. Bits 0-15 owner, 16-31 hops.
/// </summary>
internal static class BufferOwner
{
    /// <summary>In the pool.</summary>
    internal const uint Free = 0;

    /// <summary>Held by the manager, a port, or whoever allocated it.</summary>
    internal const uint Manager = 0xFFFF;

    /// <summary>On a fused hop: one worker hands it from function to function. </summary>
    internal const uint Transit = 0xFFFE;

    /// <summary>
    /// Lent to the driver of a device: to receive into, to send from, or kept by it for either. It is nobody's packet. Every value but these four is an
    /// instance id.
    /// </summary>
    internal const uint Device = 0xFFFD;

    /// <summary>Hops of an empty buffer that an instance in another process was given to make a packet of: more than any packet can have, since the hop limit is lower.</summary>
    internal const uint EmptyHops = 0xFFFF;

    internal const uint OwnerMask = 0xFFFF;
    internal const int HopShift = 16;

    internal static uint Owner(uint word) => word & OwnerMask;

    /// <summary>False for a buffer that is free already, and for one that a device may be writing to or sending from.</summary>
    internal static bool CanBeFreed(uint word) => word is not (Free or Device);
}
