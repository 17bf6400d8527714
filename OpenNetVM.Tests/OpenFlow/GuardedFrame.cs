using OpenNetVM.OpenFlow.Datapath;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>A frame somewhere in memory whose ends are the caller's to choose and to look at.</summary>
/// <param name="room">The memory.</param>
/// <param name="start">Where the frame begins in it.</param>
/// <param name="length">Bytes of the frame.</param>
internal ref struct GuardedFrame(Span<byte> room, int start, int length) : IEditableFrame
{
    private readonly Span<byte> _room = room;

    public int Start { get; private set; } = start;

    public int Length { get; private set; } = length;

    /// <summary>Whether it was said that headers are others.</summary>
    public bool IsChanged { get; private set; }

    public readonly Span<byte> Data => _room.Slice(Start, Length);

    public bool TryPrepend(int count)
    {
        if (count > Start)
            return false;
        Start -= count;
        Length += count;
        return true;
    }

    public bool TryTrimStart(int count)
    {
        if (count > Length)
            return false;
        Start += count;
        Length -= count;
        return true;
    }

    public void Changed() => IsChanged = true;
}
