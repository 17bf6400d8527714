using OpenNetVM.FlowTable;
using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.Tests.FlowTable;

/// <summary>
/// A deliberately broken reader: it searches as the table does, but looks at no version and at no shadow value. A stress that
/// finds nothing wrong with it proves nothing.
/// </summary>
internal sealed unsafe class UncheckedReader<TValue>(CuckooFlowTable<Ipv4FlowKey, TValue> table)
    where TValue : unmanaged
{
    public bool TryGetValue(uint hash, in Ipv4FlowKey key, out TValue value)
    {
        (uint first, uint second, ushort tag) = table.PlaceOf(hash, key);
        foreach (uint bucket in (ReadOnlySpan<uint>)[first, second])
        {
            for (uint matches = Bucket.Match(table.HeadOf(bucket), tag); matches != 0; matches = Bucket.Rest(matches))
            {
                byte* slot = table.SlotOf(bucket, Bucket.First(matches));
                if (!key.Equals(SlotLayout<Ipv4FlowKey, TValue>.Key(slot)))
                    continue;
                value = SlotLayout<Ipv4FlowKey, TValue>.Value(slot);
                return true;
            }
        }
        value = default;
        return false;
    }
}
