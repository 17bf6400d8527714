using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>What a packet costs in the ports that make packets up: received in bursts of 32, freed at once. Time and allocation are per packet.</summary>
[MemoryDiagnoser]
public class PortBenchmarks : IDisposable
{
    private const int Burst = 32;
    private const int Bursts = 1_000;

    private readonly PacketDescriptor[] _burst = new PacketDescriptor[Burst];
    private PacketPool _pool = null!;
    private PoolCache _cache = null!;
    private IPort _port = null!;

    /// <summary>The ports to measure.</summary>
    [Params("null 64", "generator 64, 1 flow", "generator 64, 1024 flows", "generator 64, 1M flows", "generator 64, 1M flows Zipf(1)", "generator HTTP mix", "capture")]
    public string Port { get; set; } = "";

    /// <summary>Makes and starts the port.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _pool = new PacketPool(new PacketPoolOptions { Capacity = 4_096 });
        _cache = _pool.CreateCache();
        byte[] capture = Port == "capture" ? MakeCapture() : [];
        _port = Port switch
        {
            "null 64" => new NullPort(new NullPortOptions { Frame = GeneratorPort.CreateFrame() }),
            "generator 64, 1 flow" => new GeneratorPort(new GeneratorPortOptions { Flows = 1 }),
            "generator 64, 1024 flows" => new GeneratorPort(),
            "generator 64, 1M flows" => new GeneratorPort(new GeneratorPortOptions { Flows = 1_000_000 }),
            "generator 64, 1M flows Zipf(1)" => new GeneratorPort(new GeneratorPortOptions { Flows = 1_000_000, Distribution = FlowDistribution.Zipf(1) }),
            "generator HTTP mix" => new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.HttpMix }),
            _ => new PcapPort(new PcapPortOptions { ReceiveFrom = () => CaptureReader.Open(new MemoryStream(capture), "memory"), Passes = null }),
        };
        _port.Start(new PortContext(new PortId(0), _pool));
    }

    /// <summary>Receives and frees.</summary>
    [Benchmark(OperationsPerInvoke = Bursts * Burst)]
    public long Receive()
    {
        long packets = 0;
        for (int i = 0; i < Bursts; i++)
        {
            int count = _port.Receive(0, _burst, _cache);
            _cache.Free(_burst.AsSpan(0, count));
            packets += count;
        }

        return packets;
    }

    /// <summary>Stops the port and frees the pool.</summary>
    [GlobalCleanup]
    public void Dispose()
    {
        _port?.Dispose();
        _pool?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static byte[] MakeCapture()
    {
        byte[] frame = GeneratorPort.CreateFrame();
        MemoryStream file = new();
        using (CaptureWriter writer = CaptureWriter.Create(file))
        {
            for (int i = 0; i < 100_000; i++)
                writer.Write(frame, i, frame.Length);
        }

        return file.ToArray();
    }
}
