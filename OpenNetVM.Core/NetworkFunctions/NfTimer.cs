namespace OpenNetVM.Core.NetworkFunctions;

/// <summary>A timer of a network function: see <see cref="NfContext.Schedule"/>. Used on the instance's thread only.</summary>
public sealed class NfTimer
{
    internal NfTimer(Action callback, long period)
    {
        Callback = callback;
        Period = period;
    }

    /// <summary>True until it was cancelled or, without a period, has fired.</summary>
    public bool IsActive { get; internal set; } = true;

    internal Action Callback { get; }

    /// <summary>Clock ticks between calls, 0 for once.</summary>
    internal long Period { get; }

    /// <summary>Stops the timer. Safe to call again, and from its own callback.</summary>
    public void Cancel() => IsActive = false;
}
