using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Core.Ports;

/// <summary>
/// Receives the frames of a capture file and writes what is transmitted to another; either side may be missing. Each queue is used by
/// one thread at a time; different queues may be used at once, and take turns at the file.
/// </summary>
/// <remarks>
/// <para>A file can wait: a frame for which there is no buffer at the moment, or whose queue is full, stays in the file until there is. One queue that is
/// not polled therefore holds up the others. Frames longer than the pool's buffers are dropped and counted, never cut; frames that the
/// capture itself had cut are delivered as they are (<see cref="CutFrames"/>).</para>
/// <para>Packets carry the recorded time stamps; each further pass is moved on by the length of the capture and one average gap.</para>
/// <para>A damaged file: everything before the damage is delivered, then <see cref="Status"/> is <see cref="PortState.Failed"/> with the error, which names
/// file, offset and reason. An error of the file that is written does the same; the port then takes no more packets.</para>
/// <para>Reading and writing happen on the polling thread, 128 KB or more at a time, from and to the page cache.</para>
/// </remarks>
public sealed partial class PcapPort : IPort
{
    private const int LaneCapacity = 1_024;

    // Frames that one call may pass over or hand to other queues beyond its own burst: a capture of nothing but oversize frames must not hold the thread.
    private const int ExtraFramesPerCall = 64;

    private readonly PcapPortOptions _options;
    private readonly PortLife _life;
    private readonly CaptureReplay? _replay;
    private readonly CaptureWriter? _writer;
    private readonly Lock _readGate = new();
    private readonly Lock _writeGate = new();
    private readonly PortCounters _counters;

    // One for each receive queue where there are several: the thread that reads the file puts the others' packets there.
    private readonly SpscRing<PacketDescriptor>[] _lanes;
    private long _unconvertible;
    private long _cutFrames;
    private Exception? _error;
    private bool _inputEnded;

    /// <summary>Opens the files.</summary>
    /// <param name="options">What to read and write.</param>
    /// <exception cref="ArgumentException">An option is out of range, or two contradict each other.</exception>
    /// <exception cref="CaptureFormatException">The file to receive from is no capture.</exception>
    /// <exception cref="IOException">A file cannot be opened or created.</exception>
    public PcapPort(PcapPortOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        string name = options.Name ?? Path.GetFileName(options.ReceivePath ?? options.TransmitPath) ?? "capture";
        _life = new PortLife(name);

        Func<CaptureReader>? open = options.ReceiveFrom ?? (options.ReceivePath is { } path ? () => CaptureReader.OpenFile(path) : null);
        _replay = open is null ? null : new CaptureReplay(open, options.Passes);
        try
        {
            _writer = options.TransmitTo?.Invoke() ?? (options.TransmitPath is { } target ? CaptureWriter.CreateFile(target) : null);
        }
        catch
        {
            _replay?.Dispose();
            throw;
        }

        _inputEnded = _replay is null;
        int receiveQueues = _replay is null ? 0 : options.ReceiveQueues;
        int transmitQueues = _writer is null ? 0 : options.TransmitQueues;
        _counters = new PortCounters(receiveQueues, transmitQueues);
        _lanes = new SpscRing<PacketDescriptor>[receiveQueues > 1 ? receiveQueues : 0];
        for (int i = 0; i < _lanes.Length; i++)
            _lanes[i] = new SpscRing<PacketDescriptor>(LaneCapacity);
        Info = new PortInfo
        {
            Name = name,
            ReceiveQueues = receiveQueues,
            TransmitQueues = transmitQueues,
            ProvidesRssHash = options.ProvideRssHash || _lanes.Length > 0,
            CanWait = true,
        };
    }

    /// <inheritdoc/>
    public PortInfo Info { get; }

    /// <inheritdoc/>
    public PortStatus Status
    {
        get
        {
            // What waits in a queue is still to be received; a port that only transmits has no end but an error.
            Exception? error = Volatile.Read(ref _error);
            bool ended = Volatile.Read(ref _inputEnded) && (_replay is not null || error is not null) && Array.TrueForAll(_lanes, static lane => lane.IsEmpty);
            return _life.Status(ended, error);
        }
    }

    /// <summary>Received frames of which the capture holds less than was on the wire. Safe from any thread.</summary>
    public long CutFrames => Volatile.Read(ref _cutFrames);

    /// <summary>A port that receives the frames of a capture file, once, as fast as they are taken.</summary>
    /// <param name="path">A pcap or pcapng file.</param>
    /// <exception cref="CaptureFormatException">The file is no capture.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static PcapPort Receiver(string path) => new(new PcapPortOptions { ReceivePath = path });

    /// <summary>A port that writes what is transmitted to a pcapng file.</summary>
    /// <param name="path">Where to write.</param>
    /// <exception cref="IOException">The file cannot be created.</exception>
    public static PcapPort Transmitter(string path) => new(new PcapPortOptions { TransmitPath = path });

    /// <inheritdoc/>
    public void Start(PortContext context) => _life.Start(context);

    /// <inheritdoc/>
    public int Transmit(int queue, ReadOnlySpan<PacketDescriptor> burst, PoolCache cache)
    {
        ref PortQueueCounters counters = ref _counters.Transmit(queue);
        ArgumentNullException.ThrowIfNull(cache);
        if (_life.Running is not { } context || Volatile.Read(ref _error) is not null)
            return 0;

        long now = _life.Clock.ToUnix(_life.Clock.Elapsed);
        int written = 0;
        long bytes = 0;
        try
        {
            // A capture file is one sequence: queues take turns at it, a burst each.
            lock (_writeGate)
            {
                foreach (ref readonly PacketDescriptor descriptor in burst)
                {
                    Packet packet = context.Pool.Open(ref Unsafe.AsRef(in descriptor));
                    ReadOnlySpan<byte> frame = packet.Data;
                    long timestamp = _options.StampOnTransmit || packet.Timestamp <= 0 ? now : packet.Timestamp;

                    // Counted before it is written: a write that fails half way has taken the frame into the file's buffer.
                    written++;
                    bytes += frame.Length;
                    _writer!.Write(frame, timestamp, frame.Length);
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException or ArgumentOutOfRangeException)
        {
            Fail(error, context.Logger);
        }

        counters.Add(written, bytes);
        cache.Free(burst[..written]);
        return written;
    }

    /// <summary>Stops moving packets, frees those that wait in receive queues, and completes the file that is written.</summary>
    /// <inheritdoc/>
    public void Stop()
    {
        PortContext? context = _life.Stop();
        if (context is not null)
        {
            foreach (SpscRing<PacketDescriptor> lane in _lanes)
            {
                while (lane.TryDequeue(out PacketDescriptor descriptor))
                    context.Pool.Free(descriptor);
            }
        }

        lock (_readGate)
            _replay?.Dispose();
        try
        {
            lock (_writeGate)
                _writer?.Dispose();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException or ObjectDisposedException)
        {
            Fail(error, context?.Logger);
        }
    }

    /// <inheritdoc/>
    public PortStatistics GetStatistics()
    {
        PortStatistics sum = _counters.Sum();
        return sum with { DroppedError = sum.DroppedError + Volatile.Read(ref _unconvertible) };
    }

    /// <inheritdoc/>
    public void Dispose() => Stop();

    private void Fail(Exception error, ILogger? logger)
    {
        // The first error is the one that tells what happened.
        if (Interlocked.CompareExchange(ref _error, error, null) is null)
            logger?.LogError(error, "Port {Port} failed: {Reason}", Info.Name, error.Message);
        Volatile.Write(ref _inputEnded, true);
    }
}
