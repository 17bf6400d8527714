using System.Text.Json.Nodes;
using OpenNetVM.OpenFlow.Messages;
using OpenNetVM.OpenFlow.Protocol;
using OpenNetVM.OpenFlow.Wire;
using OpenNetVM.Tests.Support;

namespace OpenNetVM.Tests.OpenFlow;

/// <summary>The messages in ../shared/openflow, each with the decode that os-ken expects of it.</summary>
public class MessageVectorTests
{
    /// <summary>Messages that this switch refuses, whatever os-ken makes of them, and why.</summary>
    private static readonly Dictionary<string, OpenFlowError> Refused = new()
    {
        // COPY_TTL_OUT, MPLS and PBB.
        ["of13/4-12-ofp_flow_stats_reply.packet"] = Errors.BadAction.Type,
        ["of13/4-2-ofp_flow_mod.packet"] = Errors.BadAction.Type,
        // Fields that 1.3 does not have, such as PBB_UCA and Nicira's tun_ipv4_src.
        ["of13/4-59-ofp_packet_in.packet"] = Errors.BadMatch.Field,
        ["of13/4-60-ofp_flow_mod.packet"] = Errors.BadMatch.Field,
        ["of13/libofproto-OFP13-packet_in.packet"] = Errors.BadMatch.Field,
        // Nicira's conj_id, registers, marks and connection state.
        ["of13/libofproto-OFP13-flow_mod_match_conj.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-match_conj.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-match_load_nx_register.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-match_move_nx_register.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-match_pkt_mark.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-match_pkt_mark_masked.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_ct.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_ct_clear.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_ct_exec.packet"] = Errors.BadMatch.Field,
        // Nicira's tun_ipv4_src again, in the match of rules whose actions are what is tested there.
        ["of13/libofproto-OFP13-flow_mod.packet"] = Errors.BadMatch.Field,
        ["of13/libofproto-OFP13-flow_mod_conjunction.packet"] = Errors.BadMatch.Field,
        ["of13/libofproto-OFP13-flow_removed.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_conjunction.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_learn.packet"] = Errors.BadMatch.Field,
        ["of13/ovs-ofctl-of13-action_resubmit.packet"] = Errors.BadMatch.Field,
    };

    /// <summary>Keys that our messages do not keep, or that os-ken tells in another way.</summary>
    private static readonly string[] NotCompared = ["len", "length", "actions_len", "hasmask", "dl_vlan", "dl_vlan_pcp", "nw_proto", "nw_tos", "tp_src", "tp_dst", "wildcards"];

    public static TheoryData<string> Vectors => [.. RecordedMessages.VectorNames()];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Vectors))]
    public void A_recorded_message_decodes_as_expected(string name)
    {
        byte[] bytes = RecordedMessages.Vector(name);
        bool decoded = MessageDecoder.TryDecode(bytes, out OpenFlowMessage? message, out OpenFlowError error);
        if (Refused.TryGetValue(name, out OpenFlowError expectedError))
        {
            Assert.Equal(expectedError, error);
            return;
        }

        Assert.True(decoded, $"{name} was refused with {error}");
        JsonNode expected = JsonNode.Parse(File.ReadAllText(Path.Combine(RepositoryFiles.OpenFlow("messages"), name + ".json")))!;
        Compare(expected, VectorJson.Describe(message!, name.StartsWith("of10/", StringComparison.Ordinal)), "");
    }

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Vectors))]
    public void Every_beginning_of_a_recorded_message_is_refused_or_is_a_message_of_its_own(string name)
    {
        byte[] bytes = RecordedMessages.Vector(name);
        for (int length = 0; length < bytes.Length; length++)
        {
            // As it stands, the header says more than there is.
            byte[] cut = bytes[..length];
            Assert.False(MessageDecoder.TryDecode(cut, out _, out OpenFlowError error));
            Assert.Equal(Errors.BadRequest.Length, error);
            if (length < 8)
                continue;
            (cut[2], cut[3]) = ((byte)(length >> 8), (byte)length);
            Assert.Equal(MessageDecoder.TryDecode(cut, out OpenFlowMessage? message, out error), message is not null);
            Assert.Equal(message is null, error.IsError);
        }
    }

    [Fact]
    public void The_recorded_messages_are_found()
    {
        RepositoryFiles.OpenFlow("messages");
        Assert.InRange(RecordedMessages.VectorNames().Count(), 90, 200);
    }

    // Everything that we say must be what os-ken says. Vendors' actions are compared by their vendor.
    private static void Compare(JsonNode? expected, JsonNode? actual, string path)
    {
        switch (actual)
        {
            case JsonObject actualObject:
                JsonObject expectedObject = Assert.IsType<JsonObject>(expected);
                if (actualObject.ContainsKey("Experimenter"))
                {
                    JsonObject body = expectedObject.Single().Value!.AsObject();
                    string vendor = body.ContainsKey("vendor") ? "vendor" : "experimenter";
                    Assert.Equal(body[vendor]!.ToString(), actualObject["Experimenter"]![vendor]!.ToString());
                    if (body.TryGetPropertyValue("subtype", out JsonNode? subtype))
                        Assert.Equal(subtype!.ToString(), actualObject["Experimenter"]!["subtype"]!.ToString());
                    return;
                }

                foreach ((string key, JsonNode? value) in actualObject)
                {
                    Assert.True(expectedObject.ContainsKey(key), $"{path}: {key} is not expected, only {string.Join(", ", expectedObject.Select(pair => pair.Key))}");
                    if (!NotCompared.Contains(key))
                        Compare(expectedObject[key], value, $"{path}/{key}");
                }

                return;
            case JsonArray actualArray:
                JsonArray expectedArray = Assert.IsType<JsonArray>(expected);
                // The order of a match's fields means nothing.
                IEnumerable<JsonNode?> sorted = path.EndsWith("oxm_fields", StringComparison.Ordinal) ? expectedArray.OrderBy(FieldOrder) : expectedArray;
                IEnumerable<JsonNode?> ours = path.EndsWith("oxm_fields", StringComparison.Ordinal) ? actualArray.OrderBy(FieldOrder) : actualArray;
                Assert.Equal(expectedArray.Count, actualArray.Count);
                foreach ((JsonNode? one, JsonNode? other) in sorted.Zip(ours))
                    Compare(one, other, path + "[]");
                return;
            // The bytes of a packet, where os-ken tells what they mean.
            case JsonValue when expected is JsonObject packet && packet.ContainsKey("Packet"):
                return;
            default:
                Assert.Equal((path, Text(expected)), (path, Text(actual)));
                return;
        }
    }

    private static string? Text(JsonNode? node) => node?.ToString();

    private static string FieldOrder(JsonNode? node) => node!["OXMTlv"]!["field"]!.ToString();
}
