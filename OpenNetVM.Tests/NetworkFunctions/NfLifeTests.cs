using Microsoft.Extensions.Time.Testing;
using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Services;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.NetworkFunctions;

public abstract class NfLifeTests(bool fusedHops)
{
    private readonly NfManagerOptions _options = new() { Dataplane = new() { FusedHops = fusedHops } };

    [Fact]
    public void A_packet_that_makes_a_function_throw_is_dropped_and_the_others_go_to_another_instance()
    {
        using TestPlatform platform = new(_options);
        List<NfFault> faults = [];
        int poisoned = 0;
        ServiceId fragile = platform.Builder.AddScripted(
                "fragile",
            (_, packet) =>
            {
                if (Frames.Mark(packet.Data) == 13 && poisoned++ == 0)
                    throw new InvalidDataException("thirteen");
            },
            new ServiceOptions { Instances = 2, Restart = RestartPolicy.Never });
        platform.Start(ServiceChain.Through(fragile).To(TestPlatform.OutputId));
        platform.Manager.InstanceFaulted += faults.Add;

        IReadOnlyList<byte[]> left = platform.Run(Frames.Flows(100));

        Assert.Equal(Enumerable.Range(0, 100).Where(i => i != 13), left.Select(frame => Frames.Mark(frame)).Order());
        Assert.Equal(1, platform.Dropped(DropReason.FunctionFault));
        NfFault fault = Assert.Single(faults);
        Assert.IsType<InvalidDataException>(fault.Exception);
        Assert.Equal(13, Frames.Mark(Assert.Single(fault.Frames)));
        Assert.Null(fault.RestartsAt);
        Assert.Equal(1, platform.Manager.Services.Services[0].ActiveInstances);
    }

    [Fact]
    public void Without_another_instance_the_faulted_ones_packets_are_dropped_by_reason()
    {
        using TestPlatform platform = new(_options);
        ServiceId fragile = platform.Builder.AddScripted("fragile", (_, _) => throw new InvalidDataException(), new ServiceOptions { Restart = RestartPolicy.Never });
        platform.Start(ServiceChain.Through(fragile).To(TestPlatform.OutputId));

        Assert.Empty(platform.Run(Frames.Flows(100)));
        Assert.Equal(1, platform.Dropped(DropReason.FunctionFault));
        Assert.Equal(99, platform.Dropped(DropReason.NoInstance));
    }

    [Fact]
    public void The_supervisor_restarts_with_a_growing_back_off_and_a_new_function_object()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(_options with { Time = time });
        List<ScriptedFunction> functions = [];
        List<NfFault> faults = [];
        bool failing = true;
        ServiceId fragile = platform.Builder.AddScripted(functions, "fragile", (_, _) =>
        {
            if (failing)
                throw new InvalidDataException();
        });
        platform.Start(ServiceChain.Through(fragile).To(TestPlatform.OutputId));
        platform.Manager.InstanceFaulted += faults.Add;

        for (int i = 0; i < 4; i++)
        {
            platform.Run(Frames.Udp(1, 2, 3, 4));
            TimeSpan backOff = faults[i].RestartsAt!.Value - faults[i].Time;
            Assert.Equal(100 << i, backOff.TotalMilliseconds);
            time.Advance(backOff - TimeSpan.FromMilliseconds(1));
            platform.Manager.PollUntilIdle();
            Assert.Equal(InstanceState.Faulted, platform.Manager.Services.Instances[0].State);
            time.Advance(TimeSpan.FromMilliseconds(2));
            platform.Manager.PollUntilIdle();
            Assert.Equal(InstanceState.Running, platform.Manager.Services.Instances[0].State);
        }

