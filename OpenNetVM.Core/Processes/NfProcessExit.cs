namespace OpenNetVM.Core.Processes;

/// <summary>Why <see cref="NfProcess.Run"/> returned.</summary>
public enum NfProcessExit
{
    /// <summary>The manager told the instance to stop.</summary>
    Stopped,

    /// <summary>The caller cancelled it.</summary>
    Cancelled,

    /// <summary>The manager is gone, or has thrown the instance out.</summary>
    ManagerLost,
}
