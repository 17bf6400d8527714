using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk;
using OpenNetVM.Tests.Ports;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Dpdk;

/// <summary>The contract for a device that always has frames, received into the platform's buffers and copied into them.</summary>
public abstract class DpdkNullPortContract(DpdkPlacement placement) : PortContract
{
    protected override IPort CreatePort(int receiveQueues, int transmitQueues) => DpdkEal.Open("net_null", "size=74", new DpdkPortOptions
    {
        Device = "",
        ReceiveQueues = receiveQueues,
        TransmitQueues = transmitQueues,
        Placement = placement,
    });

    // Where frames are copied, the driver has delivered them before a buffer is asked for.
    protected override bool LosesWithoutBuffer(IPort port) => placement == DpdkPlacement.Copied;

    // The driver takes the buffers of a burst all or not at all.
    protected override int SmallestPartOfBurst => 0;

    protected override IPort CreateOversizePort() => DpdkPcapPortTests.OpenMixed(1, 1, 74, 140, placement);
}

public class DpdkNullPortInPlaceTests() : DpdkNullPortContract(DpdkPlacement.InPlace);

public class DpdkNullPortCopiedTests() : DpdkNullPortContract(DpdkPlacement.Copied);
