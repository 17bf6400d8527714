using OpenNetVM.Core.Chains;
using OpenNetVM.Core.Diagnostics;
using OpenNetVM.Core.Management;
using OpenNetVM.Core.NetworkFunctions;
using OpenNetVM.Core.Ports;
using OpenNetVM.Core.Services;

namespace OpenNetVM.Testing;

/// <summary>
/// A platform without threads for unit tests of network functions: packets move only when the test says so, so every run is the same. It has a
/// port <see cref="Input"/> and a port <see cref="Output"/>; its default chain leads from the one through the functions under test to the other. Used by one
/// thread. When it is disposed, it checks that no packet was lost or leaked.
/// </summary>
/// <example>
/// <code>
/// using TestPlatform platform = TestPlatform.Of(() => new DropTelnet());
/// IReadOnlyList&lt;byte[]&gt; left = platform.Run(PacketBuilder.Tcp("10.0.0.1", 4242, "10.0.0.2", 23).Build());
/// Assert.Empty(left);
/// </code>
/// </example>
public sealed class TestPlatform : IDisposable
{
    // Frames that one run may send or get back.
    private const int WireCapacity = 16_384;

    private NfManager? _manager;
    private bool _disposed;

    /// <summary>
    /// Makes a platform that the test sets up step by step, through <see cref="Builder"/>, and then starts: for tests that need the ids of what they add.
    /// <see cref="Of"/> and <see cref="Create"/> do both at once.
    /// </summary>
    /// <param name="options">The platform's options; null for the defaults. It is hand-driven in any case.</param>
    public TestPlatform(NfManagerOptions? options = null)
    {
        Builder = new NfManagerBuilder { Options = options ?? new NfManagerOptions() };
        Builder.AddPort(Input);
        Builder.AddPort(Output);
    }

    /// <summary>The id of <see cref="Input"/>: 0.</summary>
    public static PortId InputId { get; } = new(0);

    /// <summary>The id of <see cref="Output"/>: 1.</summary>
    public static PortId OutputId { get; } = new(1);

    /// <summary>What the platform is made from. The two ports are in it already. Of no use any more once the platform has started.</summary>
    public NfManagerBuilder Builder { get; }

    /// <summary>The platform itself: its services, chains, flow director and so on.</summary>
    /// <exception cref="InvalidOperationException">It has not been started.</exception>
    public NfManager Manager => _manager ?? throw new InvalidOperationException($"The platform is not there yet: call {nameof(Start)} once everything is added to {nameof(Builder)}.");

    /// <summary>Where packets come in.</summary>
    public LoopbackPort Input { get; } = new("input", new LoopbackPortOptions { Capacity = WireCapacity });

    /// <summary>Where the default chain ends.</summary>
    public LoopbackPort Output { get; } = new("output", new LoopbackPortOptions { Capacity = WireCapacity });

    /// <summary>The platform's counters.</summary>
    public PlatformStatistics Statistics => Manager.GetStatistics();

    /// <summary>Makes and starts a platform whose default chain visits one service per function, in the given order.</summary>
    /// <param name="functions">Each makes a new function object when it is called.</param>
    public static TestPlatform Of(params IReadOnlyList<Func<NetworkFunction>> functions) => Create(builder =>
    {
        List<ServiceId> services = [];
        for (int i = 0; i < functions.Count; i++)
            services.Add(builder.AddService($"function {i + 1}", functions[i]));
        builder.DefaultChain = ServiceChain.Through(services).To(OutputId);
    });

    /// <summary>Makes and starts a platform that the test sets up itself.</summary>
    /// <param name="configure">
    /// Adds services and sets the default chain. The ports <see cref="InputId"/> and <see cref="OutputId"/> are there already; options may be
    /// changed, but the platform is hand-driven in any case.
    /// </param>
    public static TestPlatform Create(Action<NfManagerBuilder> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        TestPlatform platform = new();
        configure(platform.Builder);
        platform.Start();
        return platform;
    }

    /// <summary>Makes and starts the platform from what was added to <see cref="Builder"/>.</summary>
    /// <param name="defaultChain">The default chain; null if the builder has it.</param>
    /// <exception cref="ArgumentException">Something does not fit, as <see cref="NfManagerBuilder.Build"/> says.</exception>
    /// <exception cref="InvalidOperationException">It was started before.</exception>
    /// <remarks>An exception of a function's OnStart comes through.</remarks>
    public void Start(ServiceChain? defaultChain = null)
    {
        Builder.DefaultChain = defaultChain ?? Builder.DefaultChain;
        Builder.Options = Builder.Options with { HandDriven = true };
        _manager = Builder.Build();
        _manager.Start();
    }

    /// <summary>Sends frames in, lets the platform work until nothing is left to do, and returns the frames that left through <see cref="Output"/>, in order.</summary>
    /// <exception cref="TestAssertionException">There are more frames than the wire holds.</exception>
    public IReadOnlyList<byte[]> Run(params IEnumerable<byte[]> frames)
    {
        ArgumentNullException.ThrowIfNull(frames);
        int sent = 0;
        foreach (byte[] frame in frames)
        {
            if (!Input.Send(frame))
                throw new TestAssertionException($"The wire into the platform took {sent} frames and is full. Send fewer frames per call.");
            sent++;
        }

        Manager.PollUntilIdle();
        return Output.ReceiveAll();
    }

    /// <summary>How many packets were dropped for a reason.</summary>
    public long Dropped(DropReason reason) => Statistics.DroppedByReason[reason];

    /// <summary>Checks that every packet is accounted for.</summary>
    /// <exception cref="TestAssertionException">received + created is not transmitted + dropped + held.</exception>
    public void AssertConserved()
    {
        PlatformStatistics statistics = Statistics;
        if (statistics.Unaccounted != 0)
            throw new TestAssertionException($"Packets were lost or invented: {statistics.ConservationLine}.");
    }

    /// <summary>Stops the platform and checks that every packet was accounted for and every buffer given back.</summary>
    /// <exception cref="TestAssertionException">That is not so.</exception>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (_manager is null)
            return;
        try
        {
            AssertConserved();
            Wait(Manager.StopAsync());
            AssertConserved();
            if (Manager.Pool.InUse != 0)
                throw new TestAssertionException($"{Manager.Pool.InUse} packet buffers were not given back.");
            if (Manager.Pool.RejectedFrees != 0)
                throw new TestAssertionException($"{Manager.Pool.RejectedFrees} packets were freed twice.");
        }
        finally
        {
            Wait(Manager.DisposeAsync().AsTask());
        }
    }

    // A hand-driven platform does all its work on the calling thread: there is nothing to deadlock with.
    private static void Wait(Task task) => task.GetAwaiter().GetResult();
}
