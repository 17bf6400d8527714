using System.Runtime.CompilerServices;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// Turns the caller's hash, and the key where wanted, into 64 well-spread bits: the upper 32 choose the bucket, the lower 16 are the tag.
/// Immutable. The step is the folded 64 by 64 bit product (upper half xor lower half) with secret operands, as in the wyhash family.
/// </summary>
internal readonly struct HashMixer
{
    // Spreads the 32 bits of the hash over 64 before they meet the key's words, so that neither can cancel the other.
    private const ulong Spread = 0x9E3779B97F4A7C15;

    private readonly ulong _secret0;
    private readonly ulong _secret1;
    private readonly ulong _secret2;
    private readonly ulong _secret3;
    private readonly bool _joinKey;

    internal HashMixer(ulong seed, bool joinKey)
    {
        // SplitMix64 (Steele, Lea and Flood, 2014) spreads one seed over the secrets; an odd multiplier loses no bit of the other operand.
        _secret0 = SplitMix(ref seed);
        _secret1 = SplitMix(ref seed) | 1;
        _secret2 = SplitMix(ref seed);
        _secret3 = SplitMix(ref seed);
        _joinKey = joinKey;
    }

    internal bool JoinsKey => _joinKey;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Mix<TKey>(uint hash, in TKey key)
        where TKey : unmanaged, IEquatable<TKey>
    {
        if (!_joinKey)
            return Fold(hash ^ _secret0, _secret1);
        ulong spread = hash * Spread;
        if (typeof(TKey) == typeof(Ipv4FlowKey))
        {
            ref ulong words = ref Unsafe.As<TKey, ulong>(ref Unsafe.AsRef(in key));
            return Fold(words ^ _secret0, Unsafe.Add(ref words, 1) ^ spread ^ _secret1);
        }
        if (typeof(TKey) == typeof(Ipv6FlowKey))
        {
            ref ulong words = ref Unsafe.As<TKey, ulong>(ref Unsafe.AsRef(in key));
            ulong source = Fold(words ^ _secret0, Unsafe.Add(ref words, 1) ^ _secret1);
            ulong destination = Fold(Unsafe.Add(ref words, 2) ^ _secret2, Unsafe.Add(ref words, 3) ^ _secret3);
            return Fold(source ^ destination ^ _secret1, Unsafe.Add(ref words, 4) ^ spread ^ _secret0);
        }
        // The bytes of an unknown key may hold padding that equality ignores: only its own hash code is fit.
        return Fold((uint)key.GetHashCode() ^ _secret0, spread ^ _secret1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong left, ulong right)
    {
        ulong high = Math.BigMul(left, right, out ulong low);
        return high ^ low;
    }

    private static ulong SplitMix(ref ulong state)
    {
        state += 0x9E3779B97F4A7C15;
        ulong mixed = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }
}
