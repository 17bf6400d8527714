using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Processes.Interop;
using OpenNetVM.Core.Rings;
using OpenNetVM.FlowTable;

namespace OpenNetVM.Tests.Processes;

/// <summary>
/// A process that registers as a function and then does to the shared memory and to the socket whatever its attack says, without end: not by way of the library's classes for
/// functions, but with the memory itself.
/// </summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "It lives as long as its process, which is killed.")]
internal sealed unsafe class HostileFunction
{
    private readonly ControlConnection _connection;
    private readonly InstanceMemory _memory;
    private readonly PacketPool _pool;
    private readonly Random _random = new(Environment.ProcessId);
    private readonly List<PacketDescriptor> _held = [];
    private long _sent;

    private HostileFunction(ControlConnection connection)
    {
        _connection = connection;
        WelcomeMessage welcome = connection.Welcome;
        PacketPoolOptions options = new() { Capacity = (int)welcome.Buffers, BufferSize = welcome.BufferSize, Headroom = welcome.Headroom };
        _pool = new PacketPool(options, PoolLayout.Attach(connection.PacketRegion, welcome.Domain, options, welcome.FirstBuffer), null);
        _memory = InstanceMemory.Attach(connection.RingRegion, new InstanceShape(welcome.Lanes, welcome.RingCapacity, welcome.GrantCapacity));
        connection.Start(static _ => { }, static _ => { });
        connection.Channel.TrySend(ControlMessageType.Ready, 0, default(EmptyMessage));
    }

    /// <summary>The child's program.</summary>
    public static string Run(string[] arguments)
    {
        NfProcessOptions options = NfProcessOptions.FromEnvironment();
        if (arguments[0] == nameof(Garble))
            Garble(options);
        RegisterMessage register = new(options.Service, 0, "hostile", string.Empty, Guid.Parse(options.Token), InstanceShape.LayoutFingerprint);
        HostileFunction hostile = new(ControlClient.Connect(options.SocketPath, register, TimeSpan.FromSeconds(10)));
        Action attack = arguments[0] switch
        {
            nameof(Descriptors) => hostile.Descriptors,
            nameof(Cursors) => hostile.Cursors,
            nameof(Scribble) => hostile.Scribble,
            nameof(Headers) => hostile.Headers,
            nameof(Messages) => hostile.Messages,
            nameof(Bell) => hostile.Bell,
            _ => hostile.Hoard,
        };

        // Not before the manager counts on it: what is expelled sooner has never been started.
        while (hostile._held.Count == 0)
            hostile.Take();
        while (true)
            attack();
    }

    // Returns what it holds, with lies in every field, twice, and what it does not hold; not waiting for anything.
    private void Descriptors()
    {
        Take();
        Span<PacketDescriptor> burst = stackalloc PacketDescriptor[64];
        foreach (ref PacketDescriptor descriptor in burst)
        {
            descriptor = _held.Count > 0 && _random.Next(4) == 0 ? _held[_random.Next(_held.Count)] : default;
            switch (_random.Next(8))
            {
                case 0:
                    descriptor.BufferIndex = (uint)_random.Next();
                    break;
                case 1:
                    descriptor.BufferIndex = (uint)_random.Next(_pool.Capacity * 3);
                    break;
                case 2:
                    descriptor.Chain = (ushort)_random.Next(ushort.MaxValue + 1);
                    descriptor.Hop = (byte)_random.Next(256);
                    break;
                case 3:
                    descriptor.Action = (PacketActionKind)_random.Next(256);
                    descriptor.Destination = (ushort)_random.Next(ushort.MaxValue + 1);
                    break;
                case 4:
                    descriptor.RssHash = (uint)_random.Next();
                    descriptor.DirectorVersion = (ushort)_random.Next();
                    break;
                case 5:
                    _random.NextBytes(new Span<byte>(Unsafe.AsPointer(ref descriptor), sizeof(PacketDescriptor)));
                    break;
            }
        }

        _memory.Transmit.TryEnqueue(burst);
        if (_held.Count > 200)
            _held.RemoveRange(0, 100);
    }

    // Moves every cursor of its rings, its own and the manager's, somewhere.
    private void Cursors()
    {
        Take();
        ReturnHeld();
        long offset = InstanceShape.TransmitOffset;
        while (offset < _memory.Region.Length)
        {
            var ring = (RingHeader*)(_memory.Region.Address + offset);
            long* cursor = _random.Next(2) == 0 ? &ring->ProducerCursor : &ring->ConsumerCursor;
            *cursor = _random.Next(3) switch
            {
                0 => _random.NextInt64(),
                1 => *cursor + _random.Next(-2_000, 2_000),
                _ => -_random.NextInt64(),
            };
            offset += RingHeader.Line * _random.Next(1, 40);
        }
    }

