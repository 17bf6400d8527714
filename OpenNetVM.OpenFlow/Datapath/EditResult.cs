namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>What became of an action on a packet.</summary>
internal enum EditResult
{
    /// <summary>The packet is as the action wants it.</summary>
    Done,

    /// <summary>The packet has no such field: it was left as it is, and the actions that follow apply to it.</summary>
    NotPresent,

    /// <summary>There was no room for a tag: the packet was left as it is.</summary>
    NoRoom,

    /// <summary>The packet has made its last hop and must not be forwarded: it was left as it is.</summary>
    TtlExpired,
}
