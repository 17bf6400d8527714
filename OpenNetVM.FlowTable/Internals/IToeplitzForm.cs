namespace OpenNetVM.FlowTable.Internals;

/// <summary>
/// What every implementation of the Toeplitz hash computes. <see cref="ToeplitzHash"/> calls the implementations by their own types, so that nothing
/// is dispatched at run time, and has checked all lengths before.
/// </summary>
internal interface IToeplitzForm
{
    /// <summary>Hashes bytes in network order, at most as many as the key's length less 4.</summary>
    uint Compute(ReadOnlySpan<byte> input);

    /// <summary>Hashes addresses and ports.</summary>
    uint Compute(in Ipv4FlowKey key);

    /// <inheritdoc cref="Compute(in Ipv4FlowKey)"/>
    uint Compute(in Ipv6FlowKey key);

    /// <summary>Hashes the addresses only.</summary>
    uint ComputeAddresses(in Ipv4FlowKey key);

    /// <inheritdoc cref="ComputeAddresses(in Ipv4FlowKey)"/>
    uint ComputeAddresses(in Ipv6FlowKey key);

    /// <summary>Hashes addresses and ports of a burst; there is room for at least as many hashes as there are keys.</summary>
    void Compute(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes);

    /// <inheritdoc cref="Compute(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    void Compute(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes);

    /// <summary>Hashes the addresses only of a burst; there is room for at least as many hashes as there are keys.</summary>
    void ComputeAddresses(ReadOnlySpan<Ipv4FlowKey> keys, Span<uint> hashes);

    /// <inheritdoc cref="ComputeAddresses(ReadOnlySpan{Ipv4FlowKey}, Span{uint})"/>
    void ComputeAddresses(ReadOnlySpan<Ipv6FlowKey> keys, Span<uint> hashes);
}
