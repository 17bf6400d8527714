namespace OpenNetVM.Core.Processes.Interop;

/// <summary>A bell that a <see cref="DoorbellRelay"/> listens to.</summary>
internal sealed class Doorbell
{
    /// <summary>Held while the action runs and while the state below changes; the same thread may take it again.</summary>
    public readonly Lock Turn = new();

    public long Floods;
    public long WindowStart;
    public int Heard;
    public bool IsMuted;
    public bool IsRemoved;

    public Doorbell(EventFd bell, Action action, ulong token)
    {
        Bell = bell;
        Action = action;
        Token = token;
        // Its number must not become that of another file while it is watched, whatever the owner does.
        bool added = false;
        bell.DangerousAddRef(ref added);
    }

    public EventFd Bell { get; }

    public Action Action { get; }

    public ulong Token { get; }

    public void Release() => Bell.DangerousRelease();
}
