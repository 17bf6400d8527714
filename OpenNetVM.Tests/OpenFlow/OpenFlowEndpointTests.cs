using OpenNetVM.OpenFlow.Channel;

namespace OpenNetVM.Tests.OpenFlow;

public class OpenFlowEndpointTests
{
    [Theory]
    [InlineData("tcp:127.0.0.1:6653", OpenFlowTransport.Tcp, "127.0.0.1", 6653, "tcp:127.0.0.1:6653")]
    [InlineData("tcp:controller.example", OpenFlowTransport.Tcp, "controller.example", 6653, "tcp:controller.example:6653")]
    [InlineData("tcp:[2001:db8::1]:7", OpenFlowTransport.Tcp, "2001:db8::1", 7, "tcp:[2001:db8::1]:7")]
    [InlineData("tcp:[::1]", OpenFlowTransport.Tcp, "::1", 6653, "tcp:[::1]:6653")]
    [InlineData("tls:controller.example:6654", OpenFlowTransport.Tls, "controller.example", 6654, "tls:controller.example:6654")]
    [InlineData("ssl:10.0.0.1", OpenFlowTransport.Tls, "10.0.0.1", 6653, "tls:10.0.0.1:6653")]
    [InlineData("ptcp:6654", OpenFlowTransport.PassiveTcp, "127.0.0.1", 6654, "ptcp:6654:127.0.0.1")]
    [InlineData("ptcp:0:0.0.0.0", OpenFlowTransport.PassiveTcp, "0.0.0.0", 0, "ptcp:0:0.0.0.0")]
    [InlineData("ptcp:6654:[::1]", OpenFlowTransport.PassiveTcp, "::1", 6654, "ptcp:6654:[::1]")]
    public void An_endpoint_is_read_and_written_in_the_words_of_Open_vSwitch(string text, OpenFlowTransport transport, string host, int port, string written)
    {
        OpenFlowEndpoint endpoint = OpenFlowEndpoint.Parse(text);
        Assert.Equal((transport, host, port), (endpoint.Transport, endpoint.Host, endpoint.Port));
        Assert.Equal(written, endpoint.ToString());
        Assert.Equal(endpoint, OpenFlowEndpoint.Parse(written));
    }

    [Theory]
    [InlineData("")]
    [InlineData("127.0.0.1:6653")]
    [InlineData("udp:127.0.0.1:6653")]
    [InlineData("tcp:")]
    [InlineData("tcp::6653")]
    [InlineData("tcp:host:0")]
    [InlineData("tcp:host:65536")]
    [InlineData("tcp:host:x")]
    [InlineData("tcp:2001:db8::1")]
    [InlineData("tcp:[2001:db8::1")]
    [InlineData("ptcp:")]
    [InlineData("ptcp:6654:host")]
    [InlineData("ptcp:-1")]
    public void What_is_no_endpoint_is_refused_with_what_one_looks_like(string text)
    {
        Assert.False(OpenFlowEndpoint.TryParse(text, null, out _));
        Assert.Contains("tcp:127.0.0.1:6653", Assert.Throws<FormatException>(() => OpenFlowEndpoint.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_do_not_fit_are_named()
    {
        Assert.Contains(nameof(OpenFlowChannelOptions.Versions), Assert.Throws<ArgumentException>(() => new OpenFlowChannelOptions { Versions = 0 }.Validate()).Message, StringComparison.Ordinal);
        Assert.Contains(nameof(OpenFlowChannelOptions.EchoInterval), Assert.Throws<ArgumentException>(() => new OpenFlowChannelOptions { EchoInterval = TimeSpan.Zero }.Validate()).Message, StringComparison.Ordinal);
        Assert.Contains(
            nameof(OpenFlowChannelOptions.LongestReconnectDelay),
            Assert.Throws<ArgumentException>(() => new OpenFlowChannelOptions { LongestReconnectDelay = TimeSpan.FromMilliseconds(1) }.Validate()).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new OpenFlowChannelOptions { SendQueueLength = 0 }.Validate());
    }
}
