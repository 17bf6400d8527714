namespace OpenNetVM.Core.Headers;

/// <summary>What part of an IP datagram a packet carries.</summary>
public enum FragmentKind : byte
{
    /// <summary>The whole datagram (an IPv6 atomic fragment, RFC 6946, is whole too).</summary>
    None = 0,

    /// <summary>The first fragment of several: offset 0 and more to come. The transport header is normally in it.</summary>
    First = 1,

    /// <summary>A later fragment: no transport header, so its flow key has ports 0.</summary>
    Later = 2,
}
