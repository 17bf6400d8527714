using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record UdpLayer(ushort SourcePort, ushort DestinationPort) : Layer
{
    public int? GivenLength { get; init; }

    public ChecksumRule Checksum { get; init; }

    public override string Name => "UDP";

    public override int HeaderLength => UdpHeader.HeaderLength;

    public override byte? Protocol => IpProtocols.Udp;

    public override bool Carries(Layer inner) => inner is PayloadLayer or VxlanLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U16(bytes, 0, SourcePort);
        Wire.U16(bytes, 2, DestinationPort);
        Wire.U16(bytes, 4, (ushort)(GivenLength ?? bytes.Length));
        Wire.U16(bytes, 6, 0);
        ushort right = InternetChecksum.Finish(context.Ip!.PseudoHeader(IpProtocols.Udp, bytes.Length) + InternetChecksum.Sum(bytes));
        Wire.U16(bytes, 6, Checksum.Apply(InternetChecksum.ForUdp(right)));
    }

    public override Layer Reversed() => this with { SourcePort = DestinationPort, DestinationPort = SourcePort };

    public override Layer? WithChecksum(ChecksumRule rule) => this with { Checksum = rule };

    public override Layer? WithLength(int length) => this with { GivenLength = length };
}
