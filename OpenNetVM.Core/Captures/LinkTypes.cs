using System.Globalization;

namespace OpenNetVM.Core.Captures;

/// <summary>What is known about link types: their names, and which of them can become Ethernet frames. Thread-safe.</summary>
public static class LinkTypes
{
    /// <summary>True for Ethernet itself and for the types that <see cref="CaptureReader"/> converts to Ethernet frames.</summary>
    public static bool CanBecomeEthernet(this LinkType type) => type is LinkType.Ethernet
        or LinkType.Null or LinkType.Loop
        or LinkType.Raw or LinkType.RawAlternate or LinkType.IPv4 or LinkType.IPv6
        or LinkType.LinuxSll or LinkType.LinuxSll2;

    /// <summary>Number and name for a person, for example "105 (IEEE 802.11)"; a number without a known name reads "999 (unknown)".</summary>
    public static string Describe(this LinkType type) =>
        string.Create(CultureInfo.InvariantCulture, $"{(int)type} ({NameOf(type)})");

    private static string NameOf(LinkType type) => type switch
    {
        LinkType.Null => "BSD loopback",
        LinkType.Ethernet => "Ethernet",
        LinkType.TokenRing => "IEEE 802.5 Token Ring",
        LinkType.Slip => "SLIP",
        LinkType.Ppp => "PPP",
        LinkType.Fddi => "FDDI",
        LinkType.RawAlternate or LinkType.Raw => "raw IP",
        LinkType.PppHdlc => "PPP in HDLC framing",
        LinkType.CiscoHdlc => "Cisco HDLC",
        LinkType.Ieee80211 => "IEEE 802.11",
        LinkType.FrameRelay => "Frame Relay",
        LinkType.Loop => "OpenBSD loopback",
        LinkType.LinuxSll => "Linux cooked capture",
        LinkType.PfLog => "OpenBSD pflog",
        LinkType.Ieee80211Prism => "IEEE 802.11 with Prism header",
        LinkType.Ieee80211Radiotap => "IEEE 802.11 with radiotap header",
        LinkType.Ieee80211Avs => "IEEE 802.11 with AVS header",
        LinkType.BluetoothHci => "Bluetooth HCI",
        LinkType.UsbLinux => "Linux USB",
        LinkType.Ppi => "per-packet information",
        LinkType.Ieee802154 => "IEEE 802.15.4",
        LinkType.BluetoothHciDirection => "Bluetooth HCI with direction",
        LinkType.UsbLinuxMmapped => "Linux USB, long header",
        LinkType.SocketCan => "SocketCAN",
        LinkType.IPv4 => "raw IPv4",
        LinkType.IPv6 => "raw IPv6",
        LinkType.Ieee802154NoFcs => "IEEE 802.15.4 without FCS",
        LinkType.NfLog => "Linux netfilter log",
        LinkType.InfiniBand => "InfiniBand",
        LinkType.UsbPcap => "USBPcap",
        LinkType.BluetoothLe => "Bluetooth Low Energy",
        LinkType.UpperPdu => "exported PDU",
        LinkType.Netlink => "Linux netlink",
        LinkType.LinuxSll2 => "Linux cooked capture v2",
        >= (LinkType)147 and <= (LinkType)162 => "user-defined",
        _ => "unknown",
    };
}
