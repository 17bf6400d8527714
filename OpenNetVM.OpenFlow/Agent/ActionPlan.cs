using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>Instructions of the one table as one list of actions.</summary>
internal static class ActionPlan
{
    /// <summary>The actions in the order in which they are carried out.</summary>
    public static ValueArray<OpenFlowAction> Of(ValueArray<Instruction> instructions)
    {
        List<OpenFlowAction> actions = [];
        List<OpenFlowAction> set = [];
        // In the order of OpenFlow 1.3.5, 5.9, whatever the order in the message: apply, clear, write.
        foreach (Instruction instruction in instructions)
        {
            if (instruction is ApplyActionsInstruction apply)
                actions.AddRange(apply.Actions);
            else if (instruction is WriteActionsInstruction write)
                Write(set, write.Actions);
        }

        // 5.10: of group and output, only the group is carried out.
        if (set.Exists(static action => action is GroupAction))
            set.RemoveAll(static action => action is OutputAction or EnqueueAction);
        set.Sort(static (left, right) => Rank(left).CompareTo(Rank(right)));
        actions.AddRange(set);
        return new ValueArray<OpenFlowAction>([.. actions]);
    }

    // The set has at most one action of each kind; a later one takes the place of an earlier one.
    private static void Write(List<OpenFlowAction> set, ValueArray<OpenFlowAction> actions)
    {
        foreach (OpenFlowAction action in actions)
        {
            set.RemoveAll(old => old.GetType() == action.GetType()
                && (action is not SetFieldAction field || ((SetFieldAction)old).Field.Id == field.Field.Id)
                && (action is not ExperimenterAction || old == action));
            set.Add(action);
        }
    }

    private static int Rank(OpenFlowAction action) => action switch
    {
        PopVlanAction => 0,
        PushVlanAction => 1,
        DecrementTtlAction => 2,
        SetQueueAction => 4,
        GroupAction => 5,
        OutputAction or EnqueueAction => 6,
        ExperimenterAction => 7,
        _ => 3,
    };
}
