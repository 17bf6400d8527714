namespace OpenNetVM.Core.Steering;

/// <summary>What becomes of a packet that a network function wanted to send where the policy does not let it.</summary>
public enum VetoAction
{
    /// <summary>It follows its chain, as if the function had asked for nothing.</summary>
    FollowChain,

    /// <summary>It is dropped, counted as vetoed.</summary>
    Drop,
}
