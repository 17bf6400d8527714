namespace OpenNetVM.Samples;

/// <summary>What the command line asks for.</summary>
internal sealed record Options
{
    /// <summary>The capture to run through the chain; null generates traffic.</summary>
    public string? In { get; init; }

    /// <summary>Where to write what comes out; null swallows it.</summary>
    public string? Out { get; init; }

    /// <summary>When to stop; 0 for no limit of time.</summary>
    public double Seconds { get; init; }

    /// <summary>How many packets to generate; null for no limit.</summary>
    public long? Packets { get; init; }

    public int Workers { get; init; } = 1;

    public ulong Seed { get; init; } = 1;

    /// <summary>Bytes of a frame that fit a packet buffer.</summary>
    public int BufferSize { get; init; }
}
