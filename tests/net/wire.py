"""What is on the wire, for tests: frames decoded, built, and judged.

Knows dhcpcanon-anonymity(7) and the RFCs, nothing of the program.  `Audit` follows a
client's conversation from both sides and names every octet that a frame of
the client's should not have had.
"""

import math
import socket
import struct

BROADCAST_MAC = b"\xff" * 6
ETHERTYPE_IPV4, ETHERTYPE_ARP = 0x0800, 0x0806
COOKIE = bytes([0x63, 0x82, 0x53, 0x63])

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
TYPES = {DISCOVER: "DISCOVER", OFFER: "OFFER", REQUEST: "REQUEST",
         DECLINE: "DECLINE", ACK: "ACK", NAK: "NAK", RELEASE: "RELEASE",
         INFORM: "INFORM"}

ANY = "0.0.0.0"
EVERYONE = "255.255.255.255"


def ip(text):
    return socket.inet_aton(text)


def dotted(octets):
    return socket.inet_ntoa(octets)


def mac_octets(text):
    return bytes.fromhex(text.replace(":", ""))


def internet_sum(octets):
    """The ones' complement sum of RFC 1071, not complemented."""
    if len(octets) % 2:
        octets += b"\0"
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def pseudo_header(source, destination, udp_length):
    return source + destination + struct.pack("!BBH", 0, 17, udp_length)


class Malformed(Exception):
    """A frame does not parse."""


def parse_options(area):
    """[(code, value)] up to END, and the octets after END."""
    options, at = [], 0
    while True:
        if at >= len(area):
            raise Malformed("no END")
        code = area[at]
        if code == 255:
            return options, area[at + 1:]
        if code == 0:
            options.append((0, b""))
            at += 1
            continue
        if at + 2 > len(area) or at + 2 + area[at + 1] > len(area):
            raise Malformed(f"option {code} runs past the end")
        options.append((code, area[at + 2:at + 2 + area[at + 1]]))
        at += 2 + area[at + 1]


class Message:
    """A BOOTP message, its options in the order of the wire."""

    def __init__(self, payload):
        if len(payload) < 240:
            raise Malformed("shorter than a BOOTP header")
        self.payload = payload
        self.op, self.htype, self.hlen, self.hops = payload[:4]
        self.xid, self.secs, self.flags = struct.unpack("!IHH", payload[4:12])
        self.ciaddr, self.yiaddr, self.siaddr, self.giaddr = (
            dotted(payload[n:n + 4]) for n in (12, 16, 20, 24))
        self.chaddr = payload[28:34]
        self.chaddr_padding = payload[34:44]
        self.sname, self.file = payload[44:108], payload[108:236]
        self.cookie = payload[236:240]
        self.options, self.after_end = parse_options(payload[240:])

    def option(self, code):
        return b"".join(v for c, v in self.options if c == code)

    def address(self, code):
        value = self.option(code)
        return dotted(value) if len(value) == 4 else None

    @property
    def type(self):
        value = self.option(53)
        return value[0] if len(value) == 1 else None

    @property
    def codes(self):
        return tuple(code for code, _ in self.options)


