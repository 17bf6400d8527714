namespace OpenNetVM.Core.Captures;

/// <summary>
/// What the first bytes of a captured frame are: the numbers that capture files carry
/// (registry: https://www.tcpdump.org/linktypes.html). Numbers without a member here are still valid values.
/// </summary>
public enum LinkType
{
    /// <summary>BSD loopback: a 4-byte address family in the capturing host's byte order.</summary>
    Null = 0,

    /// <summary>Ethernet, from the destination address on.</summary>
    Ethernet = 1,

    /// <summary>IEEE 802.5 Token Ring.</summary>
    TokenRing = 6,

    /// <summary>SLIP.</summary>
    Slip = 8,

    /// <summary>PPP.</summary>
    Ppp = 9,

    /// <summary>FDDI.</summary>
    Fddi = 10,

    /// <summary>Raw IPv4 or IPv6 as some writers number it (the registry's number is <see cref="Raw"/>).</summary>
    RawAlternate = 12,

    /// <summary>PPP in HDLC-like framing.</summary>
    PppHdlc = 50,

    /// <summary>Raw IPv4 or IPv6: the frame begins with the IP header.</summary>
    Raw = 101,

    /// <summary>Cisco PPP or Cisco HDLC.</summary>
    CiscoHdlc = 104,

    /// <summary>IEEE 802.11.</summary>
    Ieee80211 = 105,

    /// <summary>Frame Relay.</summary>
    FrameRelay = 107,

    /// <summary>OpenBSD loopback: a 4-byte address family in network byte order.</summary>
    Loop = 108,

    /// <summary>Linux cooked capture ("any" device), version 1: a 16-byte header.</summary>
    LinuxSll = 113,

    /// <summary>OpenBSD packet filter log.</summary>
    PfLog = 117,

    /// <summary>IEEE 802.11 with a Prism header.</summary>
    Ieee80211Prism = 119,

    /// <summary>IEEE 802.11 with a radiotap header.</summary>
    Ieee80211Radiotap = 127,

    /// <summary>IEEE 802.11 with an AVS header.</summary>
    Ieee80211Avs = 163,

    /// <summary>Bluetooth HCI UART transport.</summary>
    BluetoothHci = 187,

    /// <summary>Linux USB.</summary>
    UsbLinux = 189,

    /// <summary>Per-packet information header.</summary>
    Ppi = 192,

    /// <summary>IEEE 802.15.4 with a frame check sequence.</summary>
    Ieee802154 = 195,

    /// <summary>Bluetooth HCI UART transport with a direction word.</summary>
    BluetoothHciDirection = 201,

    /// <summary>Linux USB with the long header.</summary>
    UsbLinuxMmapped = 220,

    /// <summary>CAN bus (SocketCAN).</summary>
    SocketCan = 227,

    /// <summary>Raw IPv4.</summary>
    IPv4 = 228,

    /// <summary>Raw IPv6.</summary>
    IPv6 = 229,

    /// <summary>IEEE 802.15.4 without a frame check sequence.</summary>
    Ieee802154NoFcs = 230,

    /// <summary>Linux netfilter log.</summary>
    NfLog = 239,

    /// <summary>InfiniBand.</summary>
    InfiniBand = 247,

    /// <summary>USB as captured by USBPcap.</summary>
    UsbPcap = 249,

    /// <summary>Bluetooth Low Energy link layer.</summary>
    BluetoothLe = 251,

    /// <summary>Exported upper protocol data units.</summary>
    UpperPdu = 252,

    /// <summary>Linux netlink.</summary>
    Netlink = 253,

    /// <summary>Linux cooked capture ("any" device), version 2: a 20-byte header.</summary>
    LinuxSll2 = 276,
}
