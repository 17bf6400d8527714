using System.Collections.Frozen;
using System.Text;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <summary>
/// The platform's ports and services by OpenFlow port numbers: port n is n + 1, since OpenFlow has no port 0, and service n is 0x1000 + n. A snapshot is replaced as
/// a whole; safe from any thread.
/// </summary>
internal sealed class SwitchPorts(NfManager manager, ServiceId self)
{
    public const uint FirstService = 0x1000;

    // A hardware address of their own for what has none: locally administered, with the number behind.
    private const ulong LocalAddress = 0x0200_0000_0000;

    private readonly Lock _gate = new();
    private readonly Dictionary<uint, PortConfig> _configured = [];
    private FrozenDictionary<uint, SwitchPort> _byNumber = FrozenDictionary<uint, SwitchPort>.Empty;
    private SwitchPort[] _ordered = [];

    /// <summary>All ports in the order of their numbers.</summary>
    public ReadOnlySpan<SwitchPort> All => Volatile.Read(ref _ordered);

    public SwitchPort? Find(uint number) => Volatile.Read(ref _byNumber).GetValueOrDefault(number);

    /// <summary>The number of a platform's port; of a packet that came by none, LOCAL.</summary>
    public static uint NumberOf(PortId nic) => nic == PortId.None ? ReservedPort.Local : nic.Value + 1u;

    /// <summary>The platform's port with a number; none where the number is not one of those.</summary>
    public static PortId NicOf(uint number) => number is > 0 and < FirstService ? new PortId((ushort)(number - 1)) : PortId.None;

    public static uint NumberOf(ServiceId service) => FirstService + service.Value;

    /// <summary>Looks at the platform again.</summary>
    /// <returns>What came, went or changed.</returns>
    public IReadOnlyList<(PortStatusReason Reason, PortDescription Port)> Refresh()
    {
        lock (_gate)
        {
            FrozenDictionary<uint, SwitchPort> before = _byNumber;
            SwitchPort[] now = [.. Collect().OrderBy(static port => port.Number)];
            Volatile.Write(ref _ordered, now);
            Volatile.Write(ref _byNumber, now.ToFrozenDictionary(static port => port.Number));
            List<(PortStatusReason, PortDescription)> changes = [];
            foreach (SwitchPort port in now)
            {
                if (!before.TryGetValue(port.Number, out SwitchPort? old))
                    changes.Add((PortStatusReason.Add, port.Description));
                else if (old.Description != port.Description)
                    changes.Add((PortStatusReason.Modify, port.Description));
            }

            foreach (SwitchPort old in before.Values)
            {
                if (!_byNumber.ContainsKey(old.Number))
                    changes.Add((PortStatusReason.Delete, old.Description));
            }

            return changes;
        }
    }

    /// <summary>Changes settings of a port; null where there is no such port.</summary>
    public PortDescription? Configure(uint number, PortConfig config, PortConfig mask)
    {
        lock (_gate)
        {
            if (!_byNumber.ContainsKey(number))
                return null;
            _configured[number] = (_configured.GetValueOrDefault(number) & ~mask) | (config & mask);
            Refresh();
            return Find(number)?.Description;
        }
    }

    private IEnumerable<SwitchPort> Collect()
    {
        HashSet<string> names = new(StringComparer.Ordinal);
        IReadOnlyList<IPort> nics = manager.Ports;
        for (int i = 0; i < nics.Count && i + 1 < FirstService; i++)
        {
            IPort nic = nics[i];
            if (nic.Status.State == PortState.Stopped)
                continue;
            uint number = (uint)i + 1;
            MacAddress address = nic.Info.MacAddress is { } mac ? new MacAddress(mac.GetAddressBytes()) : new MacAddress(LocalAddress | number);
            yield return new SwitchPort(Describe(number, address, Name(nic.Info.Name, $"nic{i}", names), isUp: nic.Status.State != PortState.Failed), new PortId((ushort)i), default, nic.Info.TransmitQueues > 0);
        }

        foreach (ServiceInfo service in manager.Services.Services)
        {
            if (service.Id == self)
                continue;
            uint number = NumberOf(service.Id);
            string name = Name(service.Name, $"svc{service.Id.Value}", names);
            yield return new SwitchPort(Describe(number, new MacAddress(LocalAddress | number), name, isUp: service.ActiveInstances > 0), PortId.None, service.Id);
        }
    }

    // Names are 15 bytes of ASCII and must differ: where one is not, the number stands for it.
    private static string Name(string wanted, string other, HashSet<string> taken)
    {
        bool fits = wanted.Length <= PortDescription.LongestName && Ascii.IsValid(wanted) && !wanted.AsSpan().ContainsAny(" ,:\t");
        string name = fits && !taken.Contains(wanted) ? wanted : other;
        taken.Add(name);
        return name;
    }

    private PortDescription Describe(uint number, MacAddress address, string name, bool isUp)
    {
        PortConfig config = _configured.GetValueOrDefault(number);
        bool isLive = isUp && (config & PortConfig.Down) == 0;
        return new PortDescription(number, address, name)
        {
            Config = (uint)config,
            State = (uint)(isLive ? PortStates.Live : PortStates.LinkDown),
        };
    }
}
