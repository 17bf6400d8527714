using System.Diagnostics;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Reads every byte of a packet, and sends flows that it suspects elsewhere, on its own decision, from their present packet on.</summary>
/// <param name="lab">What the instances have in common.</param>
internal sealed class InspectingFunction(SteeringLab lab) : NetworkFunction
{
    private bool _seen;
    private int _sum;

    /// <inheritdoc/>
    protected override void Process(Packet packet)
    {
        if (!_seen)
        {
            _seen = true;
            lab.FirstPackets.TryAdd(Context.Instance, Stopwatch.GetTimestamp());
        }

        // Several times over, as an inspection with many patterns would.
        for (int pattern = 0; pattern < lab.Patterns; pattern++)
        {
            foreach (byte value in packet.Data)
                _sum = (_sum * 31) + value;
        }

        if (lab.IsSuspicious(packet.RssHash))
        {
            Context.Flows.TrySet(packet, lab.Diverted);
            packet.SendTo(lab.Scrubber);
        }
    }
}
