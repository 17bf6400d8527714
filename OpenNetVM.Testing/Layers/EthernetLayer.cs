using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record EthernetLayer(MacAddress Source, MacAddress Destination, ushort? Type = null) : Layer
{
    /// <summary>"IEEE Std 802 - Local Experimental Ethertype 1": for a payload that is nobody's.</summary>
    public const ushort ExperimentalType = 0x88B5;

    public override string Name => "Ethernet";

    public override int HeaderLength => EthernetHeader.Length;

    public override ushort? EtherType => EtherTypes.TransparentEthernetBridging;

    public static ushort TypeOf(Layer? next, ushort? given) => given ?? next?.EtherType ?? ExperimentalType;

    public override bool Carries(Layer inner) => inner is PayloadLayer || inner is not EthernetLayer && inner.EtherType is not null;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U48(bytes, 0, Destination.Value);
        Wire.U48(bytes, 6, Source.Value);
        Wire.U16(bytes, 12, TypeOf(context.Next, Type));
    }

    // Nobody sends from a group address: the answer to a broadcast comes from the default station.
    public override Layer Reversed() => this with
    {
        Source = Destination.IsMulticast ? PacketBuilder.DefaultDestination : Destination,
        Destination = Source,
    };
}
