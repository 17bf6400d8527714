using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Aes = System.Runtime.Intrinsics.X86.Aes;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// Turns the caller's hash, and the key where wanted, into 64 well-spread bits: the upper 32 choose the bucket, the lower 16 are the tag.
/// Immutable. Where the processor has AES rounds (FIPS 197), two of them spread every byte of a block over all 16; elsewhere the folded
/// 64 by 64 bit product (upper half xor lower half) with secret operands does, as in the wyhash family.
/// </summary>
/// <remarks>Results differ between the two forms, so they never leave the process.</remarks>
internal readonly struct HashMixer
{
    private readonly Vector128<ulong> _first;
    private readonly Vector128<ulong> _second;
    private readonly bool _joinKey;

    internal HashMixer(ulong seed, bool joinKey)
    {
        // SplitMix64 (Steele, Lea and Flood, 2014) spreads one seed over the secrets; an odd multiplier loses no bit of the other operand.
        _first = Vector128.Create(SplitMix(ref seed), SplitMix(ref seed) | 1);
        _second = Vector128.Create(SplitMix(ref seed), SplitMix(ref seed));
        _joinKey = joinKey;
    }

    internal bool JoinsKey => _joinKey;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong Mix<TKey>(uint hash, in TKey key)
        where TKey : unmanaged, IEquatable<TKey> =>
        _joinKey ? MixWithKey(hash, in key) : MixHash(hash);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong MixHash(uint hash) => Fold(hash ^ _first.GetElement(0), _first.GetElement(1));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong MixWithKey<TKey>(uint hash, in TKey key)
        where TKey : unmanaged, IEquatable<TKey>
    {
        ref ulong words = ref Unsafe.As<TKey, ulong>(ref Unsafe.AsRef(in key));
        if (typeof(TKey) == typeof(Ipv4FlowKey))
            return Aes.IsSupported ? MixBlock(hash, Block(ref words)) : MixWords(hash, words, Unsafe.Add(ref words, 1));
        if (typeof(TKey) == typeof(Ipv6FlowKey))
        {
            ulong ports = Unsafe.Add(ref words, 4);
            if (Aes.IsSupported)
            {
                // The source goes through one round, after which the destination joins; both through another, after which the word of the ports
                // joins; and all through MixBlock's two.
                Vector128<byte> state = Aes.Encrypt(Block(ref words) ^ _second.AsByte(), Block(ref Unsafe.Add(ref words, 2)));
                return MixBlock(hash, Aes.Encrypt(state, Vector128.CreateScalar(ports).AsByte()));
            }
            ulong source = Fold(words ^ _first.GetElement(0), Unsafe.Add(ref words, 1) ^ _first.GetElement(1));
            ulong destination = Fold(Unsafe.Add(ref words, 2) ^ _second.GetElement(0), Unsafe.Add(ref words, 3) ^ _second.GetElement(1));
            return MixWords(hash, source ^ destination, ports);
        }

        // The bytes of an unknown key may hold padding that equality ignores: only its own hash code is fit.
        return MixWords(hash, (uint)key.GetHashCode(), 0);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Block(ref ulong words) => Vector128.LoadUnsafe(ref words).AsByte();

    // The hash joins after the first round, where the key has passed the substitution: a linear hash cannot cancel a linear part of the key.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong MixBlock(uint hash, Vector128<byte> block)
    {
        Vector128<byte> state = Aes.Encrypt(block ^ _first.AsByte(), Vector128.CreateScalar(hash).AsByte());
        return Aes.Encrypt(state, _second.AsByte()).AsUInt64().ToScalar();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong MixWords(uint hash, ulong first, ulong second) =>
        Fold(first ^ _first.GetElement(0), second ^ ((ulong)hash << 32) ^ _first.GetElement(1));

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
