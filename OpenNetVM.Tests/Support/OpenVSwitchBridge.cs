using System.Diagnostics;

namespace OpenNetVM.Tests.Support;

/// <summary>
/// An Open vSwitch of the test's own, with ports that lead nowhere: the switch with which ours is compared. Needs neither root nor the kernel's data path; the test is
/// skipped where it is not installed.
/// </summary>
internal sealed class OpenVSwitchBridge : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("opennetvm-ovs-").FullName;
    private readonly List<Process> _processes = [];

    /// <summary>Starts it with ports of the given numbers and names.</summary>
    public OpenVSwitchBridge(params ReadOnlySpan<(uint Number, string Name)> ports)
    {
        try
        {
            string database = $"unix:{_folder}/db.sock";
            Run("ovsdb-tool", "create", $"{_folder}/conf.db", "/usr/share/openvswitch/vswitch.ovsschema");
            Start("ovsdb-server", $"{_folder}/conf.db", $"--remote=p{database}", $"--unixctl={_folder}/db.ctl");
            // Run at once, ovs-vsctl would not wait for it but fail.
            Stopwatch watch = Stopwatch.StartNew();
            while (!File.Exists($"{_folder}/db.sock") && watch.Elapsed < TimeSpan.FromSeconds(20))
                Thread.Sleep(10);
            Run("ovs-vsctl", $"--db={database}", "--timeout=20", "--no-wait", "init");
            Start("ovs-vswitchd", database, "--enable-dummy=override", "--disable-system", $"--unixctl={_folder}/switch.ctl");
            List<string> bridge =
            [
                $"--db={database}", "--timeout=20", "add-br", "br0", "--", "set", "bridge", "br0", "datapath-type=dummy", "fail-mode=secure", "protocols=OpenFlow10,OpenFlow13",
            ];
            foreach ((uint number, string name) in ports)
                bridge.AddRange(["--", "add-port", "br0", name, "--", "set", "interface", name, "type=dummy", $"ofport_request={number}", $"options:tx_pcap={Sent(name)}"]);
            Run("ovs-vsctl", [.. bridge]);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where <c>ovs-ofctl</c> finds it.</summary>
    public string Target => $"unix:{_folder}/br0.mgmt";

    /// <summary>The capture file of what left by a port.</summary>
    public string Sent(string port) => $"{_folder}/{port}.pcap";

    /// <summary>Lets a frame come in by a port.</summary>
    public void Receive(string port, ReadOnlySpan<byte> frame) =>
        Run("ovs-appctl", "-t", $"{_folder}/switch.ctl", "netdev-dummy/receive", port, Convert.ToHexStringLower(frame));

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private KeyValuePair<string, string>[] Folders =>
        [new("OVS_RUNDIR", _folder), new("OVS_LOGDIR", _folder), new("OVS_DBDIR", _folder)];

    private void Run(string program, params ReadOnlySpan<string> arguments)
    {
        OpenVSwitch.SkipUnlessInstalled(program);
        ChildProcess.Run(Folders, _folder, program, arguments).ShouldSucceed();
    }

    private void Start(string program, params ReadOnlySpan<string> arguments)
    {
        OpenVSwitch.SkipUnlessInstalled(program);
        // Its log is written to standard error, which nobody reads here: it goes into a file.
        ProcessStartInfo start = new(program, [.. arguments, $"--log-file={_folder}/{program}.log", "-vconsole:off"]);
        foreach ((string name, string value) in Folders)
            start.Environment[name] = value;
        _processes.Add(Process.Start(start)!);
    }
}
