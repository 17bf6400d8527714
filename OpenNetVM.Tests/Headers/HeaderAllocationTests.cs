using OpenNetVM.Core.Headers;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Headers;

public class HeaderAllocationTests
{
    [Fact]
    public void Parsing_reading_and_writing_headers_allocates_nothing()
    {
        byte[][] frames = [.. HandMadeFrames.All];
        ulong seen = Round(frames);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
            seen += Round(frames);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(0, allocated);
        Assert.NotEqual(0UL, seen);
    }

    private static ulong Round(byte[][] frames)
    {
        ulong seen = 0;
        foreach (byte[] frame in frames)
        {
            FlowKeyReader.Read(frame, out Ipv4FlowKey ipv4, out Ipv6FlowKey ipv6, out PacketLayers layers);
            TunnelReader.TryEnter(frame, layers, out PacketLayers inner);
            seen += ipv4.Source + (ulong)ipv6.Source + (ulong)inner.NetworkOffset;
            for (int offset = 0; offset < frame.Length; offset += 2)
                seen += ViewExerciser.Read(frame.AsSpan(offset));
            ViewExerciser.Write(layers.Transport(frame.AsSpan()), (uint)seen);
        }

        return seen;
    }
}
