using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using OpenNetVM.Core.Dataplane;

namespace OpenNetVM.Tests.Dataplane;

/// <summary>What the worker tests have in common.</summary>
internal static class Workers
{
    /// <summary>Far more than anything here takes: only a hang reaches it.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromSeconds(30);

    public static Worker Create(IdleStrategy? idle = null, TimeProvider? time = null, ILogger? logger = null, int? core = null, string name = "test") => new(
        new WorkerOptions { Name = name, Idle = idle ?? IdleStrategy.Wait(), Core = core },
        time ?? TimeProvider.System,
        logger ?? NullLogger.Instance);

    /// <summary>Waits for a condition that another thread brings about; a hang fails the test with its name.</summary>
    public static void Until(Func<bool> condition, string what) => Assert.True(SpinWait.SpinUntil(condition, Hang), $"never happened: {what}");

    /// <summary>Runs an action on a thread of its own, so that a hang is a failure and not a hanging run.</summary>
    public static Task OnOtherThread(Action action)
    {
        TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        Thread thread = new(() =>
        {
            try
            {
                action();
                done.SetResult();
            }
            catch (Exception exception)
            {
                done.SetException(exception);
            }
        })
        { IsBackground = true };
        thread.Start();
        return done.Task.WaitAsync(Hang);
    }
}
