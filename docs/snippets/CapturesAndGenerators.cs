using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Dataplane;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Docs.Snippets;

public class CapturesAndGenerators : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-snippets-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task From_file_to_file()
    {
        string input = Path.Combine(_folder, "in.pcapng");
        string output = Path.Combine(_folder, "out.pcapng");
        byte[] frame = GeneratorPort.CreateFrame();

        // snippet: write-capture
        using (CaptureWriter writer = CaptureWriter.CreateFile(input))
            writer.Write(frame, timestampNanoseconds: 1_700_000_000_000_000_000, wireLength: frame.Length);
        // end

        // snippet: replay
        NfManagerBuilder builder = new()
        {
            Options = new NfManagerOptions { Dataplane = new DataplaneOptions { Pool = new PacketPoolOptions { BufferSize = 131_072, Capacity = 1_024 } } },
        };
        PcapPort source = PcapPort.Receiver(input);
        builder.AddPort(source);
        builder.DefaultChain = ServiceChain.To(builder.AddPort(PcapPort.Transmitter(output)));

        await using NfManager manager = builder.Build();
        manager.Start();
        while (source.Status.State == PortState.Running || manager.PacketsUnderWay > 0)
            await Task.Delay(10);
        await manager.StopAsync(); // completes the file that is written
        string? damage = source.Status.Error?.Message; // file, offset and reason; null if it was whole
        // end
        Assert.Null(damage);

        // snippet: read-capture
        using CaptureReader reader = CaptureReader.OpenFile(output);
        long bytes = 0;
        while (reader.TryRead(out CapturedFrame captured))
            bytes += captured.Data.Length;
        // end
        Assert.Equal(frame.Length, bytes);
    }

    [Fact]
    public void Generator()
    {
        // snippet: generator
        using GeneratorPort port = new(new GeneratorPortOptions
        {
            Sizes = FrameSizes.Mix((7, 80, 80), (4, 570, 576), (1, 1_400, 1_518)),
            Flows = 100_000,
            Distribution = FlowDistribution.Zipf(1.1),
            Ipv6Share = 0.25,
            TcpShare = 0.9,
            PacketsPerSecond = 1_000_000,
            Seed = 42,
        });
        // end
        Assert.False(port.Info.CanWait);
    }
}
