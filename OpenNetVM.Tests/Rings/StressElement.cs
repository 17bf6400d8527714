using System.Runtime.InteropServices;

namespace OpenNetVM.Tests.Rings;

/// <summary>16 bytes that tell who made them, as which of his, and whether they are whole.</summary>
[StructLayout(LayoutKind.Sequential)]
public readonly struct StressElement(int producer, int number)
{
    public readonly int Producer = producer;
    public readonly int Number = number;
    private readonly ulong _check = Check(producer, number);

    public bool IsWhole => _check == Check(Producer, Number);

    private static ulong Check(int producer, int number) =>
        ((((ulong)(uint)producer << 32) | (uint)number) * 0x9E37_79B9_7F4A_7C15) ^ 0x5851_F42D_4C95_7F2D;
}
