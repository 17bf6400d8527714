# A learning switch for OpenFlow 1.3: sends a frame where its destination was last seen, and everywhere as long as that is not known. Ports of services count
# like any others; the switch itself keeps flooded frames away from them.
#
# Needs os-ken (Debian: python3-os-ken). Run it with
#
#     osken-manager --ofp-listen-host 127.0.0.1 --ofp-tcp-listen-port 6653 learning_switch.py
#
# and let the switch connect to tcp:127.0.0.1:6653. Both options matter: without them every address of the machine is listened on.
#
# LEARNING_SWITCH_IDLE_TIMEOUT: seconds after which a rule that no packet used goes; 0 keeps it. 300 where it is not set.

import os
import struct

from os_ken.base.app_manager import OSKenApp
from os_ken.controller import ofp_event
from os_ken.controller.handler import CONFIG_DISPATCHER, DEAD_DISPATCHER, MAIN_DISPATCHER, set_ev_cls
from os_ken.lib.mac import haddr_to_str
from os_ken.ofproto import ofproto_v1_3

MISS_PRIORITY = 0
RULE_PRIORITY = 1
ETHERNET_HEADER = struct.Struct("!6s6sH")
LLDP = 0x88CC


class LearningSwitch(OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.idle_timeout = int(os.environ.get("LEARNING_SWITCH_IDLE_TIMEOUT", "300"))
        self.stations = {}

    @set_ev_cls(ofp_event.EventOFPSwitchFeatures, CONFIG_DISPATCHER)
    def switch_connected(self, event):
        # A switch of OpenFlow 1.3 drops what no rule matches, unless a rule says otherwise.
        switch = event.msg.datapath
        self.stations[switch.id] = {}
        to_controller = switch.ofproto_parser.OFPActionOutput(switch.ofproto.OFPP_CONTROLLER, switch.ofproto.OFPCML_NO_BUFFER)
        if event.msg.n_buffers > 0:
            to_controller.max_len = ETHERNET_HEADER.size
        self.add_rule(switch, MISS_PRIORITY, switch.ofproto_parser.OFPMatch(), [to_controller])

    @set_ev_cls(ofp_event.EventOFPStateChange, DEAD_DISPATCHER)
    def switch_gone(self, event):
        self.stations.pop(event.datapath.id, None)

    @set_ev_cls(ofp_event.EventOFPPacketIn, MAIN_DISPATCHER)
    def packet_came(self, event):
        message = event.msg
        switch = message.datapath
        if len(message.data) < ETHERNET_HEADER.size:
            return
        destination, source, ethernet_type = ETHERNET_HEADER.unpack_from(message.data)
        # What is meant for the next bridge goes no further.
        if ethernet_type == LLDP:
            return
        in_port = message.match["in_port"]
        stations = self.stations.setdefault(switch.id, {})
        if not is_group(source):
            stations[source] = in_port
        out_port = None if is_group(destination) else stations.get(destination)
        if out_port is None:
            self.send(message, in_port, [switch.ofproto_parser.OFPActionOutput(switch.ofproto.OFPP_FLOOD)])
            return
        # To the station beside the sender: it has the frame already.
        if out_port == in_port:
            self.send(message, in_port, [])
            return
        match = switch.ofproto_parser.OFPMatch(in_port=in_port, eth_dst=haddr_to_str(destination), eth_src=haddr_to_str(source))
        actions = [switch.ofproto_parser.OFPActionOutput(out_port)]
        self.add_rule(switch, RULE_PRIORITY, match, actions, self.idle_timeout, message.buffer_id)
        # The rule lets the packet go that waits in the switch; one that came whole has to be sent back.
        if message.buffer_id == switch.ofproto.OFP_NO_BUFFER:
            self.send(message, in_port, actions)

    @staticmethod
    def add_rule(switch, priority, match, actions, idle_timeout=0, buffer_id=None):
        parser = switch.ofproto_parser
        switch.send_msg(parser.OFPFlowMod(
            switch, priority=priority, match=match, idle_timeout=idle_timeout,
            buffer_id=switch.ofproto.OFP_NO_BUFFER if buffer_id is None else buffer_id,
            instructions=[parser.OFPInstructionActions(switch.ofproto.OFPIT_APPLY_ACTIONS, actions)]))

    @staticmethod
    def send(message, in_port, actions):
        switch = message.datapath
        data = message.data if message.buffer_id == switch.ofproto.OFP_NO_BUFFER else None
        switch.send_msg(switch.ofproto_parser.OFPPacketOut(switch, buffer_id=message.buffer_id, in_port=in_port, actions=actions, data=data))


def is_group(address):
    return address[0] & 1 != 0
