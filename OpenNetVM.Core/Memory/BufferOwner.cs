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

    /// <summary>On a fused hop: one worker hands it from function to function. Every value but these three is an instance id.</summary>
    internal const uint Transit = 0xFFFE;

    internal const uint OwnerMask = 0xFFFF;
    internal const int HopShift = 16;

    internal static uint Owner(uint word) => word & OwnerMask;
}
