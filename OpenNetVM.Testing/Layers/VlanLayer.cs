using OpenNetVM.Core.Headers;

namespace OpenNetVM.Testing.Layers;

internal sealed record VlanLayer(ushort Tag, ushort ControlInformation, ushort? Type = null) : Layer
{
    public override string Name => "a VLAN tag";

    public override int HeaderLength => VlanTag.Length;

    public override ushort? EtherType => Tag;

    public override bool Carries(Layer inner) => inner is PayloadLayer || inner is not EthernetLayer && inner.EtherType is not null;

    public override void Write(Span<byte> bytes, in LayerContext context)
    {
        Wire.U16(bytes, 0, ControlInformation);
        Wire.U16(bytes, 2, EthernetLayer.TypeOf(context.Next, Type));
    }
}
