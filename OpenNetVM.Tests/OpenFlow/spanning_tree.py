# An application that does nothing but run the spanning tree of os-ken's library.
from os_ken.base.app_manager import OSKenApp
from os_ken.lib import stplib
from os_ken.ofproto import ofproto_v1_3


class SpanningTree(OSKenApp):
    OFP_VERSIONS = [ofproto_v1_3.OFP_VERSION]
    _CONTEXTS = {"stplib": stplib.Stp}
