using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>GROUP_MOD (OpenFlow 1.3.5, 6.7 and 7.3.4.2).</content>
internal sealed partial class SwitchAgent
{
    private OpenFlowError Change(GroupMod message)
    {
        List<FlowRemoved> removed = [];
        OpenFlowError error;
        lock (_gate)
        {
            error = message.Command switch
            {
                GroupModCommand.Add => Add(message),
                GroupModCommand.Modify => Modify(message),
                _ => Delete(message, removed),
            };
            OthersChanged();
        }

        foreach (FlowRemoved rule in removed)
            Tell(rule);
        return error;
    }

    private OpenFlowError Add(GroupMod message)
    {
        OpenFlowError error = Check(message);
        if (error.IsError)
            return error;
        if (_groups.Count >= _options.MaxGroups)
            return _groups.ContainsKey(message.Group) ? Errors.GroupMod.Exists : Errors.GroupMod.OutOfGroups;
        return _groups.TryAdd(message.Group, new OpenFlowGroup(message, _time.GetTimestamp())) ? OpenFlowError.None : Errors.GroupMod.Exists;
    }

    private OpenFlowError Modify(GroupMod message)
    {
        OpenFlowError error = Check(message);
        if (error.IsError)
            return error;
        if (!_groups.TryGetValue(message.Group, out OpenFlowGroup? group))
            return Errors.GroupMod.Unknown;
        foreach (OpenFlowRule rule in group.Rules)
            Withdraw(rule);
        group.Set(message);
        return OpenFlowError.None;
    }

    // Deleting a group that is not there is no error; with it go the rules that use it.
    private OpenFlowError Delete(GroupMod message, List<FlowRemoved> removed)
    {
        if (message.Group is > ReservedGroup.Max and not ReservedGroup.All)
            return Errors.GroupMod.Invalid;
        foreach (OpenFlowGroup group in _groups.Values.Where(group => message.Group == ReservedGroup.All || message.Group == group.Id).ToArray())
        {
            foreach (OpenFlowRule rule in group.Rules.ToArray())
            {
                Remove(rule);
                Report(rule, FlowRemovedReason.GroupDelete, removed);
            }

            _groups.Remove(group.Id);
        }

        return OpenFlowError.None;
    }

    private OpenFlowError Check(GroupMod message)
    {
        if (message.Group > ReservedGroup.Max)
            return Errors.GroupMod.Invalid;
        if (message.GroupType == GroupType.FastFailover)
            return Errors.GroupMod.Type;
        if (message.GroupType == GroupType.Indirect && message.Buckets.Count != 1)
            return Errors.GroupMod.Invalid;
        if (message.Buckets.Count > _options.MaxBuckets)
            return Errors.GroupMod.OutOfBuckets;
        foreach (Bucket bucket in message.Buckets)
        {
            foreach (OpenFlowAction action in bucket.Actions)
            {
                if (action is GroupAction)
                    return Errors.GroupMod.ChainingUnsupported;
            }

            OpenFlowError error = ActionValidator.Check(null, bucket.Actions, static _ => false);
            if (error.IsError)
                return error;
        }

        return OpenFlowError.None;
    }
}
