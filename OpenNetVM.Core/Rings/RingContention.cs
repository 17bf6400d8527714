namespace OpenNetVM.Core.Rings;

/// <summary>How long one call goes on trying when other threads keep winning the race for a cursor.</summary>
internal struct RingContention
{
    /// <summary>
    /// Each lost race is another thread's success, so honest threads never come near this. It ends the call where another process writes
    /// the cursor without end.
    /// </summary>
    private const int Limit = 1024;

    private SpinWait _wait;

    /// <summary>Waits a moment, longer each time and giving the core away after the first few, unless the call is to give up.</summary>
    public bool MayRetry()
    {
        if (_wait.Count >= Limit)
            return false;
        _wait.SpinOnce(sleep1Threshold: -1);
        return true;
    }
}
