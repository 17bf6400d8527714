using OpenNetVM.Core.Headers;

namespace OpenNetVM.OpenFlow.Matches;

/// <summary>A field of a match: what a packet must have there, in the bits of the mask. Bits outside the mask are zero.</summary>
internal readonly record struct OxmField
{
    public OxmField(OxmFieldId id, UInt128 value, UInt128? mask = null)
    {
        Id = id;
        Mask = mask ?? OxmFieldInfo.Of(id).Full;
        Value = value & Mask;
    }

    public OxmFieldId Id { get; }

    public UInt128 Value { get; }

    public UInt128 Mask { get; }

    /// <summary>Whether every bit of the field must be equal.</summary>
    public bool IsExact => Mask == OxmFieldInfo.Of(Id).Full;

    public static OxmField Of(OxmFieldId id, MacAddress address) => new(id, address.Value);

    public override string ToString() => IsExact ? $"{Id}={Value:x}" : $"{Id}={Value:x}/{Mask:x}";
}
