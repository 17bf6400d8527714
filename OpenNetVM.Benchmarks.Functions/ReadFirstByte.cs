using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Functions;

/// <summary>The least that a function can do with a packet and still have touched it.</summary>
internal sealed class ReadFirstByte : NetworkFunction
{
    private int _sum;

    /// <inheritdoc/>
    protected override void Process(Packet packet) => _sum += packet.Data[0];
}
