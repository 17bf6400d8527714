using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Samples.Sdn;

/// <summary>Lets nothing through.</summary>
internal sealed class Scrubber : NetworkFunction
{
    protected override void Process(Packet packet) => packet.Drop();
}
