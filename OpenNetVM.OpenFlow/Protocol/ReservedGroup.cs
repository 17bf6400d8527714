namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Group numbers with a meaning of their own (OpenFlow 1.3.5, 7.3.4.2).</summary>
internal static class ReservedGroup
{
    public const uint Max = 0xFFFF_FF00;
    public const uint All = 0xFFFF_FFFC;
    public const uint Any = 0xFFFF_FFFF;
}
