using System.Diagnostics;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Chains;

/// <summary>
/// The service chains of a platform. Safe from any thread; chains can be added, replaced and removed while packets flow. A packet
/// finishes the revision of the chain that it started on; packets classified later follow the new one.
/// </summary>
[DebuggerDisplay("{Count} chains")]
public sealed class ChainTable
{
    /// <summary>The revision of a packet that no chain was found for yet. Never dealt.</summary>
    internal const ushort NoRevision = ushort.MaxValue;

    // Slots are dealt in turn and a retired one comes round again only after all others: 65,535 replacements later, and not
    // within this time, which is far longer than a packet stays in rings.
    private static readonly TimeSpan RetiredFor = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly ServiceRegistry _services;
    private readonly Func<PortId, PortInfo?> _findPort;
    private readonly TimeProvider _time;
    private readonly Queue<(ushort Slot, long RetiredAt)> _retired = new();
    private readonly Dictionary<ushort, ChainId> _ingressDefaults = [];
    private ChainRevision?[] _revisions = new ChainRevision?[16];
    private ChainRevision?[] _current = new ChainRevision?[16];
    private ChainId[] _defaultByPort = [];
    private int _nextSlot;

    /// <param name="services">What chains may visit.</param>
    /// <param name="findPort">What chains may end with; null for a port that does not exist.</param>
    /// <param name="time">Clock.</param>
    internal ChainTable(ServiceRegistry services, Func<PortId, PortInfo?> findPort, TimeProvider time)
    {
        _services = services;
        _findPort = findPort;
        _time = time;
        Store(ChainId.Default, ServiceChain.Drop, "default");
    }

    /// <summary>Number of chains, the default chain included.</summary>
    public int Count => Volatile.Read(ref _current).Count(static revision => revision is not null);

    /// <summary>The chain of packets for which the flow director has no rule; dropping everything until it is set.</summary>
    public ServiceChain Default
    {
        get => this[ChainId.Default];
        set => Replace(ChainId.Default, value);
    }

    /// <summary>The present steps of a chain.</summary>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public ServiceChain this[ChainId id] => (Current(id) ?? throw Unknown(id)).Chain;

    /// <summary>Adds a chain.</summary>
    /// <returns>Its id, for rules of the flow director.</returns>
    /// <exception cref="ArgumentException">The chain names a service or a port that does not exist, or ends with a port that only receives.</exception>
    public ChainId Add(ServiceChain chain) => Add(chain, isFixed: false);

    /// <summary>
    /// Adds a chain that packets finish once they are on it: changes of the flow director do not move them away. For functions that decide where single packets go
    /// (<see cref="Packets.PacketAction.ToChain"/>), those included that have no flow key.
    /// </summary>
    /// <returns>Its id.</returns>
    /// <exception cref="ArgumentException">The chain names a service or a port that does not exist, or ends with a port that only receives.</exception>
    public ChainId AddFixed(ServiceChain chain) => Add(chain, isFixed: true);

    private ChainId Add(ServiceChain chain, bool isFixed)
    {
        ArgumentNullException.ThrowIfNull(chain);
        lock (_gate)
        {
            int free = Array.IndexOf(_current, null);
            if (free < 0)
                free = _current.Length;
            if (free >= ushort.MaxValue)
                throw new InvalidOperationException($"There are {ushort.MaxValue} chains already. Remove some, or let flows with the same steps share one.");
            ChainId id = new((ushort)free);
            Store(id, chain, id.ToString(), isFixed);
            return id;
        }
    }

    /// <summary>Gives a chain new steps. Packets under way finish the old ones.</summary>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    /// <exception cref="ArgumentException">The chain names a service or a port that does not exist, or ends with a port that only receives.</exception>
    public void Replace(ChainId id, ServiceChain chain)
    {
        ArgumentNullException.ThrowIfNull(chain);
        lock (_gate)
        {
            bool isFixed = (Current(id) ?? throw Unknown(id)).IsFixed;
            Store(id, chain, id.ToString(), isFixed);
        }
    }

    /// <summary>Removes a chain. Packets under way finish it; flows whose rules name it follow the default chain from then on.</summary>
    /// <returns>False if there was no such chain.</returns>
    /// <exception cref="ArgumentException">It is the default chain, which can only be replaced.</exception>
    public bool Remove(ChainId id)
    {
        if (id == ChainId.Default)
            throw new ArgumentException("The default chain cannot be removed. Set it to ServiceChain.Drop to let nothing through.", nameof(id));
        lock (_gate)
        {
            if (Current(id) is not { } revision)
                return false;
            ChainRevision?[] current = [.. _current];
            current[id.Value] = null;
            Volatile.Write(ref _current, current);
            Retire(revision);
            foreach (ushort port in _ingressDefaults.Where(entry => entry.Value == id).Select(static entry => entry.Key).ToArray())
                _ingressDefaults.Remove(port);
            Volatile.Write(ref _defaultByPort, BuildDefaults());
            return true;
        }
    }

