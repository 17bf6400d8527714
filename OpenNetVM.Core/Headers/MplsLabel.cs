namespace OpenNetVM.Core.Headers;

/// <summary>One entry of an MPLS label stack (RFC 3032), four bytes: a view, writes go to the frame.</summary>
public readonly ref struct MplsLabel
{
    /// <summary>Bytes of an entry.</summary>
    public const int Length = 4;

    private readonly Span<byte> _bytes;

    private MplsLabel(Span<byte> bytes) => _bytes = bytes;

    /// <summary>The label, 0 to 1,048,575 (0 to 15 are reserved); more is cut to 20 bits.</summary>
    public uint Label
    {
        get => Wire.U32(_bytes, 0) >> 12;
        set => Wire.U32(_bytes, 0, (Wire.U32(_bytes, 0) & 0xFFF) | (value << 12));
    }

    /// <summary>Traffic class, 0 to 7 (RFC 5462); more is cut to three bits.</summary>
    public byte TrafficClass
    {
        get => (byte)((_bytes[2] >> 1) & 7);
        set => Wire.Bits(_bytes, 2, 0x0E, value << 1);
    }

    /// <summary>Whether this is the last label, behind which the payload begins.</summary>
    public bool IsBottomOfStack
    {
        get => (_bytes[2] & 1) != 0;
        set => Wire.Bits(_bytes, 2, 1, value ? 1 : 0);
    }

    /// <summary>Hops the frame may still make.</summary>
    public byte TimeToLive
    {
        get => _bytes[3];
        set => _bytes[3] = value;
    }

    /// <summary>Views an entry; false where there are fewer than 4 bytes.</summary>
    public static bool TryParse(Span<byte> bytes, out MplsLabel label)
    {
        bool enough = bytes.Length >= Length;
        label = enough ? new(bytes[..Length]) : default;
        return enough;
    }
}
