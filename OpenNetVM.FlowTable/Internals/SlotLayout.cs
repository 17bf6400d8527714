using System.Runtime.CompilerServices;

namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// Where the parts of a slot lie: key, value, hash, then last use and counters where the table has them. All but the stride are constants
/// to the compiler.
/// </summary>
internal static unsafe class SlotLayout<TKey, TValue>
    where TKey : unmanaged, IEquatable<TKey>
    where TValue : unmanaged
{
    /// <summary>Whether a value can be replaced by one store.</summary>
    internal static bool ValueIsOneWord
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(TValue) is 1 or 2 or 4 or 8;
    }

    internal static int ValueOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RoundUp(sizeof(TKey), ValueIsOneWord ? sizeof(TValue) : 8);
    }

    internal static int HashOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RoundUp(ValueOffset + sizeof(TValue), 4);
    }

    internal static int LastUsedOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HashOffset + 4;
    }

    internal static int HitsOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RoundUp(LastUsedOffset + 4, 8);
    }

    internal static int BytesOffset
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => HitsOffset + 8;
    }

    /// <summary>Distance from slot to slot: a power of two where that wastes at most an eighth, so that no slot straddles two cache lines.</summary>
    internal static uint Stride(bool tracksUse, bool counters)
    {
        int used = counters ? BytesOffset + 8 : tracksUse ? LastUsedOffset + 4 : HashOffset + 4;
        int rounded = RoundUp(used, 8);
        int power = (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)rounded);
        return (uint)(power <= 64 && (power - used) * 8 <= power ? power : rounded);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TKey Key(byte* slot) => *(TKey*)slot;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static uint Hash(byte* slot) => *(uint*)(slot + HashOffset);

    /// <summary>Whether the slot's entry is the one with this hash and key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static bool Holds(byte* slot, uint hash, in TKey key) => Hash(slot) == hash && Unsafe.AsRef(in key).Equals(Key(slot));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref uint LastUsed(byte* slot) => ref *(uint*)(slot + LastUsedOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref ulong Hits(byte* slot) => ref *(ulong*)(slot + HitsOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ref ulong Bytes(byte* slot) => ref *(ulong*)(slot + BytesOffset);

    /// <summary>Reads the value; in one load where it is one word, so that it is never torn by <see cref="StoreWord"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static TValue Value(byte* slot)
    {
        byte* value = slot + ValueOffset;
        switch (sizeof(TValue))
        {
            case 2:
                ushort two = *(ushort*)value;
                return Unsafe.As<ushort, TValue>(ref two);
            case 4:
                uint four = *(uint*)value;
                return Unsafe.As<uint, TValue>(ref four);
            case 8:
                ulong eight = *(ulong*)value;
                return Unsafe.As<ulong, TValue>(ref eight);
            default:
                return *(TValue*)value;
        }
    }

    /// <summary>As <see cref="Value"/>, but a value of eight bytes, the most usual, goes through a register: returned, it would go through the stack.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void CopyValue(byte* slot, ref TValue destination)
    {
        if (sizeof(TValue) == 8)
            Unsafe.WriteUnaligned(ref Unsafe.As<TValue, byte>(ref destination), *(ulong*)(slot + ValueOffset));
        else
            destination = Value(slot);
    }

    /// <summary>Replaces a value of one word with one store (release).</summary>
    internal static void StoreWord(byte* slot, in TValue value)
    {
        byte* place = slot + ValueOffset;
        ref TValue source = ref Unsafe.AsRef(in value);
        switch (sizeof(TValue))
        {
            case 1:
                Volatile.Write(ref *place, Unsafe.As<TValue, byte>(ref source));
                break;
            case 2:
                Volatile.Write(ref *(ushort*)place, Unsafe.ReadUnaligned<ushort>(ref Unsafe.As<TValue, byte>(ref source)));
                break;
            case 4:
                Volatile.Write(ref *(uint*)place, Unsafe.ReadUnaligned<uint>(ref Unsafe.As<TValue, byte>(ref source)));
                break;
            default:
                Volatile.Write(ref *(ulong*)place, Unsafe.ReadUnaligned<ulong>(ref Unsafe.As<TValue, byte>(ref source)));
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int RoundUp(int number, int powerOfTwo) => (number + powerOfTwo - 1) & ~(powerOfTwo - 1);
}