        failing = false;
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
        Assert.Equal(5, functions.Count);
        Assert.Equal(4, Assert.Single(platform.Statistics.Instances).Faults);
    }

    [Fact]
    public void A_function_that_throws_when_it_is_restarted_is_tried_again_later()
    {
        FakeTimeProvider time = new();
        using TestPlatform platform = new(_options with { Time = time });
        int starts = 0;
        ServiceId stubborn = platform.Builder.AddService("stubborn", () => new ScriptedFunction
        {
            OnPacket = (_, _) =>
            {
                if (starts == 1)
                    throw new InvalidDataException();
            },
            Starting = _ =>
            {
                if (++starts is 2 or 3)
                    throw new TimeoutException("not yet");
            },
        });
        platform.Start(ServiceChain.Through(stubborn).To(TestPlatform.OutputId));

        platform.Run(Frames.Udp(1, 2, 3, 4));
        for (int i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            platform.Manager.PollUntilIdle();
        }

        Assert.Equal(4, starts);
        Assert.Single(platform.Run(Frames.Udp(1, 2, 3, 4)));
    }

    [Fact]
    public void The_packet_at_which_a_function_threw_is_saved_as_a_capture()
    {
        string folder = Directory.CreateTempSubdirectory("opennetvm-faults").FullName;
        try
        {
            NfFault? fault = null;
            using (TestPlatform platform = new(_options with { FaultCaptureFolder = folder }))
            {
                ServiceId fragile = platform.Builder.AddScripted("fragile", (_, _) => throw new InvalidDataException(), new ServiceOptions { Restart = RestartPolicy.Never });
                platform.Start(ServiceChain.Through(fragile).To(TestPlatform.OutputId));
                platform.Manager.InstanceFaulted += reported => fault = reported;
                platform.Run(Frames.Udp(1, 2, 3, 4, mark: 99));
            }

            using CaptureReader reader = CaptureReader.OpenFile(fault!.CaptureFile!);
            Assert.True(reader.TryRead(out CapturedFrame frame));
            Assert.Equal(99, Frames.Mark(frame.Data));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void Packets_that_a_faulted_function_held_are_taken_back()
    {
        using TestPlatform platform = new(_options);
        ServiceId keeper = platform.Builder.AddScripted(
                "keeper",
            (function, packet) =>
            {
                if (Frames.Mark(packet.Data) == 40)
                    throw new InvalidDataException();
                function.Context.Hold(packet);
            },
            new ServiceOptions { Restart = RestartPolicy.Never });
        platform.Start(ServiceChain.Through(keeper).To(TestPlatform.OutputId));

        platform.Run(Frames.Flows(41));
        Assert.Equal(40, platform.Dropped(DropReason.InstanceStopped));
        Assert.Equal(0, platform.Statistics.Held);
    }

    [Fact]
    public async Task An_instance_that_is_stopped_handles_what_it_has_and_then_is_gone()
    {
        using TestPlatform platform = new(_options);
        int stops = 0;
        ServiceId service = platform.Builder.AddService("service", () => new ScriptedFunction { Stopping = _ => stops++ }, new ServiceOptions { Instances = 2 });
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));
        foreach (byte[] frame in Frames.Flows(64))
            platform.Input.Send(frame);
        platform.Manager.Poll();

        await platform.Manager.StopInstanceAsync(platform.Manager.Services.Instances[0].Id);
        platform.Manager.PollUntilIdle();

        Assert.Equal(1, stops);
        Assert.Equal(64, platform.Output.ReceiveAll().Count);
        Assert.Equal(0, platform.Statistics.Dropped);
        Assert.Single(platform.Manager.Services.Instances);
        Assert.Equal(100, platform.Run(Frames.Flows(100)).Count);
        Assert.Equal(164, platform.Statistics.Services[0].Handled);
    }

    [Fact]
    public async Task Rules_survive_the_function_that_set_them()
    {
        // W10: when the C original's SDN function exits, it frees the manager's flow table.
        using TestPlatform platform = new(_options);
        ChainId chosen = default;
        ServiceId setter = platform.Builder.AddScripted("setter", (function, packet) => function.Context.Flows.TrySet(packet, chosen));
        chosen = platform.Builder.AddChain(ServiceChain.To(TestPlatform.InputId));
        platform.Start(ServiceChain.Through(setter).To(TestPlatform.OutputId));
        platform.Run(Frames.Udp(1, 2, 3, 4));

        await platform.Manager.StopInstanceAsync(platform.Manager.Services.Instances[0].Id);
        platform.Input.ReceiveAll();
        platform.Run(Frames.Udp(1, 2, 3, 4));
        Assert.Single(platform.Input.ReceiveAll());
        Assert.Equal(1, platform.Manager.Director.Count);
    }

    [Fact]
    public void Instances_can_be_added_while_packets_flow_and_get_their_share()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        ServiceId service = platform.Builder.AddScripted(functions, "service");
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));

        Assert.Equal(200, platform.Run(Frames.Flows(200)).Count);
        platform.Manager.StartInstance(service);
        Assert.Equal(200, platform.Run(Frames.Flows(200)).Count);

        Assert.Equal(400, functions.Sum(function => function.Seen.Count));
        Assert.InRange(functions[1].Seen.Count, 50, 150);
    }

    [Fact]
    public void A_paused_instance_leaves_its_packets_to_others_and_goes_on_when_resumed()
    {
        using TestPlatform platform = new(_options);
        List<ScriptedFunction> functions = [];
        ServiceId service = platform.Builder.AddScripted(functions, "service", options: new ServiceOptions { Instances = 2 });
        platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId));
        InstanceId first = platform.Manager.Services.Instances[0].Id;
        InstanceId second = platform.Manager.Services.Instances[1].Id;

        platform.Manager.Pause(first);
        Assert.Equal(50, platform.Run(Frames.Flows(50)).Count);
        Assert.Empty(functions[0].Seen);

        // Nobody else is left: packets wait.
        platform.Manager.Pause(second);
        Assert.Empty(platform.Run(Frames.Flows(50)));
        Assert.Equal(50, platform.Statistics.Held);
        Assert.Throws<InvalidOperationException>(() => platform.Manager.Pause(second));

        platform.Manager.Resume(first);
        platform.Manager.Resume(second);
        platform.Manager.PollUntilIdle();
        Assert.Equal(50, platform.Output.ReceiveAll().Count);
    }

    [Fact]
    public void A_start_that_throws_leaves_nothing_running()
    {
        using TestPlatform platform = new(_options);
        ServiceId broken = platform.Builder.AddService("broken", () => new ScriptedFunction { Starting = _ => throw new TimeoutException("no licence server") });
        TimeoutException error = Assert.Throws<TimeoutException>(() => platform.Start(ServiceChain.Through(broken).To(TestPlatform.OutputId)));
        Assert.Equal("no licence server", error.Message);
        Assert.Equal(ManagerState.Stopped, platform.Manager.State);
    }

    [Fact]
    public void A_factory_that_hands_out_the_same_object_twice_is_refused()
    {
        using TestPlatform platform = new(_options);
        ScriptedFunction shared = new();
        ServiceId service = platform.Builder.AddService("service", () => shared, new ServiceOptions { Instances = 2 });
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => platform.Start(ServiceChain.Through(service).To(TestPlatform.OutputId)));
        Assert.Contains("factory must make a new object", error.Message, StringComparison.Ordinal);
    }

    public sealed class Fused() : NfLifeTests(fusedHops: true);

    public sealed class OverRings() : NfLifeTests(fusedHops: false);
}
