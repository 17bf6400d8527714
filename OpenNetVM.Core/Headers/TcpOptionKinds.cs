namespace OpenNetVM.Core.Headers;

/// <summary>Kinds of TCP options (IANA).</summary>
public static class TcpOptionKinds
{
    /// <summary>Padding between options, one byte.</summary>
    public const byte NoOperation = 1;

    /// <summary>Maximum segment size: two bytes (RFC 9293).</summary>
    public const byte MaximumSegmentSize = 2;

    /// <summary>Window scale: one byte (RFC 7323).</summary>
    public const byte WindowScale = 3;

    /// <summary>Selective acknowledgement permitted: no data (RFC 2018).</summary>
    public const byte SackPermitted = 4;

    /// <summary>Selective acknowledgement blocks: eight bytes each (RFC 2018).</summary>
    public const byte Sack = 5;

    /// <summary>Timestamps: value and echo, four bytes each (RFC 7323).</summary>
    public const byte Timestamps = 8;

    /// <summary>Multipath TCP (RFC 8684).</summary>
    public const byte MultipathTcp = 30;

    /// <summary>TCP fast open cookie (RFC 7413).</summary>
    public const byte FastOpen = 34;
}
