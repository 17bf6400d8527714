using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using OpenNetVM.Benchmarks.Experiments;

namespace OpenNetVM.Benchmarks.Sdn;

/// <summary>
/// An Open vSwitch with its data path in user space and two interfaces as its ports, under a controller and without a rule of its own, until this is disposed. It has a database and a folder
/// of its own; a system's Open vSwitch beside it is not touched.
/// </summary>
internal sealed partial class OvsSetUpSwitch : IDisposable
{
    private const string Bridge = "br0";
    private const string Patience = "--timeout=20";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly string _folder;
    private readonly string _version;
    private readonly List<Process> _processes = [];

    /// <summary>Starts it; it connects to the controller in its own time.</summary>
    /// <param name="folder">An existing one, for a folder of this switch's.</param>
    /// <param name="version">The one version of OpenFlow that it speaks, as Open vSwitch names it.</param>
    /// <param name="controller">Who decides.</param>
    /// <param name="ports">Interfaces, which become the ports 1, 2, ...</param>
    /// <exception cref="InvalidOperationException">A program failed.</exception>
    internal OvsSetUpSwitch(string folder, string version, ControllerProcess controller, IReadOnlyList<string> ports)
    {
        _version = version;
        _folder = Path.Combine(folder, "switch");
        Directory.CreateDirectory(_folder);
        try
        {
            PrivateNetwork.Run("ovsdb-tool", "create", $"{_folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
            string database = $"unix:{_folder}/db.sock";
            Start("ovsdb-server", $"{_folder}/conf.db", $"--remote=p{database}");
            Until(() => File.Exists($"{_folder}/db.sock"), "the database");
            PrivateNetwork.Run("ovs-vsctl", $"--db={database}", Patience, "--no-wait", "init");
            Start("ovs-vswitchd", database, "--disable-system");
            List<string> made =
            [
                $"--db={database}", Patience, "add-br", Bridge, "--", "set", "bridge", Bridge, "datapath-type=netdev", "fail-mode=secure", $"protocols={version}",
                "--", "set-controller", Bridge, controller.Endpoint.ToString(), "--", "set", "controller", Bridge, "connection-mode=out-of-band",
            ];
            for (int i = 0; i < ports.Count; i++)
                made.AddRange(["--", "add-port", Bridge, ports[i], "--", "set", "interface", ports[i], string.Create(CultureInfo.InvariantCulture, $"ofport_request={i + 1}")]);
            PrivateNetwork.Run("ovs-vsctl", made);
            Until(() => PrivateNetwork.Run("ovs-vsctl", $"--db={database}", Patience, "get", "controller", Bridge, "is_connected").Trim() == "true", "the controller's connection");
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What Open vSwitch calls itself.</summary>
    internal static string Describe() => PrivateNetwork.Run("ovs-vswitchd", "--version").Split('\n')[0];

    /// <summary>Counts the rules for single IPv4 flows: the controller's own one for packets without any is not among them.</summary>
    internal int CountFlowRules()
    {
        string answer = PrivateNetwork.Run("ovs-ofctl", "-O", _version, Patience, "dump-aggregate", $"unix:{_folder}/{Bridge}.mgmt", "ip");
        return int.Parse(FlowCount().Match(answer).Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // The switch before the database.
        for (int i = _processes.Count; i-- > 0;)
        {
            _processes[i].Kill();
            _processes[i].WaitForExit();
            _processes[i].Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"flow_count=(?<count>\d+)")]
    private static partial Regex FlowCount();

    private static void Until(Func<bool> condition, string what)
    {
        for (long begin = Stopwatch.GetTimestamp(); !condition(); Thread.Sleep(10))
        {
            if (Stopwatch.GetElapsedTime(begin) > Limit)
                throw new InvalidOperationException($"{what} did not come within {Limit.TotalSeconds} s.");
        }
    }

    private void Start(string program, params ReadOnlySpan<string> arguments)
    {
        ProcessStartInfo start = new(program, ["-vconsole:off", .. arguments, $"--unixctl={_folder}/{program}.ctl", $"--log-file={_folder}/{program}.log"]);
        foreach (string folder in (ReadOnlySpan<string>)["OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR"])
            start.Environment[folder] = _folder;
        _processes.Add(Process.Start(start)!);
    }
}