class Frame:
    """One captured frame.  `partial`: the kernel had not yet filled in the
    UDP checksum."""

    def __init__(self, data, time=0.0, from_client=True, partial=False):
        self.data, self.time = data, time
        self.from_client, self.partial = from_client, partial
        self.destination, self.source = data[:6], data[6:12]
        self.ethertype = struct.unpack("!H", data[12:14])[0]

    @property
    def is_udp(self):
        return (self.ethertype == ETHERTYPE_IPV4 and len(self.data) >= 42
                and self.data[14] == 0x45 and self.data[23] == 17)

    @property
    def ip_source(self):
        return dotted(self.data[26:30])

    @property
    def ip_destination(self):
        return dotted(self.data[30:34])

    @property
    def ports(self):
        return struct.unpack("!HH", self.data[34:38])

    @property
    def dhcp(self):
        """The DHCP message in it, or None."""
        if not self.is_udp or not {67, 68} & set(self.ports):
            return None
        length = struct.unpack("!H", self.data[38:40])[0]
        try:
            return Message(self.data[42:34 + length])
        except Malformed:
            return None

    @property
    def arp(self):
        """(operation, sender MAC, sender IP, target MAC, target IP)"""
        if self.ethertype != ETHERTYPE_ARP or len(self.data) < 42:
            return None
        a = self.data[14:42]
        return (struct.unpack("!H", a[6:8])[0], a[8:14], dotted(a[14:18]),
                a[18:24], dotted(a[24:28]))

    def is_probe(self, address=None):
        return bool(self.arp and self.arp[0] == 1 and self.arp[2] == ANY
                    and address in (None, self.arp[4]))

    def is_announcement(self, address=None):
        return bool(self.arp and self.arp[0] == 1
                    and self.arp[2] == self.arp[4] != ANY
                    and address in (None, self.arp[4]))

    def __str__(self):
        way = ">" if self.from_client else "<"
        if self.arp:
            op, _, sender, _, target = self.arp
            what = f"ARP {op} {sender} about {target}"
        elif self.dhcp:
            m = self.dhcp
            what = (f"{TYPES.get(m.type, m.type)} {self.ip_source} to "
                    f"{self.ip_destination} xid {m.xid:08x} secs {m.secs} "
                    f"ciaddr {m.ciaddr} yiaddr {m.yiaddr} options {m.codes}")
        else:
            what = f"type {self.ethertype:04x} {self.data[14:].hex()[:80]}"
        return f"{self.time:.3f} {way} {what}"


# -- building ---------------------------------------------------------------

def build_options(options, end=True):
    out = b""
    for code, value in options:
        out += bytes([code, len(value)]) + value
    return out + (b"\xff" if end else b"")


def build_message(op, xid, chaddr, options, *, secs=0, flags=0, ciaddr=ANY,
                  yiaddr=ANY, siaddr=ANY, giaddr=ANY, sname=b"", file=b"",
                  length=300, htype=1, hlen=6, hops=0, cookie=COOKIE):
    """`options`: [(code, value)] or the octets of the whole field."""
    head = struct.pack("!BBBBIHH", op, htype, hlen, hops, xid, secs, flags)
    head += ip(ciaddr) + ip(yiaddr) + ip(siaddr) + ip(giaddr)
    head += chaddr.ljust(16, b"\0") + sname.ljust(64, b"\0")
    head += file.ljust(128, b"\0") + cookie
    field = options if isinstance(options, bytes) else build_options(options)
    return (head + field).ljust(length, b"\0")


def build_frame(payload, *, source_mac, destination_mac=BROADCAST_MAC,
                source=ANY, destination=EVERYONE, ports=(67, 68), ttl=64,
                tos=0, identification=0, fragment=0):
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    total = internet_sum(pseudo_header(ip(source), ip(destination), len(udp))
                         + udp)
    udp = udp[:6] + struct.pack("!H", ~total & 0xffff or 0xffff) + udp[8:]
    head = struct.pack("!BBHHHBBH", 0x45, tos, 20 + len(udp), identification,
                       fragment, ttl, 17, 0) + ip(source) + ip(destination)
    head = (head[:10] + struct.pack("!H", ~internet_sum(head) & 0xffff)
            + head[12:])
    return (destination_mac + source_mac
            + struct.pack("!H", ETHERTYPE_IPV4) + head + udp)


def build_arp(operation, sender_mac, sender, target, *,
              target_mac=bytes(6), destination_mac=BROADCAST_MAC):
    return (destination_mac + sender_mac + struct.pack("!H", ETHERTYPE_ARP)
            + struct.pack("!HHBBH", 1, ETHERTYPE_IPV4, 6, 4, operation)
            + sender_mac + ip(sender) + target_mac + ip(target))


