using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Benchmarks.Experiments.Paper;

/// <summary>Looks up the flows of a burst in one go and drops the packets that have none.</summary>
internal sealed class BurstLookupFunction(FlowLookup lookup) : NetworkFunction
{
    private readonly LookupBuffers _buffers = new();
    private long _sum;

    /// <inheritdoc/>
    protected override void ProcessBatch(PacketBatch batch)
    {
        _sum += lookup.Find(batch, _buffers);
        for (int i = 0; i < batch.Count; i++)
        {
            if (!_buffers.Hits[i])
                batch[i].Drop();
            _sum += _buffers.Values[i];
        }
    }
}
