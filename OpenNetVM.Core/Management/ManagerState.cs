namespace OpenNetVM.Core.Management;

/// <summary>Where a platform stands in its life.</summary>
public enum ManagerState
{
    /// <summary>Built; nothing moves yet.</summary>
    Built,

    /// <summary>Packets move.</summary>
    Running,

    /// <summary>Nothing more comes in; what is under way is worked off.</summary>
    Stopping,

    /// <summary>Nothing moves, and no packet is left.</summary>
    Stopped,
}
