using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>A doorbell between processes: an eventfd(2). Any thread may ring or drain it. It is a handle, to be handed over with <see cref="FileDescriptorPassing"/>.</summary>
internal sealed unsafe class EventFd : SafeHandleMinusOneIsInvalid
{
    private EventFd(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>Makes a doorbell that has not been rung.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not 64-bit Linux.</exception>
    /// <exception cref="IOException">The system has no more handles for this process.</exception>
    public static EventFd Create()
    {
        ThrowIfUnsupported();
        int descriptor = eventfd(0, EventFdNonBlock | CloseOnExec);
        if (descriptor < 0)
            throw new IOException($"The system refused an eventfd ({DescribeLastError()}): see 'ulimit -n'.");
        return new EventFd(descriptor);
    }

    /// <summary>Takes over a received handle, which is not to be used or disposed of any more.</summary>
    public static EventFd FromHandle(SafeFileHandle handle)
    {
        ThrowIfUnsupported();
        ArgumentNullException.ThrowIfNull(handle);
        if (handle.IsInvalid || handle.IsClosed)
            throw new ArgumentException("The handle is closed or invalid.", nameof(handle));
        var bell = new EventFd((int)handle.DangerousGetHandle());
        handle.SetHandleAsInvalid();
        return bell;
    }

    /// <summary>Rings. Returns at once: a bell that rang already rings on.</summary>
    /// <remarks>
    /// For the side that has nothing to fear from the other: whoever holds the other handle can make the shared file blocking and fill its
    /// counter, and a ring would then wait. The manager listens to what NFs ring, and rings nothing that they hold.
    /// </remarks>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    /// <exception cref="IOException">The handle is not an eventfd.</exception>
    public void Ring()
    {
        ulong one = 1;
        while (write(this, &one, sizeof(ulong)) < 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case ErrorInterrupted:
                    continue;
                case ErrorAgain:
                    return; // The counter is full, so the bell is ringing.
                default:
                    throw new IOException($"Could not ring the doorbell ({DescribeLastError()}).");
            }
        }
    }

    /// <summary>Silences the bell. Never waits, even if a hostile holder of the same eventfd has made it blocking and drains it at the same time.</summary>
    /// <returns>How often it was rung since the last time; 0 if it was not.</returns>
    /// <exception cref="ObjectDisposedException">The handle was disposed.</exception>
    /// <exception cref="IOException">The handle is not an eventfd.</exception>
    public ulong Drain()
    {
        ulong rings = 0;
        IoVector vector = new() { Base = &rings, Length = sizeof(ulong) };
        while (preadv2(this, &vector, 1, -1, ReadWriteNoWait) < 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case ErrorInterrupted:
                    continue;
                case ErrorAgain:
                    return 0;
                default:
                    throw new IOException($"Could not silence the doorbell ({DescribeLastError()}).");
            }
        }

        return rings;
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;
}
