using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Core.Chains;

/// <summary>
/// What is done to the descriptors of a whole burst at a fused hop, several descriptors at a time. A descriptor is two 64-bit words: buffer and hash,
/// then steering.
/// </summary>
internal static class SteeringWords
{
    /// <summary>Whether all descriptors of a burst have the same steering.</summary>
    internal static bool AreEqual(ReadOnlySpan<PacketDescriptor> burst)
    {
        if (burst.Length < 2)
            return true;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<PacketDescriptor, ulong>(burst);
        ulong steering = words[1];
        ref ulong start = ref MemoryMarshal.GetReference(words);
        Vector<ulong> expected = new(steering);
        Vector<ulong> differences = Vector<ulong>.Zero;
        int i = 0;
        for (; i <= words.Length - Vector<ulong>.Count; i += Vector<ulong>.Count)
            differences |= Vector.LoadUnsafe(ref start, (nuint)i) ^ expected;
        ulong rest = 0;
        for (; i < words.Length; i += 2)
            rest |= words[i + 1] ^ steering;
        return rest == 0 && (differences & SteeringMask) == Vector<ulong>.Zero;
    }

    /// <summary>Whether a burst names the packets that were given, in the same order, whatever was done to steering and hashes.</summary>
    internal static bool AreGiven(ReadOnlySpan<PacketDescriptor> burst, ReadOnlySpan<PacketDescriptor> given)
    {
        uint differences = 0;
        for (int i = 0; i < burst.Length; i++)
            differences |= burst[i].BufferIndex ^ given[i].BufferIndex;
        return differences == 0;
    }

    /// <summary>
    /// Gives a burst that comes back from a function its next steering, if the function has changed nothing: comparing and changing are one
    /// pass, because at a fused hop it is this pass that the hop costs.
    /// </summary>
    /// <param name="burst">What came back.</param>
    /// <param name="given">Begins with what was given; its steering is not looked at.</param>
    /// <param name="steering">The steering that was given to all.</param>
    /// <param name="next">What all are given now.</param>
    /// <returns>False: something differs, and nothing was changed.</returns>
    internal static bool TryAdvance(Span<PacketDescriptor> burst, ReadOnlySpan<PacketDescriptor> given, ulong steering, ulong next)
    {
        Span<ulong> words = MemoryMarshal.Cast<PacketDescriptor, ulong>(burst);
        ref ulong start = ref MemoryMarshal.GetReference(words);
        ref ulong other = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<PacketDescriptor, ulong>(given)[..words.Length]);
        Vector<ulong> mask = SteeringMask;
        Vector<ulong> expected = new(steering);
        Vector<ulong> replacement = new(next);
        int width = Vector<ulong>.Count;
        int i = 0;
        for (; i <= words.Length - (2 * width); i += 2 * width)
        {
            Vector<ulong> first = Vector.LoadUnsafe(ref start, (nuint)i);
            Vector<ulong> second = Vector.LoadUnsafe(ref start, (nuint)(i + width));
            Vector<ulong> differences = (first ^ Vector.ConditionalSelect(mask, expected, Vector.LoadUnsafe(ref other, (nuint)i)))
                | (second ^ Vector.ConditionalSelect(mask, expected, Vector.LoadUnsafe(ref other, (nuint)(i + width))));
            if (differences != Vector<ulong>.Zero)
                return Undo(words[..i], steering);
            Vector.ConditionalSelect(mask, replacement, first).StoreUnsafe(ref start, (nuint)i);
            Vector.ConditionalSelect(mask, replacement, second).StoreUnsafe(ref start, (nuint)(i + width));
        }

        for (; i < words.Length; i += 2)
        {
            if (words[i] != Unsafe.Add(ref other, i) || words[i + 1] != steering)
                return Undo(words[..i], steering);
            words[i + 1] = next;
        }

        return true;
    }

    private static bool Undo(Span<ulong> words, ulong steering)
    {
        for (int i = 1; i < words.Length; i += 2)
            words[i] = steering;
        return false;
    }

    // All ones in every second word, whatever the width of the machine's vectors.
    private static Vector<ulong> SteeringMask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Vector.AsVectorUInt64(Vector.GreaterThan(Vector<ulong>.Indices & Vector<ulong>.One, Vector<ulong>.Zero));
    }
}
