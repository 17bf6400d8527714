namespace OpenNetVM.Core.Dataplane;

/// <summary>Whether a <see cref="Worker"/> has a thread.</summary>
public enum WorkerState
{
    /// <summary>No thread: not started yet, or stopped. It may be driven by hand with <see cref="Worker.PollOnce"/>, and started (again).</summary>
    Stopped,

    /// <summary>Its thread polls.</summary>
    Running,

    /// <summary>Its thread was asked to stop and finishes its round.</summary>
    Stopping,
}