# -- judging ----------------------------------------------------------------

class Judge:
    """Collects what is wrong with one frame."""

    def __init__(self, frame):
        self.frame, self.wrong = frame, []

    def expect(self, what, got, want):
        if got != want:
            self.wrong.append(f"{what} is {show(got)}, not {show(want)}")

    def require(self, condition, complaint):
        if not condition:
            self.wrong.append(complaint)


def show(value):
    return value.hex(":") if isinstance(value, bytes) else repr(value)


def judge_link(judge, mac, destination):
    judge.expect("Ethernet source", judge.frame.source, mac)
    if destination is not None:
        judge.expect("Ethernet destination", judge.frame.destination,
                     destination)
    else:
        judge.require(not judge.frame.destination[0] & 1,
                      "Ethernet destination is a group address")


def judge_ip(judge, source, destination, by_kernel):
    """The IP and UDP headers of each frame."""
    data = judge.frame.data
    head, udp = data[14:34], data[34:]
    judge.expect("frame length", len(data), 342)
    judge.expect("IP version and IHL", head[0], 0x45)
    judge.expect("IP TOS", head[1], 0)
    judge.expect("IP total length", head[2:4], struct.pack("!H", 328))
    judge.expect("IP ID", head[4:6], b"\0\0")
    judge.expect("IP flags and fragment offset", head[6:8],
                 b"\x40\0" if by_kernel else b"\0\0")
    judge.expect("IP TTL", head[8], 64)
    judge.expect("IP protocol", head[9], 17)
    judge.expect("IP header sum", internet_sum(head), 0xffff)
    judge.expect("IP source", dotted(head[12:16]), source)
    judge.expect("IP destination", dotted(head[16:20]), destination)
    judge.expect("UDP ports", struct.unpack("!HH", udp[:4]), (68, 67))
    judge.expect("UDP length", struct.unpack("!H", udp[4:6])[0], 308)
    judge.require(udp[6:8] != b"\0\0", "UDP checksum is switched off")
    pseudo = pseudo_header(head[12:16], head[16:20], len(udp))
    if judge.frame.partial:
        judge.require(by_kernel, "UDP checksum left to the kernel")
        judge.expect("UDP checksum (partial)", udp[6:8],
                     struct.pack("!H", internet_sum(pseudo)))
    else:
        judge.expect("UDP sum", internet_sum(pseudo + udp), 0xffff)


def judge_bootp(judge, message, mac, ciaddr):
    """What is the same in every message."""
    judge.expect("BOOTP length", len(message.payload), 300)
    judge.expect("op", message.op, 1)
    judge.expect("htype", message.htype, 1)
    judge.expect("hlen", message.hlen, 6)
    judge.expect("hops", message.hops, 0)
    judge.expect("flags", message.flags, 0)
    judge.expect("ciaddr", message.ciaddr, ciaddr)
    judge.expect("yiaddr", message.yiaddr, ANY)
    judge.expect("siaddr", message.siaddr, ANY)
    judge.expect("giaddr", message.giaddr, ANY)
    judge.expect("chaddr", message.chaddr, mac)
    judge.expect("chaddr padding", message.chaddr_padding, bytes(10))
    judge.expect("sname", message.sname, bytes(64))
    judge.expect("file", message.file, bytes(128))
    judge.expect("cookie", message.cookie, COOKIE)
    judge.require(not any(message.after_end), "octets after END")


def judge_options(judge, message, want):
    """Exactly the options of `want` {code: value}, each once; a value of
    None for option 55: the three codes in any order."""
    judge.expect("options", sorted(message.codes), sorted(want))
    for code, value in want.items():
        if value is None:
            judge.expect(f"option {code}", sorted(message.option(code)),
                         [1, 3, 6])
        else:
            judge.expect(f"option {code}", message.option(code), value)


DISCOVER_GAPS = (4, 8, 16, 32, 64)
REQUEST_GAPS = (4, 8, 16)
LATE = 0.7  # seconds that a busy machine may take to send a frame
EARLY = 0.1


