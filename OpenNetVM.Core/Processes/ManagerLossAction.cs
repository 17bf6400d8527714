namespace OpenNetVM.Core.Processes;

/// <summary>What a network function's process does when its manager is gone.</summary>
public enum ManagerLossAction
{
    /// <summary>It stops its function, and <see cref="NfProcess.Run"/> returns.</summary>
    Stop,

    /// <summary>
    /// It keeps its function, with all that it knows, and waits for a new manager at the same socket. Packets that it held are gone: see
    /// <see cref="NetworkFunctions.NetworkFunction.OnManagerChanged"/>.
    /// </summary>
    WaitForAnother,
}