    /// <summary>Gives packets of one ingress port a default chain of their own, for example a way out for each direction of a wire.</summary>
    /// <exception cref="KeyNotFoundException">There is no such chain.</exception>
    public void SetDefault(PortId ingress, ChainId id)
    {
        lock (_gate)
        {
            if (Current(id) is null)
                throw Unknown(id);
            if (_findPort(ingress) is null)
                throw new ArgumentException($"There is no {ingress} in this platform.", nameof(ingress));
            _ingressDefaults[ingress.Value] = id;
            Volatile.Write(ref _defaultByPort, BuildDefaults());
        }
    }

    /// <summary>The chain of packets of one ingress port for which the flow director has no rule.</summary>
    public ServiceChain GetDefault(PortId ingress) => DefaultFor(ingress.Value).Chain;

    /// <summary>The present chains that end with a port.</summary>
    internal List<ChainId> EndingWith(PortId port)
    {
        lock (_gate)
        {
            return [.. _current.OfType<ChainRevision>()
                .Where(revision => revision.Chain.Steps[^1] is { Kind: ChainStepKind.Port } last && last.Port == port)
                .Select(static revision => revision.Id)];
        }
    }

    /// <summary>The default chain's revision for packets of a port. Data path: no lock.</summary>
    internal ChainRevision DefaultFor(ushort ingress)
    {
        ChainId[] byPort = Volatile.Read(ref _defaultByPort);
        ChainId id = ingress < byPort.Length ? byPort[ingress] : ChainId.Default;
        return Current(id) ?? Current(ChainId.Default)!;
    }

    /// <summary>The present revision of a chain, null if there is none. Data path: no lock.</summary>
    internal ChainRevision? Current(ChainId id)
    {
        ChainRevision?[] current = Volatile.Read(ref _current);
        return id.Value < current.Length ? current[id.Value] : null;
    }

    /// <summary>The revision that a packet names, null if it names none. Data path: no lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ChainRevision? Revision(ushort slot)
    {
        ChainRevision?[] revisions = Volatile.Read(ref _revisions);
        return slot < revisions.Length ? revisions[slot] : null;
    }

    private static KeyNotFoundException Unknown(ChainId id) => new($"There is no {id} in this platform. Add it first.");

    private ChainId[] BuildDefaults()
    {
        if (_ingressDefaults.Count == 0)
            return [];
        ChainId[] byPort = new ChainId[_ingressDefaults.Keys.Max() + 1];
        foreach ((ushort port, ChainId id) in _ingressDefaults)
            byPort[port] = id;
        return byPort;
    }

    // Under the lock. The revision is published before it is current: no packet can name what readers cannot find.
    private void Store(ChainId id, ServiceChain chain, string name, bool isFixed = false)
    {
        CompiledStep[] steps = Compile(chain, name);
        ushort slot = TakeSlot();
        ChainRevision revision = new(id, slot, chain, steps, isFixed);

        ChainRevision?[] revisions = _revisions;
        if (slot >= revisions.Length)
            Array.Resize(ref revisions, Math.Min(NoRevision, Math.Max(slot + 1, revisions.Length * 2)));
        Volatile.Write(ref revisions[slot], revision);
        Volatile.Write(ref _revisions, revisions);

        ChainRevision?[] current = _current;
        ChainRevision? before = id.Value < current.Length ? current[id.Value] : null;
        if (id.Value >= current.Length)
            Array.Resize(ref current, Math.Max(id.Value + 1, current.Length * 2));
        Volatile.Write(ref current[id.Value], revision);
        Volatile.Write(ref _current, current);
        if (before is not null)
            Retire(before);
    }

    private CompiledStep[] Compile(ServiceChain chain, string name)
    {
        CompiledStep[] compiled = new CompiledStep[chain.Length];
        for (int i = 0; i < compiled.Length; i++)
        {
            ChainStep step = chain.Steps[i];
            Service? service = null;
            if (step.Kind == ChainStepKind.Service)
            {
                service = _services.Find(step.Service)
                    ?? throw new ArgumentException($"Step {i + 1} of {name}, {chain}, names {step.Service}, which is not registered. Add the service before the chain, or take the step out.", nameof(chain));
            }
            else if (step.Kind == ChainStepKind.Port)
            {
                PortInfo port = _findPort(step.Port)
                    ?? throw new ArgumentException($"Step {i + 1} of {name}, {chain}, names {step.Port}, which does not exist. Add the port before the chain, or end the chain elsewhere.", nameof(chain));
                if (port.TransmitQueues == 0)
                    throw new ArgumentException($"Step {i + 1} of {name}, {chain}, names {step.Port} (\"{port.Name}\"), which only receives: it has no transmit queue. Give it one, or end the chain elsewhere.", nameof(chain));
            }

            compiled[i] = new CompiledStep(step.Kind, service, step.Port);
        }

        return compiled;
    }

    private ushort TakeSlot()
    {
        if (_nextSlot < NoRevision)
            return (ushort)_nextSlot++;
        if (_retired.TryPeek(out (ushort Slot, long RetiredAt) oldest) && _time.GetElapsedTime(oldest.RetiredAt) >= RetiredFor)
            return _retired.Dequeue().Slot;
        throw new InvalidOperationException($"Chains are replaced too fast: all {NoRevision} revisions were used within {RetiredFor.TotalSeconds:0} s, and packets may still follow them.");
    }

    private void Retire(ChainRevision revision) => _retired.Enqueue((revision.Slot, _time.GetTimestamp()));
}
