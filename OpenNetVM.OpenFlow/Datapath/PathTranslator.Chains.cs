using OpenNetVM.Core.Services;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Datapath;

/// <content>Rules that name a whole chain: by queues (form B), by a list of outputs (form C).</content>
internal sealed partial class PathTranslator
{
    // Queues are a chain; so are several outputs with a service's port among them, where the options say so.
    private bool IsChain(ValueArray<OpenFlowAction> actions, out ValueArray<ServiceId> services)
    {
        List<ServiceId>? queues = null;
        List<ServiceId>? outputs = null;
        int outputCount = 0;
        foreach (OpenFlowAction action in actions)
        {
            if (action is SetQueueAction { Queue: var queue })
                (queues ??= []).Add(ServiceOf(queue));
            else if (action is EnqueueAction { Queue: var enqueued })
                (queues ??= []).Add(ServiceOf(enqueued));
            else if (action is OutputAction { Port: <= ReservedPort.Max } output && ++outputCount > 0 && ports.Find(output.Port) is { IsService: true } service)
                (outputs ??= []).Add(service.Service);
        }

        List<ServiceId>? chain = queues ?? (options.OutputListIsChain && outputCount > 1 ? outputs : null);
        services = chain is null ? default : new ValueArray<ServiceId>([.. chain]);
        return chain is not null;
    }

    // A queue that is no service is an id that no service can have: the chain cannot be made, and the packet is dropped rather than sent past a service.
    private ServiceId ServiceOf(uint queue) => queue is > 0 and <= ServiceId.MaxValue && queue != self.Value ? new ServiceId((ushort)queue) : default;

    private SwitchPath CarryChain(ReadOnlySpan<byte> frame, PacketFields fields, ValueArray<OpenFlowAction> actions, ValueArray<ServiceId> services, OpenFlowRule? rule)
    {
        List<PathOperation> operations = [];
        OutputAction? last = null;
        foreach (OpenFlowAction action in actions)
        {
            if (PacketEditor.Edits(action))
            {
                if (!Edit(ref frame, ref fields, action, _depth - 1, operations))
                    return SwitchPath.Drop;
            }
            else if (action is OutputAction output && !(options.OutputListIsChain && ports.Find(output.Port) is { IsService: true }))
            {
                last = output;
            }
            else if (action is EnqueueAction enqueue)
            {
                last = new OutputAction(enqueue.Port);
            }
        }

        SwitchPath end = SwitchPath.Drop;
        if (last is not null)
        {
            List<PathOperation> ends = [];
            AddOutput(frame, fields, last, rule, ends);
            end = SwitchPath.Of(ends);
        }

        operations.Add(new SendOperation(end.After(services.Span)));
        return SwitchPath.Of(operations);
    }
}
