namespace OpenNetVM.Testing.Layers;

/// <summary>What goes into a layer's checksum field: by default the right value.</summary>
internal readonly record struct ChecksumRule(ChecksumRule.Kind How, uint Value = 0)
{
    internal enum Kind
    {
        Right,
        Wrong,
        Fixed,
    }

    public static ChecksumRule Wrong => new(Kind.Wrong);

    public static ChecksumRule Of(uint value) => new(Kind.Fixed, value);

    public ushort Apply(ushort right)
    {
        // A wrong value must be neither the other form of zero (0x0000 and 0xFFFF sum alike) nor UDP's "no checksum".
        const ushort Flip = 0x00FF;
        const ushort Instead = 0x0F0F;
        return How switch
        {
            Kind.Right => right,
            Kind.Wrong => right == Flip ? Instead : (ushort)(right ^ Flip),
            _ => (ushort)Value,
        };
    }

    public uint Apply(uint right) => How switch
    {
        Kind.Right => right,
        Kind.Wrong => ~right,
        _ => Value,
    };
}
