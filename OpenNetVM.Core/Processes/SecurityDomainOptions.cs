using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Processes.Control;

namespace OpenNetVM.Core.Processes;

/// <summary>
/// A security domain: network functions that trust one another with the packets they are given. Its packets lie in a region of memory of its own, which only processes that
/// the domain's socket lets in can map.
/// </summary>
public sealed record SecurityDomainOptions
{
    /// <summary>The domain's name: letters, digits, '.', '_' and '-', at most 32, and not '.' first.</summary>
    public required string Name { get; init; }

    /// <summary>How many packets fit in its memory, 64 to 16,777,216. Default 8,192. For the default domain, <see cref="PacketPoolOptions.Capacity"/> says it.</summary>
    public int Buffers { get; init; } = 8_192;

    /// <summary>
    /// Whether its memory is made of 2 MB pages. Default <see cref="HugePagePolicy.Never"/>: a process that may write the memory can give pages back to the system, and where no
    /// free huge page is left to replace one, the manager's next access to it ends the manager. Choose another for functions that you trust not to.
    /// </summary>
    public HugePagePolicy HugePages { get; init; } = HugePagePolicy.Never;

    /// <summary>Users (numeric ids) that may connect; null for the manager's own user. The superuser always may.</summary>
    public IReadOnlySet<uint>? Users { get; init; }

    /// <summary>Group (numeric id) whose members can reach the socket: it and its folder then belong to the group, with permissions 0660 and 0750. Null: 0600 and 0700.</summary>
    public uint? Group { get; init; }

    internal void Validate(int buffers)
    {
        if (!ControlPath.IsDomain(Name))
            throw new ArgumentException($"\"{Name}\" cannot name a security domain: 1 to 32 letters, digits, '.', '_' and '-', not beginning with '.'.");
        if (buffers is < 64 or > 1 << 24)
            throw new ArgumentException($"Security domain \"{Name}\" has {buffers} buffers, but must have 64 to {1 << 24}.");
    }
}
