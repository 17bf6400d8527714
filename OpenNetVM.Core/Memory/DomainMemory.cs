namespace OpenNetVM.Core.Memory;

/// <summary>What memory a security domain gets.</summary>
/// <param name="Name">The domain's name.</param>
/// <param name="Buffers">How many packets fit.</param>
/// <param name="Memory">Of what kind.</param>
internal sealed record DomainMemory(string Name, int Buffers, MemoryRegionOptions Memory);
