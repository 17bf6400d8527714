namespace OpenNetVM.FlowTable;

/// <summary>Whether the place of an entry depends on the caller's hash alone or on the key as well.</summary>
public enum KeyMixing
{
    /// <summary>The hash alone up to 32 768 entries, hash and key above: right for any RSS hash, symmetric or not.</summary>
    Automatic,

    /// <summary>The hash alone: a nanosecond faster; only for hashes with 32 well-spread bits.</summary>
    Never,

    /// <summary>Always hash and key: no set of keys that share one RSS hash can fill a pair of buckets by accident.</summary>
    Always,
}
