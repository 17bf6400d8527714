namespace OpenNetVM.Samples.Dpdk;

/// <summary>What the command line asks for.</summary>
/// <param name="Devices">Two devices, each as DPDK writes it: a name, a comma, arguments.</param>
/// <param name="Bridge">True to send frames where their station is; false to send what comes in at one side out at the other.</param>
/// <param name="Seconds">When to stop; 0 for no limit.</param>
/// <param name="Core">The core to pin the worker to, which then never sleeps; null for none.</param>
/// <param name="NoHugePages">True to do without huge pages where there are some.</param>
/// <param name="Verbose">True to print what DPDK logs.</param>
internal sealed record Options(string[] Devices, bool Bridge, double Seconds, int? Core, bool NoHugePages, bool Verbose);
