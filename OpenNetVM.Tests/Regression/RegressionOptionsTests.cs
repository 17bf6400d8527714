using OpenNetVM.Benchmarks.Regression;

namespace OpenNetVM.Tests.Regression;

/// <summary>The command line of the regression guard.</summary>
public sealed class RegressionOptionsTests
{
    [Fact]
    public void A_commit_alone_compares_chains_and_the_flow_table()
    {
        RegressionOptions options = RegressionOptions.Parse(["--against", "HEAD~1"], out _)!;

        Assert.Equal("HEAD~1", options.Commit);
        Assert.Equal(7, options.Rounds);
        Assert.Equal(["chain 1", "flow-table 1 65536"], options.Measurements);
        Assert.Null(options.FailAbove);
    }

    [Fact]
    public void Everything_can_be_chosen()
    {
        RegressionOptions options = RegressionOptions.Parse(
            ["--against", "v1", "--rounds", "9", "--measure", "chain two-cores 1", "--filter", "*Ring*", "--fail-above", "2.5%"], out _)!;

        Assert.Equal(9, options.Rounds);
        Assert.Equal(["chain two-cores 1", "--filter *Ring*"], options.Measurements);
        Assert.Equal(2.5, options.FailAbove);
    }

    [Theory]
    [InlineData("--against needs a commit")]
    [InlineData("--against needs a commit", "--rounds")]
    [InlineData("'--rounds 0' is not understood", "v1", "--rounds", "0")]
    [InlineData("'--rounds' is not understood", "v1", "--rounds")]
    [InlineData("'--fail-above -1%' is not understood", "v1", "--fail-above", "-1%")]
    [InlineData("'--measure  ' is not understood", "v1", "--measure", " ")]
    [InlineData("'extra' is not understood", "v1", "extra")]
    public void What_is_not_understood_is_named(string expected, params string[] arguments)
    {
        Assert.Null(RegressionOptions.Parse(["--against", .. arguments], out string fault));
        Assert.Equal(expected, fault);
    }
}
