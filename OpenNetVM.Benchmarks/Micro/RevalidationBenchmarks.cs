using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.Benchmarks.Micro;

/// <summary>What a controller's change costs beside 10,000 flows that the data path holds, each with a rule of its own; the data path itself costs nothing here.</summary>
public class RevalidationBenchmarks : IDisposable
{
    private const int Flows = 10_000;

    private readonly NoDatapath _datapath = new();
    private SwitchAgent _agent = null!;
    private AgentSession _session = null!;

    [IterationSetup]
    public void Track()
    {
        _agent?.Dispose();
        _agent = new SwitchAgent(_datapath, new SwitchAgentOptions(), TimeProvider.System, NullLogger.Instance);
        ChannelEnvironment environment = new(new OpenFlowChannelOptions(), _agent, TimeProvider.System, NullLogger.Instance);
        Pipe pipe = new();
        _session = (AgentSession)_agent.Open(new OpenFlowConnection(new Ends(pipe.Reader, pipe.Writer), "none", isPassive: false, environment));
        for (uint i = 0; i < Flows; i++)
        {
            Handle(new FlowMod(FlowModCommand.Add, Match(i), [new ApplyActionsInstruction([new OutputAction(2)])]));
            PacketFields fields = PacketFields.Of(Match(i)).Value;
            _agent.Track(new TrackedFlow(_datapath, [new FlowHop(fields, _agent.Resolve(fields))]));
        }
    }

    /// <summary>All rules go, and with them the flows.</summary>
    [Benchmark]
    public int DeleteAll()
    {
        Handle(new FlowMod(FlowModCommand.Delete, FlowMatch.Everything, default));
        return _agent.TrackedCount;
    }

    /// <summary>A rule above all others, which takes every flow away from its rule.</summary>
    [Benchmark]
    public int AddAboveAll()
    {
        Handle(new FlowMod(FlowModCommand.Add, FlowMatch.Everything, default) { Priority = ushort.MaxValue });
        return _agent.TrackedCount;
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _agent?.Dispose();
        GC.SuppressFinalize(this);
    }

    private static FlowMatch Match(uint number) => FlowMatch.Of(new(OxmFieldId.EthernetType, EtherTypes.Ipv4), new(OxmFieldId.Ipv4Source, number));

    private void Handle(FlowMod message)
    {
        ValueTask<OpenFlowError> handled = _agent.HandleAsync(_session, message, CancellationToken.None);
        if (!handled.IsCompletedSuccessfully || handled.Result.IsError)
            throw new InvalidOperationException("The rule was refused.");
    }

    private sealed record Ends(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    private sealed class NoDatapath : IOpenFlowDatapath
    {
        public ValueArray<PortDescription> Ports => default;

        public uint BufferCount => 0;

        public PortStatistics? ReadPort(uint port) => null;

        public ValueArray<uint> QueuesOf(uint port) => default;

        public PortDescription? Configure(uint port, PortConfig config, PortConfig mask) => null;

        public OpenFlowError Send(PacketOut message) => OpenFlowError.None;

        public OpenFlowError Release(uint bufferId, uint inPort, ValueArray<OpenFlowAction> actions) => OpenFlowError.None;

        public FlowReading Remove(TrackedFlow flow) => default;

        public bool IsBusy => false;

        public ValueTask SettleAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

        public void ControllersChanged(bool isControlled)
        {
        }

        public FlowReading Read(TrackedFlow flow) => default;
    }
}
