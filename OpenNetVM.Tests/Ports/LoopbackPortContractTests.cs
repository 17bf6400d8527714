using OpenNetVM.Core.Ports;

namespace OpenNetVM.Tests.Ports;

/// <summary>The contract for a wire whose other end sends and takes.</summary>
public class LoopbackPortContractTests : PortContract
{
    private static readonly Lazy<byte[][]> Mixed = new(() => Frames(74, 1518));
    private static readonly Lazy<byte[][]> AroundAHundred = new(() => Frames(74, 140));

    private readonly byte[] _taken = new byte[2_048];
    private byte[][] _frames = Mixed.Value;
    private int _next;

    protected override IPort CreatePort(int receiveQueues, int transmitQueues) =>
        new LoopbackPort("wire", new LoopbackPortOptions { ReceiveQueues = receiveQueues, TransmitQueues = transmitQueues, Capacity = 1_024 });

    protected override IPort CreateOversizePort()
    {
        _frames = AroundAHundred.Value;
        return CreatePort(1, 1);
    }

    protected override void Supply(IPort port, int frames)
    {
        LoopbackPort wire = (LoopbackPort)port;
        while (wire.TryReceive(_taken, out _))
        {
            // Makes room for what is transmitted next.
        }

        for (int i = 0; i < frames; i++)
            Assert.True(wire.Send(_frames[_next++ % _frames.Length]) || wire.FramesToReceive > 0);
    }

    private static byte[][] Frames(int least, int most)
    {
        using PortHarness harness = PortHarness.Started(new GeneratorPort(new GeneratorPortOptions { Sizes = FrameSizes.Uniform(least, most), Ipv6Share = 0.5, TcpShare = 0.5, PacketCount = 600 }));
        return [.. harness.ReceiveAll().Select(frame => frame.Data)];
    }
}
