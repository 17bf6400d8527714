using System.Globalization;
using System.Runtime.InteropServices;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>What the self-check has found wrong so far, a field of DPDK's structures each.</summary>
internal sealed class LayoutFindings
{
    private readonly List<string> _fields = [];

    public IReadOnlyList<string> Fields => _fields;

    public void Expect(string field, ulong found, ulong expected)
    {
        if (found != expected)
            Add(field, string.Create(CultureInfo.InvariantCulture, $"is 0x{found:x} instead of 0x{expected:x}"));
    }

    public void Expect(string field, bool holds, string otherwise)
    {
        if (!holds)
            Add(field, otherwise);
    }

    /// <summary>Compares a text that lies where a pointer or an array is; what cannot be text is not read to its end.</summary>
    public unsafe void ExpectText(string field, byte* found, string expected)
    {
        for (int i = 0; i <= expected.Length; i++)
        {
            if (found[i] != (i < expected.Length ? expected[i] : 0))
            {
                Add(field, $"is not \"{expected}\"");
                return;
            }
        }
    }

    /// <summary>The size of a structure, by what a function that fills it has left of a block that was filled with <see cref="Untouched"/>.</summary>
    public unsafe void ExpectSize(string structure, byte* block, int blockSize, int expected)
    {
        int written = blockSize;
        while (written > 0 && block[written - 1] == Untouched)
            written--;
        Expect($"sizeof({structure})", (ulong)written, (ulong)expected);
    }

    /// <summary>A value that DPDK is not likely to write.</summary>
    public const byte Untouched = 0xA5;

    public static unsafe void Fill(byte* block, int size) => NativeMemory.Fill(block, (nuint)size, Untouched);

    private void Add(string field, string finding) => _fields.Add($"{field} {finding}");
}
