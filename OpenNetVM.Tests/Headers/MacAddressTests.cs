using FsCheck.Xunit;
using OpenNetVM.Core.Headers;

namespace OpenNetVM.Tests.Headers;

public class MacAddressTests
{
    [Theory]
    [InlineData("02:00:00:00:00:01", 0x0200_0000_0001)]
    [InlineData("AA-bb-CC-dd-EE-ff", 0xAABB_CCDD_EEFF)]
    [InlineData("0123456789ab", 0x0123_4567_89AB)]
    public void The_usual_forms_are_read(string text, ulong value)
    {
        Assert.Equal(new MacAddress(value), MacAddress.Parse(text));
        Assert.True(MacAddress.TryParse(text, null, out MacAddress parsed));
        Assert.Equal(value, parsed.Value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("02:00:00:00:00")]
    [InlineData("02:00:00:00:00:01:")]
    [InlineData("02:00:00:00:00:0g")]
    [InlineData("02:00-00:00:00:01")]
    [InlineData("02.00.00.00.00.01")]
    [InlineData("02:00:00:00:00: 1")]
    [InlineData("+2:00:00:00:00:01")]
    [InlineData(null)]
    public void Other_text_is_refused(string? text)
    {
        Assert.False(MacAddress.TryParse(text, null, out MacAddress parsed));
        Assert.Equal(default, parsed);
        if (text is not null)
            Assert.Contains(text, Assert.Throws<FormatException>(() => MacAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Property]
    public bool Text_and_bytes_give_the_address_back(ulong number)
    {
        MacAddress address = new(number >> 16);
        Span<byte> bytes = stackalloc byte[6];
        Span<char> text = stackalloc char[17];
        return address.TryWriteBytes(bytes) && new MacAddress(bytes) == address
            && address.TryFormat(text, out int written) && written == 17
            && MacAddress.Parse(text) == address && MacAddress.Parse(address.ToString()) == address && $"{address}" == address.ToString();
    }

    [Fact]
    public void Kinds_of_addresses_are_told_apart()
    {
        Assert.True(MacAddress.Broadcast is { IsBroadcast: true, IsMulticast: true, IsLocallyAdministered: true });
        Assert.True(MacAddress.Parse("01:00:5e:00:00:01") is { IsBroadcast: false, IsMulticast: true, IsLocallyAdministered: false });
        Assert.True(MacAddress.Parse("00:1b:21:00:00:01") is { IsBroadcast: false, IsMulticast: false, IsLocallyAdministered: false });
        Assert.True(MacAddress.Parse("00:00:00:00:00:01") < MacAddress.Parse("00:00:00:00:01:00"));
    }

    [Fact]
    public void Values_that_are_no_address_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MacAddress(1UL << 48));
        Assert.Throws<ArgumentException>(() => new MacAddress(new byte[5]));
        Assert.False(MacAddress.Broadcast.TryWriteBytes(new byte[5]));
        Assert.False(MacAddress.Broadcast.TryFormat(new char[16], out int written));
        Assert.Equal(0, written);
    }
}
