using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

/// <summary>ARP for IPv4 over Ethernet (RFC 826); the hardware addresses are those of the Ethernet header.</summary>
internal sealed record ArpLayer(bool IsReply, uint Sender, uint Target) : Layer
{
    private const int Length = 28;

    public override string Name => "ARP";

    public override int HeaderLength => Length;

    public override ushort? EtherType => EtherTypes.Arp;

    public override bool Carries(Layer inner) => false;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        const ushort EthernetHardware = 1;
        EthernetLayer ethernet = context.Ethernet!;
        Wire.U16(bytes, 0, EthernetHardware);
        Wire.U16(bytes, 2, EtherTypes.Ipv4);
        bytes[4] = MacAddress.Length;
        bytes[5] = sizeof(uint);
        Wire.U16(bytes, 6, IsReply ? (ushort)2 : (ushort)1);
        Wire.U48(bytes, 8, ethernet.Source.Value);
        Wire.U32(bytes, 14, Sender);
        Wire.U48(bytes, 18, IsReply ? ethernet.Destination.Value : 0);
        Wire.U32(bytes, 24, Target);
    }

    public override Layer Reversed() => new ArpLayer(IsReply: true, Target, Sender);
}
