namespace OpenNetVM.Functions.Internals;

/// <summary>Why a router sends a packet.</summary>
internal enum PacketPurpose : byte
{
    Forward,
    EchoReply,
    IcmpError,
    ArpReply,
}
