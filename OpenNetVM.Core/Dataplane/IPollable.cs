namespace OpenNetVM.Core.Dataplane;

/// <summary>
/// Something that a <see cref="Worker"/> polls, one thread at a time: a port's receive side, a network function, a transmit poller.
/// An implementation needs no locks against itself; it may move to another worker, and sees what it wrote on the former one.
/// </summary>
public interface IPollable
{
    /// <summary>What <see cref="Poll"/> answers when it has work that waits for somebody else, for example because a ring is full.</summary>
    const int Blocked = -1;

    /// <summary>Names it in logs, for example "rx port 0 queue 1".</summary>
    string Name { get; }

    /// <summary>
    /// Does a bounded amount of work (a burst or a few) and returns; it never waits. An exception is logged and counted by the
    /// worker, which polls the object again (see <see cref="Worker.Faults"/>).
    /// </summary>
    /// <returns>
    /// The work done in this call, in any unit (packets, messages); 0 if there was none; <see cref="Blocked"/> (or any negative
    /// number) if there is work that cannot proceed: the worker then gives its core to others but does not wait to be woken.
    /// </returns>
    int Poll();
}
