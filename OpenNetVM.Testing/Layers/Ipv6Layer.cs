using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record Ipv6Layer(UInt128 Source, UInt128 Destination) : IpLayer
{
    public byte HopLimit { get; init; } = 64;

    public byte TrafficClass { get; init; }

    public uint FlowLabel { get; init; }

    public byte? GivenProtocol { get; init; }

    public int? GivenLength { get; init; }

    public override string Name => "IPv6";

    public override int HeaderLength => Ipv6Header.Length;

    public override ushort? EtherType => EtherTypes.Ipv6;

    public override byte? Protocol => IpProtocols.Ipv6;

    public override bool IsVersion6 => true;

    public override uint PseudoHeader(byte protocol, int length) => InternetChecksum.PseudoHeader(Source, Destination, protocol, (uint)length);

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        int payload = bytes.Length - Ipv6Header.Length;
        if (GivenLength is null && payload > ushort.MaxValue)
            throw new InvalidOperationException($"The IPv6 packet carries {payload} bytes, but at most {ushort.MaxValue} fit its length field. Use a smaller payload, or {nameof(PacketBuilder.WithLength)}.");
        Wire.U32(bytes, 0, (6u << 28) | ((uint)TrafficClass << 20) | FlowLabel);
        Wire.U16(bytes, 4, (ushort)(GivenLength ?? payload));
        bytes[6] = GivenProtocol ?? NextHeaderOf(context.Next);
        bytes[7] = HopLimit;
        Wire.U128(bytes, 8, Source);
        Wire.U128(bytes, 24, Destination);
    }

    public static byte NextHeaderOf(Layer? next) => next is null ? IpProtocols.NoNextHeader : next.Protocol ?? ExperimentalProtocol;

    public override Layer Reversed() => this with { Source = Destination, Destination = Source };

    public override Layer? WithLength(int length) => this with { GivenLength = length };
}
