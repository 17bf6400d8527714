using OpenNetVM.FlowTable.Internals;

namespace OpenNetVM.FlowTable;

// Read-only views for tests: what a reader without the algorithm's checks would see.
public sealed unsafe partial class CuckooFlowTable<TKey, TValue>
{
    internal static int SearchBound => SearchLimit;

    internal Bucket* HeadOf(uint bucket) => _buckets + bucket;

    internal byte* SlotOf(uint bucket, int slot) => SlotAt(bucket, slot);

    internal static uint PartnerOf(uint bucket, ushort tag, uint bucketCount) => Partner(bucket, tag, bucketCount);

    internal (uint First, uint Second, ushort Tag) PlaceOf(uint hash, in TKey key)
    {
        ulong mixed = _mixer.Mix(hash, in key);
        uint first = FirstBucket(mixed, _bucketCount);
        return (first, Partner(first, Tag(mixed), _bucketCount), Tag(mixed));
    }
}
