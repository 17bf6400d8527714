using System.Buffers.Binary;
using System.Diagnostics;
using System.Runtime.InteropServices;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Benchmarks.Functions;

/// <summary>Sets the chains of flows when it is told to, and says how long each request took.</summary>
internal sealed class RequestingFunction : NetworkFunction
{
    /// <summary>Kind of the message that says: so many times (4 bytes), then report to that service (2 bytes).</summary>
    internal const int Go = 1;

    /// <summary>Kind of the report: 8 bytes for each request, ticks of the stopwatch.</summary>
    internal const int Report = 2;

    /// <summary>The most requests of one report.</summary>
    internal const int MaxRequests = 4_096;

    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        // It is there for its messages.
    }

    /// <inheritdoc/>
    protected override void OnMessage(in NfMessage message)
    {
        ReadOnlySpan<byte> body = message.Body.Span;
        if (message.Kind != Go || body.Length != 6)
            return;
        long[] ticks = new long[Math.Min(BinaryPrimitives.ReadInt32LittleEndian(body), MaxRequests)];
        ServiceId collector = new(BinaryPrimitives.ReadUInt16LittleEndian(body[4..]));
        for (int i = 0; i < ticks.Length; i++)
        {
            Ipv4FlowKey flow = new(0x0A00_0001 + (uint)i, 0xC0A8_0001, 40_000, 80, 17);
            long begin = Stopwatch.GetTimestamp();
            if (!Context.Flows.TrySet(flow, new ChainId(1)))
                throw new InvalidOperationException($"The manager refused to set a chain for flow {i}.");
            ticks[i] = Stopwatch.GetTimestamp() - begin;
        }

        Context.Post(collector, Report, MemoryMarshal.AsBytes<long>(ticks).ToArray());
    }
}
