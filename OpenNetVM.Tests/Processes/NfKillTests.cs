using OpenNetVM.Benchmarks.Functions;
using OpenNetVM.Benchmarks.Processes.Kills;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>A short form of <c>./build.sh bench processes kills</c>, whose long one kills a thousand.</summary>
[Collection(SoakCollection.Name)]
public class NfKillTests
{
    [Theory]
    [InlineData(true, 50)]
    [InlineData(false, 10)]
    public async Task Of_replicas_that_are_killed_at_random_under_load_nothing_is_lost_but_what_they_had_in_hand_or_refused(bool sourceWaits, int kills)
    {
        int seed = Random.Shared.Next(1, int.MaxValue);

        KillResult result = await KillSoak.RunAsync(new KillOptions
        {
            Kills = kills,
            SourceWaits = sourceWaits,
            Launch = NfChild.Launch<SigningFunction>(),
            Seed = seed,
        });

        string problems = string.Join('\n', result.Problems());
        Assert.True(problems.Length == 0, $"seed {seed}:\n{problems}");
        Assert.Equal(kills, result.Kills);
        Assert.True(result.End.Transmitted > kills * 1_000, result.End.ConservationLine);
        Assert.True(sourceWaits ? result.Refused == 0 : result.Refused > 0, result.End.ConservationLine);
    }
}
