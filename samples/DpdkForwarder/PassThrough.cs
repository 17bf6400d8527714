using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Samples;

/// <summary>Leaves every packet to its chain. This is the place for a function of your own.</summary>
internal sealed class PassThrough : NetworkFunction
{
    protected override void Process(Packet packet) => packet.Next();
}
