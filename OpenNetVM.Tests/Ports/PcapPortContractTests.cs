using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

/// <summary>The contract over a capture that is replayed without end, and a writer into memory.</summary>
public class PcapPortContractTests : PortContract
{
    // More than any test of the contract takes in one pass: opening the capture again allocates.
    private static readonly Lazy<byte[]> Long = new(() => Capture(FrameSizes.Uniform(74, 400), 12_000));

    protected override IPort CreatePort(int receiveQueues, int transmitQueues) => Create(Long.Value, receiveQueues, transmitQueues);

    // 60 to 140 bytes: some fit buffers of 100, some do not.
    protected override IPort CreateOversizePort() => Create(Capture(FrameSizes.Uniform(74, 140), 200), 1, 1);

    private static PcapPort Create(byte[] capture, int receiveQueues, int transmitQueues) => new(new PcapPortOptions
    {
        Name = "capture",
        ReceiveFrom = () => CaptureReader.Open(new MemoryStream(capture), "memory"),
        TransmitTo = () => CaptureWriter.Create(Stream.Null),
        ReceiveQueues = receiveQueues,
        TransmitQueues = transmitQueues,
        ProvideRssHash = true,
        Passes = null,
    });

    internal static byte[] Capture(FrameSizes sizes, int frames)
    {
        MemoryStream file = new();
        using (CaptureWriter writer = CaptureWriter.Create(file))
        using (PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Sizes = sizes, Ipv6Share = 0.4, TcpShare = 0.5, PacketCount = frames })))
        {
            long time = 1_700_000_000_000_000_000;
            foreach (ReceivedFrame frame in harness.ReceiveAll())
                writer.Write(frame.Data, time += 1_000_000, frame.Data.Length);
        }

        return file.ToArray();
    }
}
