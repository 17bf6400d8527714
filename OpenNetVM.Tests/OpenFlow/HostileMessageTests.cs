using System.Globalization;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Messages that are not as the specification says, and the error that each must give.</summary>
public class HostileMessageTests
{
    private const string FlowModHead = "040e{len}00000001" + "0000000000000000" + "0000000000000000" + "00000000" + "00000001" + "ffffffff" + "ffffffff" + "ffffffff" + "00000000";
    private const string NoMatch = "0001000400000000";

    [Theory]
    // Headers.
    [InlineData("0400000700000001", nameof(ErrorType.BadRequest), 6)]
    [InlineData("0402000900000001", nameof(ErrorType.BadRequest), 6)]
    [InlineData("0463000800000001", nameof(ErrorType.BadRequest), 1)]
    [InlineData("0163000800000001", nameof(ErrorType.BadRequest), 1)]
    [InlineData("0205000800000001", nameof(ErrorType.BadRequest), 0)]
    [InlineData("0605000800000001", nameof(ErrorType.BadRequest), 0)]
    // A body too many, or too few.
    [InlineData("0405000c00000001" + "00000000", nameof(ErrorType.BadRequest), 6)]
    [InlineData("0409000a00000001" + "0000", nameof(ErrorType.BadRequest), 6)]
    // A hello's element longer than the message.
    [InlineData("0400001000000001" + "0001ffff00000012", nameof(ErrorType.BadRequest), 6)]
    [InlineData("0400001000000001" + "0001000000000012", nameof(ErrorType.BadRequest), 6)]
    // Matches: type, length of 0, of less than its header, beyond the message.
    [InlineData(FlowModHead + "0000000400000000", nameof(ErrorType.BadMatch), 0)]
    [InlineData(FlowModHead + "0001000000000000", nameof(ErrorType.BadMatch), 1)]
    [InlineData(FlowModHead + "0001000300000000", nameof(ErrorType.BadMatch), 1)]
    [InlineData(FlowModHead + "0001ffff00000000", nameof(ErrorType.BadMatch), 1)]
    // A field's length beyond the match, unlike the field's, and 0.
    [InlineData(FlowModHead + "0001000c" + "800000ff" + "00000001" + "00000000", nameof(ErrorType.BadMatch), 1)]
    [InlineData(FlowModHead + "0001000a" + "80000002" + "0001" + "000000000000", nameof(ErrorType.BadMatch), 1)]
    [InlineData(FlowModHead + "00010008" + "80000000", nameof(ErrorType.BadMatch), 1)]
    // A class and a number that do not exist.
    [InlineData(FlowModHead + "0001000c" + "00010004" + "00000001" + "00000000", nameof(ErrorType.BadMatch), 6)]
    [InlineData(FlowModHead + "0001000c" + "8000fe04" + "00000001" + "00000000", nameof(ErrorType.BadMatch), 6)]
    // A mask where none is allowed; bits outside the mask; a value that is too large (VLAN 0x3000).
    [InlineData(FlowModHead + "00010010" + "80000108" + "00000001" + "ffffffff", nameof(ErrorType.BadMatch), 8)]
    [InlineData(FlowModHead + "00010016" + "80000a02" + "0800" + "80001708" + "0a000001ff000000" + "0000", nameof(ErrorType.BadMatch), 5)]
    [InlineData(FlowModHead + "0001000a" + "80000c02" + "3000" + "000000000000", nameof(ErrorType.BadMatch), 7)]
    // The same field twice; TCP ports without the protocol.
    [InlineData(FlowModHead + "00010014" + "80000004" + "00000001" + "80000004" + "00000002" + "00000000", nameof(ErrorType.BadMatch), 10)]
    [InlineData(FlowModHead + "00010010" + "80000a02" + "0800" + "80001c02" + "0050", nameof(ErrorType.BadMatch), 9)]
    // Instructions: unknown; length 0, 4, no multiple of eight, beyond the message; twice the same.
    [InlineData(FlowModHead + NoMatch + "0063000800000000", nameof(ErrorType.BadInstruction), 0)]
    [InlineData(FlowModHead + NoMatch + "0004000000000000", nameof(ErrorType.BadInstruction), 7)]
    [InlineData(FlowModHead + NoMatch + "0004000400000000", nameof(ErrorType.BadInstruction), 7)]
    [InlineData(FlowModHead + NoMatch + "0004000c0000000000000000", nameof(ErrorType.BadInstruction), 7)]
    [InlineData(FlowModHead + NoMatch + "0004ffff00000000", nameof(ErrorType.BadInstruction), 7)]
    [InlineData(FlowModHead + NoMatch + "00050008000000000005000800000000", nameof(ErrorType.BadInstruction), 0)]
    // Actions: unknown; length 0, beyond the instruction, unlike the action's; a masked set-field; one whose field is longer than it is.
    [InlineData(FlowModHead + NoMatch + "0004001000000000" + "0063000800000000", nameof(ErrorType.BadAction), 0)]
    [InlineData(FlowModHead + NoMatch + "0004001000000000" + "0000000000000000", nameof(ErrorType.BadAction), 1)]
    [InlineData(FlowModHead + NoMatch + "0004001000000000" + "0000001000000001", nameof(ErrorType.BadAction), 1)]
    [InlineData(FlowModHead + NoMatch + "0004001000000000" + "0000ffff00000001", nameof(ErrorType.BadAction), 1)]
    [InlineData(FlowModHead + NoMatch + "0004001000000000" + "0000000800000001", nameof(ErrorType.BadAction), 1)]
    [InlineData(FlowModHead + NoMatch + "0004002000000000" + "00190018" + "80001708" + "0a000000ff000000" + "0000000000000000", nameof(ErrorType.BadAction), 13)]
    [InlineData(FlowModHead + NoMatch + "0004001800000000" + "00190010" + "80001606" + "0a000001" + "00000000", nameof(ErrorType.BadAction), 14)]
    [InlineData(FlowModHead + NoMatch + "0004001800000000" + "00190010" + "80004c04" + "0a000001" + "00000000", nameof(ErrorType.BadAction), 14)]
    // A packet-out whose actions are longer than it is.
    [InlineData("040d001800000001" + "ffffffff" + "00000001" + "ffff" + "000000000000", nameof(ErrorType.BadRequest), 6)]
    // A bucket's length of 0 and beyond the message; a command and a kind of group that do not exist.
    [InlineData("040f002000000001" + "00000000" + "00000001" + "00000000000000000000000000000000", nameof(ErrorType.GroupModFailed), 12)]
    [InlineData("040f002000000001" + "00000000" + "00000001" + "ffff0000000000000000000000000000", nameof(ErrorType.GroupModFailed), 12)]
    [InlineData("040f001000000001" + "00090000" + "00000001", nameof(ErrorType.GroupModFailed), 11)]
    [InlineData("040f001000000001" + "00000900" + "00000001", nameof(ErrorType.GroupModFailed), 10)]
    // Multipart: an unknown type; a flow request without its match.
    [InlineData("0412001000000001" + "0063000000000000", nameof(ErrorType.BadRequest), 2)]
    [InlineData("0412001800000001" + "0001000000000000" + "0000000000000000", nameof(ErrorType.BadRequest), 6)]
    // Table features of length 0, and a property of length 0.
    [InlineData("0412001800000001" + "000c000000000000" + "0000000000000000", nameof(ErrorType.BadRequest), 6)]
    // A role that does not exist.
    [InlineData("0418001800000001" + "0000000900000000" + "0000000000000001", nameof(ErrorType.RoleRequestFailed), 2)]
    // OpenFlow 1.0: an action shorter than itself, of length 0, unknown; a VLAN id that is too large; a command that does not exist.
    [InlineData("010d001800000001" + "ffffffff" + "0001" + "0008" + "000b000800010000", nameof(ErrorType.BadAction), 1)]
    [InlineData("010d001800000001" + "ffffffff" + "0001" + "0008" + "0000000000010000", nameof(ErrorType.BadAction), 1)]
    [InlineData("010d001800000001" + "ffffffff" + "0001" + "0008" + "0063000800010000", nameof(ErrorType.BadAction), 0)]
    [InlineData("010d001800000001" + "ffffffff" + "0001" + "0008" + "00010008ffff0000", nameof(ErrorType.BadAction), 5)]
    public void A_wrong_message_is_refused_with_the_error_of_the_specification(string hex, string type, int code)
    {
        string withLength = hex.Replace("{len}", ((hex.Length - 1) / 2).ToString("x4", CultureInfo.InvariantCulture), StringComparison.Ordinal);
        byte[] bytes = Convert.FromHexString(withLength);
        if (hex.Contains("{len}", StringComparison.Ordinal))
            Assert.Equal(bytes.Length, (bytes[2] << 8) | bytes[3]);
        Assert.False(MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error), $"{message}");
        Assert.Equal(new OpenFlowError(Enum.Parse<ErrorType>(type), (ushort)code), error);
    }

    [Fact]
    public void A_field_that_is_not_looked_at_is_as_if_it_were_not_there()
    {
        string hex = FlowModHead + "00010016" + "80000a02" + "0800" + "80001708" + "0000000000000000" + "0000";
        byte[] bytes = Convert.FromHexString(hex.Replace("{len}", ((hex.Length - 1) / 2).ToString("x4", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        Assert.True(MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error), $"{error}");
        Assert.Equal("{EthernetType=800}", Assert.IsType<FlowMod>(message).Match.ToString());
    }

    [Theory]
    [InlineData(nameof(ErrorType.BadMatch), 9, 3, 5)]
    [InlineData(nameof(ErrorType.FlowModFailed), 3, 3, 1)]
    [InlineData(nameof(ErrorType.FlowModFailed), 1, 3, 0)]
    [InlineData(nameof(ErrorType.BadRequest), 6, 1, 6)]
    [InlineData(nameof(ErrorType.BadRequest), 10, 1, 5)]
    [InlineData(nameof(ErrorType.PortModFailed), 0, 4, 0)]
    [InlineData(nameof(ErrorType.QueueOperationFailed), 1, 5, 1)]
    public void An_error_is_told_to_1_0_in_its_own_numbers(string type, int code, int type10, int code10) =>
        Assert.Equal(((ushort)type10, (ushort)code10), new OpenFlowError(Enum.Parse<ErrorType>(type), (ushort)code).ToWire(WireVersion.Of10));
}
