using OpenNetVM.Core.Packets;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>VLAN tags between two ports of net_af_packet at the ends of a veth pair: the kernel takes tags out of received frames and tells them apart.</summary>
[Collection(SoakCollection.Name)]
public sealed class DpdkVlanTests : IDisposable
{
    private readonly NetworkNamespace _here;
    private readonly NetworkNamespace _there;

    public DpdkVlanTests()
    {
        NetworkNamespace.Require();
        DpdkEal.Get();
        _here = NetworkNamespace.Create();
        _there = NetworkNamespace.Create();
        NetworkNamespace.Connect(_there, "eth0", _here, "port0");
    }

    public void Dispose()
    {
        _there.Dispose();
        _here.Dispose();
    }

    [Fact]
    public void Tags_that_the_kernel_took_out_stand_in_the_frames_again()
    {
        using PortHarness near = Open(_here, "port0", null);
        using PortHarness far = Open(_there, "eth0", null);

        // More frames than there are buffers: each buffer is used again, after the driver has sent from it.
        for (int round = 0; round < 60; round++)
        {
            byte[][] frames = [.. Enumerable.Range(0, 40).Select(i => i % 2 == 0 ? Frame(i, (ushort)(0x6000 | (i + 1))) : Frame(i, null))];
            Send(far, frames);
            Assert.Equal(frames, Take(near, frames.Length));
            Send(near, frames);
            Assert.Equal(frames, Take(far, frames.Length));
        }
    }

    [Fact]
    public void The_access_port_of_a_VLAN_sees_its_frames_untagged_and_drops_all_others()
    {
        using PortHarness access = Open(_here, "port0", 7);
        using PortHarness trunk = Open(_there, "eth0", null);
        Send(trunk, [Frame(1, 7), Frame(2, 9), Frame(3, null), Frame(4, 7)]);
        Assert.Equal([Frame(1, null), Frame(4, null)], Take(access, 2));
        Assert.Equal((2L, 2L), (access.Port.GetStatistics().ReceivedPackets, access.Port.GetStatistics().DroppedError));

        Send(access, [Frame(5, null), Frame(6, null)]);
        Assert.Equal([Frame(5, 7), Frame(6, 7)], Take(trunk, 2));
    }

    private static PortHarness Open(NetworkNamespace where, string name, ushort? accessVlan) => where.Execute(() =>
        PortHarness.Started(DpdkEal.Open("net_af_packet", $"iface={name}", new DpdkPortOptions { Device = "", AccessVlan = accessVlan }), capacity: 1_024));

    private static void Send(PortHarness port, byte[][] frames)
    {
        PacketDescriptor[] packets = port.Packets(frames.Length);
        for (int i = 0; i < frames.Length; i++)
            Assert.True(port.Pool.Open(ref packets[i]).TrySetData(frames[i]));
        port.Transmit(packets);
    }

    private static List<byte[]> Take(PortHarness port, int count)
    {
        List<byte[]> frames = [];
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    frames.AddRange(port.ReceiveAll(most: count - frames.Count).Select(frame => frame.Data));
                    return frames.Count >= count;
                },
                TimeSpan.FromMinutes(1)),
            $"{frames.Count} of {count} frames arrived; {port.Port.GetStatistics()}");
        return frames;
    }

    // An experimental EtherType, which no kernel answers.
    private static byte[] Frame(int number, ushort? tag)
    {
        byte[] addresses = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1];
        byte[] vlan = tag is { } t ? [0x81, 0x00, (byte)(t >> 8), (byte)t] : [];
        return [.. addresses, .. vlan, 0x88, 0xB5, .. Enumerable.Range(number, 60).Select(i => (byte)i)];
    }
}
