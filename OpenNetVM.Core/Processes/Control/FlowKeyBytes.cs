using System.Buffers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Processes.Control;

/// <summary>The five-tuple of a flow of either version of IP, as it stands in a payload: 1 byte for the version, 13 or 37 for the key.</summary>
internal readonly record struct FlowKeyBytes
{
    private const byte Version4 = 4;
    private const byte Version6 = 6;

    public FlowKeyBytes(Ipv4FlowKey key) => Ipv4 = key;

    public FlowKeyBytes(Ipv6FlowKey key)
    {
        Ipv6 = key;
        IsIpv6 = true;
    }

    /// <summary>Which of the two keys counts.</summary>
    public bool IsIpv6 { get; }

    public Ipv4FlowKey Ipv4 { get; }

    public Ipv6FlowKey Ipv6 { get; }

    public void Write(IBufferWriter<byte> writer)
    {
        if (IsIpv6)
        {
            writer.WriteByte(Version6);
            writer.WriteUInt64(Ipv6.SourceHigh);
            writer.WriteUInt64(Ipv6.SourceLow);
            writer.WriteUInt64(Ipv6.DestinationHigh);
            writer.WriteUInt64(Ipv6.DestinationLow);
            writer.WriteUInt16(Ipv6.SourcePort);
            writer.WriteUInt16(Ipv6.DestinationPort);
            writer.WriteByte(Ipv6.Protocol);
        }
        else
        {
            writer.WriteByte(Version4);
            writer.WriteUInt32(Ipv4.Source);
            writer.WriteUInt32(Ipv4.Destination);
            writer.WriteUInt16(Ipv4.SourcePort);
            writer.WriteUInt16(Ipv4.DestinationPort);
            writer.WriteByte(Ipv4.Protocol);
        }
    }

    public static FlowKeyBytes Read(ref PayloadReader reader) => reader.Byte() switch
    {
        Version4 => new FlowKeyBytes(
            new Ipv4FlowKey(reader.UInt32(), reader.UInt32(), reader.UInt16(), reader.UInt16(), reader.Byte())),
        Version6 => new FlowKeyBytes(
            new Ipv6FlowKey(reader.UInt64(), reader.UInt64(), reader.UInt64(), reader.UInt64(), reader.UInt16(), reader.UInt16(), reader.Byte())),
        _ => reader.Fail<FlowKeyBytes>(),
    };
}
