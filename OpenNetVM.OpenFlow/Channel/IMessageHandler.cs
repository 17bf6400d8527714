using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;

namespace OpenNetVM.OpenFlow.Channel;

/// <summary>Who answers on the channels; called by many channels at once.</summary>
internal interface IMessageHandler
{
    /// <summary>A channel has agreed on a version.</summary>
    IChannelSession Open(OpenFlowConnection connection);
}

/// <summary>What is kept of one channel by who answers on it; called by that channel alone, one message after the other.</summary>
internal interface IChannelSession
{
    /// <summary>Handles a message; its answers are sent before this completes.</summary>
    /// <returns>Why the message is refused, if it is.</returns>
    ValueTask<OpenFlowError> HandleAsync(OpenFlowMessage message, CancellationToken cancellation);

    /// <summary>The channel is closed.</summary>
    void Close();
}
