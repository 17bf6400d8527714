using OpenNetVM.Core.Memory;

namespace OpenNetVM.Core.Processes;

/// <summary>How network functions in other processes reach a platform: its sockets, and the security domains that its packet memory is divided into.</summary>
public sealed record ProcessOptions
{
    /// <summary>
    /// Folder of the platform's sockets: <c>FOLDER/DOMAIN/control.sock</c> for each security domain. It belongs to one running platform; what a dead one left in it is removed at
    /// the start, and nothing else. At most 80 bytes or so, since a socket's path may have 107.
    /// </summary>
    public required string Folder { get; init; }

    /// <summary>The security domain of services that name no other, and of packets that ports receive. Its memory is <see cref="Dataplane.DataplaneOptions.Pool"/>'s.</summary>
    public SecurityDomainOptions Default { get; init; } = new() { Name = PoolLayout.DefaultDomain };

    /// <summary>Further security domains. A packet that goes from one domain's functions, or from a port, to another's is copied.</summary>
    public IReadOnlyList<SecurityDomainOptions> Domains { get; init; } = [];

    /// <summary>Connections that each domain's socket serves at a time. Default 1,024.</summary>
    public int MaxConnections { get; init; } = 1_024;

    internal void Validate(int defaultCapacity)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Folder);
        if (MaxConnections < 1)
            throw new ArgumentException($"ProcessOptions.MaxConnections is {MaxConnections}, but must be 1 or more.");
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (SecurityDomainOptions domain in All)
        {
            domain.Validate(domain == Default ? defaultCapacity : domain.Buffers);
            if (!names.Add(domain.Name))
                throw new ArgumentException($"Two security domains are named \"{domain.Name}\". Give each a name of its own.");
        }
    }

    internal IReadOnlyList<SecurityDomainOptions> All => [Default, .. Domains];

    /// <summary>The number of a domain: its place among all.</summary>
    /// <exception cref="ArgumentException">There is none of that name.</exception>
    internal int NumberOf(string? domain)
    {
        if (domain is null)
            return 0;
        for (int i = 0; i < All.Count; i++)
        {
            if (All[i].Name == domain)
                return i;
        }

        throw new ArgumentException($"There is no security domain \"{domain}\", only {string.Join(", ", All.Select(static other => $"\"{other.Name}\""))}. Add it to ProcessOptions.Domains.");
    }

    /// <summary>What memory the domains' packets get.</summary>
    internal IReadOnlyList<DomainMemory> DomainsOf(PacketPoolOptions pool) =>
        [.. All.Select(domain => new DomainMemory(
            domain.Name,
            domain == Default ? pool.Capacity : domain.Buffers,
            pool.Memory with { Shared = true, HugePages = domain.HugePages, Name = domain.Name }))];
}
