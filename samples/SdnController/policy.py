# Sends every new IPv4 flow through a service and then out of a port, for OpenFlow 1.3: the controller of the paper's experiment. For the first packet of a
# flow it installs two rules, one for each hop:
#
#     {in_port=the port it came by, five-tuple} -> output: the service's port
#     {in_port=the service's port,  five-tuple} -> output: the port it leaves by
#
# after which the switch knows the whole chain and asks no more. The service is found by the name of its port, which the switch tells; what is not IPv4 is dropped.
#
# Needs os-ken (Debian: python3-os-ken). Run it with
#
#     POLICY_SERVICE=ids POLICY_OUTPUT=2 osken-manager --ofp-listen-host 127.0.0.1 --ofp-tcp-listen-port 6653 policy.py
#
# and let the switch connect to tcp:127.0.0.1:6653. Both options matter: without them every address of the machine is listened on.
#
# POLICY_SERVICE: name of the service's port. "ids" where it is not set.
# POLICY_OUTPUT: number of the port by which flows leave. 2 where it is not set.
# POLICY_IDLE_TIMEOUT: seconds after which the rules of a flow without packets go; 0 keeps them. 60 where it is not set.

import os
import socket

from os_ken.base.app_manager import OSKenApp
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, DEAD_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.packet import ether_types, in_proto
from os_ken.ofproto import ofproto_v1_3

DROP_PRIORITY = 0
MISS_PRIORITY = 1
RULE_PRIORITY = 10

# Ports of network interfaces have numbers below; services, from here on.
FIRST_SERVICE_PORT = 0x1000

# Enough of a packet for Ethernet, several tags, the longest IPv4 header and the ports.
HEADERS = 128

PORT_FIELDS = {in_proto.IPPROTO_TCP: "tcp", in_proto.IPPROTO_UDP: "udp", in_proto.IPPROTO_SCTP: "sctp"}
VLAN_TYPES = (ether_types.ETH_TYPE_8021Q, ether_types.ETH_TYPE_8021AD, 0x9100)


