using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Rings;

namespace OpenNetVM.Tests.Processes;

/// <summary>The process's end of an instance, in the test's own process and moved by the test: takes packets and returns them when it is told to, and at no other time.</summary>
internal sealed class FunctionByHand : IAsyncDisposable
{
    private readonly ControlConnection _connection;
    private readonly InstanceMemory _memory;
    private readonly Queue<PacketDescriptor> _inHand = new();

    /// <summary>Registers with a manager, and says that it is ready.</summary>
    public FunctionByHand(string socket, string service)
    {
        RegisterMessage register = new(service, 0, "by hand", string.Empty, Guid.Empty, InstanceShape.LayoutFingerprint);
        _connection = ControlClient.Connect(socket, register, TimeSpan.FromSeconds(30));
        WelcomeMessage welcome = _connection.Welcome;
        _memory = InstanceMemory.Attach(_connection.RingRegion, new InstanceShape(welcome.Lanes, welcome.RingCapacity, welcome.GrantCapacity));
        _connection.Start(static _ => { }, static _ => { });
        _connection.Channel.TrySend(ControlMessageType.Ready, 0, default(EmptyMessage));
    }

    /// <summary>Packets that it has taken and not returned.</summary>
    public int InHand => _inHand.Count;

    /// <summary>Takes everything that waits.</summary>
    public void Take()
    {
        foreach (SpscRing<PacketDescriptor> lane in _memory.Lanes)
        {
            while (lane.TryDequeue(out PacketDescriptor descriptor))
                _inHand.Enqueue(descriptor);
        }
    }

    /// <summary>Returns what it has in hand, as far as there is room.</summary>
    public void Return()
    {
        while (_inHand.TryPeek(out PacketDescriptor descriptor) && _memory.Transmit.TryEnqueue(descriptor))
            _inHand.Dequeue();
    }

    /// <summary>Leaves in good order.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.Channel.TrySend(ControlMessageType.Stopped, 0, default(EmptyMessage));
        await _connection.DisposeAsync();
        _memory.Dispose();
    }
}
