using System.Net.NetworkInformation;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Ports;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

/// <summary>
/// A port of any DPDK driver. Received frames are written by the driver into the platform's own buffers, and sent from them, without a copy. Each queue is used by
/// one thread at a time; different queues may be used at once.
/// </summary>
/// <remarks>
/// <para>Constructing the port attaches the device (hot-plug), so an EAL must run: <see cref="Eal.Start"/>. <see cref="IPort.Stop"/> stops and detaches it; the same device can
/// then be opened again as a new port.</para>
/// <para>Threads that move packets are registered with DPDK at their first burst, and are unregistered as they end.</para>
/// <para>What the device lost is in <see cref="GetStatistics"/>: frames for which it had no buffer (rx_nombuf) as <see cref="PortStatistics.DroppedNoBuffer"/>, frames missed or
/// damaged (imissed, ierrors) as <see cref="PortStatistics.DroppedError"/>. Frames accepted by <see cref="IPort.Transmit"/> that were not sent (not in their buffer, longer than the
/// device sends, or refused by the driver later) are <see cref="TransmitErrors"/>.</para>
/// <para>Frames in several segments are gathered into one buffer where they fit, and dropped and counted as oversize where they do not.</para>
/// </remarks>
public sealed partial class DpdkPort : IPort
{
    private const int ScarcePart = 8;

    // Doubled from attempt to attempt: a second in all.
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(8);
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(512);

    private readonly DpdkPortOptions _options;
    private readonly Eal _eal;
    private readonly PortLife _life;
    private readonly PortCounters _counters;
    private readonly Lock _control = new();
    private readonly DpdkDevice _device;
    private readonly List<PacketMempoolLease> _leases = [];
    private Running? _running;
    private DeviceCounters _final;
    private long _badChecksums;
    private bool _closed;

