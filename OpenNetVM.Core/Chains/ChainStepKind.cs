namespace OpenNetVM.Core.Chains;

/// <summary>What one step of a service chain does.</summary>
public enum ChainStepKind : byte
{
    /// <summary>The packet goes to an instance of a service.</summary>
    Service = 0,

    /// <summary>The packet leaves through a port: the chain's end.</summary>
    Port = 1,

    /// <summary>The packet is dropped: the chain's end.</summary>
    Drop = 2,
}
