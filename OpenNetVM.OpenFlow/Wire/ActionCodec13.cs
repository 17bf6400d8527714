using OpenNetVM.OpenFlow.Actions;
using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Actions and instructions as OpenFlow 1.3 writes them (7.2.4, 7.2.5).</summary>
internal static class ActionCodec13
{
    public const ushort Output = 0;
    public const ushort PushVlan = 17;
    public const ushort PopVlan = 18;
    public const ushort SetQueue = 21;
    public const ushort Group = 22;
    public const ushort SetTtl = 23;
    public const ushort DecrementTtl = 24;
    public const ushort SetField = 25;
    public const ushort Experimenter = 0xFFFF;

    private const ushort GotoTable = 1;
    private const ushort WriteMetadata = 2;
    private const ushort WriteActions = 3;
    private const ushort ApplyActions = 4;
    private const ushort ClearActions = 5;
    private const ushort Meter = 6;
    private const int HeaderLength = 4;
    private const int OutputBody = 12;
    private const int ShortBody = 4;

    /// <summary>Reads actions up to the reader's end.</summary>
    public static ValueArray<OpenFlowAction> ReadActions(ref WireReader reader)
    {
        List<OpenFlowAction>? actions = null;
        while (reader.Remaining > 0 && !reader.Failed)
        {
            ushort type = reader.U16();
            int length = reader.U16();
            if (reader.Failed || length < 8 || length % 8 != 0 || length - HeaderLength > reader.Remaining)
            {
                reader.Fail(Errors.BadAction.Length);
                break;
            }

            WireReader body = reader.Part(length - HeaderLength, Errors.BadAction.Length);
            OpenFlowAction? action = ReadAction(ref body, type);
            reader.Join(body);
            if (action is not null && !reader.Failed)
                (actions ??= []).Add(action);
        }

        return reader.Failed || actions is null ? default : new ValueArray<OpenFlowAction>([.. actions]);
    }

    public static void WriteActions13(MessageBuffer buffer, ValueArray<OpenFlowAction> actions)
    {
        foreach (OpenFlowAction action in actions)
            WriteAction(buffer, action);
    }

    /// <summary>Reads instructions up to the reader's end, each kind at most once.</summary>
    public static ValueArray<Instruction> ReadInstructions(ref WireReader reader)
    {
        List<Instruction>? instructions = null;
        uint seen = 0;
        while (reader.Remaining > 0 && !reader.Failed)
        {
            ushort type = reader.U16();
            int length = reader.U16();
            if (reader.Failed || length < 8 || length % 8 != 0 || length - HeaderLength > reader.Remaining)
            {
                reader.Fail(Errors.BadInstruction.Length);
                break;
            }

            WireReader body = reader.Part(length - HeaderLength, Errors.BadInstruction.Length);
            Instruction? instruction = ReadInstruction(ref body, type);
            reader.Join(body);
            uint bit = 1u << Math.Min((int)type, 31);
            // "A flow entry has at most one instruction of each type" (5.9): a second one is none that this switch knows.
            if ((seen & bit) != 0)
                reader.Fail(Errors.BadInstruction.Unknown);
            seen |= bit;
            if (instruction is not null && !reader.Failed)
                (instructions ??= []).Add(instruction);
        }

        return reader.Failed || instructions is null ? default : new ValueArray<Instruction>([.. instructions]);
    }

