using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;
using OpenNetVM.Dpdk.Interop;
using OpenNetVM.Dpdk.Memory;

namespace OpenNetVM.Dpdk;

/// <summary>
/// A device of DPDK's, attached: control calls, with results turned into exceptions. Used by its port under the port's control lock.
/// </summary>
internal sealed unsafe partial class DpdkDevice
{
    private const int StatisticsBytes = 4_096;
    private const int MacBytes = 6;

    // Drivers without a wire: nothing is lost when they are not polled, and frames may be as long as the buffers.
    private static readonly string[] Bottomless = ["net_null", "net_ring", "net_pcap"];

    // Takes the mempool's memory as the region that the kernel writes to, so mbufs and data must be one piece of it.
    private static readonly string[] OwnMemory = ["net_af_xdp"];

    private readonly Eal _eal;
    private readonly string _name;
    private readonly string _bus;
    private readonly bool _plugged;
    private readonly DeviceCapabilities _capabilities;
    private readonly List<XdpSocket> _sockets = [];
    private DmaWindow? _window;

    private DpdkDevice(Eal eal, string name, string bus, bool plugged, ushort id, DeviceCapabilities capabilities)
    {
        _eal = eal;
        _name = name;
        _bus = bus;
        _plugged = plugged;
        Id = id;
        _capabilities = capabilities;
    }

    /// <summary>DPDK's number of the port: another one after <see cref="Reattach"/>, perhaps.</summary>
    internal ushort Id { get; private set; }

    internal string Driver => _capabilities.Driver;

    internal int Socket => Rte.rte_eth_dev_socket_id(Id);

    internal bool HashesReceived => _capabilities.CanHash;

    internal bool IsBottomless => Bottomless.Contains(Driver);

    internal bool NeedsOwnMemory => OwnMemory.Contains(Driver);

    /// <summary>Attaches the device, or takes one that EAL found at its start.</summary>
    internal static DpdkDevice Attach(Eal eal, string name, string arguments)
    {
        // A PCI address is the only kind of name with colons.
        string bus = name.Contains(':', StringComparison.Ordinal) ? "pci" : "vdev";
        if (bus == "pci" && eal.IovaMode == IovaMode.Physical)
            throw new InvalidOperationException($"Device '{name}' would need the physical addresses of the packet pool's memory, which are not known: DPDK runs with IOVA as PA. Start it with EalOptions.IovaMode = IovaMode.Virtual, which needs an IOMMU and the device bound to vfio-pci.");
        eal.Claim(name);
        try
        {
            return Attach(eal, bus, name, arguments);
        }
        catch
        {
            eal.Release(name);
            throw;
        }
    }

    private static DpdkDevice Attach(Eal eal, string bus, string name, string arguments)
    {
        bool plugged = bus == "vdev";
        if (Rte.rte_eth_dev_get_port_by_name(name, out ushort id) != 0)
        {
            id = Plug(eal, bus, name, arguments);
            plugged = true;
        }

        DeviceCapabilities capabilities = DeviceCapabilities.Read(eal.Library.Layout, id, name);
        return new DpdkDevice(eal, name, bus, plugged, id, capabilities);
    }

    /// <summary>Closes and detaches a device that was attached here and could not be started, waits, and attaches it again as it was at first.</summary>
    internal void Reattach(string arguments, TimeSpan wait)
    {
        _ = CloseDriver();
        _eal.Unplug(_bus, _name);
        Thread.Sleep(wait);
        Id = Plug(_eal, _bus, _name, arguments);
    }

    private static ushort Plug(Eal eal, string bus, string name, string arguments)
    {
        eal.Hotplug(bus, name, arguments);
        int result = Rte.rte_eth_dev_get_port_by_name(name, out ushort id);
        return result == 0
            ? id
            : throw new DpdkException("rte_eth_dev_get_port_by_name", -result, $"Device '{name}' was attached, but it is no network port: check its name (a driver's name and a number, as in net_null0).");
    }

    internal byte[] MacAddress()
    {
        byte* address = stackalloc byte[MacBytes];
        Call(() => Rte.rte_eth_macaddr_get(Id, address), "rte_eth_macaddr_get", "did not tell its address");
        return new ReadOnlySpan<byte>(address, MacBytes).ToArray();
    }

    /// <summary>Lets a physical device reach the packet pool; virtual ones are this process.</summary>
    internal void OpenWindow(DmaWindow window)
    {
        if (_bus != "pci" || _window is not null)
            return;
        window.Open(_capabilities.Device, _name);
        _window = window;
    }

    internal void Start() => Call(() => Rte.rte_eth_dev_start(Id), "rte_eth_dev_start", "did not start");

