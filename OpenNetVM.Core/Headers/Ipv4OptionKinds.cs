namespace OpenNetVM.Core.Headers;

/// <summary>Kinds of IPv4 options (IANA), with the copied flag and class in them as on the wire.</summary>
public static class Ipv4OptionKinds
{
    /// <summary>Padding between options, one byte.</summary>
    public const byte NoOperation = 1;

    /// <summary>Record route (RFC 791).</summary>
    public const byte RecordRoute = 7;

    /// <summary>Internet timestamp (RFC 791).</summary>
    public const byte Timestamp = 68;

    /// <summary>Loose source route (RFC 791); commonly refused by firewalls.</summary>
    public const byte LooseSourceRoute = 131;

    /// <summary>Strict source route (RFC 791); commonly refused by firewalls.</summary>
    public const byte StrictSourceRoute = 137;

    /// <summary>Router alert (RFC 2113), as IGMP and RSVP use it.</summary>
    public const byte RouterAlert = 148;
}
