using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record TcpLayer(ushort SourcePort, ushort DestinationPort, TcpFlags Flags) : Layer
{
    public uint Sequence { get; init; }

    public uint Acknowledgment { get; init; }

    public ushort Window { get; init; } = ushort.MaxValue;

    public byte[] Options { get; init; } = [];

    public ChecksumRule Checksum { get; init; }

    public override string Name => "TCP";

    public override int HeaderLength => TcpHeader.MinimumLength + Options.Length;

    public override byte? Protocol => IpProtocols.Tcp;

    public override bool Carries(Layer inner) => inner is PayloadLayer;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U16(bytes, 0, SourcePort);
        Wire.U16(bytes, 2, DestinationPort);
        Wire.U32(bytes, 4, Sequence);
        Wire.U32(bytes, 8, Acknowledgment);
        Wire.U16(bytes, 12, (ushort)((HeaderLength / 4 << 12) | (int)Flags));
        Wire.U16(bytes, 14, Window);
        Wire.U32(bytes, 16, 0);
        Options.CopyTo(bytes[TcpHeader.MinimumLength..]);
        ushort right = InternetChecksum.Finish(context.Ip!.PseudoHeader(IpProtocols.Tcp, bytes.Length) + InternetChecksum.Sum(bytes));
        Wire.U16(bytes, 16, Checksum.Apply(right));
    }

    public override Layer Reversed() => this with
    {
        SourcePort = DestinationPort,
        DestinationPort = SourcePort,
        Sequence = Acknowledgment,
        Acknowledgment = Sequence,
    };

    public override Layer? WithChecksum(ChecksumRule rule) => this with { Checksum = rule };
}