class Policy(OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.service = os.environ.get("POLICY_SERVICE", "ids")
        self.output = int(os.environ.get("POLICY_OUTPUT", "2"), 0)
        self.idle_timeout = int(os.environ.get("POLICY_IDLE_TIMEOUT", "60"))
        # The number of the service's port, by switch.
        self.service_ports = {}

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def switch_connected(self, event):
        switch = event.msg.datapath
        parser = switch.ofproto_parser
        length = HEADERS if event.msg.n_buffers > 0 else switch.ofproto.OFPCML_NO_BUFFER
        self.add_rule(switch, DROP_PRIORITY, parser.OFPMatch(), [])
        self.add_rule(switch, MISS_PRIORITY, parser.OFPMatch(eth_type=ether_types.ETH_TYPE_IP), [parser.OFPActionOutput(switch.ofproto.OFPP_CONTROLLER, length)])

    # os-ken asks for the ports by itself, and gives no packet before it has the answer.
    @set_ev_cls(ofp_event.EventOFPPortDescStatsReply, [CONFIG_DISPATCHER, MAIN_DISPATCHER])
    def ports_told(self, event):
        for port in event.msg.body:
            self.port_is_there(event.msg.datapath, port)

    @set_ev_cls(ofp_event.EventOFPPortStatus, MAIN_DISPATCHER)
    def port_changed(self, event):
        message = event.msg
        if message.reason != message.datapath.ofproto.OFPPR_DELETE:
            self.port_is_there(message.datapath, message.desc)
        elif self.service_ports.get(message.datapath.id) == message.desc.port_no:
            # Flows that went there are asked about anew.
            del self.service_ports[message.datapath.id]
            self.delete_rules_of(message.datapath, message.desc.port_no)
            self.logger.warning("the service %s of switch %016x has gone: new flows are dropped", self.service, message.datapath.id)

    @set_ev_cls(ofp_event.EventOFPStateChange, DEAD_DISPATCHER)
    def switch_gone(self, event):
        self.service_ports.pop(event.datapath.id, None)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_came(self, event):
        message = event.msg
        switch = message.datapath
        parser = switch.ofproto_parser
        in_port = message.match["in_port"]
        service = self.service_ports.get(switch.id)
        five_tuple = read_five_tuple(message.data)
        # A packet that comes back from a service belongs to no flow that this controller sent there.
        if service is None or five_tuple is None or in_port >= FIRST_SERVICE_PORT:
            self.send(message, in_port, [])
            return
        to_service = [parser.OFPActionOutput(service)]
        to_output = [parser.OFPActionOutput(self.output)]
        # The last hop first: the rule of the first hop lets the packet go that waits in the switch, which then knows the way.
        self.add_rule(switch, RULE_PRIORITY, parser.OFPMatch(in_port=service, **five_tuple), to_output, self.idle_timeout)
        self.add_rule(switch, RULE_PRIORITY, parser.OFPMatch(in_port=in_port, **five_tuple), to_service, self.idle_timeout, message.buffer_id)
        if message.buffer_id == switch.ofproto.OFP_NO_BUFFER:
            self.send(message, in_port, to_service)

    def port_is_there(self, switch, port):
        if port.name.decode("utf-8", "replace") == self.service:
            self.service_ports[switch.id] = port.port_no

    @staticmethod
    def add_rule(switch, priority, match, actions, idle_timeout=0, buffer_id=None):
        parser = switch.ofproto_parser
        switch.send_msg(parser.OFPFlowMod(
            switch, priority=priority, match=match, idle_timeout=idle_timeout,
            buffer_id=switch.ofproto.OFP_NO_BUFFER if buffer_id is None else buffer_id,
            instructions=[parser.OFPInstructionActions(switch.ofproto.OFPIT_APPLY_ACTIONS, actions)]))

    @staticmethod
    def delete_rules_of(switch, port):
        ofproto = switch.ofproto
        parser = switch.ofproto_parser
        for match, out_port in ((parser.OFPMatch(), port), (parser.OFPMatch(in_port=port), ofproto.OFPP_ANY)):
            switch.send_msg(parser.OFPFlowMod(
                switch, command=ofproto.OFPFC_DELETE, table_id=ofproto.OFPTT_ALL, match=match, out_port=out_port, out_group=ofproto.OFPG_ANY))

    # With no actions the packet is dropped, and does not wait in the switch any longer.
    @staticmethod
    def send(message, in_port, actions):
        switch = message.datapath
        data = message.data if message.buffer_id == switch.ofproto.OFP_NO_BUFFER else None
        switch.send_msg(switch.ofproto_parser.OFPPacketOut(switch, buffer_id=message.buffer_id, in_port=in_port, actions=actions, data=data))


def read_five_tuple(data):
    """
    The fields of the match for the packet's flow, without ports where it has none; None where it is not a whole IPv4 header, or its ports are cut off.

    By hand, from the few bytes that count: packets come from strangers, and os-ken's own packet library can be brought to run without end by one.
    """
    network = 12
    while len(data) >= network + 6 and be16(data, network) in VLAN_TYPES:
        network += 4
    ip = data[network + 2:]
    if len(ip) < 20 or be16(data, network) != ether_types.ETH_TYPE_IP or ip[0] >> 4 != 4 or ip[0] & 0x0F < 5:
        return None
    fields = {"eth_type": ether_types.ETH_TYPE_IP, "ip_proto": ip[9], "ipv4_src": socket.inet_ntoa(ip[12:16]), "ipv4_dst": socket.inet_ntoa(ip[16:20])}
    name = PORT_FIELDS.get(ip[9])
    if name is not None:
        # A later fragment has no ports, which rules see as 0.
        is_later = be16(ip, 6) & 0x1FFF != 0
        transport = bytes(4) if is_later else ip[(ip[0] & 0x0F) * 4:]
        if len(transport) < 4:
            return None
        fields[name + "_src"] = be16(transport, 0)
        fields[name + "_dst"] = be16(transport, 2)
    return fields


def be16(data, offset):
    return int.from_bytes(data[offset:offset + 2], "big")
