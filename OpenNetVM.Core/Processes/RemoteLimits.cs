namespace OpenNetVM.Core.Processes;

/// <summary>What an instance in another process may do, and for how long.</summary>
/// <param name="EmptyBuffers">Empty buffers that it can have at a time, a power of two.</param>
/// <param name="HeldPackets">Packets that it can have taken and not returned.</param>
/// <param name="Violations">So many violations end it.</param>
/// <param name="Hang">It ends if packets wait for so long and it takes none.</param>
internal readonly record struct RemoteLimits(int EmptyBuffers, int HeldPackets, long Violations, TimeSpan Hang);
