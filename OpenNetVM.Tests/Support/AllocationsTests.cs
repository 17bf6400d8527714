namespace OpenNetVM.Tests.Support;

public class AllocationsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Code_that_allocates_in_every_window_or_in_one_of_three_is_caught(int every)
    {
        int calls = 0;
        object? last = null;
        Exception? caught = Record.Exception(() => Allocations.AssertSettleAtNone(() => last = ++calls % every == 0 ? new byte[24] : last));
        Assert.Contains("48", Assert.IsType<Xunit.Sdk.TrueException>(caught).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_allocated_before_it_settles_is_let_pass()
    {
        int calls = 0;
        object? last = null;
        Allocations.AssertSettleAtNone(() => last = ++calls < 10 ? new byte[24] : last);
        Assert.True(calls >= 12);
    }
}
