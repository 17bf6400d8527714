namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of a VLAN tag (IEEE 802.1Q, 802.1ad) and what follows it. It begins behind the protocol number that announced it (0x8100, 0x88A8 or
/// 0x9100, see <see cref="EtherTypes.IsVlan"/>); reads and writes go straight to the frame.
/// </summary>
public readonly ref struct VlanTag
{
    /// <summary>Bytes of the tag: control information and the next protocol number.</summary>
    public const int Length = 4;

    private readonly Span<byte> _bytes;

    private VlanTag(Span<byte> bytes) => _bytes = bytes;

    /// <summary>Priority code point, 0 to 7; more is cut to three bits.</summary>
    public byte Priority
    {
        get => (byte)(_bytes[0] >> 5);
        set => Wire.Bits(_bytes, 0, 0xE0, value << 5);
    }

    /// <summary>Whether the frame may be dropped first under congestion.</summary>
    public bool DropEligible
    {
        get => (_bytes[0] & 0x10) != 0;
        set => Wire.Bits(_bytes, 0, 0x10, value ? 0x10 : 0);
    }

    /// <summary>VLAN identifier, 0 (priority only) to 4,095 (reserved); more is cut to twelve bits.</summary>
    public ushort VlanId
    {
        get => (ushort)(Wire.U16(_bytes, 0) & 0x0FFF);
        set => Wire.U16(_bytes, 0, (ushort)((Wire.U16(_bytes, 0) & 0xF000) | (value & 0x0FFF)));
    }

    /// <summary>The protocol number of what follows the tag; at most 1,500 is a length and <see cref="LlcHeader"/> follows.</summary>
    public ushort EtherType
    {
        get => Wire.U16(_bytes, 2);
        set => Wire.U16(_bytes, 2, value);
    }

    /// <summary>What follows the tag.</summary>
    public Span<byte> Payload => _bytes[Length..];

    /// <summary>Views a tag; false where there are fewer than 4 bytes.</summary>
    public static bool TryParse(Span<byte> bytes, out VlanTag tag)
    {
        bool enough = bytes.Length >= Length;
        tag = enough ? new(bytes) : default;
        return enough;
    }
}
