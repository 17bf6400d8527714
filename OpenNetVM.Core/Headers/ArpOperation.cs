namespace OpenNetVM.Core.Headers;

/// <summary>What an ARP packet wants (RFC 826). Other numbers exist (RFC 903, RFC 2390) and appear as they are.</summary>
public enum ArpOperation : ushort
{
    /// <summary>Not set.</summary>
    None = 0,

    /// <summary>Asks who has the target address.</summary>
    Request = 1,

    /// <summary>Says that the sender has the sender address.</summary>
    Reply = 2,
}
