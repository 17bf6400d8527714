namespace OpenNetVM.Core.Diagnostics;

/// <summary>Why the platform dropped a packet. Every dropped packet is counted under exactly one of these.</summary>
public enum DropReason
{
    /// <summary>A network function asked for it.</summary>
    ByFunction,

    /// <summary>The packet's chain ends with a drop.</summary>
    ByChain,

    /// <summary>Shed on arrival because an instance further along its way was congested: lost as early as possible, before work was spent on it.</summary>
    BackPressure,

    /// <summary>The receive ring of the instance that it was for was full.</summary>
    RingFull,

    /// <summary>The port that it was for did not take it.</summary>
    PortFull,

    /// <summary>No instance of the service that it was for is running.</summary>
    NoInstance,

    /// <summary>The network function sent it to a service that is not registered or a port that does not exist.</summary>
    UnknownDestination,

    /// <summary>The steering policy refused where the network function sent it, and is configured to drop such packets.</summary>
    Vetoed,

    /// <summary>It visited more instances than the hop limit allows: functions or rules send it in circles.</summary>
    HopLimit,

    /// <summary>The network function threw an exception while it handled this packet.</summary>
    FunctionFault,

    /// <summary>The instance that held it stopped without sending it.</summary>
    InstanceStopped,

    /// <summary>It was under way when the platform stopped.</summary>
    PlatformStopped,

    /// <summary>It was to go into another security domain, which had no free buffer to copy it into.</summary>
    NoBuffer,
}
