using System.Runtime.InteropServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Dpdk;

// Options and queues.
internal sealed unsafe partial class DpdkDevice
{
    private const int ConfigurationBytes = 4_096;
    private const int LongestHashKey = 256; // its length is one byte; devices want 40 or 52
    private const int FrameOverhead = 18; // Ethernet header and one VLAN tag

    // The kernel lets go of a closed AF_XDP socket's queue in work that it defers: until then nobody else gets the queue (EBUSY of bind), of which the driver says only this.
    private const string QueueTaken = "Failed to create xsk socket";

    internal void CheckQueues(int receive, int transmit)
    {
        if (receive > _capabilities.MaxReceiveQueues || transmit > _capabilities.MaxTransmitQueues)
        {
            throw new ArgumentException(
                $"Device '{_name}' has at most {_capabilities.MaxReceiveQueues} receive and {_capabilities.MaxTransmitQueues} transmit queues, but DpdkPortOptions asks for {receive} and {transmit}. Some drivers take their number of queues as an argument.");
        }
    }

    internal DeviceSetup Configure(DpdkPortOptions options, PacketPool pool, nint receivePool, bool hashed)
    {
        byte* configuration = (byte*)NativeMemory.AllocZeroed(ConfigurationBytes);
        try
        {
            fixed (byte* key = SymmetricRss.CreateKey(LongestHashKey))
            {
                _capabilities.Fill(configuration, options, hashed, key, _capabilities.HashKeyBytes, _name);
                Call(
                    () => Rte.rte_eth_dev_configure(Id, (ushort)options.ReceiveQueues, (ushort)options.TransmitQueues, configuration),
                    "rte_eth_dev_configure",
                    $"refused {options.ReceiveQueues} receive and {options.TransmitQueues} transmit queues or one of the options");
            }
        }
        finally
        {
            NativeMemory.Free(configuration);
        }

        DeviceSetup setup = new(LongestFrame(options, pool), options.AccessVlan, options.DropBadChecksums, options.FillChecksums ? new TransmitChecksums(_capabilities.TransmitChecksums) : null);
        ushort receiveDescriptors = (ushort)options.ReceiveDescriptors;
        ushort transmitDescriptors = (ushort)options.TransmitDescriptors;
        Call(() => Rte.rte_eth_dev_adjust_nb_rx_tx_desc(Id, ref receiveDescriptors, ref transmitDescriptors), "rte_eth_dev_adjust_nb_rx_tx_desc", "refused the number of descriptors");

        uint socket = (uint)Socket;
        for (int i = 0; i < options.ReceiveQueues; i++)
            SetUpReceiveQueue(i, receiveDescriptors, socket, receivePool);
        for (int i = 0; i < options.TransmitQueues; i++)
            Call(() => Rte.rte_eth_tx_queue_setup(Id, (ushort)i, transmitDescriptors, socket, null), "rte_eth_tx_queue_setup", $"refused transmit queue {i} with {transmitDescriptors} descriptors");
        foreach (ushort vlan in options.VlanFilter)
            Call(() => Rte.rte_eth_dev_vlan_filter(Id, vlan, 1), "rte_eth_dev_vlan_filter", $"refused VLAN {vlan}");
        return setup;
    }

    private void SetUpReceiveQueue(int queue, ushort descriptors, uint socket, nint pool)
    {
        const string operation = "rte_eth_rx_queue_setup";
        string[] lines = [];
        int result = NeedsOwnMemory ? XdpSocket.Watch(SetUp, _sockets) : SetUp();
        if (result >= 0)
            return;
        throw lines.Any(static line => line.Contains(QueueTaken, StringComparison.Ordinal))
            ? Failure(operation, $"did not get receive queue {queue}: another AF_XDP socket, of this or of another process, has that queue of the interface, or the interface has no such queue", result, lines, mayPass: true)
            : Failure(operation, $"refused receive queue {queue} with {descriptors} descriptors", result, lines);

        int SetUp() => _eal.Captured(() => Rte.rte_eth_rx_queue_setup(Id, (ushort)queue, descriptors, socket, null, pool), out lines);
    }

    private uint LongestFrame(DpdkPortOptions options, PacketPool pool)
    {
        int usable = Math.Min(pool.BufferSize, (int)pool.Room - Mbuf.Headroom);
        if (IsBottomless && options.Mtu is null)
            return (uint)usable;
        int longest = Mtu() + FrameOverhead;
        if (longest > usable)
            throw new InvalidOperationException($"Device '{_name}' moves frames of up to {longest} bytes, but the pool's buffers hold {usable} (PacketPoolOptions.BufferSize is {pool.BufferSize}): use larger buffers, or a smaller DpdkPortOptions.Mtu.");
        return (uint)longest;
    }
}
