using System.Buffers.Binary;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Headers;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>What a controller's change costs beside 10,000 flows in the flow director, each with a rule of its own: until none of them is there any more.</summary>
public class RevalidationBenchmarks : IAsyncDisposable
{
    private const int Flows = 10_000;
    private const int AtOnce = 100;

    private readonly LoopbackPort _in = new("in");
    private readonly LoopbackPort _out = new("out");
    private readonly SdnSwitch _sdn = new(new SdnSwitchOptions { FlowIdleTimeout = TimeSpan.FromHours(1) });
    private NfManager _manager = null!;
    private AgentSession _session = null!;

    [GlobalSetup]
    public void Start()
    {
        NfManagerBuilder builder = new() { Options = new NfManagerOptions { HandDriven = true } };
        builder.AddPort(_in);
        builder.AddPort(_out);
        ServiceId service = builder.AddService("sdn", _sdn.CreateFunction);
        builder.DefaultChain = ServiceChain.Through(service).ToDrop();
        _manager = builder.Build();
        _manager.Start();
        _sdn.Start(_manager, service);
        ChannelEnvironment environment = new(new OpenFlowChannelOptions(), _sdn.Agent, TimeProvider.System, NullLogger.Instance);
        Pipe pipe = new();
        _session = (AgentSession)_sdn.Agent.Open(new OpenFlowConnection(new Ends(pipe.Reader, pipe.Writer), "none", isPassive: false, environment));
    }

    [IterationSetup]
    public void Install()
    {
        Handle(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        byte[] frame = new byte[60];
        for (uint i = 0; i < Flows; i++)
        {
            Handle(new FlowMod(FlowModCommand.Add, Match(i), [new ApplyActionsInstruction([new OutputAction(2)])]));
            Write(frame, i);
            _in.Send(frame);
            if (i % AtOnce == AtOnce - 1)
            {
                _manager.PollUntilIdle();
                _out.ReceiveAll();
            }
        }

        if (_manager.Director.Count != Flows)
            throw new InvalidOperationException($"{_manager.Director.Count} flows are installed, not {Flows}.");
    }

    /// <summary>All rules go, and with them the flows.</summary>
    [Benchmark]
    public int DeleteAll()
    {
        Handle(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        return FlowsLeft();
    }

    /// <summary>A rule above all others, which takes every flow away from its rule.</summary>
    [Benchmark]
    public int AddAboveAll()
    {
        Handle(new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default) { Priority = ushort.MaxValue });
        return FlowsLeft();
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _sdn.DisposeAsync();
        await _manager.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static FlowMatch Match(uint number) => FlowMatch.Of(new(OxmFieldId.EthernetType, EtherTypes.Ipv4), new(OxmFieldId.Ipv4Source, number));

    // Ethernet, IPv4 and UDP, with nothing in them but the addresses.
    private static void Write(Span<byte> frame, uint source)
    {
        BinaryPrimitives.WriteUInt16BigEndian(frame[12..], EtherTypes.Ipv4);
        frame[14] = 0x45;
        BinaryPrimitives.WriteUInt16BigEndian(frame[16..], 46);
        frame[22] = 64;
        frame[23] = IpProtocols.Udp;
        BinaryPrimitives.WriteUInt32BigEndian(frame[26..], source);
        BinaryPrimitives.WriteUInt32BigEndian(frame[30..], 1);
        BinaryPrimitives.WriteUInt16BigEndian(frame[38..], 26);
    }

    private int FlowsLeft() => _manager.Director.Count == 0 ? 0 : throw new InvalidOperationException($"{_manager.Director.Count} flows are left.");

    private void Handle(FlowMod message)
    {
        ValueTask<OpenFlowError> handled = _sdn.Agent.HandleAsync(_session, message, CancellationToken.None);
        if (!handled.IsCompletedSuccessfully || handled.Result.IsError)
            throw new InvalidOperationException("The rule was refused.");
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
