using System.Runtime.InteropServices;
using OpenNetVM.Core.Processes;
using OpenNetVM.Samples.Isolation;

if (Environment.GetEnvironmentVariable(NfLaunch.SocketVariable) is null)
{
    Console.Error.WriteLine($"A manager starts this program (./build.sh run --isolated process). By hand: {NfLaunch.SocketVariable}=FOLDER/DOMAIN/control.sock {NfLaunch.ServiceVariable}=policer FlowPolicer");
    return 1;
}

// Ctrl-C reaches every process of the terminal, but it is the manager that ends this one. SIGTERM (podman stop) makes it leave in good order.
using CancellationTokenSource leave = new();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    leave.Cancel();
});

try
{
    // --wait: keep what is known of flows, and go on with the next manager when this one is gone.
    NfProcessOptions options = NfProcessOptions.FromEnvironment() with
    {
        WhenManagerIsLost = args is ["--wait"] ? ManagerLossAction.WaitForAnother : ManagerLossAction.Stop,
    };
    NfProcessExit exit = NfProcess.Run(new FlowPolicer(packetsPerSecond: 10_000, burst: 1_000), options, leave.Token);
    return exit == NfProcessExit.ManagerLost ? 3 : 0;
}
catch (NfRegistrationException refused)
{
    Console.Error.WriteLine(refused.Message);
    return 2;
}
