using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>Packets gathered for one instance of the same worker, to be handed to it past its rings. Reused, so that packets allocate nothing.</summary>
internal sealed class FusedBatch(int capacity)
{
    private readonly BurstBuffer _packets = new(capacity);
    private int _count;

    /// <summary>Whom the packets are for.</summary>
    internal NfInstance? Instance { get; private set; }

    internal Span<PacketDescriptor> Packets => _packets.Span[.._count];

    /// <summary>Free places; the caller fills them from the front and calls <see cref="Added"/>.</summary>
    internal Span<PacketDescriptor> Room => _packets.Span[_count..];

    internal void Added(int packets) => _count += packets;

    internal void Reset(NfInstance? instance)
    {
        Instance = instance;
        _count = 0;
    }
}
