using System.Diagnostics;
using OpenNetVM.Core.Packets;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.RealTraffic;

/// <summary>The garbage collector beside drivers that hand packets to somebody: every frame that goes round is still there, once.</summary>
[Collection(SoakCollection.Name)]
public class DpdkCollectorTests
{
    private const int Circulating = 200;
    private const int Collections = 40;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public void Frames_that_go_round_a_ring_survive_collections()
    {
        DpdkPort port = DpdkEal.Open("net_ring");
        using PortHarness harness = PortHarness.Started(port);
        Circulate(harness, harness, port);
    }

    [Fact]
    public void Frames_that_go_round_a_veth_pair_survive_collections()
    {
        NetworkNamespace.Require();
        DpdkEal.Get();
        using NetworkNamespace here = NetworkNamespace.Create();
        using NetworkNamespace there = NetworkNamespace.Create();
        NetworkNamespace.Connect(here, "near", there, "far");
        using PortHarness near = here.Execute(() => PortHarness.Started(DpdkEal.Open("net_af_packet", "iface=near")));
        DpdkPort far = there.Execute(() => DpdkEal.Open("net_af_packet", "iface=far"));
        there.Execute(() => far.Start(new(new(8), near.Pool)));
        Circulate(near, near, far);
        there.Execute(far.Stop);
        here.Execute(near.Port.Stop);
    }

    // What the one receives it sends again, and the other too: with a ring both are the same port, with a cable its two ends.
    private static void Circulate(PortHarness harness, PortHarness one, DpdkPort other)
    {
        byte[][] frames = Frames.Flows(Circulating);
        PacketDescriptor[] packets = harness.Packets(Circulating);
        for (int i = 0; i < Circulating; i++)
            Assert.True(harness.Pool.Open(ref packets[i]).TrySetData(frames[i]));
        one.Transmit(packets);

        int collections = 0;
        using CancellationTokenSource stop = new();
        Thread collector = new(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                GC.Collect();
                Interlocked.Increment(ref collections);

                // One collection right behind the other would leave the others no time at all.
                Thread.Sleep(1);
            }
        });
        collector.Start();
        long forwarded = 0;
        PacketDescriptor[] burst = new PacketDescriptor[32];
        Stopwatch waited = Stopwatch.StartNew();
        while (Volatile.Read(ref collections) < Collections && waited.Elapsed < Limit)
        {
            // Each frame is sent where it came in, so that it goes back to the other end.
            forwarded += Return(other);
            if (other != one.Port)
                forwarded += Return((DpdkPort)one.Port);
        }

        stop.Cancel();
        collector.Join();
        Assert.InRange(collections, Collections, int.MaxValue);
        Assert.InRange(forwarded, Circulating, long.MaxValue);

        List<int> marks = [];
        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    Take(other);
                    Take((DpdkPort)one.Port);
                    return marks.Count >= Circulating;
                },
                Limit),
            $"{marks.Count} of {Circulating} frames are left after {forwarded} were passed on");
        Assert.Equal(Enumerable.Range(0, Circulating), marks.Order());

        int Return(DpdkPort port)
        {
            int received = port.Receive(0, burst, harness.Cache);
            int sent = port.Transmit(0, burst.AsSpan(0, received), harness.Cache);
            return sent == received ? received : throw new InvalidOperationException($"the port took {sent} of {received} packets");
        }

        void Take(DpdkPort port)
        {
            int received = port.Receive(0, burst, harness.Cache);
            marks.AddRange(burst.Take(received).Select(descriptor => Frames.Mark(harness.Copy(descriptor).Data)));
            harness.Cache.Free(burst.AsSpan(0, received));
        }
    }
}
