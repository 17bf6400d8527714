namespace OpenNetVM.OpenFlow;

/// <summary>What becomes of packets on which the controller should decide but does not: it is away, takes too long, or too many packets wait for it.</summary>
public enum SdnMissAction
{
    /// <summary>They follow the platform's default chain, from behind the SDN function on: traffic keeps flowing.</summary>
    FollowDefaultChain = 0,

    /// <summary>They are dropped.</summary>
    Drop = 1,
}
