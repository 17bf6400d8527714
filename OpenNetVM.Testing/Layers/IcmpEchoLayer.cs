using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

/// <summary>Echo request or reply of ICMP (RFC 792) or ICMPv6 (RFC 4443), as the IP header before it asks.</summary>
internal sealed record IcmpEchoLayer(bool IsVersion6, bool IsReply, ushort Identifier, ushort Sequence) : Layer
{
    private const int Length = 8;

    public ChecksumRule Checksum { get; init; }

    public override string Name => "ICMP echo";

    public override int HeaderLength => Length;

    public override byte? Protocol => IsVersion6 ? IpProtocols.Icmpv6 : IpProtocols.Icmp;

    public override bool Carries(Layer inner) => inner is PayloadLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        bytes[0] = (IsVersion6, IsReply) switch
        {
            (false, false) => 8,
            (false, true) => 0,
            (true, false) => 128,
            (true, true) => 129,
        };
        bytes[1] = 0;
        Wire.U16(bytes, 2, 0);
        Wire.U16(bytes, 4, Identifier);
        Wire.U16(bytes, 6, Sequence);
        uint sum = InternetChecksum.Sum(bytes) + (IsVersion6 ? context.Ip!.PseudoHeader(IpProtocols.Icmpv6, bytes.Length) : 0);
        Wire.U16(bytes, 2, Checksum.Apply(InternetChecksum.Finish(sum)));
    }

    public override Layer Reversed() => this with { IsReply = true };

    public override Layer? WithChecksum(ChecksumRule rule) => this with { Checksum = rule };
}
