namespace OpenNetVM.OpenFlow.Protocol;

/// <summary>Port numbers with a meaning of their own (OpenFlow 1.3.5, 7.2.1 ofp_port_no). OpenFlow 1.0 has the same in 16 bits.</summary>
internal static class ReservedPort
{
    /// <summary>The highest number of a real port in 1.3.</summary>
    public const uint Max = 0xFFFF_FF00;
    public const uint InPort = 0xFFFF_FFF8;
    public const uint Table = 0xFFFF_FFF9;
    public const uint Normal = 0xFFFF_FFFA;
    public const uint Flood = 0xFFFF_FFFB;
    public const uint All = 0xFFFF_FFFC;
    public const uint Controller = 0xFFFF_FFFD;
    public const uint Local = 0xFFFF_FFFE;
    public const uint Any = 0xFFFF_FFFF;

    /// <summary>The highest number of a real port in 1.0.</summary>
    public const ushort Max10 = 0xFF00;

    /// <summary>No port, in 1.0: its <see cref="Any"/>.</summary>
    public const ushort None10 = 0xFFFF;

    private const ushort FirstReserved10 = 0xFFF8;

    /// <summary>A port as 1.0 writes it; false where 1.0 has no number for it.</summary>
    public static bool TryTo10(uint port, out ushort port10)
    {
        port10 = (ushort)port;
        return port < Max10 || port >= InPort;
    }

    public static uint From10(ushort port) => port >= FirstReserved10 ? 0xFFFF_0000 | port : port;
}
