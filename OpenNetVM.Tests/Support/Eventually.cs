using System.Diagnostics;

namespace OpenNetVM.Tests.Support;

/// <summary>Waits for what other threads and programs bring about.</summary>
internal static class Eventually
{
    /// <summary>Far above what anything waited for needs: it only keeps a test from hanging.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits until the condition is true; fails the calling test where it does not become so.</summary>
    /// <param name="condition">Looked at again and again.</param>
    /// <param name="what">What is waited for, for the failure.</param>
    /// <param name="meanwhile">Done before each look, as where a question may have to be put again.</param>
    public static async Task UntilAsync(Func<bool> condition, string what, Action? meanwhile = null)
    {
        Stopwatch watch = Stopwatch.StartNew();
        meanwhile?.Invoke();
        while (!condition())
        {
            Assert.True(watch.Elapsed < Limit, $"{what} did not happen within {Limit}");
            await Task.Delay(meanwhile is null ? 5 : 50, TestContext.Current.CancellationToken);
            meanwhile?.Invoke();
        }
    }
}
