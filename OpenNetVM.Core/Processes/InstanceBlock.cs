using System.Runtime.InteropServices;

namespace OpenNetVM.Core.Processes;

/// <summary>
/// The words that the manager and one network function in another process share beside their rings. Whatever the function can write is a hint: nothing is decided by it but when
/// to wake it, and what it wishes.
/// </summary>
/// <remarks>
/// <code>
/// byte   0  magic, version                         written by the manager, once
/// byte 128  waiting, wants buffers, never sleeps   written by the function; the manager clears "waiting" when it wakes it
/// byte 256  held                                   written by the function
/// byte 384  bell wanted, manager never sleeps      written by the manager
/// </code>
/// 128 bytes apart, as the cursors of rings are.
/// </remarks>
[StructLayout(LayoutKind.Explicit, Size = Bytes)]
internal struct InstanceBlock
{
    internal const int Bytes = 512;

    /// <summary>"ONVMinst" in the bytes of memory.</summary>
    internal const ulong ExpectedMagic = 0x7473_6E69_4D56_4E4F;

    /// <summary>Changed with every change of the layout.</summary>
    internal const uint ExpectedVersion = 2;

    [FieldOffset(0)]
    internal ulong Magic;

    [FieldOffset(8)]
    internal uint Version;

    /// <summary>1 while the function sleeps, or is about to: the word that it waits on.</summary>
    [FieldOffset(128)]
    internal uint Waiting;

    /// <summary>1 if the function makes packets of its own, and is to be given empty buffers.</summary>
    [FieldOffset(132)]
    internal uint WantsBuffers;

    /// <summary>1 if the function never sleeps, written before it is ready: nobody needs to look at <see cref="Waiting"/>, nor make the full fence before that.</summary>
    [FieldOffset(136)]
    internal uint FunctionNeverSleeps;

    /// <summary>Packets that the function keeps on purpose.</summary>
    [FieldOffset(256)]
    internal int Held;

    /// <summary>1 while the worker that takes what the function has handled sleeps, or is about to, and wants the bell to be rung.</summary>
    [FieldOffset(384)]
    internal uint BellWanted;

    /// <summary>1 if that worker never sleeps, written before the function is let in: it needs no bell.</summary>
    [FieldOffset(388)]
    internal uint ManagerNeverSleeps;
}
