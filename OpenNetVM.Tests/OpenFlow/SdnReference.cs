namespace OpenNetVM.Tests.OpenFlow;

/// <summary>What a rule of <see cref="SdnModelTests"/> does.</summary>
internal enum ModelKind
{
    Drop,
    Output,
    Both,
    Flood,
    Queues,
    Rewrite,
}

/// <summary>A rule as the model knows it. Ports 1 to 3 are the platform's, higher ones services.</summary>
internal sealed class ModelRule(uint? inPort, ushort? destination, ushort priority)
{
    public uint? InPort { get; } = inPort;

    public ushort? Destination { get; } = destination;

    public ushort Priority { get; } = priority;

    public ModelKind Kind { get; set; }

    public uint First { get; set; }

    public uint Second { get; set; }

    public ulong Packets { get; set; }

    public bool Matches(uint inPort, ushort destination) => (InPort ?? inPort) == inPort && (Destination ?? destination) == destination;
}

/// <summary>
/// Carries packets along rules in the plainest way: one packet, one hop, one copy at a time, with nothing kept between packets.
/// </summary>
internal sealed class SdnReference(uint[] services)
{
    private const int MostLookups = 128;

    private readonly List<ModelRule> _hits = [];
    private int _lookups;

    public List<ModelRule> Rules { get; } = [];

    /// <summary>Where the last packet and its copies left, and as what.</summary>
    public List<(uint Port, ushort Destination)> Left { get; } = [];

    /// <summary>The services that the last packet and its copies visited.</summary>
    public List<uint> Visited { get; } = [];

    /// <summary>Whether a packet went in circles; what the rules counted of it then is not said.</summary>
    public bool WasEndless { get; private set; }

    public void Send(uint inPort, ushort destination)
    {
        Left.Clear();
        Visited.Clear();
        _hits.Clear();
        _lookups = 0;
        Look(inPort, destination);
        if (_lookups > MostLookups)
        {
            WasEndless = true;
            Left.Clear();
            Visited.Clear();
        }

        foreach (ModelRule rule in _hits)
            rule.Packets++;
    }

    private void Look(uint inPort, ushort destination)
    {
        if (++_lookups > MostLookups)
            return;
        ModelRule? rule = Rules.Where(rule => rule.Matches(inPort, destination)).MaxBy(static rule => rule.Priority);
        if (rule is null)
            return;
        _hits.Add(rule);
        switch (rule.Kind)
        {
            case ModelKind.Output:
                Output(inPort, rule.First, destination);
                break;
            case ModelKind.Both:
                Output(inPort, rule.First, destination);
                Output(inPort, rule.Second, destination);
                break;
            case ModelKind.Flood:
                for (uint port = 1; port <= 3; port++)
                    Output(inPort, port, destination);
                break;
            case ModelKind.Queues:
                Visited.AddRange(services);
                Output(inPort, rule.First, destination);
                break;
            case ModelKind.Rewrite:
                Output(inPort, rule.First, (ushort)rule.Second);
                break;
        }
    }

    private void Output(uint inPort, uint port, ushort destination)
    {
        if (port == inPort)
            return;
        if (!services.Contains(port))
        {
            Left.Add((port, destination));
            return;
        }

        Visited.Add(port);
        Look(port, destination);
    }
}
