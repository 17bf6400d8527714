namespace OpenNetVM.OpenFlow.Wire;

/// <summary>Types of table features' properties (OpenFlow 1.3.5, 7.3.5.5.2). The odd ones are for the rule that catches what nothing else matches, where it differs.</summary>
internal static class TableFeatureTypes
{
    public const int NameLength = 32;
    public const ushort Instructions = 0;
    public const ushort NextTables = 2;
    public const ushort WriteActions = 4;
    public const ushort ApplyActions = 6;
    public const ushort Match = 8;
    public const ushort Wildcards = 10;
    public const ushort WriteSetField = 12;
    public const ushort ApplySetField = 14;
    public const ushort FirstExperimenter = 0xFFFE;
    private const ushort LastSetField = 15;

    public static bool IsInstructions(ushort type) => type <= 1;

    public static bool IsTables(ushort type) => type is NextTables or (NextTables + 1);

    public static bool IsActions(ushort type) => type is >= WriteActions and < Match;

    /// <summary>Whether the ids are four bytes each: of fields (9 and 11 are given to nothing), or what an experimenter makes of them.</summary>
    public static bool IsWords(ushort type) => type is Match or Wildcards or (>= WriteSetField and <= LastSetField) or >= FirstExperimenter;
}
