namespace OpenNetVM.Core.Processes;

/// <summary>What ended an instance in another process.</summary>
internal enum RemoteEndKind
{
    /// <summary>It was told to stop, and said that it has.</summary>
    Stopped,

    /// <summary>It left of its own accord, in good order.</summary>
    Left,

    /// <summary>The platform has stopped, and it had not by then.</summary>
    Abandoned,

    /// <summary>Its connection was closed: the process is dead.</summary>
    Died,

    /// <summary>Its function threw an exception.</summary>
    Faulted,

    /// <summary>Packets waited, and it took none.</summary>
    Hung,

    /// <summary>It broke the rules too often.</summary>
    Expelled,
}
