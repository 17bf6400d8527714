using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenNetVM.Core.Memory;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <content>What the function asks for through its context.</content>
internal sealed unsafe partial class ProcessHost
{
    private static readonly TimeSpan FirstBuffers = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FurtherBuffers = TimeSpan.FromMilliseconds(0.2);

    private readonly RemoteFlowControl _flows;
    private readonly RemoteServiceDirectory _services;

    internal override InstanceId Instance => new(_welcome.Instance);

    internal override ServiceId Service => new(_welcome.Service);

    internal override string ServiceName => _welcome.ServiceName;

    internal override ILoggerFactory Loggers => _options.Loggers;

    internal override IServiceDirectory Services => _services;

    internal override IFlowControl Flows => _flows;

    internal override TimeProvider Time => _options.Time;

    internal override long Now => _now;

    internal override PacketPool Pool { get; }

    internal override void ScheduleWakeup(long timestamp) => _wakeup = Math.Min(_wakeup, timestamp);

    internal override bool TryPost(InstanceId to, in NfMessage message) =>
        Ask(ControlMessageType.Post, new PostMessage(to.Value, ToService: false, message.Kind, message.Body)) is { Status: ReplyStatus.Ok, Value: not 0 };

    internal override int Post(ServiceId to, in NfMessage message) =>
        Ask(ControlMessageType.Post, new PostMessage(to.Value, ToService: true, message.Kind, message.Body)) is { Status: ReplyStatus.Ok } reply ? (int)reply.Value : 0;

    internal override bool RequestInstances(int instances) =>
        Ask(ControlMessageType.Scale, new ScaleMessage((ushort)Math.Min(instances, ushort.MaxValue))) is { Status: ReplyStatus.Ok, Value: not 0 };

    internal override bool TryCreate(out PacketDescriptor descriptor)
    {
        descriptor = default;
        uint index;
        while (!_memory.Buffers.TryDequeue(out index))
        {
            if (!AskForBuffers())
                return false;
        }

        if (!IsOwn(index))
            return false;
        descriptor.BufferIndex = index;
        return true;
    }

    internal override bool TryClone(ref PacketDescriptor source, out PacketDescriptor clone)
    {
        ReadOnlySpan<byte> frame = Pool.Open(ref source).Data;
        if (!TryCreate(out clone))
            return false;
        PacketHeader* to = Pool.HeaderOf(clone.BufferIndex);
        *to = *Pool.HeaderOf(source.BufferIndex);
        if (!Pool.Open(ref clone).TrySetData(frame))
            return false;
        uint index = clone.BufferIndex;
        clone = source;
        clone.BufferIndex = index;
        return true;
    }

    // In a process of its own a function always holds what it is given.
    internal override void TakeOwnership()
    {
    }

    internal override bool TryTransmit(in PacketDescriptor descriptor)
    {
        if (!TransmitRing.TryPut(_memory.Transmit, descriptor, _reserved))
            return false;
        RingIfWanted();
        return true;
    }

    // Only the manager can free a buffer; it is told when there is room to.
    internal override void Drop(in PacketDescriptor descriptor)
    {
        PacketDescriptor dropped = descriptor;
        dropped.Action = PacketActionKind.Drop;
        dropped.Destination = 0;
        if (_toDrop.Count > 0 || !TryTransmit(dropped))
            _toDrop.Enqueue(dropped);
    }

    internal override void CountHeld(int change) => Volatile.Write(ref _block->Held, _block->Held + change);

    internal ReplyMessage Ask<T>(ControlMessageType type, in T payload)
        where T : IControlPayload => _connection.Request(type, payload, _options.AnswerTimeout);

    // The manager gives none before it is asked for the first time, and then keeps the ring filled. It may be a moment behind: once in a round that is waited for.
    private bool AskForBuffers()
    {
        bool first = Volatile.Read(ref _block->WantsBuffers) == 0;
        if (_waitedForBuffers && !first)
            return false;
        _waitedForBuffers = true;
        Volatile.Write(ref _block->WantsBuffers, 1);
        RingIfWanted();
        TimeSpan patience = first ? FirstBuffers : FurtherBuffers;
        long begin = Stopwatch.GetTimestamp();
        SpinWait wait = default;
        while (_memory.Buffers.IsEmpty && !IsClosed && Stopwatch.GetElapsedTime(begin) < patience)
            wait.SpinOnce(sleep1Threshold: -1);
        return true;
    }

    private bool IsOwn(uint index) => index - _welcome.FirstBuffer < _welcome.Buffers;
}
