using System.Numerics;

namespace OpenNetVM.Core.Memory;

/// <summary>Size and shape of a <see cref="PacketPool"/>.</summary>
public sealed record PacketPoolOptions
{
    /// <summary>Number of buffers, 1 to 16,777,216. Default 8,192 (18 MB with the default buffer size).</summary>
    public int Capacity { get; init; } = 8_192;

    /// <summary>Bytes for frame data in each buffer, 64 to 1,048,576. Default 2,048; take 9,216 or more for jumbo frames. A longer frame is dropped and counted.</summary>
    public int BufferSize { get; init; } = 2_048;

    /// <summary>Free bytes before the data of a fresh packet, for headers that network functions put in front; 0 to 32,768. Default 128.</summary>
    public int Headroom { get; init; } = 128;

    /// <summary>How many buffers each worker keeps for itself before it goes to the shared list, 8 to 65,536. Default 512.</summary>
    public int CacheSize { get; init; } = 512;

    /// <summary>Where the memory comes from: huge pages, sharing with other processes, NUMA node.</summary>
    public MemoryRegionOptions Memory { get; init; } = new();

    /// <summary>Bytes from one buffer to the next: header, headroom and data, in whole cache lines and an odd number of them, so that buffers spread over all cache sets.</summary>
    internal int Stride
    {
        get
        {
            int lines = (Packets.PacketHeader.Size + Headroom + BufferSize + 63) / 64;
            return (lines | 1) * 64;
        }
    }

    internal void Validate()
    {
        Check(Capacity, 1, 1 << 24, nameof(Capacity), "buffers");
        Check(BufferSize, 64, 1 << 20, nameof(BufferSize), "bytes");
        Check(Headroom, 0, 32_768, nameof(Headroom), "bytes");
        Check(CacheSize, 8, 65_536, nameof(CacheSize), "buffers");
    }

    private static void Check<T>(T value, T least, T most, string name, string unit)
        where T : INumber<T>
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"PacketPoolOptions.{name} is {value}, but must be {least} to {most} {unit}.");
    }
}
