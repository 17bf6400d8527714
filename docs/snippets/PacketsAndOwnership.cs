using OpenNetVM.Core.Headers;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;
using OpenNetVM.Testing;

namespace OpenNetVM.Docs.Snippets;

public class PacketsAndOwnership
{
    // snippet: read-and-write
    sealed class MarkVoice : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            PacketLayers layers = packet.Layers;
            if (layers.Protocol != IpProtocols.Udp || !Ipv4Header.TryParse(layers.Network(packet.Data), out Ipv4Header ip))
                return;
            if (UdpHeader.TryParse(layers.Transport(packet.Data), out UdpHeader udp) && udp.DestinationPort == 5004)
                ip.ReplaceTypeOfService(0xB8); // Expedited forwarding; the checksum is mended.
        }
    }

    // end

    // snippet: hold
    sealed class ReleaseInPairs : NetworkFunction
    {
        private HeldPacket _first;

        protected override void Process(Packet packet)
        {
            if (!_first.IsHeld)
                _first = Context.Hold(packet);
            else
                Context.TrySend(ref _first, PacketAction.Next);
        }

        protected override void OnStop() => Context.Drop(ref _first);
    }

    // end

    // snippet: mirror
    sealed class Mirror(PortId to) : NetworkFunction
    {
        protected override void Process(Packet packet)
        {
            if (Context.TryClone(packet, out HeldPacket copy) && !Context.TrySend(ref copy, PacketAction.ToPort(to)))
                Context.Drop(ref copy);
        }
    }

    // end

    [Fact]
    public void Headers_are_read_and_written()
    {
        using TestPlatform platform = TestPlatform.Of(() => new MarkVoice());
        byte[] frame = Assert.Single(platform.Run(PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 5004).Build()));
        Assert.Equal(0xB8, frame[15]);
        Assert.True(InternetChecksum.IsValid(frame.AsSpan(14, 20)));
    }

    [Fact]
    public void Packets_can_be_held()
    {
        byte[][] frames = [.. Enumerable.Range(0, 3).Select(i => PacketBuilder.Udp("10.0.0.1", (ushort)i, "10.0.0.2", 2).Build())];
        using TestPlatform platform = TestPlatform.Of(() => new ReleaseInPairs());
        Assert.Equal(2, platform.Run(frames).Count);
        Assert.Equal(1, platform.Statistics.Held);
    }

    [Fact]
    public void Packets_can_be_mirrored()
    {
        byte[] frame = PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).Build();
        using TestPlatform platform = TestPlatform.Of(() => new Mirror(new PortId(1)));
        CaptureAssert.Equal([frame, frame], platform.Run(frame));
    }
}
