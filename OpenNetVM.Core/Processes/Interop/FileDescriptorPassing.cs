using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>
/// Hands open files to another process over a connected Unix domain stream socket (SCM_RIGHTS; unix(7), cmsg(3)). One thread at a time may
/// send on a socket, and one receive.
/// </summary>
/// <remarks>
/// Both methods block the calling thread, whether or not the socket is in non-blocking mode: .NET changes the mode when the socket is first
/// used asynchronously, and then these calls still wait.
/// </remarks>
internal static unsafe class FileDescriptorPassing
{
    /// <summary>The most handles in one call. The kernel's own limit (SCM_MAX_FD) is 253.</summary>
    public const int MaxHandles = 16;

    /// <summary>Sends all bytes, with the handles attached to the first of them.</summary>
    /// <param name="socket">A connected Unix domain stream socket.</param>
    /// <param name="bytes">At least one byte: handles do not travel alone.</param>
    /// <param name="handles">At most <see cref="MaxHandles"/>. They stay the caller's: the receiver gets duplicates.</param>
    /// <param name="timeoutMilliseconds">How long to wait for room in the socket in all; -1 for ever.</param>
    /// <exception cref="TimeoutException">The receiver did not read. Some of the bytes may have been sent: the connection is of no more use.</exception>
    /// <exception cref="IOException">The connection is broken, or the system refused the handles.</exception>
    public static void Send(
        Socket socket, ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeHandle> handles, int timeoutMilliseconds = Timeout.Infinite)
    {
        ThrowIfUnsupported();
        ArgumentNullException.ThrowIfNull(socket);
        if (bytes.IsEmpty)
            throw new ArgumentException("Handles are attached to a byte: give at least one.", nameof(bytes));
        if (handles.Length > MaxHandles)
            throw new ArgumentException($"{handles.Length} handles were given; at most {MaxHandles} can be sent at once.", nameof(handles));

        ulong* control = stackalloc ulong[ControlWords(MaxHandles)];
        int* descriptors = DescriptorsOf(control);
        int held = 0;
        bool socketHeld = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref socketHeld);
            foreach (SafeHandle handle in handles)
            {
                bool added = false;
                handle.DangerousAddRef(ref added);
                descriptors[held++] = (int)handle.DangerousGetHandle();
            }