    public static void WriteInstructions(MessageBuffer buffer, ValueArray<Instruction> instructions)
    {
        foreach (Instruction instruction in instructions)
        {
            int start = buffer.Length;
            switch (instruction)
            {
                case GotoTableInstruction(byte table):
                    Header(buffer, GotoTable);
                    buffer.U8(table);
                    buffer.Zeros(3);
                    break;
                case WriteMetadataInstruction(ulong metadata, ulong mask):
                    Header(buffer, WriteMetadata);
                    buffer.Zeros(4);
                    buffer.U64(metadata);
                    buffer.U64(mask);
                    break;
                case WriteActionsInstruction(ValueArray<OpenFlowAction> actions):
                    Header(buffer, WriteActions);
                    buffer.Zeros(4);
                    WriteActions13(buffer, actions);
                    break;
                case ApplyActionsInstruction(ValueArray<OpenFlowAction> actions):
                    Header(buffer, ApplyActions);
                    buffer.Zeros(4);
                    WriteActions13(buffer, actions);
                    break;
                case ClearActionsInstruction:
                    Header(buffer, ClearActions);
                    buffer.Zeros(4);
                    break;
                case MeterInstruction(uint meter):
                    Header(buffer, Meter);
                    buffer.U32(meter);
                    break;
                case ExperimenterInstruction(uint experimenter, ValueArray<byte> data):
                    Header(buffer, Experimenter);
                    buffer.U32(experimenter);
                    buffer.Bytes(data.Span);
                    break;
            }

            buffer.PatchU16(start + 2, buffer.Length - start);
        }
    }

    private static OpenFlowAction? ReadAction(ref WireReader body, ushort type)
    {
        switch (type)
        {
            case Output:
                if (!Exactly(ref body, OutputBody))
                    return null;
                OutputAction output = new(body.U32(), body.U16());
                body.Skip(6);
                return output;
            case PushVlan:
                if (!Exactly(ref body, ShortBody))
                    return null;
                return new PushVlanAction(body.U16());
            case PopVlan:
                return Exactly(ref body, ShortBody) ? new PopVlanAction() : null;
            case SetQueue:
                return Exactly(ref body, ShortBody) ? new SetQueueAction(body.U32()) : null;
            case Group:
                return Exactly(ref body, ShortBody) ? new GroupAction(body.U32()) : null;
            case SetTtl:
                return Exactly(ref body, ShortBody) ? new SetTtlAction(body.U8()) : null;
            case DecrementTtl:
                return Exactly(ref body, ShortBody) ? new DecrementTtlAction() : null;
            case SetField:
                return ReadSetField(ref body);
            case Experimenter:
                return new ExperimenterAction(body.U32(), body.RestAsArray());
            default:
                body.Fail(Errors.BadAction.Type);
                return null;
        }
    }

    private static bool Exactly(ref WireReader body, int length)
    {
        if (body.Remaining == length)
            return true;
        body.Fail(Errors.BadAction.Length);
        return false;
    }

    private static SetFieldAction? ReadSetField(ref WireReader body)
    {
        int length = body.Remaining + HeaderLength;
        ReadOnlySpan<byte> header = body.Peek(HeaderLength);
        bool masked = header.Length == HeaderLength && (header[2] & 1) != 0;
        WireReader fields = body.Part(body.Remaining, Errors.BadAction.Length);
        OxmField field = MatchCodec13.ReadField(ref fields);
        if (fields.Failed)
        {
            // The same faults have other names here than in a match.
            body.Fail(fields.Error == Errors.BadMatch.Field ? Errors.BadAction.SetType
                : fields.Error == Errors.BadMatch.Length ? Errors.BadAction.SetLength
                : fields.Error == Errors.BadAction.Length ? Errors.BadAction.Length
                : Errors.BadAction.SetArgument);
            return null;
        }

        // Only whole fields can be set (7.2.5), and the action is as long as its field with padding.
        if (masked)
            body.Fail(Errors.BadAction.SetType);
        else if (fields.Remaining >= 8 || length % 8 != 0)
            body.Fail(Errors.BadAction.SetLength);
        return new SetFieldAction(field);
    }

