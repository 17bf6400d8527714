using Microsoft.Extensions.Logging;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Processes.Control;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Core.Processes;

/// <content>What the manager says, and what is said to it at the end.</content>
internal sealed unsafe partial class ProcessHost
{
    private volatile bool _isPaused;
    private volatile bool _isToStop;
    private Task _closing = Task.CompletedTask;
    private int _inHand;

    /// <summary>Why the connection ended.</summary>
    internal string ClosingReason => IsClosed ? _connection.Channel.Closed.Result.Reason : "it is open";

    private bool IsClosed => _connection.Channel.Closed.IsCompleted;

    // From here on the manager is heard, on another thread.
    private void Listen()
    {
        _connection.Start(Take, Obey);
        _closing = _connection.Channel.Closed.ContinueWith(_ => WakeSelf(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    private void Take(InstanceMessage message)
    {
        // What does not fit is lost, as it is in the manager's own process, where the sender is told.
        if (!_mailbox.TryPost(new NfMessage(new InstanceId(message.Sender), message.Kind, message.Body)))
            _options.Loggers.CreateLogger(nameof(NfProcess)).LogWarning("A message of kind {Kind} is lost: {Capacity} wait already", message.Kind, MailboxCapacity);
        WakeSelf();
    }

    private void Obey(ControlCommand command)
    {
        if (command == ControlCommand.Stop)
            _isToStop = true;
        else
            _isPaused = command == ControlCommand.Pause;
        WakeSelf();
    }

    private FaultMessage Describe(Exception exception)
    {
        List<byte[]> frames = [];
        int culprit = _function.CurrentPacket;
        for (int i = 0; i < _inHand; i++)
        {
            if (culprit < 0 || culprit == i)
                frames.Add(Pool.Open(ref _burst.Span[i]).Data.ToArray());
        }

        return new FaultMessage(exception.GetType().FullName ?? exception.GetType().Name, exception.Message, exception.StackTrace ?? string.Empty, frames);
    }
}
