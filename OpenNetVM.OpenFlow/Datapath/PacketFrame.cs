using OpenNetVM.Core.Packets;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>A packet of the platform, changed in place. As long-lived and as bound to its thread as the packet.</summary>
internal readonly ref struct PacketFrame : IEditableFrame
{
    private readonly Packet _packet;

    public PacketFrame(Packet packet) => _packet = packet;

    public Span<byte> Data => _packet.Data;

    public bool TryPrepend(int count) => _packet.TryPrepend(count, out _);

    public bool TryTrimStart(int count) => _packet.TryTrimStart(count);

    public void Changed() => _packet.InvalidateLayers();
}
