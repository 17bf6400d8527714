using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>Where packets that are being routed come from.</summary>
internal readonly struct Sender
{
    /// <summary>The packets come from the rings of an instance, or, without one, from the manager.</summary>
    internal Sender(NfInstance? instance)
        : this(instance, instance?.OwnerId ?? BufferOwner.Manager, 0)
    {
    }

    private Sender(NfInstance? instance, uint owner, uint hops)
    {
        Instance = instance;
        Owner = owner;
        Hops = hops;
    }

    /// <summary>The instance that had the packets last; null if they come from a port.</summary>
    internal NfInstance? Instance { get; }

    /// <summary>What the owner words of the packets must say.</summary>
    internal uint Owner { get; }

    /// <summary>Fused hops that the owner words do not count yet.</summary>
    internal uint Hops { get; }

    /// <summary>The packets were handed to an instance past its rings.</summary>
    internal static Sender InTransit(NfInstance instance, uint hops) => new(instance, BufferOwner.Transit, hops);
}
