using OpenNetVM.Benchmarks.Regression;

namespace OpenNetVM.Tests.Regression;

/// <summary>When the regression guard calls a difference one.</summary>
public sealed class FigureComparisonTests
{
    [Fact]
    public void A_difference_that_every_round_shows_and_that_is_larger_than_the_noise_is_outside_of_it()
    {
        Assert.Equal(Verdict.Slower, Compare([11.0, 11.1, 11.0, 11.2, 11.1], [10.0, 10.1, 10.0, 10.1, 10.0]).Verdict);
        Assert.Equal(Verdict.Faster, Compare([10.0, 10.1, 10.0, 10.1, 10.0], [11.0, 11.1, 11.0, 11.2, 11.1]).Verdict);
    }

    [Fact]
    public void Ratios_are_of_pairs_so_that_a_machine_that_changes_speed_for_both_hides_nothing()
    {
        FigureComparison figure = Compare([11.0, 22.1, 21.9, 22.0, 11.1, 10.9, 11.0], [10.0, 20.1, 20.0, 20.1, 10.0, 10.0, 10.1]);

        Assert.Equal(Verdict.Slower, figure.Verdict);
        Assert.InRange(figure.Ratio.Median, 1.09, 1.11);
    }

    [Fact]
    public void What_either_side_changes_by_from_round_to_round_is_noise()
    {
        // Each pair says 5 % slower, but each side goes up and down by a fifth.
        double[] there = [10, 12, 10, 12, 10, 12, 10];

        Assert.Equal(Verdict.WithinNoise, Compare([.. there.Select(static time => 1.05 * time)], there).Verdict);
    }

    [Fact]
    public void One_round_in_five_that_says_the_opposite_makes_it_noise_and_one_in_ten_does_not()
    {
        double[] there = [10, 10, 10, 10, 10];

        Assert.Equal(Verdict.WithinNoise, Compare([11, 11, 9.9, 11, 11], there).Verdict);
        Assert.Equal(Verdict.Slower, Compare([11, 11, 9.9, 11, 11, 11, 11, 11, 11, 11], [.. there, .. there]).Verdict);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void Fewer_than_five_rounds_decide_nothing(int rounds) =>
        Assert.Equal(Verdict.Undecided, Compare([.. Enumerable.Repeat(20.0, rounds)], [.. Enumerable.Repeat(10.0, rounds)]).Verdict);

    [Fact]
    public void Equal_times_and_a_difference_below_one_per_cent_are_noise()
    {
        Assert.Equal(Verdict.WithinNoise, Compare([10, 10, 10, 10, 10, 10], [10, 10, 10, 10, 10, 10]).Verdict);
        Assert.Equal(Verdict.WithinNoise, Compare([10.05, 10.05, 10.05, 10.05, 10.05, 10.05], [10, 10, 10, 10, 10, 10]).Verdict);
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(9.9, true)]
    [InlineData(15, false)]
    public void A_limit_is_met_by_what_is_slower_by_more_than_that(double percent, bool above)
    {
        double[] fast = [10, 10, 10, 10, 10];
        double[] slow = [11, 11, 11, 11, 11];

        Assert.Equal(above, Compare(slow, fast).IsSlowerThan(percent));
        Assert.False(Compare(fast, slow).IsSlowerThan(percent));
        Assert.False(Compare([11, 9, 11, 11, 11], fast).IsSlowerThan(percent));
    }

    [Fact]
    public void Times_that_are_no_pairs_or_no_times_are_refused()
    {
        Assert.Throws<ArgumentException>(static () => Compare([], []));
        Assert.Throws<ArgumentException>(static () => Compare([1, 2], [1]));
        Assert.Throws<ArgumentException>(static () => Compare([0], [1]));
        Assert.Throws<ArgumentException>(static () => Compare([1], [double.NaN]));
    }

    private static FigureComparison Compare(IReadOnlyList<double> here, IReadOnlyList<double> there) => new(here, there);
}
