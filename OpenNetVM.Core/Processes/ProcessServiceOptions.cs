using System.Diagnostics;
using System.Numerics;

namespace OpenNetVM.Core.Processes;

/// <summary>How processes provide a service.</summary>
public sealed record ProcessServiceOptions
{
    /// <summary>
    /// Makes what starts one process that will register for the service: a program, or <c>podman run ...</c>. It hands on what <see cref="NfLaunch"/> says, best by
    /// <see cref="NfLaunch.Apply"/>. Null: the manager starts none, and takes those that come.
    /// </summary>
    public Func<NfLaunch, ProcessStartInfo>? Launch { get; init; }

    /// <summary>Whether processes may register that the manager has not started. Default true.</summary>
    public bool AcceptOthers { get; init; } = true;

    /// <summary>How long a process that was started has until it is ready. Default 30 s.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A process that has taken no packet for this long while packets wait for it is killed, as is one that has not stopped so long after it was told to. Default 1 s.</summary>
    public TimeSpan HangTimeout { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>A process is expelled when it has broken the rules so often (see <see cref="NfViolation"/>). Default 1,000.</summary>
    public long ViolationLimit { get; init; } = 1_000;

    /// <summary>Packets that an instance can have taken from its rings and not returned, before it is expelled. Null: half of its domain's buffers.</summary>
    public int? MaxHeldPackets { get; init; }

    /// <summary>Empty buffers that an instance which makes packets of its own has at a time, a power of two from 64 to 65,536. Default 256.</summary>
    public int EmptyBuffers { get; init; } = 256;

    internal void Validate(string service)
    {
        if (EmptyBuffers is < 64 or > 65_536 || !BitOperations.IsPow2(EmptyBuffers))
            throw new ArgumentException($"ProcessServiceOptions.EmptyBuffers of service \"{service}\" is {EmptyBuffers}, but must be a power of two from 64 to 65,536.");
        if (ViolationLimit < 1 || MaxHeldPackets < 1)
            throw new ArgumentException($"ProcessServiceOptions of service \"{service}\": ViolationLimit ({ViolationLimit}) and MaxHeldPackets ({MaxHeldPackets}) must be 1 or more.");
        if (StartTimeout <= TimeSpan.Zero || HangTimeout <= TimeSpan.Zero)
            throw new ArgumentException($"ProcessServiceOptions of service \"{service}\": StartTimeout ({StartTimeout}) and HangTimeout ({HangTimeout}) must be longer than nothing.");
        if (Launch is null && !AcceptOthers)
            throw new ArgumentException($"Service \"{service}\" starts no processes and accepts none: set ProcessServiceOptions.Launch or AcceptOthers.");
    }
}
