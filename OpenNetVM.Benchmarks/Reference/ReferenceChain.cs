using System.Runtime.InteropServices;

namespace OpenNetVM.Benchmarks.Reference;

/// <summary>A chain of the C reference with its pool, rings and flow table. Used by one thread at a time.</summary>
internal sealed unsafe class ReferenceChain : IDisposable
{
    // What the functions read of each packet: the first byte of the destination address in chain_flows.h.
    private const ulong FirstByte = 2;

    private readonly ChainReference _reference;
    private readonly ReferenceChainOptions _options;
    private nint _chain;

    /// <summary>Makes it.</summary>
    /// <exception cref="InvalidOperationException">The options are out of range, or memory is short.</exception>
    internal ReferenceChain(ChainReference reference, ReferenceChainOptions options)
    {
        _reference = reference;
        _options = options;
        Config config = new()
        {
            Layout = options.Layout,
            Steering = options.Steering,
            Runs = options.Runs ? 1u : 0,
            Length = (uint)options.Length,
            Burst = (uint)options.Burst,
            RingSize = (uint)options.RingSize,
            Flows = (uint)options.Flows,
            Chains = (uint)options.Chains,
            Core = (uint)options.Core,
            FunctionCore = (uint)options.FunctionCore,
            FrameLength = (uint)options.FrameLength,
        };
        nint chain;
        Check(reference.Create(&config, &chain), "made");
        _chain = chain;
    }

    /// <summary>Runs the chain on the calling thread, which is bound to the chain's core meanwhile.</summary>
    /// <returns>Nanoseconds per packet.</returns>
    /// <exception cref="InvalidOperationException">It could not run, or packets were lost, or functions did not see all of them.</exception>
    internal double Run(TimeSpan time)
    {
        Result result;
        Check(_reference.Run(_chain, (ulong)time.TotalNanoseconds, &result), "run");
        CheckConservation(in result, result.Generated * (ulong)_options.Length);
        return (double)result.Nanoseconds / Math.Max(1, result.Packets);
    }

    /// <summary>Sends one packet at a time from the first function through TX to the second, on two cores.</summary>
    /// <param name="samples">How many times.</param>
    /// <param name="gap">How long to wait after each.</param>
    /// <param name="bucketNanoseconds">Width of the histogram's buckets.</param>
    /// <param name="counts">The histogram: how many took how many whole buckets. The last takes all that took longer.</param>
    /// <exception cref="InvalidOperationException">It could not run, or packets were lost.</exception>
    internal void MeasureLatency(int samples, TimeSpan gap, int bucketNanoseconds, Span<uint> counts)
    {
        Result result;
        fixed (uint* first = counts)
        {
            Check(_reference.Latency(_chain, (ulong)samples, (ulong)gap.TotalNanoseconds, (ulong)bucketNanoseconds, first, (uint)counts.Length, &result), "run");
        }

        CheckConservation(in result, 2 * (ulong)samples);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _reference.Destroy(_chain);
        _chain = 0;
    }

    private void CheckConservation(in Result result, ulong hops)
    {
        if (result.Missing != 0 || result.Dropped != 0 || result.Left != result.Generated || result.Hops != hops || result.Touched != FirstByte * hops)
        {
            throw new InvalidOperationException(
                $"The C chain {_options} generated {result.Generated} packets, of which {result.Left} left it and {result.Dropped} were dropped; functions handled {result.Hops} instead of {hops} and read a sum of {result.Touched}; {result.Missing} buffers are not back in the pool.");
        }
    }

    private void Check(int error, string done)
    {
        if (error != 0)
            throw new InvalidOperationException($"The C chain {_options} could not be {done}: {Marshal.GetPInvokeErrorMessage(error)} (errno {error}).");
    }

    // struct chain_config.
    [StructLayout(LayoutKind.Sequential)]
    internal struct Config
    {
        internal ReferenceLayout Layout;
        internal ReferenceSteering Steering;
        internal uint Runs;
        internal uint Length;
        internal uint Burst;
        internal uint RingSize;
        internal uint Flows;
        internal uint Chains;
        internal uint Core;
        internal uint FunctionCore;
        internal uint FrameLength;
    }

    // struct chain_result.
    [StructLayout(LayoutKind.Sequential)]
    internal struct Result
    {
        internal ulong Packets;
        internal ulong Nanoseconds;
        internal ulong Generated;
        internal ulong Left;
        internal ulong Dropped;
        internal ulong Hops;
        internal ulong Touched;
        internal ulong Missing;
    }
}
