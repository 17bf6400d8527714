using System.Text.RegularExpressions;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>Sessions of real switches and controllers, as captured.</summary>
public partial class RecordedSessionTests
{
    [Fact]
    public void The_messages_found_in_recorded_sessions_are_those_listed_beside_them()
    {
        int compared = 0;
        foreach (string capture in RecordedMessages.Captures())
        {
            string listing = File.Exists(capture + ".seq.txt") ? capture + ".seq.txt" : Path.ChangeExtension(capture, ".seq.txt");
            string[] lines = File.ReadAllLines(listing);
            // Of a stream with a gap the listing has what comes behind it too.
            if (lines.Any(line => line.StartsWith("# leftover", StringComparison.Ordinal)))
                continue;
            IEnumerable<int> expected = lines.Where(line => !line.StartsWith('#')).Select(line => int.Parse(Length().Match(line).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).Order();
            Assert.Equal(expected, RecordedMessages.Read(capture).Select(message => message.Length).Order());
            compared++;
        }

        Assert.InRange(compared, 15, 100);
    }

    [Fact]
    public void Every_message_of_a_recorded_session_is_understood_and_written_again_as_the_same_but_for_those_that_are_refused_for_a_reason()
    {
        Dictionary<OpenFlowError, int> refused = [];
        int understood = 0;
        foreach (byte[] bytes in RecordedMessages.Captures().SelectMany(RecordedMessages.Read))
        {
            if (bytes[0] is not (WireVersion.Of10 or WireVersion.Of13))
                continue;
            if (MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error))
            {
                understood++;
                byte[] written = RoundTripTests.Write(message, bytes[0]);
                Assert.True(MessageDecoder.TryDecode(written, out OpenFlowMessage? again, out error), $"{error}: {message}");
                Assert.Equal(message, again);
                continue;
            }

            refused[error] = refused.GetValueOrDefault(error) + 1;
        }

        foreach ((OpenFlowError error, int count) in refused)
            TestContext.Current.TestOutputHelper?.WriteLine($"{count} refused with {error}");
        TestContext.Current.TestOutputHelper?.WriteLine($"{understood} understood");
        Assert.InRange(understood, 500, int.MaxValue);
        // MPLS and PBB; 1.0's emergency rules; a value with bits outside its mask; and the captures made malformed on purpose.
        OpenFlowError[] reasons = [Errors.BadAction.Type, Errors.FlowMod.Flags, Errors.BadMatch.Wildcards, Errors.BadAction.Length];
        Assert.All(refused.Keys, error => Assert.Contains(error, reasons));
        Assert.InRange(refused.Values.Sum(), 1, understood / 20);
    }

    // For example "  0.0005 C>S c1 1.3 HELLO                       16 xid=00000001 ...".
    [GeneratedRegex(@" [A-Z_]+ +(\d+)")]
    private static partial Regex Length();
}
