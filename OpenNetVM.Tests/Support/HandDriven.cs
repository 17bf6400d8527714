using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Tests.Support;

/// <summary>A hand-driven platform between two loopback ports, which on disposal asserts that no packet was lost or invented.</summary>
internal sealed class HandDriven : IDisposable
{
    private readonly NfManagerBuilder _builder = new();
    private NfManager? _manager;

    public HandDriven(NfManagerOptions? options = null)
    {
        _builder.Options = (options ?? new NfManagerOptions()) with { HandDriven = true };
        InId = _builder.AddPort(In);
        OutId = _builder.AddPort(Out);
    }

    public LoopbackPort In { get; } = new("in", new LoopbackPortOptions { Capacity = 16_384 });

    public LoopbackPort Out { get; } = new("out", new LoopbackPortOptions { Capacity = 16_384 });

    public PortId InId { get; }

    public PortId OutId { get; }

    public NfManagerBuilder Builder => _builder;

    public NfManager Manager => _manager ?? throw new InvalidOperationException("start first");

    /// <summary>Every function object that was made, in order.</summary>
    public List<ScriptedFunction> Functions { get; } = [];

    public PlatformStatistics Statistics => Manager.GetStatistics();

    public ServiceId Service(string name, ScriptedFunction.PacketScript? onPacket = null, ServiceOptions? options = null) =>
        Service(name, () => new ScriptedFunction { OnPacket = onPacket }, options);

    public ServiceId Service(string name, Func<ScriptedFunction> factory, ServiceOptions? options = null) =>
        _builder.AddService(
            name,
            () =>
            {
                ScriptedFunction function = factory();
                Functions.Add(function);
                return function;
            },
            options);

    public HandDriven Start(ServiceChain defaultChain)
    {
        _builder.DefaultChain = defaultChain;
        _manager = _builder.Build();
        _manager.Start();
        return this;
    }

    /// <summary>Sends frames in, works them off, and returns what came out of the second port.</summary>
    public IReadOnlyList<byte[]> Run(params IEnumerable<byte[]> frames)
    {
        foreach (byte[] frame in frames)
            Assert.True(In.Send(frame), "the wire into the platform is full");
        Manager.PollUntilIdle();
        return Out.ReceiveAll();
    }

    public void AssertConserved()
    {
        PlatformStatistics statistics = Statistics;
        Assert.True(statistics.Unaccounted == 0, statistics.ConservationLine);
    }

    public long Dropped(DropReason reason) => Statistics.DroppedByReason[reason];

    public void Dispose()
    {
        if (_manager is null)
            return;
        AssertConserved();
        Assert.Equal(0, _manager.Pool.RejectedFrees);
        _manager.StopAsync().GetAwaiter().GetResult();
        Assert.True(_manager.Pool.InUse == 0, $"{_manager.Pool.InUse} buffers leaked");
        AssertConserved();
        _manager.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
