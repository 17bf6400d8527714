using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>Whether actions and instructions can be carried out by this switch, and if not, why.</summary>
internal static class ActionValidator
{
    private const ushort PopQueue = 5;

    /// <summary>Checks the instructions of a rule.</summary>
    /// <param name="match">The rule's match, on which the fields that can be set depend; null where they do not.</param>
    /// <param name="instructions">Its instructions.</param>
    /// <param name="hasGroup">Whether there is such a group.</param>
    public static OpenFlowError Check(FlowMatch? match, ValueArray<Instruction> instructions, Func<uint, bool> hasGroup)
    {
        foreach (Instruction instruction in instructions)
        {
            OpenFlowError error = instruction switch
            {
                ApplyActionsInstruction apply => Check(match, apply.Actions, hasGroup),
                WriteActionsInstruction write => Check(match, write.Actions, hasGroup),
                ClearActionsInstruction => OpenFlowError.None,
                // There is one table, and no table can be gone to but a later one (OpenFlow 1.3.5, 5.9).
                GotoTableInstruction => Errors.BadInstruction.TableId,
                ExperimenterInstruction => Errors.BadInstruction.Experimenter,
                _ => Errors.BadInstruction.Unsupported,
            };
            if (error.IsError)
                return error;
        }

        return OpenFlowError.None;
    }

    /// <summary>Checks actions; without a match (PACKET_OUT, groups, OpenFlow 1.0) every field can be set.</summary>
    public static OpenFlowError Check(FlowMatch? match, ValueArray<OpenFlowAction> actions, Func<uint, bool> hasGroup)
    {
        foreach (OpenFlowAction action in actions)
        {
            OpenFlowError error = action switch
            {
                OutputAction output => CheckOutput(output.Port),
                EnqueueAction enqueue => CheckOutput(enqueue.Port),
                GroupAction group => hasGroup(group.Group) ? OpenFlowError.None : Errors.BadAction.OutGroup,
                PushVlanAction push => push.EtherType is EtherTypes.Vlan or EtherTypes.ServiceVlan ? OpenFlowError.None : Errors.BadAction.Argument,
                SetFieldAction set => CheckField(match, set.Field),
                ExperimenterAction experimenter => CheckExperimenter(experimenter),
                _ => OpenFlowError.None,
            };
            if (error.IsError)
                return error;
        }

        return OpenFlowError.None;
    }

    private static OpenFlowError CheckOutput(uint port) =>
        port is 0 or ReservedPort.Any || (port > ReservedPort.Max && port < ReservedPort.InPort) ? Errors.BadAction.OutPort : OpenFlowError.None;

    private static OpenFlowError CheckField(FlowMatch? match, in OxmField field)
    {
        if (field.Id == OxmFieldId.InPort || !PacketFields.Has(field.Id))
            return Errors.BadAction.SetType;
        // A tag may have been pushed by an action before.
        return match is null || field.Id is OxmFieldId.VlanId or OxmFieldId.VlanPriority || match.Allows(field.Id)
            ? OpenFlowError.None
            : Errors.BadAction.MatchInconsistent;
    }

    // Open vSwitch's controller sends "pop queue" behind every output to a queue: refusing it would refuse all of its rules, and it changes nothing here, since
    // a queue counts for the next output alone.
    private static OpenFlowError CheckExperimenter(ExperimenterAction action)
    {
        if (action.Experimenter != OpenFlowConstants.Nicira)
            return Errors.BadAction.Experimenter;
        ReadOnlySpan<byte> data = action.Data.Span;
        return data.Length >= 2 && ((data[0] << 8) | data[1]) == PopQueue ? OpenFlowError.None : Errors.BadAction.ExperimenterType;
    }
}
