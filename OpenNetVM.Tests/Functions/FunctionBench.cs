using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;

namespace OpenNetVM.Tests.Functions;

/// <summary>A hand-driven platform with any number of ports around one function, and a clock that the test moves, unless it measures allocations: that clock allocates.</summary>
internal sealed class FunctionBench : IDisposable
{
    private readonly TestPlatform _platform;
    private readonly LoopbackPort[] _ports;
    private readonly FakeTimeProvider _time = new();

    public FunctionBench(int ports, Func<NetworkFunction> make, Func<NetworkFunction>? before = null, int poolCapacity = 8_192, bool systemClock = false)
    {
        _platform = new TestPlatform(new NfManagerOptions { Time = systemClock ? TimeProvider.System : _time, Dataplane = new() { Pool = new() { Capacity = poolCapacity } } });
        _ports = [_platform.Input, _platform.Output, .. Enumerable.Range(2, ports - 2).Select(number => new LoopbackPort($"port {number}"))];
        foreach (LoopbackPort port in _ports[2..])
            _platform.Builder.AddPort(port);
        List<ServiceId> services = [];
        if (before is not null)
            services.Add(_platform.Builder.AddService("before", before));
        services.Add(_platform.Builder.AddService("function", make));
        _platform.Start(ServiceChain.Through(services).ToDrop());
    }

    public TestPlatform Platform => _platform;

    public static PortId[] Ids(int count) => [.. Enumerable.Range(0, count).Select(number => new PortId((ushort)number))];

    /// <summary>Sends frames in by one port and lets the platform work.</summary>
    public void Send(int port, params IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
            Assert.True(_ports[port].Send(frame));
        Settle();
    }

    public void Settle() => _platform.Manager.PollUntilIdle();

    /// <summary>What left through a port since it was last asked.</summary>
    public IReadOnlyList<byte[]> Take(int port) => _ports[port].ReceiveAll();

    /// <summary>How many frames left through each port.</summary>
    public int[] TakeCounts() => [.. _ports.Select(port => port.ReceiveAll().Count)];

    public void Pass(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        Settle();
    }

    public LoopbackPort Port(int number) => _ports[number];

    public void Dispose() => _platform.Dispose();
}
