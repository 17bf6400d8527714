using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

/// <summary>A pollable that does what the test says, and counts.</summary>
internal sealed class ScriptedPollable(Func<int> poll, string name = "scripted") : IPollable
{
    private long _polls;
    private int _inside;

    public string Name => name;

    /// <summary>How often it was polled.</summary>
    public long Polls => Volatile.Read(ref _polls);

    /// <summary>True if two threads were ever inside <see cref="Poll"/> together, or one twice.</summary>
    public bool Overlapped { get; private set; }

    public int Poll()
    {
        Overlapped |= Interlocked.Exchange(ref _inside, 1) != 0;
        try
        {
            Volatile.Write(ref _polls, _polls + 1);
            return poll();
        }
        finally
        {
            Volatile.Write(ref _inside, 0);
        }
    }
}