    internal void Stop() => _ = _eal.Captured(() => Rte.rte_eth_dev_stop(Id), out _);

    /// <summary>Receives frames for all stations, where the device can; a device that has no such mode receives what its other end sends.</summary>
    internal void TryPromiscuous(ILogger logger, string port)
    {
        int result = Rte.rte_eth_promiscuous_enable(Id);
        if (result != 0)
            logger.LogInformation("Port {Port}: {Driver} has no promiscuous mode ({Reason})", port, Driver, Rte.ErrorText(-result));
    }

    internal bool Promiscuous
    {
        get => Rte.rte_eth_promiscuous_get(Id) == 1;
        set => Call(() => value ? Rte.rte_eth_promiscuous_enable(Id) : Rte.rte_eth_promiscuous_disable(Id), value ? "rte_eth_promiscuous_enable" : "rte_eth_promiscuous_disable", "refused the change of promiscuous mode");
    }

    internal int Mtu()
    {
        ushort mtu = 0;
        Call(() => Rte.rte_eth_dev_get_mtu(Id, out mtu), "rte_eth_dev_get_mtu", "did not tell its MTU");
        return mtu;
    }

    internal DpdkLink Link()
    {
        ulong link;
        if (Rte.rte_eth_link_get_nowait(Id, &link) != 0)
            return default;
        uint speed = (uint)link;
        uint bits = (uint)(link >> 32);
        return new DpdkLink((bits & EthLinkLayout.UpMask) != 0, speed is 0 or EthLinkLayout.UnknownSpeed ? null : speed, (bits & EthLinkLayout.FullDuplexMask) != 0);
    }

    internal DeviceCounters Counters()
    {
        byte* block = (byte*)NativeMemory.AllocZeroed(StatisticsBytes);
        try
        {
            return Rte.rte_eth_stats_get(Id, block) == 0
                ? new DeviceCounters(Read(EthStatsLayout.InMissed), Read(EthStatsLayout.InErrors), Read(EthStatsLayout.RxNoMbuf), Read(EthStatsLayout.OutErrors))
                : default;
        }
        finally
        {
            NativeMemory.Free(block);
        }

        long Read(int offset) => *(long*)(block + offset);
    }

    internal Dictionary<string, ulong> ExtendedStatistics()
    {
        const int nameBytes = EthStatsLayout.ExtendedNameSize;
        Dictionary<string, ulong> statistics = new(StringComparer.Ordinal);
        int count = Rte.rte_eth_xstats_get_names(Id, null, 0);
        if (count <= 0)
            return statistics;
        byte[] names = new byte[count * nameBytes];
        ulong[] values = new ulong[count * 2];
        fixed (byte* n = names)
        {
            fixed (ulong* v = values)
            {
                int named = Rte.rte_eth_xstats_get_names(Id, n, (uint)count);
                int read = Rte.rte_eth_xstats_get(Id, v, (uint)count);
                for (int i = 0; i < Math.Min(count, Math.Min(named, read)); i++)
                {
                    ReadOnlySpan<byte> name = names.AsSpan(i * nameBytes, nameBytes);
                    int end = name.IndexOf((byte)0);
                    statistics[Encoding.UTF8.GetString(end < 0 ? name : name[..end])] = values[(i * 2) + 1];
                }
            }
        }

        return statistics;
    }

    /// <summary>Closes the device, so that it frees what it holds, and detaches it if it is a virtual one or was attached here.</summary>
    internal void Close()
    {
        try
        {
            int result = CloseDriver();
            _window?.Close(_capabilities.Device);
            if (_plugged)
                _eal.Unplug(_bus, _name);
            else
                Call(() => result, "rte_eth_dev_close", "was not closed cleanly");
        }
        finally
        {
            _eal.Release(_name);
        }
    }

    private int CloseDriver()
    {
        int result = _eal.Captured(() => Rte.rte_eth_dev_close(Id), out _);
        foreach (XdpSocket left in _sockets)
            left.CloseIfLeft();
        _sockets.Clear();
        return result;
    }

    // Drivers say why in the log alone.
    private void Call(Func<int> call, string operation, string what)
    {
        int result = _eal.Captured(call, out string[] lines);
        if (result < 0)
            throw Failure(operation, what, result, lines);
    }

    private DpdkException Failure(string operation, string what, int result, string[] lines, bool mayPass = false) =>
        new(operation, -result, $"Device '{_name}' ({Driver}) {what}: {Rte.ErrorText(-result)} (error {-result} of {operation}).{string.Concat(lines.Select(line => $"{Environment.NewLine}  {line}"))}") { MayPass = mayPass };
}
