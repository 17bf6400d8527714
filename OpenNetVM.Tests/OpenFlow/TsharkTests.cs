using OpenNetVM.Core.Captures;
using OpenNetVM.Core.Headers;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.Testing;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>What we write, as tshark sees it.</summary>
public class TsharkTests
{
    private const int Messages = 1500;

    [Theory]
    [InlineData(WireVersion.Of13)]
    [InlineData(WireVersion.Of10)]
    public void Tshark_finds_no_malformed_message_in_what_is_written(byte version)
    {
        if (!File.Exists("/usr/bin/tshark"))
            Assert.Skip("needs tshark, which is not installed");
        string path = Path.Combine(Path.GetTempPath(), $"opennetvm-{Guid.NewGuid():N}.pcap");
        try
        {
            int kinds = version == WireVersion.Of13 ? MessageGenerator.Kinds13 : MessageGenerator.Kinds10;
            List<int> types = [];
            using (CaptureWriter writer = CaptureWriter.CreateFile(path))
            {
                uint sequence = 1;
                for (int i = 0; i < Messages; i++)
                {
                    MessageGenerator generator = new(i);
                    OpenFlowMessage message = version == WireVersion.Of13 ? generator.Next13(i % kinds) : generator.Next10(i % kinds);
                    // These carry bytes of no meaning, which tshark tries to understand: refused messages, frames, and makers' own.
                    if (message is ErrorMessage or PacketIn or PacketOut or ExperimenterMessage or ExperimenterRequest or MeterMod or QueueGetConfigReply)
                        continue;
                    // Tshark looks for an action in a FLOW_MOD of 1.0 that has none.
                    if (version == WireVersion.Of10 && message is FlowMod { Instructions.Count: 0 })
                        continue;
                    byte[] bytes = RoundTripTests.Write(message, version);
                    types.Add(bytes[1]);
                    byte[] frame = PacketBuilder.Ethernet().Ipv4("10.0.0.1", "10.0.0.2").Tcp(6653, 50000, TcpFlags.Ack | TcpFlags.Psh, sequence).Payload(bytes).Build();
                    writer.Write(frame, 1_700_000_000_000_000_000 + (i * 1_000_000L), frame.Length);
                    sequence += (uint)bytes.Length;
                }
            }

            Assert.Equal(types.Count, Frames(path, version == WireVersion.Of13 ? "openflow_v4" : "openflow_v1").Length);
            string[] malformed = Frames(path, "_ws.malformed");
            Assert.True(malformed.Length == 0, $"{malformed.Length} of {types.Count}: types {string.Join(", ", malformed.Select(frame => types[int.Parse(frame) - 1]).Distinct())}");
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static string[] Frames(string path, string filter) =>
        ChildProcess.Run(Path.GetTempPath(), "tshark", "-r", path, "-Y", filter, "-d", "tcp.port==6653,openflow", "-T", "fields", "-e", "frame.number")
            .ShouldSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
