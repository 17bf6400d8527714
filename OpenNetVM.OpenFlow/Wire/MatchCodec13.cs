using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Matches as OpenFlow 1.3 writes them (7.2.3): a list of OXM TLVs, of which the class OFPXMC_OPENFLOW_BASIC is known.</summary>
internal static class MatchCodec13
{
    private const ushort BasicClass = 0x8000;
    private const ushort OxmType = 1;
    private const int HeaderLength = 4;

    /// <summary>Reads a match with its padding.</summary>
    public static FlowMatch Read(ref WireReader reader)
    {
        ushort type = reader.U16();
        int length = reader.U16();
        if (reader.Failed)
            return FlowMatch.Everything;
        if (type != OxmType)
        {
            reader.Fail(Errors.BadMatch.Type);
            return FlowMatch.Everything;
        }

        if (length < HeaderLength || length - HeaderLength + (-length & 7) > reader.Remaining)
        {
            reader.Fail(Errors.BadMatch.Length);
            return FlowMatch.Everything;
        }

        WireReader fields = reader.Part(length - HeaderLength, Errors.BadMatch.Length);
        FlowMatch match = ReadFields(ref fields);
        reader.Join(fields);
        reader.Skip(-length & 7);
        return match;
    }

    public static void Write(MessageBuffer buffer, FlowMatch match)
    {
        int start = buffer.Length;
        buffer.U16(OxmType);
        buffer.U16(0);
        foreach (OxmField field in match.Fields)
            WriteField(buffer, field);
        buffer.PatchU16(start + 2, buffer.Length - start);
        buffer.PadTo8(start);
    }

    /// <summary>Reads one TLV. The errors are those of a match.</summary>
    public static OxmField ReadField(ref WireReader reader)
    {
        ushort oxmClass = reader.U16();
        byte fieldAndMask = reader.U8();
        int length = reader.U8();
        if (reader.Failed)
            return default;
        bool masked = (fieldAndMask & 1) != 0;
        int number = fieldAndMask >> 1;
        if (length > reader.Remaining)
            reader.Fail(Errors.BadMatch.Length);
        else if (oxmClass != BasicClass || number >= OxmFieldInfo.Count)
            reader.Fail(Errors.BadMatch.Field);
        if (reader.Failed)
            return default;

        OxmFieldId id = (OxmFieldId)number;
        OxmFieldInfo info = OxmFieldInfo.Of(id);
        if (length != (masked ? 2 : 1) * info.Bytes)
        {
            reader.Fail(Errors.BadMatch.Length);
            return default;
        }

        UInt128 value = reader.Number(info.Bytes);
        UInt128? mask = masked ? reader.Number(info.Bytes) : null;
        reader.Fail(info.Check(value, mask));
        return new OxmField(id, value, mask);
    }

    public static void WriteField(MessageBuffer buffer, in OxmField field)
    {
        int bytes = OxmFieldInfo.Of(field.Id).Bytes;
        bool masked = !field.IsExact;
        buffer.U16(BasicClass);
        buffer.U8((byte)(((int)field.Id << 1) | (masked ? 1 : 0)));
        buffer.U8((byte)(masked ? 2 * bytes : bytes));
        buffer.Number(field.Value, bytes);
        if (masked)
            buffer.Number(field.Mask, bytes);
    }

    /// <summary>A field's header, by which TABLE_FEATURES names it.</summary>
    public static uint Header(OxmFieldId id, bool masked)
    {
        int bytes = OxmFieldInfo.Of(id).Bytes;
        return ((uint)BasicClass << 16) | ((uint)id << 9) | (masked ? 0x100u : 0) | (uint)(masked ? 2 * bytes : bytes);
    }

    private static FlowMatch ReadFields(ref WireReader reader)
    {
        // Each known field at most once: no message makes this longer.
        Span<OxmField> fields = stackalloc OxmField[OxmFieldInfo.Count];
        int count = 0;
        while (reader.Remaining > 0 && !reader.Failed)
        {
            OxmField field = ReadField(ref reader);
            if (!reader.Failed && count == fields.Length)
                reader.Fail(Errors.BadMatch.Duplicate);
            else if (!reader.Failed)
                fields[count++] = field;
        }

        if (reader.Failed)
            return FlowMatch.Everything;
        if (!FlowMatch.TryCreate(fields[..count], out FlowMatch match))
            reader.Fail(Errors.BadMatch.Duplicate);
        return match;
    }
}
