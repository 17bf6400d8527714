using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>What a rule does. Immutable: many rules do the same, and share one.</summary>
internal sealed class RuleProgram
{
    public RuleProgram(ValueArray<Instruction> instructions)
    {
        Instructions = instructions;
        Actions = ActionPlan.Of(instructions);
        foreach (OpenFlowAction action in Actions)
            LeadsToUnnamedPorts |= action is GroupAction or OutputAction { Port: ReservedPort.Flood or ReservedPort.All or ReservedPort.Normal };
    }

    public ValueArray<Instruction> Instructions { get; }

    /// <summary>What is done to packets, in order: the actions applied, then the action set in its own order (OpenFlow 1.3.5, 5.10). Empty is a drop.</summary>
    public ValueArray<OpenFlowAction> Actions { get; }

    /// <summary>Whether the ports to which it leads are not all named in it: by a group, or by a flood.</summary>
    public bool LeadsToUnnamedPorts { get; }
}

/// <summary>Finds the program of instructions that came before. Used by one thread at a time.</summary>
internal sealed class RulePrograms
{
    // A controller that never says the same twice gains nothing from this, and must not make it grow.
    private const int MostKept = 256;

    private readonly Dictionary<ValueArray<Instruction>, RuleProgram> _programs = [];

    public RuleProgram Of(ValueArray<Instruction> instructions)
    {
        if (_programs.TryGetValue(instructions, out RuleProgram? program))
            return program;
        if (_programs.Count == MostKept)
            _programs.Clear();
        program = new RuleProgram(instructions);
        _programs.Add(instructions, program);
        return program;
    }
}
