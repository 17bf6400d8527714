using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Samples;

/// <summary>`./build.sh run`, as a process.</summary>
public sealed class ServiceChainTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-sample-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_capture_comes_out_routed_and_without_what_the_functions_drop(int workers)
    {
        List<byte[]> sent = [];
        List<byte[]> expected = [];
        for (int i = 0; i < 500; i++)
        {
            string client = $"10.1.{i % 50}.7";
            sent.Add(Packet(client, "192.0.2.1", 443, i).Build());
            expected.Add(Routed(Packet(client, "192.0.2.1", 443, i, ttl: 63)));
        }

        // Telnet stops at the firewall, a packet at the end of its time at the router; ARP is not the router's business.
        byte[] arp = PacketBuilder.Ethernet().ArpRequest("10.0.0.1", "10.0.0.2").PadTo(60).Build();
        sent.Add(Packet("10.0.0.1", "192.0.2.1", 23, 1).Build());
        sent.Add(Packet("10.0.0.1", "192.0.2.1", 443, 1, ttl: 1).Build());
        sent.Add(arp);
        expected.Add(arp);

        using SampleProcess sample = SampleProcess.Start("ServiceChain", "--in", WriteCapture(sent), "--out", Output, "--workers", $"{workers}");
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);

        // Two instances of the monitor: the order is kept within a flow, and here each flow has its own client address.
        CaptureAssert.Equal(Sorted(expected), Sorted(CaptureAssert.ReadFrames(Output)));
        Assert.Equal("received 503 + created 0 = transmitted 501 + dropped 2 + held 0", sample.Lines[^1]);
        Assert.Contains("dropped: 2 by function", sample.Lines);
        Assert.Empty(sample.Error);
    }

    [Fact]
    public void Generated_traffic_runs_to_its_count_and_is_conserved()
    {
        using SampleProcess sample = SampleProcess.Start("ServiceChain", "--packets", "20000", "--seed", "7", "--out", Output);
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        int written = CaptureAssert.ReadFrames(Output).Count;
        Assert.InRange(written, 19_000, 20_000);
        Assert.Equal(FormattableString.Invariant($"received 20,000 + created 0 = transmitted {written:N0} + dropped {20_000 - written:N0} + held 0"), sample.Lines[^1]);
    }

    [Fact]
    public void Ctrl_C_stops_an_endless_run_without_losing_a_packet()
    {
        using SampleProcess sample = SampleProcess.Start("ServiceChain", "--seconds", "0", "--workers", "2");
        sample.ReadUntil("packets/s");
        sample.Interrupt();
        Assert.True(sample.WaitForEnd() == 0, string.Join('\n', sample.Lines) + sample.Error);
        Assert.Matches(@"^received [\d,]{2,} \+ created 0 = transmitted [\d,]+ \+ dropped [\d,]+ \+ held 0$", sample.Lines[^1]);
    }

    [Fact]
    public void What_stands_before_the_damage_of_a_file_is_processed_and_the_damage_named()
    {
        string whole = WriteCapture(Enumerable.Range(0, 20).Select(i => Packet("10.0.0.1", "192.0.2.1", 80, i).Build()));
        byte[] bytes = File.ReadAllBytes(whole);
        string cut = Path.Combine(_folder, "cut.pcapng");
        File.WriteAllBytes(cut, bytes[..^30]);

        using SampleProcess sample = SampleProcess.Start("ServiceChain", "--in", cut, "--out", Output);
        Assert.Equal(2, sample.WaitForEnd());
        Assert.Equal(19, CaptureAssert.ReadFrames(Output).Count);
        Assert.Equal("received 19 + created 0 = transmitted 19 + dropped 0 + held 0", sample.Lines[^1]);
        Assert.Contains($"{cut}, offset ", sample.Error);
    }

    [Fact]
    public void Frames_that_do_not_fit_are_left_out_and_the_report_says_so()
    {
        string capture = WriteCapture([PacketBuilder.Udp("10.0.0.1", 1, "10.0.0.2", 2).FillTo(3_000).Build(), Packet("10.0.0.1", "192.0.2.1", 80, 0).Build()]);
        using SampleProcess sample = SampleProcess.Start("ServiceChain", "--in", capture, "--buffer-size", "2048");
        Assert.Equal(0, sample.WaitForEnd());
        Assert.Contains(sample.Lines, line => line.StartsWith("left out: 1 frame longer than the 2,048 bytes", StringComparison.Ordinal));
        Assert.Equal("received 1 + created 0 = transmitted 1 + dropped 0 + held 0", sample.Lines[^1]);
    }

    [Theory]
    [InlineData(1, "--workers is 3, but must be 1 or 2.", "--workers", "3")]
    [InlineData(1, "--seconds is -1", "--seconds", "-1")]
    [InlineData(1, "'--output'", "--output", "x")]
    [InlineData(1, "writing would destroy", "--in", "a.pcap", "--out", "./a.pcap")]
    [InlineData(2, "/nonexistent/a.pcap", "--in", "/nonexistent/a.pcap")]
    public void A_mistake_ends_with_a_message_that_names_it(int exitCode, string message, params string[] arguments)
    {
        using SampleProcess sample = SampleProcess.Start("ServiceChain", arguments);
        Assert.Equal(exitCode, sample.WaitForEnd());
        Assert.Contains(message, sample.Error);
    }

    private string Output => Path.Combine(_folder, "out.pcapng");

    private string WriteCapture(IEnumerable<byte[]> frames)
    {
        string path = Path.Combine(_folder, "in.pcapng");
        using CaptureWriter writer = CaptureWriter.CreateFile(path);
        long time = 1_700_000_000_000_000_000;
        foreach (byte[] frame in frames)
            writer.Write(frame, time += 1_000, frame.Length);
        return path;
    }

    private static PacketBuilder Packet(string source, string destination, ushort port, int mark, byte ttl = 64) =>
        PacketBuilder.Ethernet().Ipv4(source, destination, ttl).Tcp(40_000, port, TcpFlags.Ack, sequence: (uint)mark).Payload($"packet {mark}");

    // The router's addresses; its checksum is right if it is what the builder computes for the changed header.
    private static byte[] Routed(PacketBuilder packet)
    {
        byte[] frame = packet.Build();
        Assert.True(EthernetHeader.TryParse(frame, out EthernetHeader ethernet));
        ethernet.Source = new MacAddress(0x0200_0000_00FE);
        ethernet.Destination = new MacAddress(0x0200_0000_00FF);
        return frame;
    }

    private static List<byte[]> Sorted(IEnumerable<byte[]> frames) => [.. frames.OrderBy(Convert.ToHexString, StringComparer.Ordinal)];
}
