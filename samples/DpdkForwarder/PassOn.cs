using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Samples.Dpdk;

/// <summary>The place for your own function: it sees every packet, and lets it go on along its chain.</summary>
internal sealed class PassOn : NetworkFunction
{
    protected override void Process(Packet packet)
    {
    }
}
