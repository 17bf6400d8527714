using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;

namespace OpenNetVM.Tests.Support;

/// <summary>A network function whose behaviour each test writes itself.</summary>
internal sealed class ScriptedFunction : NetworkFunction
{
    public delegate void PacketScript(ScriptedFunction function, Packet packet);

    public PacketScript? OnPacket { get; init; }

    public Action<ScriptedFunction, NfMessage>? OnMail { get; init; }

    public Action<ScriptedFunction>? Starting { get; init; }

    public Action<ScriptedFunction>? Stopping { get; init; }

    /// <summary>Marks of the packets that it handled, in order.</summary>
    public List<int> Seen { get; } = [];

    public new NfContext Context => base.Context;

    protected override void Process(Packet packet)
    {
        if (packet.Length >= 46)
            Seen.Add(Frames.Mark(packet.Data));
        OnPacket?.Invoke(this, packet);
    }

    protected override void OnMessage(in NfMessage message) => OnMail?.Invoke(this, message);

    protected override void OnStart() => Starting?.Invoke(this);

    protected override void OnStop() => Stopping?.Invoke(this);
}
