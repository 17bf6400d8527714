namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A state of the agent's rules: equal as long as nothing has changed. One word, so that it is read in one piece.</summary>
internal readonly record struct RulesStamp(ulong Value)
{
    /// <summary>Changes with what lookups of rules do not show: groups, ports, actions of a rule.</summary>
    public uint Others => (uint)(Value >> 32);

    public RulesStamp AfterRules => new((Value & 0xFFFF_FFFF_0000_0000) | (uint)(Value + 1));

    public RulesStamp AfterOthers => new(Value + 0x1_0000_0000);
}
