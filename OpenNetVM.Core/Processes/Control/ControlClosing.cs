namespace OpenNetVM.Core.Processes.Control;

/// <summary>Who or what ended a control connection.</summary>
internal enum ControlClosingKind
{
    /// <summary>This side closed it.</summary>
    ClosedHere,

    /// <summary>The other side closed it: its process ended, or it wanted to.</summary>
    ClosedByPeer,

    /// <summary>The other side sent what is not the protocol.</summary>
    Malformed,

    /// <summary>The other side did not read what was sent to it.</summary>
    NotRead,

    /// <summary>The system failed to move bytes.</summary>
    Failed,
}

/// <summary>Why a control connection ended.</summary>
/// <param name="Kind">The case, for code.</param>
/// <param name="Reason">The case, for people.</param>
internal readonly record struct ControlClosing(ControlClosingKind Kind, string Reason);
