using OpenNetVM.Core.Chains;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Samples.Sdn;

/// <summary>An intrusion detection that finds every sixteenth flow suspicious, and has its packets scrubbed from then on: it sets the flow's chain itself, and the controller is not asked.</summary>
/// <param name="scrubbing">The chain of suspicious flows.</param>
internal sealed class Ids(Func<ChainId> scrubbing) : NetworkFunction
{
    private const uint OneIn = 16;

    protected override void Process(Packet packet)
    {
        if (packet.RssHash % OneIn != 0)
            return;
        // Where the flow director has no room, the packet alone is scrubbed, and the next one is looked at again.
        Context.Flows.TrySet(packet, scrubbing());
        packet.SendTo(scrubbing());
    }
}
