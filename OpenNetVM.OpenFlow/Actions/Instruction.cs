using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Actions;

/// <summary>What a rule does with its packets (OpenFlow 1.3.5, 7.2.4 ofp_instruction).</summary>
internal abstract record Instruction;

/// <summary>Goes on in another table.</summary>
internal sealed record GotoTableInstruction(byte Table) : Instruction;

/// <summary>Writes metadata for later tables.</summary>
internal sealed record WriteMetadataInstruction(ulong Metadata, ulong Mask) : Instruction;

/// <summary>Adds actions to the set that is carried out at the end.</summary>
internal sealed record WriteActionsInstruction(ValueArray<OpenFlowAction> Actions) : Instruction;

/// <summary>Carries actions out, in this order.</summary>
internal sealed record ApplyActionsInstruction(ValueArray<OpenFlowAction> Actions) : Instruction;

/// <summary>Empties the action set.</summary>
internal sealed record ClearActionsInstruction : Instruction;

/// <summary>Sends the packet through a meter.</summary>
internal sealed record MeterInstruction(uint Meter) : Instruction;

/// <summary>An instruction of some maker's own.</summary>
internal sealed record ExperimenterInstruction(uint Experimenter, ValueArray<byte> Data) : Instruction;
