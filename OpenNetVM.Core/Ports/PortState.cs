namespace OpenNetVM.Core.Ports;

/// <summary>Where a port stands in its life.</summary>
public enum PortState
{
    /// <summary>Constructed, not started.</summary>
    Created,

    /// <summary>Moving packets.</summary>
    Running,

    /// <summary>Running, but nothing more will be received: the file is read, the generator's count is reached. Transmission goes on.</summary>
    Ended,

    /// <summary>Running, but nothing more will be received because of an error, which <see cref="PortStatus.Error"/> tells. What came before it was delivered.</summary>
    Failed,

    /// <summary>Stopped.</summary>
    Stopped,
}
