namespace OpenNetVM.FlowTable;

/// <summary>Receives the entries that a sweep expires. A struct as implementation costs no indirect call.</summary>
/// <typeparam name="TKey">Type of the table's keys.</typeparam>
/// <typeparam name="TValue">Type of the table's values.</typeparam>
public interface IExpiryVisitor<TKey, TValue>
    where TKey : unmanaged, IEquatable<TKey>
    where TValue : unmanaged
{
    /// <summary>Called on the sweeping thread, after the entry left the table. The table may be changed from here.</summary>
    void Expired(in FlowEntry<TKey, TValue> entry, ExpiryReason reason);
}
