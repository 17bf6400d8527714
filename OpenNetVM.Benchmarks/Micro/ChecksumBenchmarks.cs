using BenchmarkDotNet.Attributes;
using OpenNetVM.Core.Headers;
using PacketDotNet.Utils;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>The Internet checksum over an IPv4 header (20 bytes) and over a full packet, in every form, and the incremental update that avoids it.</summary>
[MemoryDiagnoser]
public class ChecksumBenchmarks
{
    private byte[] _bytes = [];

    [Params(20, 64, 1500)]
    public int Length { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _bytes = new byte[Length];
        new Random(1).NextBytes(_bytes);
        if ((ushort)ChecksumUtils.OnesComplementSum(_bytes, 0, _bytes.Length) != InternetChecksum.Compute(_bytes))
            throw new InvalidOperationException("The rivals disagree.");
    }

    [Benchmark(Baseline = true)]
    public ushort Compute() => InternetChecksum.Compute(_bytes);

    [Benchmark]
    public uint Scalar() => InternetChecksum.SumScalar(_bytes);

    [Benchmark]
    public uint Vector128Form() => InternetChecksum.SumVector128(_bytes);

    [Benchmark]
    public uint Vector256Form() => InternetChecksum.SumVector256(_bytes);

    [Benchmark]
    public ushort UpdateOf32Bits() => InternetChecksum.Update(0x1234, (uint)Length, 0xC0000201u);

    [Benchmark]
    public int PacketDotNetSum() => ChecksumUtils.OnesComplementSum(_bytes, 0, _bytes.Length);
}
