namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>What the switch counts. Fields are added to with <see cref="Add"/>, from any thread.</summary>
internal sealed class SdnCounters
{
    public long Missed;
    public long Asked;
    public long Delayed;
    public long Unanswered;
    public long Overflowed;
    public long Undeliverable;
    public long Held;
    public long Released;
    public long PacketsOut;
    public long PacketsOutLost;
    public long CopiesLost;
    public long Unroutable;
    public long Endless;
    public long Installed;
    public long NotInstalled;

    /// <summary>Adds to one of the fields.</summary>
    public static void Add(ref long field, long count = 1) => Interlocked.Add(ref field, count);
}
