using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>A function that reads every TCP segment and passes it on: counts those with whole checksums, and drops the others.</summary>
internal sealed class ChecksumInspector : NetworkFunction
{
    private long _whole;
    private long _broken;

    /// <summary>TCP segments whose checksums, of IP and of TCP, are right.</summary>
    public long Whole => Volatile.Read(ref _whole);

    /// <summary>TCP segments with a wrong checksum.</summary>
    public long Broken => Volatile.Read(ref _broken);

    protected override void Process(Packet packet)
    {
        if (!EthernetHeader.TryParse(packet.Data, out EthernetHeader ethernet) || ethernet.EtherType != EtherTypes.Ipv4
            || !Ipv4Header.TryParse(ethernet.Payload, out Ipv4Header ip) || ip.Protocol != IpProtocols.Tcp)
            return;
        uint sum = ip.PseudoHeader(ip.Payload.Length) + InternetChecksum.Sum(ip.Payload);
        if (ip.IsChecksumValid && InternetChecksum.Finish(sum) == 0)
        {
            _whole++;
            return;
        }

        _broken++;
        packet.Drop();
    }
}
