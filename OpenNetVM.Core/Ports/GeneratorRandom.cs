namespace OpenNetVM.Core.Ports;

/// <summary>
/// Not thread-safe. A pseudo-random sequence of a 64-bit counter (SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators",
/// OOPSLA 2014): two multiplications a number, the same on every machine and runtime, which <see cref="System.Random"/> does not promise.
/// </summary>
internal struct GeneratorRandom(ulong seed)
{
    public const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private ulong _state = seed;

    public ulong Next() => Mix(_state += Step);

    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }
}
