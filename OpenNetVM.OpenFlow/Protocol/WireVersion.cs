using System.Numerics;

namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>The version byte of OpenFlow's header, and how two ends agree on one.</summary>
internal static class WireVersion
{
    public const byte Of10 = 1;
    public const byte Of13 = 4;

    /// <summary>Bits of a version bitmap's first word.</summary>
    private const int BitmapBits = 32;

    public static byte Highest(OpenFlowVersions versions) => versions == OpenFlowVersions.None ? (byte)0 : (byte)BitOperations.Log2((uint)versions);

    /// <summary>
    /// The version that both ends will speak (OpenFlow 1.3.5, 6.3.1): the highest in both bitmaps where the other end sent one, else the lower of both
    /// ends' highest; 0 where that is none of ours.
    /// </summary>
    public static byte Negotiate(OpenFlowVersions ours, byte theirHighest, uint? theirBitmap)
    {
        if (theirBitmap is { } bitmap)
            return Highest(ours & (OpenFlowVersions)bitmap);
        byte version = Math.Min(Highest(ours), theirHighest);
        return version < BitmapBits && ((uint)ours & (1u << version)) != 0 ? version : (byte)0;
    }
}