    private static Instruction? ReadInstruction(ref WireReader body, ushort type)
    {
        switch (type)
        {
            case GotoTable:
                return ExactlyOf(ref body, 4) ? new GotoTableInstruction(body.U8()) : null;
            case WriteMetadata:
                if (!ExactlyOf(ref body, 20))
                    return null;
                body.Skip(4);
                return new WriteMetadataInstruction(body.U64(), body.U64());
            case WriteActions:
                body.Skip(4);
                return new WriteActionsInstruction(ReadActions(ref body));
            case ApplyActions:
                body.Skip(4);
                return new ApplyActionsInstruction(ReadActions(ref body));
            case ClearActions:
                return ExactlyOf(ref body, 4) ? new ClearActionsInstruction() : null;
            case Meter:
                return ExactlyOf(ref body, 4) ? new MeterInstruction(body.U32()) : null;
            case Experimenter:
                return new ExperimenterInstruction(body.U32(), body.RestAsArray());
            default:
                body.Fail(Errors.BadInstruction.Unknown);
                return null;
        }
    }

    private static bool ExactlyOf(ref WireReader body, int length)
    {
        if (body.Remaining == length)
            return true;
        body.Fail(Errors.BadInstruction.Length);
        return false;
    }

    private static void WriteAction(MessageBuffer buffer, OpenFlowAction action)
    {
        int start = buffer.Length;
        switch (action)
        {
            case OutputAction(uint port, ushort maxLength):
                WriteOutput(buffer, port, maxLength);
                break;
            case EnqueueAction(uint port, uint queue):
                // What 1.0 says in one action takes two in 1.3.
                Header(buffer, SetQueue);
                buffer.U32(queue);
                buffer.PatchU16(start + 2, 8);
                start = buffer.Length;
                WriteOutput(buffer, port, 0);
                break;
            case GroupAction(uint group):
                Header(buffer, Group);
                buffer.U32(group);
                break;
            case SetQueueAction(uint queue):
                Header(buffer, SetQueue);
                buffer.U32(queue);
                break;
            case SetFieldAction(OxmField field):
                WriteSetField(buffer, start, field);
                break;
            case SetVlanIdAction(ushort vlan):
                WriteSetField(buffer, start, new OxmField(OxmFieldId.VlanId, (UInt128)(vlan | FlowMatch.VlanPresent)));
                break;
            case SetVlanPriorityAction(byte priority):
                WriteSetField(buffer, start, new OxmField(OxmFieldId.VlanPriority, priority));
                break;
            case SetTransportPortAction(bool isDestination, ushort port):
                WriteSetField(buffer, start, new OxmField(isDestination ? OxmFieldId.TcpDestination : OxmFieldId.TcpSource, port));
                break;
            case PushVlanAction(ushort etherType):
                Header(buffer, PushVlan);
                buffer.U16(etherType);
                buffer.Zeros(2);
                break;
            case PopVlanAction:
                Header(buffer, PopVlan);
                buffer.Zeros(4);
                break;
            case SetTtlAction(byte ttl):
                Header(buffer, SetTtl);
                buffer.U8(ttl);
                buffer.Zeros(3);
                break;
            case DecrementTtlAction:
                Header(buffer, DecrementTtl);
                buffer.Zeros(4);
                break;
            case ExperimenterAction(uint experimenter, ValueArray<byte> data):
                Header(buffer, Experimenter);
                buffer.U32(experimenter);
                buffer.Bytes(data.Span);
                break;
        }

        buffer.PatchU16(start + 2, buffer.Length - start);
    }

    private static void WriteOutput(MessageBuffer buffer, uint port, ushort maxLength)
    {
        Header(buffer, Output);
        buffer.U32(port);
        buffer.U16(maxLength);
        buffer.Zeros(6);
    }

    private static void WriteSetField(MessageBuffer buffer, int start, in OxmField field)
    {
        Header(buffer, SetField);
        MatchCodec13.WriteField(buffer, field);
        buffer.PadTo8(start);
    }

    private static void Header(MessageBuffer buffer, ushort type)
    {
        buffer.U16(type);
        buffer.U16(0);
    }
}