class Audit:
    """Follows one interface.  Feed every frame in order; `problems` says
    what was wrong with those of the client.  `probed`: addresses that
    another program there may probe for, whatever is leased; `repeats`: how
    many xids may come again by chance."""

    def __init__(self, macs, client_id=False, request_options=False,
                 probed=(), repeats=0):
        self.macs, self.probed, self.repeats = macs, probed, repeats
        self.client_id, self.request_options = client_id, request_options
        self.problems = []
        self.spent = set()  # xids of exchanges that are over
        self.mac = None
        self.forget()

    def forget(self):
        """A new link-layer address: nothing of before may be seen again."""
        self.xid = None       # of the exchange under way
        self.first = None     # time of its first message
        self.sent = []        # times of its messages of the same kind
        self.secs = 0         # in the last DISCOVER
        self.offers = set()   # (address, server) offered in it
        self.lease = None     # (address, server)
        self.lease_end = math.inf
        self.asked = None     # time of the last REQUEST
        self.renewing = False

    def feed(self, frame):
        if frame.from_client:
            judge = Judge(frame)
            self.judge(judge)
            self.problems += [f"{frame}: {wrong}" for wrong in judge.wrong]
        else:
            self.listen(frame)

    # from the server
    def listen(self, frame):
        message = frame.dhcp
        if not message or message.op != 2 or message.chaddr != self.mac:
            return
        if message.type == OFFER:
            self.offers.add((message.yiaddr, message.address(54)))
        elif (message.type == ACK and message.xid == self.xid
              and self.asked is not None):
            known = {a for a, _ in self.offers} | (
                {self.lease[0]} if self.lease else set())
            seconds = message.option(51)
            if message.yiaddr in known and len(seconds) == 4:
                self.lease = (message.yiaddr, message.address(54))
                lasts = struct.unpack("!I", seconds)[0]
                self.lease_end = (math.inf if lasts == 0xffffffff
                                  else self.asked + lasts)

    # from the client
    def judge(self, judge):
        frame = judge.frame
        judge.require(frame.source in self.macs,
                      f"from {show(frame.source)}, which is not ours")
        if frame.source != self.mac:
            self.mac = frame.source
            if self.xid is not None:
                self.spent.add(self.xid)
            self.forget()
        if frame.ethertype == ETHERTYPE_ARP:
            self.judge_arp(judge)
        elif frame.dhcp is None:
            judge.require(False, "not a frame that the client may cause")
        else:
            self.judge_message(judge, frame.dhcp)

    def judge_arp(self, judge):
        frame = judge.frame
        op, sender_mac, sender, target_mac, target = frame.arp
        leased = self.lease[0] if self.lease else None
        judge.expect("ARP header", frame.data[14:20],
                     bytes([0, 1, 8, 0, 6, 4]))
        judge.expect("ARP sender MAC", sender_mac, self.mac)
        if frame.is_probe() or frame.is_announcement():
            judge.expect("frame length", len(frame.data), 42)
            judge_link(judge, self.mac, BROADCAST_MAC)
            judge.expect("ARP target MAC", target_mac, bytes(6))
            if not frame.is_probe() or target not in self.probed:
                judge.expect("ARP target", target, leased)
            return
        # the kernel's own: how do I reach, here I am
        judge.require(op in (1, 2), f"ARP operation {op}")
        judge.expect("ARP sender", sender, leased)
        judge.require(frame.time < self.lease_end + LATE,
                      "sent from an address whose lease is over")

    def judge_message(self, judge, message):
        kind = message.type
        if kind == DISCOVER:
            self.judge_discover(judge, message)
        elif kind == REQUEST and message.ciaddr == ANY:
            self.judge_selecting(judge, message)
        elif kind == REQUEST and judge.frame.ip_destination == EVERYONE:
            self.judge_renewal(judge, message, rebinding=True)
        elif kind == REQUEST:
            self.judge_renewal(judge, message, rebinding=False)
        elif kind == DECLINE:
            self.judge_decline(judge, message)
        else:
            judge.require(False, f"message type {kind} does not exist")

    def broadcast(self, judge, message, ciaddr, options):
        judge_link(judge, self.mac, BROADCAST_MAC)
        judge_ip(judge, ANY, EVERYONE, by_kernel=False)
        judge_bootp(judge, message, self.mac, ciaddr)
        judge_options(judge, message, self.disclosed(message.type, options))

    def disclosed(self, kind, options):
        if self.client_id:
            options = {**options, 61: b"\x01" + self.mac}
        if self.request_options and kind != DECLINE:
            options = {**options, 55: None}
        return options

    def begin(self, judge, message):
        """The first message of an exchange."""
        if self.xid is not None:
            self.spent.add(self.xid)
        self.repeats -= message.xid in self.spent
        judge.require(self.repeats >= 0, "xid was used before")
        self.xid, self.first = message.xid, judge.frame.time
        self.sent, self.offers = [], set()

    def judge_secs(self, judge, message):
        passed = judge.frame.time - self.first
        judge.require(math.floor(max(passed - LATE, 0)) <= message.secs
                      <= math.floor(passed + EARLY),
                      f"secs is {message.secs}, {passed:.3f} s after the first")

    def judge_gap(self, judge, gaps):
        """When the same message may be sent again (RFC 2131 §4.1)."""
        self.sent.append(judge.frame.time)
        again = len(self.sent) - 1
        if again == 0:
            return
        gap = self.sent[-1] - self.sent[-2]
        want = gaps[min(again, len(gaps)) - 1]
        judge.require(want - 1 - EARLY <= gap <= want + 1 + LATE,
                      f"sent again after {gap:.3f} s, not {want} +- 1")

    def judge_discover(self, judge, message):
        self.broadcast(judge, message, ANY, {53: bytes([DISCOVER])})
        if message.xid != self.xid:
            self.begin(judge, message)
        self.lease, self.renewing = None, False
        self.lease_end = math.inf
        self.judge_secs(judge, message)
        self.judge_gap(judge, DISCOVER_GAPS)
        self.secs = message.secs

    def judge_selecting(self, judge, message):
        address, server = message.address(50), message.address(54)
        judge.expect("xid", message.xid, self.xid)
        judge.require((address, server) in self.offers,
                      f"{address} from {server} was not offered")
        self.broadcast(judge, message, ANY, {
            53: bytes([REQUEST]), 50: ip(address or ANY),
            54: ip(server or ANY)})
        judge.expect("secs", message.secs, self.secs)
        if self.asked is None or self.asked < self.sent[-1]:
            self.sent = []  # the first REQUEST: gaps start again
        self.asked = judge.frame.time
        self.judge_gap(judge, REQUEST_GAPS)
        self.renewing = False

    def judge_renewal(self, judge, message, rebinding):
        address, server = self.lease or (None, None)
        options = {53: bytes([REQUEST])}
        if rebinding:
            self.broadcast(judge, message, address, options)
        else:
            judge_link(judge, self.mac, None)
            judge_ip(judge, address, server, by_kernel=True)
            judge_bootp(judge, message, self.mac, address)
            judge_options(judge, message,
                          self.disclosed(message.type, options))
        if message.xid != self.xid or not self.renewing:
            self.begin(judge, message)
        self.renewing, self.asked = True, judge.frame.time
        self.judge_secs(judge, message)
        judge.require(judge.frame.time < self.lease_end + LATE,
                      "the lease is over")

    def judge_decline(self, judge, message):
        address, server = self.lease or (None, None)
        self.begin(judge, message)
        self.broadcast(judge, message, ANY, {
            53: bytes([DECLINE]), 50: ip(address or ANY),
            54: ip(server or ANY)})
        judge.expect("secs", message.secs, 0)
        self.lease = None
