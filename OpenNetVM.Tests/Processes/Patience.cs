namespace OpenNetVM.Tests.Processes;

/// <summary>How long a test waits for what must happen: far longer than it takes, so that only a hang reaches it.</summary>
internal static class Patience
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    /// <summary>A token that ends the waits of one test.</summary>
    public static CancellationToken Start()
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(Limit);
        return limit.Token;
    }
}
