using System.Buffers.Binary;
using OpenNetVM.Core.Captures;

namespace OpenNetVM.Tests.Captures;

/// <summary>Builds capture files byte by byte from the format drafts, independently of <see cref="CaptureWriter"/>, right or wrong as a test needs.</summary>
internal sealed class CaptureFileBuilder(bool bigEndian = false)
{
    private readonly List<byte> _bytes = [];

    /// <summary>Where the next record or block will begin.</summary>
    public long Offset => _bytes.Count;

    public byte[] ToArray() => _bytes.ToArray();

    public CaptureReader Open(CaptureReaderOptions? options = null) => CaptureReader.Open(new MemoryStream(ToArray()), "built.cap", options);

    public CaptureFileBuilder U8(params byte[] values)
    {
        _bytes.AddRange(values);
        return this;
    }

    public CaptureFileBuilder U16(int value)
    {
        Span<byte> bytes = stackalloc byte[2];
        if (bigEndian)
            BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)value);
        else
            BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureFileBuilder U32(uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (bigEndian)
            BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        else
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        _bytes.AddRange(bytes);
        return this;
    }

    public CaptureFileBuilder I64(long value) =>
        bigEndian ? U32((uint)(value >> 32)).U32((uint)value) : U32((uint)value).U32((uint)(value >> 32));

    public CaptureFileBuilder PcapHeader(uint magic = 0xA1B2C3D4, LinkType linkType = LinkType.Ethernet, uint snapLength = 262_144, int major = 2, int minor = 4) =>
        U32(magic).U16(major).U16(minor).U32(0).U32(0).U32(snapLength).U32((uint)linkType);

    public CaptureFileBuilder PcapRecord(uint seconds, uint fraction, byte[] data, uint? captured = null, uint? wire = null) =>
        U32(seconds).U32(fraction).U32(captured ?? (uint)data.Length).U32(wire ?? (uint)data.Length).U8(data);

    public CaptureFileBuilder Section(int major = 1) =>
        Block(0x0A0D0D0A, body => body.U32(0x1A2B3C4D).U16(major).U16(0).I64(-1));

    public CaptureFileBuilder Interface(LinkType linkType = LinkType.Ethernet, uint snapLength = 0, Action<CaptureFileBuilder>? options = null) =>
        Block(1, body =>
        {
            body.U16((int)linkType).U16(0).U32(snapLength);
            options?.Invoke(body);
        });

    public CaptureFileBuilder Option(int code, params byte[] value) => U16(code).U16(value.Length).U8(value).Pad();

    public CaptureFileBuilder Enhanced(byte[] data, ulong timestamp = 0, uint interfaceId = 0, uint? captured = null, uint? wire = null, Action<CaptureFileBuilder>? options = null) =>
        Block(6, body =>
        {
            body.U32(interfaceId).U32((uint)(timestamp >> 32)).U32((uint)timestamp)
                .U32(captured ?? (uint)data.Length).U32(wire ?? (uint)data.Length).U8(data).Pad();
            options?.Invoke(body);
        });

    public CaptureFileBuilder Simple(byte[] data, uint? wire = null) =>
        Block(3, body => body.U32(wire ?? (uint)data.Length).U8(data).Pad());

    public CaptureFileBuilder Obsolete(byte[] data, ulong timestamp, int interfaceId = 0) =>
        Block(2, body => body.U16(interfaceId).U16(0xFFFF).U32((uint)(timestamp >> 32)).U32((uint)timestamp)
            .U32((uint)data.Length).U32((uint)data.Length).U8(data).Pad());

    public CaptureFileBuilder Block(uint type, Action<CaptureFileBuilder> body, uint? length = null, uint? trailer = null)
    {
        CaptureFileBuilder inner = new(bigEndian);
        body(inner);
        inner.Pad();
        uint right = (uint)inner.Offset + 12;
        return U32(type).U32(length ?? right).U8(inner.ToArray()).U32(trailer ?? right);
    }

    public CaptureFileBuilder Pad()
    {
        while ((_bytes.Count & 3) != 0)
            _bytes.Add(0);
        return this;
    }
}
