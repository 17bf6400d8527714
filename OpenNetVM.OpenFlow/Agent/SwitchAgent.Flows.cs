using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <content>FLOW_MOD (OpenFlow 1.3.5, 6.4 and 7.3.4.1) and timeouts (6.5).</content>
internal sealed partial class SwitchAgent
{
    // Rules with a timeout, by the timestamp at which they have to be looked at. A rule that went or was used meanwhile is found out when its turn comes.
    private readonly PriorityQueue<OpenFlowRule, long> _deadlines = new();

    private readonly RulePrograms _programs = new();

    // Rules with a timeout that are in the table.
    private int _timed;

    /// <summary>Removes all rules and groups, as when the switch starts anew; nobody is told.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            foreach (OpenFlowRule rule in _rules.Within(default, default))
                Remove(rule);
            _groups.Clear();
            _deadlines.Clear();
            OthersChanged();
        }
    }

    private OpenFlowError Change(FlowMod message)
    {
        bool deletes = message.Command is FlowModCommand.Delete or FlowModCommand.DeleteStrict;
        if (message.Table != 0 && !(deletes && message.Table == OpenFlowConstants.AllTables))
            return Errors.FlowMod.TableId;
        foreach (OxmField field in message.Match.Fields)
        {
            if (!PacketFields.Has(field.Id))
                return Errors.BadMatch.Field;
        }

        List<FlowRemoved>? removed = deletes ? [] : null;
        OpenFlowError error;
        ValueArray<OpenFlowAction> actions;
        bool releases;
        lock (_gate)
        {
            error = message.Command switch
            {
                FlowModCommand.Add => Add(message),
                FlowModCommand.Modify or FlowModCommand.ModifyStrict => Modify(message),
                _ => Delete(message, removed!),
            };
            RulesChanged();
            releases = !error.IsError && !deletes && message.BufferId != OpenFlowConstants.NoBuffer;
            actions = releases ? _programs.Of(message.Instructions).Actions : default;
        }

        foreach (FlowRemoved rule in removed ?? [])
            Tell(rule);
        if (!releases)
            return error;
        // The rule stays even where there is no such packet any more.
        uint inPort = message.Match.TryGet(OxmFieldId.InPort, out OxmField port) ? (uint)port.Value : ReservedPort.Any;
        return _datapath.Release(message.BufferId, inPort, actions);
    }

    private OpenFlowError Add(FlowMod message)
    {
        OpenFlowError error = ActionValidator.Check(message.HasVersion10Semantics ? null : message.Match, message.Instructions, _hasGroup);
        if (error.IsError)
            return error;
        OpenFlowRule rule = new(message, _time.GetTimestamp(), _programs.Of(message.Instructions));
        if ((message.Flags & FlowModFlags.CheckOverlap) != 0 && _rules.Overlaps(rule.Key, rule.Mask, rule.Priority))
            return Errors.FlowMod.Overlap;
        OpenFlowRule? old = _rules.Find(rule.Key, rule.Mask, rule.Priority);
        if (old is null && !_rules.HasRoom(rule.Mask))
            return Errors.FlowMod.TableFull;
        if (old is not null)
        {
            // It takes the old one's place; nobody is told that that has gone.
            Remove(old);
            if ((message.Flags & FlowModFlags.ResetCounts) == 0)
                rule.Count(old.Counters, old.LastUsed);
        }

        _rules.Add(rule);
        Refer(rule);
        WithdrawBelow(rule);
        Schedule(rule);
        return OpenFlowError.None;
    }

    private OpenFlowError Modify(FlowMod message)
    {
        OpenFlowError error = ActionValidator.Check(message.HasVersion10Semantics ? null : message.Match, message.Instructions, _hasGroup);
        if (error.IsError)
            return error;
        bool found = false;
        foreach (OpenFlowRule rule in Selected(message, message.Command == FlowModCommand.ModifyStrict))
        {
            found = true;
            Withdraw(rule);
            Unrefer(rule);
            rule.Program = _programs.Of(message.Instructions);
            OthersChanged();
            Refer(rule);
            if ((message.Flags & FlowModFlags.ResetCounts) != 0)
                rule.ResetCounters();
        }

        // In 1.0 a MODIFY of nothing adds (4.6), in 1.3 it does nothing (6.4).
        return found || !message.HasVersion10Semantics ? OpenFlowError.None : Add(message);
    }

    private OpenFlowError Delete(FlowMod message, List<FlowRemoved> removed)
    {
        foreach (OpenFlowRule rule in Selected(message, message.Command == FlowModCommand.DeleteStrict))
        {
            if (!rule.Outputs(message.OutPort) || !rule.UsesGroup(message.OutGroup))
                continue;
            Remove(rule);
            Report(rule, FlowRemovedReason.Delete, removed);
        }

        return OpenFlowError.None;
    }

    private List<OpenFlowRule> Selected(FlowMod message, bool strict) =>
        Selected(message.Match, strict ? message.Priority : null, message.Cookie, message.CookieMask);

    private List<OpenFlowRule> Selected(FlowMatch match, ushort? priority, ulong cookie, ulong cookieMask)
    {
        (PacketFields key, PacketFields mask) = PacketFields.Of(match);
        List<OpenFlowRule> rules = priority is not { } exact ? _rules.Within(key, mask)
            : _rules.Find(key, mask, exact) is { } one ? [one]
            : [];
        if (cookieMask != 0)
            rules.RemoveAll(rule => ((rule.Cookie ^ cookie) & cookieMask) != 0);
        return rules;
    }

    private void Remove(OpenFlowRule rule)
    {
        Withdraw(rule);
        Unrefer(rule);
        _rules.Remove(rule);
        if (rule.HasTimeout)
            _timed--;
    }

    private void Refer(OpenFlowRule rule)
    {
        foreach (OpenFlowAction action in rule.Actions)
        {
            if (action is GroupAction group)
                _groups[group.Group].Rules.Add(rule);
        }
    }

    private void Unrefer(OpenFlowRule rule)
    {
        foreach (OpenFlowAction action in rule.Actions)
        {
            if (action is GroupAction group && _groups.TryGetValue(group.Group, out OpenFlowGroup? used))
                used.Rules.Remove(rule);
        }
    }

    private void Report(OpenFlowRule rule, FlowRemovedReason reason, List<FlowRemoved> removed)
    {
        if ((rule.Flags & FlowModFlags.SendFlowRemoved) == 0)
            return;
        removed.Add(new FlowRemoved(rule.Match, rule.Priority, reason)
        {
            Cookie = rule.Cookie,
            Duration = OpenFlowDuration.Of(_time.GetElapsedTime(rule.Created)),
            IdleTimeout = rule.IdleTimeout,
            HardTimeout = rule.HardTimeout,
            Counters = rule.Report(),
        });
    }

    private void Schedule(OpenFlowRule rule)
    {
        if (!rule.HasTimeout)
            return;
        _timed++;
        // A controller that adds and deletes for ever leaves rules behind whose turn is hours away: once they are more than those that live, they are thrown out.
        const int WorthTheWalk = 1024;
        if (_deadlines.Count > (2 * _timed) + WorthTheWalk)
        {
            (OpenFlowRule, long)[] living = [.. _deadlines.UnorderedItems.Where(static item => item.Element.IsLive)];
            _deadlines.Clear();
            _deadlines.EnqueueRange(living);
        }

        _deadlines.Enqueue(rule, Deadline(rule));
    }

    /// <summary>Rules that wait for their timeouts, gone ones included.</summary>
    internal int WaitingForTimeouts
    {
        get
        {
            lock (_gate)
                return _deadlines.Count;
        }
    }

    private long Deadline(OpenFlowRule rule)
    {
        long hard = rule.HardTimeout == 0 ? long.MaxValue : rule.Created + (rule.HardTimeout * _time.TimestampFrequency);
        long idle = rule.IdleTimeout == 0 ? long.MaxValue : rule.LastUsed + (rule.IdleTimeout * _time.TimestampFrequency);
        return Math.Min(hard, idle);
    }

    private void Expire()
    {
        List<FlowRemoved> removed = [];
        lock (_gate)
        {
            long now = _time.GetTimestamp();
            while (_deadlines.TryPeek(out OpenFlowRule? rule, out long deadline) && deadline <= now)
            {
                _deadlines.Dequeue();
                if (!rule.IsLive)
                    continue;
                Refresh(rule);
                long actual = Deadline(rule);
                if (actual > now)
                {
                    _deadlines.Enqueue(rule, actual);
                    continue;
                }

                bool hard = rule.HardTimeout != 0 && now - rule.Created >= rule.HardTimeout * _time.TimestampFrequency;
                Remove(rule);
                RulesChanged();
                Report(rule, hard ? FlowRemovedReason.HardTimeout : FlowRemovedReason.IdleTimeout, removed);
            }
        }

        foreach (FlowRemoved rule in removed)
            Tell(rule);
    }
}
