using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Flows;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Core.Processes;

/// <summary>The flow director of a manager in another process: each call is a question and an answer over the socket, some tens of microseconds.</summary>
internal sealed class RemoteFlowControl(ProcessHost host) : IFlowControl
{
    public bool MaySet => host.Ask(ControlMessageType.Query, new QueryMessage(QueryKind.MaySetFlows)) is { Status: ReplyStatus.Ok, Value: not 0 };

    public bool TrySet(in Ipv4FlowKey flow, ChainId chain, FlowRuleOptions options) => Set(new FlowKeyBytes(flow), chain, options);

    public bool TrySet(in Ipv6FlowKey flow, ChainId chain, FlowRuleOptions options) => Set(new FlowKeyBytes(flow), chain, options);

    public bool Remove(in Ipv4FlowKey flow) => Remove(new FlowKeyBytes(flow));

    public bool Remove(in Ipv6FlowKey flow) => Remove(new FlowKeyBytes(flow));

    private bool Set(FlowKeyBytes flow, ChainId chain, FlowRuleOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.IdleTimeout, TimeSpan.Zero, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.HardTimeout, TimeSpan.Zero, nameof(options));
        return host.Ask(ControlMessageType.SetFlow, new FlowMessage(flow, chain.Value, options)).Status switch
        {
            ReplyStatus.Ok => true,
            ReplyStatus.NotFound => throw new KeyNotFoundException($"There is no {chain} in the manager's platform. Add it there first."),
            ReplyStatus.Malformed => throw new ArgumentException("The manager takes no rule with these options.", nameof(options)),
            _ => false,
        };
    }

    private bool Remove(FlowKeyBytes flow) => host.Ask(ControlMessageType.RemoveFlow, new RemoveFlowMessage(flow)) is { Status: ReplyStatus.Ok, Value: not 0 };
}
