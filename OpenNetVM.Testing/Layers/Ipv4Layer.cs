using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record Ipv4Layer(uint Source, uint Destination) : IpLayer
{
    private const ushort DontFragmentBit = 0x4000;
    private const ushort MoreFragmentsBit = 0x2000;

    public byte TimeToLive { get; init; } = 64;

    public byte TypeOfService { get; init; }

    public ushort Identification { get; init; }

    public bool DontFragment { get; init; }

    public bool MoreFragments { get; init; }

    // In units of 8 bytes.
    public int FragmentOffset { get; init; }

    public byte[] Options { get; init; } = [];

    public byte? GivenProtocol { get; init; }

    public int? GivenLength { get; init; }

    public ChecksumRule Checksum { get; init; }

    public override string Name => "IPv4";

    public override int HeaderLength => Ipv4Header.MinimumLength + Options.Length;

    public override ushort? EtherType => EtherTypes.Ipv4;

    public override byte? Protocol => IpProtocols.Ipv4;

    public override bool IsVersion6 => false;

    public override bool Carries(Layer inner) => inner is not Ipv6ExtensionLayer && base.Carries(inner);

    public override uint PseudoHeader(byte protocol, int length) => InternetChecksum.PseudoHeader(Source, Destination, protocol, (uint)length);

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        if (GivenLength is null && bytes.Length > ushort.MaxValue)
            throw new InvalidOperationException($"The IPv4 packet has {bytes.Length} bytes, but at most {ushort.MaxValue} fit its length field. Use a smaller payload, or {nameof(PacketBuilder.WithLength)}.");
        bytes[0] = (byte)(0x40 | (HeaderLength / 4));
        bytes[1] = TypeOfService;
        Wire.U16(bytes, 2, (ushort)(GivenLength ?? bytes.Length));
        Wire.U16(bytes, 4, Identification);
        Wire.U16(bytes, 6, (ushort)((DontFragment ? DontFragmentBit : 0) | (MoreFragments ? MoreFragmentsBit : 0) | FragmentOffset));
        bytes[8] = TimeToLive;
        bytes[9] = GivenProtocol ?? context.Next?.Protocol ?? ExperimentalProtocol;
        Wire.U16(bytes, 10, 0);
        Wire.U32(bytes, 12, Source);
        Wire.U32(bytes, 16, Destination);
        Options.CopyTo(bytes[Ipv4Header.MinimumLength..]);
        Wire.U16(bytes, 10, Checksum.Apply(InternetChecksum.Compute(bytes[..HeaderLength])));
    }

    public override Layer Reversed() => this with { Source = Destination, Destination = Source };

    public override Layer? WithChecksum(ChecksumRule rule) => this with { Checksum = rule };

    public override Layer? WithLength(int length) => this with { GivenLength = length };
}
