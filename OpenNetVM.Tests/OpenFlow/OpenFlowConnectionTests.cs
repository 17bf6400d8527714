using System.Text;
using Microsoft.Extensions.Time.Testing;
using OpenNetVM.OpenFlow.Agent;
using OpenNetVM.OpenFlow.Channel;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The channel: version, framing, keep-alive, errors.</summary>
public sealed class OpenFlowConnectionTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly RecordingLogger _logger = new();
    private readonly SwitchAgent _agent;

    public OpenFlowConnectionTests() => _agent = new SwitchAgent(new FakeDatapath(_time), new SwitchAgentOptions { SweepPeriod = TimeSpan.FromHours(1) }, _time, _logger);

    public void Dispose() => _agent.Dispose();

    [Theory]
    // The highest that both bitmaps have.
    [InlineData(OpenFlowVersions.All, 6, 0x72u, 4)]
    [InlineData(OpenFlowVersions.All, 4, 0x12u, 4)]
    [InlineData(OpenFlowVersions.All, 6, 0x42u, 1)]
    [InlineData(OpenFlowVersions.Version10, 6, 0x72u, 1)]
    [InlineData(OpenFlowVersions.All, 6, 0x60u, 0)]
    [InlineData(OpenFlowVersions.Version13, 4, 0x02u, 0)]
    // Without a bitmap, the lower of both highest.
    [InlineData(OpenFlowVersions.All, 4, null, 4)]
    [InlineData(OpenFlowVersions.All, 6, null, 4)]
    [InlineData(OpenFlowVersions.All, 1, null, 1)]
    [InlineData(OpenFlowVersions.Version10, 6, null, 1)]
    [InlineData(OpenFlowVersions.All, 3, null, 0)]
    [InlineData(OpenFlowVersions.Version13, 1, null, 0)]
    [InlineData(OpenFlowVersions.All, 0, null, 0)]
    [InlineData(OpenFlowVersions.All, 255, null, 4)]
    public void The_version_agreed_on_is_the_highest_that_both_ends_speak(OpenFlowVersions ours, byte highest, uint? bitmap, byte expected) =>
        Assert.Equal(expected, WireVersion.Negotiate(ours, highest, bitmap));

    [Fact]
    public async Task A_controller_that_announces_1_5_without_a_bitmap_is_served_in_1_3()
    {
        await using TestChannel channel = new(_agent, _time, _logger);
        Hello hello = await channel.ReceiveAsync<Hello>();
        Assert.Equal((WireVersion.Of13, (uint)OpenFlowVersions.All), (hello.HighestVersion, hello.VersionBitmap));
        await channel.SendAsync(new Hello(6, null));
        Assert.Equal(1u, (await channel.AskAsync<FeaturesReply>(new FeaturesRequest())).DatapathId);
        Assert.Equal(WireVersion.Of13, channel.Connection.Version);
    }

    [Fact]
    public async Task A_switch_of_1_0_alone_says_hello_in_eight_bytes_of_1_0()
    {
        await using TestChannel channel = new(_agent, _time, _logger, new OpenFlowChannelOptions { Versions = OpenFlowVersions.Version10 }, WireVersion.Of10);
        Hello hello = await channel.ReceiveAsync<Hello>();
        Assert.Equal((WireVersion.Of10, (uint?)null), (hello.HighestVersion, hello.VersionBitmap));
        await channel.SendAsync(new Hello(WireVersion.Of10, null));
        Assert.Equal(3, (await channel.AskAsync<FeaturesReply>(new FeaturesRequest())).Ports10.Count);
    }

    [Theory]
    [InlineData("0600001000000007" + "0001000800000060")]
    [InlineData("0300000800000007")]
    // Not a hello at all, and one that is broken.
    [InlineData("0405000800000007")]
    [InlineData("0400001000000007" + "0001000000000010")]
    public async Task A_controller_that_speaks_none_of_our_versions_is_told_so_and_the_channel_is_closed(string hex)
    {
        await using TestChannel channel = new(_agent, _time, _logger);
        await channel.ReceiveAsync<Hello>();
        await channel.SendAsync(Convert.FromHexString(hex));
        ErrorMessage error = await channel.ReceiveAsync<ErrorMessage>();
        Assert.Equal((0, 0), (error.ErrorType, error.ErrorCode));
        Assert.NotEmpty(Encoding.ASCII.GetString(error.Data.Span));
        Assert.Null(await channel.ReceiveAsync());
        await channel.Running;
        Assert.Empty(_agent.Sessions);
    }

    [Fact]
    public async Task A_peer_that_says_nothing_is_given_up()
    {
        await using TestChannel channel = new(_agent, _time, _logger);
        await channel.ReceiveAsync<Hello>();
        _time.Advance(new OpenFlowChannelOptions().HandshakeTimeout);
        Assert.Null(await channel.ReceiveAsync());
        await channel.Running;
    }

    [Fact]
    public async Task Messages_that_arrive_byte_by_byte_are_put_together_and_many_in_one_piece_are_taken_apart()
    {
        await using TestChannel channel = new(_agent, _time, _logger);
        await channel.ReceiveAsync<Hello>();
        byte[] hello = RoundTripTests.Write(new Hello(4, null), 4);
        byte[] echo = RoundTripTests.Write(new EchoRequest([1, 2, 3]) { Xid = 5 }, 4);
        foreach (byte part in hello.Concat(echo))
            await channel.SendAsync([part]);
        Assert.Equal(new EchoReply([1, 2, 3]) { Xid = 5 }, await channel.ReceiveAsync());
        await channel.SendAsync([.. echo, .. echo, .. echo]);
        for (int i = 0; i < 3; i++)
            Assert.Equal(new EchoReply([1, 2, 3]) { Xid = 5 }, await channel.ReceiveAsync());
    }

    [Fact]
    public async Task A_length_of_less_than_a_header_closes_the_channel_with_an_error()
    {
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger);
        await channel.SendAsync(Convert.FromHexString("0402000000000009"));
        ErrorMessage error = await channel.ReceiveAsync<ErrorMessage>();
        Assert.Equal((1, 6, 9u), (error.ErrorType, error.ErrorCode, error.Xid));
        Assert.Null(await channel.ReceiveAsync());
    }

    [Fact]
    public async Task A_message_of_another_version_is_refused_and_the_channel_goes_on()
    {
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger);
        await channel.SendAsync(Convert.FromHexString("0105000800000009"));
        ErrorMessage error = await channel.ReceiveAsync<ErrorMessage>();
        Assert.Equal((1, 0), (error.ErrorType, error.ErrorCode));
        await channel.AskAsync<BarrierReply>(new BarrierRequest());
        // A second hello says nothing new, whatever its version.
        await channel.TellAsync(new Hello(6, null));
    }

    [Fact]
    public async Task An_error_is_never_answered_with_an_error()
    {
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger);
        await channel.SendAsync(Convert.FromHexString("0401000a000000090001"));
        await channel.TellAsync(new ErrorMessage(1, 2, [3]));
        Assert.Contains(_logger.Messages, message => message.Contains("OpenFlow error 1/2", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Silence_is_answered_with_an_echo_request_and_more_silence_with_the_end()
    {
        OpenFlowChannelOptions options = new() { EchoInterval = TimeSpan.FromSeconds(5), EchoTimeout = TimeSpan.FromSeconds(3) };
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger, options: options);
        _time.Advance(TimeSpan.FromSeconds(5));
        EchoRequest echo = await channel.ReceiveAsync<EchoRequest>();
        await channel.SendAsync(new EchoReply(echo.Data) { Xid = echo.Xid });
        await channel.TellAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        await channel.ReceiveAsync<EchoRequest>();
        Assert.False(channel.Running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(3));
        Assert.Null(await channel.ReceiveAsync());
        await channel.Running;
    }

    [Fact]
    public async Task A_controller_that_does_not_read_loses_what_it_did_not_ask_for_and_the_loss_is_counted()
    {
        OpenFlowChannelOptions options = new() { SendQueueLength = 16 };
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger, options: options);
        await channel.TellAsync(new FlowMod(FlowModCommand.Add, OpenNetVM.OpenFlow.Matches.FlowMatch.Everything, default) { Priority = 0 });
        OpenFlowRule rule = _agent.Resolve(default)!;
        int sent = 0;
        for (int i = 0; i < 10_000; i++)
            sent += _agent.SendPacketIn(new byte[1000], 1, rule, 100);
        Assert.InRange(sent, 16, 9_999);
        Assert.Equal(10_000 - sent, channel.Connection.Counters.Dropped);
    }

    [Fact]
    public async Task A_fault_behind_a_channel_ends_that_channel_and_no_other()
    {
        using SwitchAgent agent = new(new FakeDatapath(_time) { IsFaulty = true }, new SwitchAgentOptions(), _time, _logger);
        await using TestChannel one = await TestChannel.OpenAsync(agent, _time, _logger);
        await using TestChannel other = await TestChannel.OpenAsync(agent, _time, _logger);
        await one.SendAsync(new PacketOut(OpenFlowConstants.NoBuffer, 1, default, [1]));
        Assert.Null(await one.ReceiveAsync());
        await one.Running;
        await other.AskAsync<BarrierReply>(new BarrierRequest());
        Assert.Single(agent.Sessions);
        Assert.Contains(_logger.Messages, message => message.Contains("ended by a fault", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_channel_that_is_closed_within_a_message_ends_quietly()
    {
        await using TestChannel channel = await TestChannel.OpenAsync(_agent, _time, _logger);
        await channel.SendAsync(Convert.FromHexString("04050020"));
        await channel.HangUpAsync();
        Assert.Null(await channel.ReceiveAsync());
        await channel.Running;
        Assert.Empty(_agent.Sessions);
    }
}
