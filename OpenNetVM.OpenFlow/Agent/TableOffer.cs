using OpenNetVM.OpenFlow.Matches;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.OpenFlow.Agent;

/// <summary>What the one table can do (OpenFlow 1.3.5, 7.3.5.5).</summary>
internal static class TableOffer
{
    /// <summary>The one table needs no name, and ovs-ofctl would print one with every rule.</summary>
    public const string Name = "";

    private const uint WriteActions = 3;
    private const uint ApplyActions = 4;
    private const uint ClearActions = 5;

    private static readonly ushort[] Actions =
    [
        ActionCodec13.Output, ActionCodec13.PushVlan, ActionCodec13.PopVlan, ActionCodec13.SetQueue, ActionCodec13.Group,
        ActionCodec13.SetTtl, ActionCodec13.DecrementTtl, ActionCodec13.SetField,
    ];

    private static readonly OxmFieldId[] Fields = [.. Enum.GetValues<OxmFieldId>().Where(PacketFields.Has)];

    /// <summary>Actions as bits by their numbers.</summary>
    public static uint ActionBits { get; } = Actions.Aggregate(0u, static (bits, action) => bits | (1u << action));

    /// <summary>The table, with the eight properties that every table has; those for the rule that catches the rest are the same and therefore left out.</summary>
    public static TableFeatures Describe(int maxRules)
    {
        ValueArray<uint> actions = new([.. Actions.Select(static action => (uint)action)]);
        ValueArray<uint> settable = new([.. Fields.Where(static field => field != OxmFieldId.InPort).Select(static field => MatchCodec13.Header(field, masked: false))]);
        return new TableFeatures(0, Name, MetadataMatch: 0, MetadataWrite: 0, Config: 0, (uint)maxRules,
        [
            new TableProperty(TableFeatureTypes.Instructions, [WriteActions, ApplyActions, ClearActions]),
            new TableProperty(TableFeatureTypes.NextTables, []),
            new TableProperty(TableFeatureTypes.WriteActions, actions),
            new TableProperty(TableFeatureTypes.ApplyActions, actions),
            new TableProperty(TableFeatureTypes.Match, new([.. Fields.Select(static field => MatchCodec13.Header(field, OxmFieldInfo.Of(field).IsMaskable))])),
            new TableProperty(TableFeatureTypes.Wildcards, new([.. Fields.Select(static field => MatchCodec13.Header(field, masked: false))])),
            new TableProperty(TableFeatureTypes.WriteSetField, settable),
            new TableProperty(TableFeatureTypes.ApplySetField, settable),
        ]);
    }
}