    /// <summary>Attaches the device.</summary>
    /// <param name="options">Which device, and what is wanted of it.</param>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="InvalidOperationException">No EAL was started.</exception>
    /// <exception cref="DpdkException">The device could not be attached, or cannot do what is asked; the message says why and what to do.</exception>
    public DpdkPort(DpdkPortOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        _eal = Eal.Current ?? throw new InvalidOperationException("A DPDK port needs a running EAL: call Eal.Start first.");
        string name = options.Name ?? options.Device;
        _life = new PortLife(name);
        _device = DpdkDevice.Attach(_eal, options.Device, options.Arguments);
        try
        {
            _device.CheckQueues(options.ReceiveQueues, options.TransmitQueues);
            NumaNode = _device.Socket is >= 0 and int node ? node : null;
            byte[] address = _device.MacAddress();
            Info = new PortInfo
            {
                Name = name,
                ReceiveQueues = options.ReceiveQueues,
                TransmitQueues = options.TransmitQueues,
                ProvidesRssHash = _device.HashesReceived,
                CanWait = _device.IsBottomless,
                MacAddress = address.AsSpan().ContainsAnyExcept((byte)0) ? new PhysicalAddress(address) : null,
            };
        }
        catch
        {
            _device.Close();
            throw;
        }

        _counters = new PortCounters(options.ReceiveQueues, options.TransmitQueues);
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status => _life.Status(ended: false, error: null);

    /// <summary>The driver, by DPDK's name ("net_af_packet").</summary>
    public string Driver => _device.Driver;

    /// <summary>True if received frames are copied into the platform's buffers (see <see cref="DpdkPlacement"/>).</summary>
    public bool CopiesReceived => _options.Placement == DpdkPlacement.Copied || (_options.Placement == DpdkPlacement.Automatic && _device.NeedsOwnMemory);

    /// <summary>The NUMA node that the device is on, for <see cref="Core.Memory.MemoryRegionOptions.NumaNode"/> of the pool; null where the device has none, as virtual devices may.</summary>
    public int? NumaNode { get; }

    /// <summary>Frames dropped for a wrong checksum (<see cref="DpdkPortOptions.DropBadChecksums"/>); they are in <see cref="PortStatistics.DroppedError"/> as well. Safe from any thread.</summary>
    public long BadChecksums => Volatile.Read(ref _badChecksums);

    /// <summary>Frames that Transmit accepted and that were not sent. Safe from any thread.</summary>
    public long TransmitErrors => _counters.Refused + Counters().TransmitErrors;

    /// <summary>The state of the link. Safe from any thread; down when the port does not run.</summary>
    public DpdkLink Link
    {
        get
        {
            lock (_control)
                return _running is null ? default : _device.Link();
        }
    }

    /// <summary>The largest payload of a frame, in bytes, that the running device sends and receives. Safe from any thread.</summary>
    /// <exception cref="InvalidOperationException">The port was stopped.</exception>
    public int Mtu
    {
        get
        {
            lock (_control)
            {
                ThrowIfClosed();
                return _device.Mtu();
            }
        }
    }

    /// <summary>Whether frames for other stations are received. Can be changed while the port runs; safe from any thread.</summary>
    /// <exception cref="InvalidOperationException">The port was stopped.</exception>
    /// <exception cref="DpdkException">The device refused.</exception>
    public bool Promiscuous
    {
        get
        {
            lock (_control)
            {
                ThrowIfClosed();
                return _device.Promiscuous;
            }
        }

        set
        {
            lock (_control)
            {
                ThrowIfClosed();
                _device.Promiscuous = value;
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The port was started before, or the pool's buffers are too small for the device's frames.</exception>
    /// <exception cref="DpdkException">The device refused; the message says what and why.</exception>
    public void Start(PortContext context) => _life.Start(context, Configure);

    /// <summary>Stops the device, frees what it holds, and detaches it.</summary>
    /// <inheritdoc/>
    public void Stop()
    {
        PortContext? context = _life.Stop();
        lock (_control)
        {
            if (_closed)
                return;
            _closed = true;
            if (_running is not null)
            {
                Volatile.Write(ref _running, null);
                _device.Stop();
            }

            _final = _device.Counters();
            try
            {
                _device.Close();
            }
            catch (DpdkException error)
            {
                // The port is stopped all the same; what is left is an operator's to know.
                context?.Logger.LogError(error, "Port {Port} was stopped, but its device was not detached: {Reason}", Info.Name, error.Message);
            }

            foreach (PacketMempoolLease lease in _leases)
                lease.Dispose();
        }
    }

    /// <inheritdoc/>
    public PortStatistics GetStatistics()
    {
        DeviceCounters device = Counters();
        PortStatistics sum = _counters.Sum();
        return sum with
        {
            DroppedNoBuffer = sum.DroppedNoBuffer + device.NoBuffer,
            DroppedError = sum.DroppedError + device.Missed + device.ReceiveErrors,
        };
    }

    /// <summary>The driver's own counters, by its names ("rx_good_packets"). Safe from any thread; empty when the port was stopped.</summary>
    public IReadOnlyDictionary<string, ulong> GetExtendedStatistics()
    {
        lock (_control)
            return _closed ? new Dictionary<string, ulong>() : _device.ExtendedStatistics();
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Configure(PortContext context)
    {
        lock (_control)
        {
            ThrowIfClosed();
            // Kept until the device is closed, even if the start fails: drivers take buffers as queues are set up, and give them back when they are closed.
            PacketMempoolLease lease = _eal.Mempools.Lease(context.Pool, _device.Socket, HeldByDevice);
            _leases.Add(lease);
            try
            {
                bool inPlace = !CopiesReceived;
                _device.OpenWindow(lease.Mempool.Dma);
                DeviceSetup setup = ConfigureDevice(context, lease, inPlace);
                _device.Start();
                WarnOfSmallPool(context, lease);
                if (_options.Promiscuous)
                    _device.TryPromiscuous(context.Logger, Info.Name);
                Volatile.Write(ref _running, new Running(_eal.Library, _device.Id, lease, context, setup, inPlace, Info.ProvidesRssHash));
            }
            catch
            {
                _device.Stop();
                throw;
            }
        }
    }

    // What the kernel has not let go of yet, of a port that was just closed, is waited for. Between two attempts the device is attached anew: after the first its driver's
    // rings are as they were left, and what it took out of the pool is lost.
    private DeviceSetup ConfigureDevice(PortContext context, PacketMempoolLease lease, bool inPlace)
    {
        for (TimeSpan wait = FirstWait; ; wait *= 2)
        {
            try
            {
                nint receivePool = inPlace ? lease.Mempool.Address : lease.CopyPool(_device.Socket, _device.NeedsOwnMemory);
                return _device.Configure(_options, context.Pool, receivePool, Info.ProvidesRssHash);
            }
            catch (DpdkException failure) when (failure.MayPass && wait <= LongestWait)
            {
                _device.Reattach(_options.Arguments, wait);
                lease.FreeCopyPool();
            }
        }
    }

    // A driver that fills its receive rings with buffers and finds none to replace them receives nothing.
    private void WarnOfSmallPool(PortContext context, PacketMempoolLease lease)
    {
        long held = lease.Mempool.Lent;
        int capacity = context.Pool.Capacity;
        if (capacity - held < capacity / ScarcePart)
        {
            context.Logger.LogWarning(
                "Port {Port}: drivers hold {Held} of the {Capacity} buffers of the pool, which leaves few for packets. Use a larger PacketPoolOptions.Capacity, or fewer ReceiveQueues or ReceiveDescriptors",
                Info.Name, held, capacity);
        }
    }

    // Buffers that went to the device minus those that came from it, as this port counts them.
    private long HeldByDevice()
    {
        PortStatistics sum = _counters.Sum();
        return sum.TransmittedPackets - _counters.Refused - (sum.ReceivedPackets - _counters.Flagged);
    }

    private DeviceCounters Counters()
    {
        lock (_control)
            return _closed ? _final : _device.Counters();
    }

    private void ThrowIfClosed()
    {
        if (_closed)
            throw new InvalidOperationException($"Port '{Info.Name}' was stopped.");
    }
}
