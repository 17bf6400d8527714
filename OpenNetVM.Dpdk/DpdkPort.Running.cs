using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

public sealed unsafe partial class DpdkPort
{
    /// <summary>What bursts need to know of a running port: constant while it runs, in one place.</summary>
    private sealed class Running
    {
        // Bit 63 of ol_flags is never set by a driver: asked for, it sends every packet the careful way.
        private const ulong NeverSet = 1UL << 63;

        internal readonly EthBursts Bursts;
        internal readonly Mbuf* FirstMbuf;
        internal readonly void* FirstHeader;
        internal readonly nuint BufferStride;
        internal readonly uint* Owners;
        internal readonly uint Capacity;
        internal readonly uint Room;
        internal readonly uint ReceiveRoom;
        internal readonly ulong PortWord;
        internal readonly ulong UnusualFlags;
        internal readonly ulong HashFlag;
        internal readonly ulong BadChecksumFlags;
        internal readonly ulong TransmitFlags;
        internal readonly ulong HashMask;
        internal readonly uint LongestFrame;
        internal readonly ushort VlanTag;
        internal readonly bool InPlace;
        internal readonly bool FillsChecksums;
        internal readonly TransmitChecksums Checksums;

        internal Running(DpdkLibrary library, ushort port, PacketMempoolLease lease, PortContext context, DeviceSetup setup, bool inPlace, bool hashed)
        {
            Pool = context.Pool;
            Bursts = new EthBursts(library, port);
            FirstMbuf = lease.Mempool.First;
            FirstHeader = Pool.HeaderOf(0);
            BufferStride = (nuint)Pool.Stride;
            Owners = Pool.Owners;
            Capacity = (uint)Pool.Capacity;
            Room = Pool.Room;
            ReceiveRoom = lease.Mempool.DataRoom;
            PortWord = (ulong)context.Id.Value << 48;
            InPlace = inPlace;
            FillsChecksums = setup.FillsChecksums is not null;
            Checksums = setup.FillsChecksums ?? default;
            LongestFrame = setup.LongestFrame;
            VlanTag = setup.AccessVlan ?? 0;
            BadChecksumFlags = setup.DropsBadChecksums ? Mbuf.ReceivedBadIpChecksum | Mbuf.ReceivedBadL4Checksum : 0;
            HashMask = hashed ? (ulong)uint.MaxValue << 32 : 0;
            HashFlag = (hashed ? Mbuf.ReceivedRssHash : 0) | (VlanTag != 0 ? NeverSet : 0);
            UnusualFlags = HashFlag | BadChecksumFlags | Mbuf.ReceivedVlanStripped;

            // Without the flag of an external buffer drivers free faster. It would matter to libraries that clone what is sent, of which no driver here is one; all others go by
            // the flag of the pool.
            TransmitFlags = VlanTag != 0 ? Mbuf.TransmitVlan : 0;
        }

        internal PacketPool Pool { get; }
    }
}