    // Random bytes over all that it shares with the manager alone: slots, cursors, wishes.
    private void Scribble()
    {
        Take();
        int length = _random.Next(1, 4_096);
        _random.NextBytes(new Span<byte>(_memory.Region.Address + _random.NextInt64(_memory.Region.Length - length), length));
    }

    // Returns packets in good order, whose headers and frames are changing while the manager looks at them.
    private void Headers()
    {
        Take();
        foreach (PacketDescriptor descriptor in _held)
            _random.NextBytes(new Span<byte>(_pool.HeaderOf(descriptor.BufferIndex), _random.Next(2) == 0 ? PacketHeader.Size : 200));
        ReturnHeld();
        uint first = _connection.Welcome.FirstBuffer;
        for (int i = 0; i < 100; i++)
        {
            PacketHeader* header = _pool.HeaderOf(first + (uint)_random.Next(_pool.Capacity));
            header->LengthAndOffset = (ulong)_random.NextInt64();
            header->LayersFirst = (ulong)_random.NextInt64();
            header->LayersSecond = (ulong)_random.NextInt64();
        }
    }

    // Requests without pause, half of them nonsense.
    private void Messages()
    {
        Take();
        ReturnHeld();
        byte[] body = new byte[_random.Next(200)];
        _random.NextBytes(body);
        bool sent = _random.Next(5) switch
        {
            0 => _connection.Channel.TrySend(ControlMessageType.Post, (uint)_random.Next(), new PostMessage((ushort)_random.Next(), _random.Next(2) == 0, _random.Next(), body)),
            1 => _connection.Channel.TrySend(ControlMessageType.SetFlow, 1, new FlowMessage(new FlowKeyBytes(new Ipv4FlowKey((uint)_random.Next(), 1, 2, 3, 6)), (ushort)_random.Next(4), default)),
            2 => _connection.Channel.TrySend(ControlMessageType.SetFlow, 1, new Raw(body)),
            3 => _connection.Channel.TrySend(ControlMessageType.Query, 1, new Raw(body)),
            _ => _connection.Channel.TrySend(ControlMessageType.Scale, 1, new ScaleMessage((ushort)_random.Next())),
        };

        // A queue of its own that is full would close its connection: it waits for an answer now and then.
        if (!sent || (++_sent % 1_000 == 0 && _connection.Request(ControlMessageType.Query, new QueryMessage(QueryKind.MaySetFlows), TimeSpan.FromMinutes(1)).Status == ReplyStatus.Failed))
            Environment.Exit(0);
    }

    private void Bell()
    {
        Take();
        ReturnHeld();
        using EventFd bell = EventFd.FromHandle(_connection.Doorbell!);
        while (true)
            bell.Ring();
    }

    // Keeps everything, and wants ever more empty buffers.
    private void Hoard()
    {
        Take();
        _memory.Block->WantsBuffers = 1;
        _memory.Buffers.TryDequeue(out _);
    }

    // Bytes that are no frames, over connections of its own; each is closed by the manager.
    private static void Garble(NfProcessOptions options)
    {
        Random random = new(Environment.ProcessId);
        byte[] bytes = new byte[4_096];
        while (true)
        {
            using Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                socket.Connect(new UnixDomainSocketEndPoint(options.SocketPath));
                random.NextBytes(bytes);
                socket.Send(bytes.AsSpan(0, random.Next(1, bytes.Length)));
            }
            catch (SocketException)
            {
                // Closed while it was sending, or there are too many.
            }
        }
    }

    private void Take()
    {
        foreach (SpscRing<PacketDescriptor> lane in _memory.Lanes)
        {
            while (lane.TryDequeue(out PacketDescriptor descriptor))
            {
                // The lanes' memory may be what this attack has written over.
                if (descriptor.BufferIndex - _connection.Welcome.FirstBuffer < _connection.Welcome.Buffers)
                    _held.Add(descriptor);
            }
        }
    }

    private void ReturnHeld()
    {
        foreach (PacketDescriptor descriptor in _held)
            _memory.Transmit.TryEnqueue(descriptor);
        _held.Clear();
    }

    private readonly record struct Raw(byte[] Bytes) : IControlPayload
    {
        public void Write(System.Buffers.IBufferWriter<byte> writer)
        {
            Bytes.CopyTo(writer.GetSpan(Bytes.Length));
            writer.Advance(Bytes.Length);
        }
    }
}
