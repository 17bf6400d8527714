using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Extensions.Logging;

namespace OpenNetVM.Dpdk.Interop;

/// <summary>Safe from any thread: DPDK's log lines, which arrive through a pipe, go to an <see cref="ILogger"/>; the last of them are kept for messages.</summary>
/// <remarks>
/// A pipe, and not a callback: DPDK also logs from threads that must not run managed code. Its writing end never blocks, because the thread that logs may be one that moves
/// packets, or hold up a garbage collection; if the logger is slower than DPDK writes by more than the pipe holds, lines are lost, and a warning says so.
/// Lives as long as the process, as DPDK does.
/// </remarks>
internal sealed unsafe partial class DpdkLog
{
    private const int PipeCapacity = 65_536;
    private const int LongestLine = 4_096;
    private const int KeptLines = 64;
    private const byte DrainMark = 1;

    private readonly ILogger _logger;
    private readonly int _reader;
    private readonly int _writer;
    private readonly object _gate = new();
    private readonly Queue<string> _last = new(KeptLines);
    private int _drainsAsked;
    private int _drainsSeen;

    /// <exception cref="DpdkException">The system has no pipe to give.</exception>
    public DpdkLog(ILogger logger)
    {
        _logger = logger;
        int* descriptors = stackalloc int[2];
        if (LibC.pipe2(descriptors, LibC.CloseOnExec) != 0)
            throw SystemFailure("pipe2");
        (_reader, _writer) = (descriptors[0], descriptors[1]);
        _ = LibC.SetNonBlocking(_writer);
        File = LibC.fdopen(_writer, "w");
        if (File == 0)
            throw SystemFailure("fdopen");
        _ = LibC.setvbuf(File, null, LibC.LineBuffered, LongestLine);
        new Thread(Read) { IsBackground = true, Name = "DPDK log" }.Start();
    }

    /// <summary>The FILE of the C library that writes into this log.</summary>
    public nint File { get; }

    /// <summary>Waits until everything that was written before has reached the logger, for at most a second.</summary>
    public void Drain()
    {
        _ = LibC.fflush(File);
        lock (_gate)
        {
            int asked = ++_drainsAsked;
            Span<byte> mark = stackalloc byte[16];
            mark[0] = DrainMark;
            _ = asked.TryFormat(mark[1..], out int digits, default, CultureInfo.InvariantCulture);
            mark[1 + digits] = (byte)'\n';
            fixed (byte* start = mark)
            {
                if (LibC.write(_writer, start, (nuint)(digits + 2)) < 0)
                    return;
            }

            long deadline = Environment.TickCount64 + 1_000;
            while (_drainsSeen < asked && deadline - Environment.TickCount64 is > 0 and long left)
                Monitor.Wait(_gate, (int)left);
        }
    }

    /// <summary>The last lines, oldest first; <see cref="Drain"/> before, to have all of them.</summary>
    public string[] LastLines(int count)
    {
        lock (_gate)
            return [.. _last.TakeLast(count)];
    }

    /// <summary>Forgets the last lines, so that those of the next operation stand alone.</summary>
    public void ForgetLines()
    {
        Drain();
        lock (_gate)
            _last.Clear();
    }

    /// <summary>DPDK does not write its levels into the lines, so this goes by what they say.</summary>
    internal static LogLevel LevelOf(string line)
    {
        if (line.Contains("FATAL", StringComparison.Ordinal) || line.Contains("PANIC", StringComparison.Ordinal))
            return LogLevel.Critical;
        // Much that says "cannot" or "failed" is about something that is then done otherwise.
        foreach (string word in (ReadOnlySpan<string>)["error", "warn", "cannot", "could not", "couldn't", "failed", "invalid", "unable", "not enough", "not permitted", "denied"])
        {
            if (line.Contains(word, StringComparison.OrdinalIgnoreCase))
                return LogLevel.Warning;
        }

        return LogLevel.Information;
    }

    /// <summary>The hundred lines in which DPDK explains its options would push out the one that says which was wrong.</summary>
    private static bool IsUsage(string line) => char.IsWhiteSpace(line[0]) || line.StartsWith("Usage:", StringComparison.Ordinal)
        || line.StartsWith("EAL ", StringComparison.Ordinal) && line.EndsWith(':');

    private static DpdkException SystemFailure(string function)
    {
        int error = Marshal.GetLastPInvokeError();
        return new DpdkException(function, error, $"{function} for DPDK's log failed with errno {error} ({Marshal.GetPInvokeErrorMessage(error)}); this process may have too many open files.");
    }

    private void Read()
    {
        byte[] buffer = new byte[PipeCapacity];
        List<byte> line = [];
        while (true)
        {
            nint length;
            fixed (byte* start = buffer)
                length = LibC.read(_reader, start, PipeCapacity);
            if (length < 0 && Marshal.GetLastPInvokeError() == 4)
                continue;
            if (length <= 0)
                return;
            // A pipe is full before its capacity is reached: a line that does not fit into the rest of a page begins another.
            if (length > PipeCapacity / 2)
                Log(LogLevel.Warning, "DPDK wrote its log faster than it was read; lines may be missing here.");
            foreach (byte value in buffer.AsSpan(0, (int)length))
            {
                if (value != '\n')
                    line.Add(value);
                if (value == '\n' || line.Count == LongestLine)
                {
                    Take(CollectionsMarshal.AsSpan(line));
                    line.Clear();
                }
            }
        }
    }

    private void Take(ReadOnlySpan<byte> line)
    {
        if (line.Length > 1 && line[0] == DrainMark && int.TryParse(line[1..], CultureInfo.InvariantCulture, out int drain))
        {
            lock (_gate)
            {
                _drainsSeen = drain;
                Monitor.PulseAll(_gate);
            }

            return;
        }

        string text = Encoding.UTF8.GetString(line).TrimEnd();
        if (text.Length == 0)
            return;
        if (IsUsage(text))
        {
            Log(LogLevel.Debug, text);
            return;
        }

        lock (_gate)
        {
            if (_last.Count == KeptLines)
                _last.Dequeue();
            _last.Enqueue(text);
        }

        Log(LevelOf(text), text);
    }

    private void Log(LogLevel level, string line)
    {
        try
        {
            _logger.Log(level, "{Line}", line);
        }
        catch (Exception)
        {
            // The application's logger failed; there is nobody else to tell, and this thread must go on reading.
        }
    }
}
