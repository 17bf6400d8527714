using OpenNetVM.Core.Headers;

namespace OpenNetVM.Functions.Internals;

internal enum NeighbourState : byte
{
    /// <summary>The slot is free.</summary>
    None,

    /// <summary>The address is being asked for.</summary>
    Asked,

    /// <summary>The address is known.</summary>
    Known,
}

/// <summary>A station on one of a router's networks.</summary>
internal struct Neighbour
{
    public ulong Key;
    public MacAddress Mac;
    public NeighbourState State;

    /// <summary>Whether a packet was sent to it since its address was last confirmed.</summary>
    public bool IsUsed;

    /// <summary>How many times it was asked in a row.</summary>
    public int Attempts;

    /// <summary>Timestamp at which it is asked again or given up.</summary>
    public long Due;

    /// <summary>The packets that wait for it.</summary>
    public WaitingPackets.Line Waiting;

    public readonly int Interface => (int)(Key >> 32);

    public readonly uint Address => (uint)Key;
}