            *(ControlHeader*)control = new ControlHeader { Length = ControlLength(held), Level = SocketLevel, Type = ControlRights };
            SendAll((int)socket.SafeHandle.DangerousGetHandle(), bytes, held == 0 ? null : control, held, new Deadline(timeoutMilliseconds));
        }
        finally
        {
            for (int i = 0; i < held; i++)
                handles[i].DangerousRelease();
            if (socketHeld)
                socket.SafeHandle.DangerousRelease();
        }
    }

    /// <summary>Receives what is there, waiting for the first byte, and the handles that are attached to it.</summary>
    /// <param name="socket">A connected Unix domain stream socket.</param>
    /// <param name="bytes">Where the bytes go; at least one byte long.</param>
    /// <param name="handles">Where the handles go, from its start; as many as are expected at most. They are closed when a program is executed, and are the caller's to dispose of.</param>
    /// <param name="handleCount">How many came.</param>
    /// <param name="timeoutMilliseconds">How long to wait for the first byte; -1 for ever.</param>
    /// <returns>The number of bytes; 0 if the other side has closed the connection.</returns>
    /// <exception cref="InvalidDataException">More handles came than <paramref name="handles"/> has room for; all were closed.</exception>
    /// <exception cref="TimeoutException">Nothing came.</exception>
    /// <exception cref="IOException">The connection is broken.</exception>
    public static int Receive(
        Socket socket, Span<byte> bytes, Span<SafeFileHandle?> handles, out int handleCount, int timeoutMilliseconds = Timeout.Infinite)
    {
        ThrowIfUnsupported();
        ArgumentNullException.ThrowIfNull(socket);
        if (bytes.IsEmpty)
            throw new ArgumentException("At least one byte must be received: without room, a closed connection could not be told from an open one.", nameof(bytes));
        if (handles.Length > MaxHandles)
            throw new ArgumentException($"Room for {handles.Length} handles was given; at most {MaxHandles} can be received at once.", nameof(handles));

        handles.Clear();
        ulong* control = stackalloc ulong[ControlWords(MaxHandles)];
        bool socketHeld = false;
        try
        {
            socket.SafeHandle.DangerousAddRef(ref socketHeld);
            var deadline = new Deadline(timeoutMilliseconds);
            int descriptor = (int)socket.SafeHandle.DangerousGetHandle();
            fixed (byte* start = bytes)
            {
                IoVector vector = new() { Base = start, Length = (nuint)bytes.Length };
                while (true)
                {
                    MessageHeader message = new()
                    {
                        Vectors = &vector,
                        VectorCount = 1,
                        Control = handles.IsEmpty ? null : control,
                        ControlLength = handles.IsEmpty ? 0 : ControlLength(handles.Length),
                    };
                    nint received = recvmsg(descriptor, &message, MessageDontWait | MessageCloseOnExec);
                    if (received >= 0)
                    {
                        handleCount = TakeHandles(message, handles);
                        return (int)received;
                    }

                    WaitOrThrow(descriptor, PollIn, deadline, "receive from");
                }
            }
        }
        finally
        {
            if (socketHeld)
                socket.SafeHandle.DangerousRelease();
        }
    }

    private static void SendAll(int descriptor, ReadOnlySpan<byte> bytes, ulong* control, int handles, Deadline deadline)
    {
        fixed (byte* start = bytes)
        {
            int sent = 0;
            while (sent < bytes.Length)
            {
                IoVector vector = new() { Base = start + sent, Length = (nuint)(bytes.Length - sent) };
                MessageHeader message = new() { Vectors = &vector, VectorCount = 1 };
                if (sent == 0 && control is not null)
                {
                    message.Control = control;
                    message.ControlLength = ControlLength(handles);
                }

                nint result = sendmsg(descriptor, &message, MessageDontWait | MessageNoSignal);
                if (result >= 0)
                    sent += (int)result;
                else
                    WaitOrThrow(descriptor, PollOut, deadline, "send to");
            }
        }
    }

    /// <summary>Takes every handle that the kernel put into this process: one that was left would stay open for ever.</summary>
    private static int TakeHandles(in MessageHeader message, Span<SafeFileHandle?> handles)
    {
        int count = 0;
        bool tooMany = (message.Flags & MessageControlTruncated) != 0;
        nuint offset = 0;
        while (message.ControlLength - offset >= (nuint)sizeof(ControlHeader))
        {
            ControlHeader* header = (ControlHeader*)((byte*)message.Control + offset);
            // The kernel wrote this; the check keeps an arithmetic surprise from becoming an endless loop.
            if (header->Length < (nuint)sizeof(ControlHeader) || header->Length > message.ControlLength - offset)
                break;
            if (header->Level == SocketLevel && header->Type == ControlRights)
            {
                int* descriptors = (int*)(header + 1);
                int present = (int)((header->Length - (nuint)sizeof(ControlHeader)) / sizeof(int));
                for (int i = 0; i < present; i++)
                {
                    if (count < handles.Length)
                    {
                        handles[count++] = new SafeFileHandle(descriptors[i], ownsHandle: true);
                    }
                    else
                    {
                        _ = close(descriptors[i]);
                        tooMany = true;
                    }
                }
            }

            nuint step = (header->Length + 7) & ~(nuint)7;
            if (step > message.ControlLength - offset)
                break;
            offset += step;
        }

        if (!tooMany)
            return count;
        foreach (SafeFileHandle? handle in handles)
            handle?.Dispose();
        handles.Clear();
        throw new InvalidDataException($"The other side sent more handles than the {handles.Length} that were expected; all were closed.");
    }

    private static void WaitOrThrow(int descriptor, short events, in Deadline deadline, string what)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error == ErrorInterrupted)
            return;
        if (error != ErrorAgain)
            throw new IOException($"Could not {what} the Unix domain socket ({Describe(error)}).");

        PollDescriptor poll = new() { Descriptor = descriptor, Events = events };
        int ready = LinuxNative.poll(&poll, 1, deadline.RemainingMilliseconds);
        if (ready == 0)
            throw new TimeoutException($"Could not {what} the Unix domain socket within {deadline.Milliseconds} ms: the other side does not answer.");
        if (ready < 0 && Marshal.GetLastPInvokeError() is not (ErrorInterrupted or ErrorAgain))
            throw new IOException($"Could not wait to {what} the Unix domain socket ({DescribeLastError()}).");
    }

    private static nuint ControlLength(int handles) => (nuint)(sizeof(ControlHeader) + (handles * sizeof(int)));

    private static int ControlWords(int handles) => (sizeof(ControlHeader) + (handles * sizeof(int)) + 7) / 8;

    private static int* DescriptorsOf(ulong* control) => (int*)((ControlHeader*)control + 1);

    /// <summary>The end of a wait that takes several calls.</summary>
    private readonly struct Deadline(int milliseconds)
    {
        private readonly long _end = Environment.TickCount64 + milliseconds;

        public int Milliseconds => milliseconds;

        public int RemainingMilliseconds => milliseconds < 0 ? -1 : (int)Math.Max(0, _end - Environment.TickCount64);
    }
}
