namespace OpenNetVM.OpenFlow.Agent;

/// <summary>A time in which nobody else changes the rules, until it is disposed of; or the answer that somebody is at them. See <see cref="SwitchAgent.TryEnter"/>.</summary>
internal readonly ref struct RulesEntry(Lock? gate)
{
    /// <summary>False where somebody else is at the rules.</summary>
    public bool IsInside => gate is not null;

    public void Dispose() => gate?.Exit();
}
