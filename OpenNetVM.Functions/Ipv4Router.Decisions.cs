using OpenNetVM.Functions.Internals;

namespace OpenNetVM.Functions;

public sealed partial class Ipv4Router
{
    // Written by the function's thread alone. A 64-bit element is never seen half written.
    private readonly long[] _counters = new long[(int)Counter.Last + 1];

    private enum Counter
    {
        Forwarded,
        EchoReplies,
        IcmpErrors,
        ArpReplies,
        ArpRequests,
        ArpRequestsLost,
        ArpRead,
        NotForRouter,
        Malformed,
        NotRoutable,
        NotAnswered,
        TooLong,
        NotReported,
        NotHeld,
        NotSent,
        Last = NotSent,
    }

    private enum Verdict
    {
        Drop,
        Send,
        Wait,
    }

    /// <summary>Counters since the router was made. Safe from any thread; exact when it is quiet.</summary>
    public Ipv4RouterStatistics Statistics => new()
    {
        Forwarded = Read(Counter.Forwarded),
        EchoReplies = Read(Counter.EchoReplies),
        IcmpErrors = Read(Counter.IcmpErrors),
        ArpReplies = Read(Counter.ArpReplies),
        ArpRequests = Read(Counter.ArpRequests),
        ArpRequestsLost = Read(Counter.ArpRequestsLost),
        ArpRead = Read(Counter.ArpRead),
        NotForRouter = Read(Counter.NotForRouter),
        Malformed = Read(Counter.Malformed),
        NotRoutable = Read(Counter.NotRoutable),
        NotAnswered = Read(Counter.NotAnswered),
        TooLong = Read(Counter.TooLong),
        NotReported = Read(Counter.NotReported),
        NotHeld = Read(Counter.NotHeld),
        NotSent = Read(Counter.NotSent),
    };

    private long Read(Counter counter) => Volatile.Read(ref _counters[(int)counter]);

    private void Count(Counter counter) => _counters[(int)counter]++;

    private void Count(PacketPurpose purpose) => Count(purpose switch
    {
        PacketPurpose.Forward => Counter.Forwarded,
        PacketPurpose.EchoReply => Counter.EchoReplies,
        PacketPurpose.IcmpError => Counter.IcmpErrors,
        _ => Counter.ArpReplies,
    });

    private Decision Drop(Counter reason)
    {
        Count(reason);
        return default;
    }

    private static Decision SendThrough(int network, PacketPurpose purpose) => new(Verdict.Send, network, purpose);

    private static Decision WaitFor(int neighbour, PacketPurpose purpose) => new(Verdict.Wait, neighbour, purpose);

    /// <summary>What becomes of a packet. The default value drops it; why is counted where that is decided.</summary>
    /// <param name="Verdict">What is done.</param>
    /// <param name="Value">The interface that it is sent through, or the neighbour that it waits for.</param>
    /// <param name="Purpose">As what it counts when it is sent.</param>
    private readonly record struct Decision(Verdict Verdict, int Value, PacketPurpose Purpose);
}
