namespace OpenNetVM.Testing.Layers;

internal sealed record PayloadLayer(byte[] Bytes) : Layer
{
    public override string Name => "a payload";

    public override int HeaderLength => Bytes.Length;

    public override bool Carries(Layer inner) => false;

    public override void Write(Span<byte> bytes, in LayerContext context) => Bytes.CopyTo(bytes);
}
