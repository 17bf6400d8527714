using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Packets;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.Processes;

/// <summary>Network functions in real other processes: packets, and what a function can ask of its manager.</summary>
public class NfProcessTests
{
    [Fact]
    public async Task A_function_in_another_process_handles_packets_in_the_manager_s_memory()
    {
        await using ProcessPlatform platform = new();
        platform.Start(platform.AddService<Marking>("marking"));

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(1_000));

        Assert.Equal(Enumerable.Range(0, 1_000), left.Select(frame => Frames.Mark(frame)));
        Assert.All(left, frame => Assert.Equal(0xAB, frame[^1]));
        Assert.NotEqual(Environment.ProcessId, Assert.Single(platform.Statistics.Instances).ProcessId);
        await platform.AssertConservedAsync();
        Assert.Empty(platform.Faults);
    }

    public sealed class Marking : NetworkFunction
    {
        protected override void Process(Packet packet) => packet.Data[^1] = 0xAB;
    }
}
