using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static OpenNetVM.Core.Processes.Interop.LinuxNative;

namespace OpenNetVM.Core.Processes.Interop;

/// <summary>Files watched for becoming readable (epoll(7), edge-triggered). Any thread may add and remove; one at a time waits.</summary>
internal sealed unsafe class EpollSet : IDisposable
{
    private const int MaxEvents = 64;

    private readonly SafeFileHandle _epoll;
    private readonly byte[] _events = new byte[MaxEvents * EpollEventSize];

    public EpollSet()
    {
        ThrowIfUnsupported();
        int descriptor = epoll_create1(CloseOnExec);
        if (descriptor < 0)
            throw new IOException($"The system refused an epoll set ({DescribeLastError()}): see 'ulimit -n'.");
        _epoll = new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Watches a file. If it is readable already, that is reported once.</summary>
    public void Add(SafeHandle file, ulong token)
    {
        byte* added = stackalloc byte[16];
        *(uint*)added = EpollIn | EpollEdgeTriggered;
        *(ulong*)(added + EpollDataOffset) = token;
        if (epoll_ctl(_epoll, EpollAdd, file, added) != 0)
            throw new IOException($"The system refused to watch a doorbell ({DescribeLastError()}).");
    }

    /// <summary>
    /// Watches a file no more. Closing the handle would not do: the set watches the open file, which lives on as long as any process holds it.
    /// </summary>
    public void Remove(SafeHandle file)
    {
        byte* ignored = stackalloc byte[16];
        if (epoll_ctl(_epoll, EpollDelete, file, ignored) != 0 && Marshal.GetLastPInvokeError() != ErrorNoEntry)
            throw new IOException($"The system refused to forget a doorbell ({DescribeLastError()}).");
    }

    /// <summary>Waits until a file becomes readable, a signal comes or the time is over.</summary>
    /// <param name="milliseconds">The longest wait; -1 for no limit.</param>
    /// <param name="tokens">Where the tokens of the files go.</param>
    /// <returns>How many files.</returns>
    public int Wait(int milliseconds, Span<ulong> tokens)
    {
        fixed (byte* events = _events)
        {
            int count = epoll_wait(_epoll, events, Math.Min(MaxEvents, tokens.Length), milliseconds);
            if (count < 0)
            {
                if (Marshal.GetLastPInvokeError() == ErrorInterrupted)
                    return 0;
                throw new IOException($"The system refused to wait for doorbells ({DescribeLastError()}).");
            }

            for (int i = 0; i < count; i++)
                tokens[i] = BinaryPrimitives.ReadUInt64LittleEndian(_events.AsSpan((i * EpollEventSize) + EpollDataOffset));
            return count;
        }
    }

    public void Dispose() => _epoll.Dispose();
}
