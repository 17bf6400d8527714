namespace OpenNetVM.Core.Headers;

/// <summary>
/// A view of the 14 bytes in front of every Ethernet frame (Ethernet II and IEEE 802.3); reads and writes go straight to the frame.
/// Where <see cref="IsLength"/> is true the payload starts with an <see cref="LlcHeader"/>.
/// </summary>
public readonly ref struct EthernetHeader
{
    /// <summary>Bytes of the header.</summary>
    public const int Length = 14;

    private readonly Span<byte> _frame;

    private EthernetHeader(Span<byte> frame) => _frame = frame;

    /// <summary>Destination address.</summary>
    public MacAddress Destination
    {
        get => new(Wire.U48(_frame, 0));
        set => Wire.U48(_frame, 0, value.Value);
    }

    /// <summary>Source address.</summary>
    public MacAddress Source
    {
        get => new(Wire.U48(_frame, 6));
        set => Wire.U48(_frame, 6, value.Value);
    }

    /// <summary>The protocol number of the payload (see <see cref="EtherTypes"/>), or where it is at most 1,500 the payload's length.</summary>
    public ushort EtherType
    {
        get => Wire.U16(_frame, 12);
        set => Wire.U16(_frame, 12, value);
    }

    /// <summary>Whether <see cref="EtherType"/> is a length: the frame is IEEE 802.3, not Ethernet II.</summary>
    public bool IsLength => EtherType <= EtherTypes.MaximumLength;

    /// <summary>What follows the header: all of it, or for IEEE 802.3 as much as the length says and the frame has.</summary>
    public Span<byte> Payload
    {
        get
        {
            Span<byte> rest = _frame[Length..];
            return IsLength ? rest[..Math.Min(EtherType, rest.Length)] : rest;
        }
    }

    /// <summary>Views a frame that starts with its destination address; false where it is shorter than 14 bytes.</summary>
    public static bool TryParse(Span<byte> frame, out EthernetHeader header)
    {
        bool enough = frame.Length >= Length;
        header = enough ? new(frame) : default;
        return enough;
    }

    /// <summary>Exchanges source and destination, as an answer needs it.</summary>
    public void SwapAddresses() => (Destination, Source) = (Source, Destination);
}
