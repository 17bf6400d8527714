using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.LoadBalancing;

/// <summary>Pseudo-random numbers that depend on nothing but their arguments: the same in every process, on every machine.</summary>
internal static class InstanceHash
{
    /// <summary>A number for an instance; other purposes give independent numbers.</summary>
    public static ulong Of(InstanceId id, uint purpose) => Mix(((ulong)purpose << 32 | id.Value) + 0x9E3779B97F4A7C15);

    /// <summary>A number for a slot of a table.</summary>
    public static ulong OfSlot(int slot) => Mix(0xD1B54A32D192ED03 * ((ulong)slot + 1));

    /// <summary>A bijection of 64 bits in which every bit of the input changes half of the output's: the finalizer of SplitMix64 (S. Vigna; constants of D. Stafford's variant 13).</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
