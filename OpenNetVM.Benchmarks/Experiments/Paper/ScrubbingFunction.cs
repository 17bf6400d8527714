using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Where suspicious packets end.</summary>
internal sealed class ScrubbingFunction : NetworkFunction
{
    /// <inheritdoc/>
    protected override void Process(Packet packet) => packet.Drop();
}
