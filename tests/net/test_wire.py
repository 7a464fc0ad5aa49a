"""What the client puts on the wire and what it takes from it, against a
server that can say anything.  That every frame fits the profile is judged
after each test of the suite; here is what needs a test of its own."""

import collections
import signal
import socket
import struct

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
MAC = wire.mac_octets("02:00:00:00:00:01")
SERVER_MAC = wire.mac_octets("02:00:00:00:00:02")
MASK = (1, wire.ip("255.255.255.0"))


# -- the judge itself -------------------------------------------------------

def conversation(frame=b"", at=1):
    """DISCOVER, OFFER, REQUEST, ACK; `frame` replaces the `at`th of the
    client's two."""
    offered = [(54, wire.ip(labs.SERVER)), (51, struct.pack("!I", 60)), MASK]
    frames = []
    for kind, ours in ((wire.DISCOVER, wire.OFFER), (wire.REQUEST, wire.ACK)):
        options = [(53, bytes([kind]))]
        if kind == wire.REQUEST:
            options += [(50, wire.ip("10.77.0.9")), (54, wire.ip(labs.SERVER))]
        frames.append(wire.Frame(wire.build_frame(
            wire.build_message(1, 7, MAC, options), source_mac=MAC,
            ports=(68, 67)), time=10.0))
        frames.append(wire.Frame(wire.build_frame(wire.build_message(
            2, 7, MAC, [(53, bytes([ours]))] + offered, yiaddr="10.77.0.9"),
            source_mac=SERVER_MAC), time=10.0, from_client=False))
    if frame:
        frames[2 * at - 2] = wire.Frame(frame, time=10.0)
    return frames


def problems(frames):
    audit = wire.Audit({MAC})
    for frame in frames:
        audit.feed(frame)
    return audit.problems


def checksummed(data):
    """The frame with the checksums that its octets ask for."""
    head = data[14:24] + b"\0\0" + data[26:34]
    head = (head[:10] + struct.pack("!H", ~wire.internet_sum(head) & 0xffff)
            + head[12:])
    head = data[14:24] + head[10:12] + data[26:34]
    udp = data[34:40] + b"\0\0" + data[42:]
    total = wire.internet_sum(
        wire.pseudo_header(head[12:16], head[16:20], len(udp)) + udp)
    udp = udp[:6] + struct.pack("!H", ~total & 0xffff or 0xffff) + udp[8:]
    return data[:14] + head + udp


def test_judge_accepts_the_profile():
    assert problems(conversation()) == []


@pytest.mark.parametrize("at", [1, 2])
def test_judge_sees_every_octet(at):
    """No octet of a message can change without a complaint, even with both
    checksums made to fit; in the first DISCOVER the xid alone is free."""
    good = conversation()[2 * at - 2].data
    free = set(range(46, 50)) if at == 1 else set()
    for n in set(range(len(good))) - {24, 25, 40, 41} - free:
        bad = good[:n] + bytes([good[n] ^ 0x01]) + good[n + 1:]
        bad = checksummed(bad)
        assert problems(conversation(bad, at)), f"octet {n} is not judged"
    for n in (24, 25, 40, 41):
        bad = good[:n] + bytes([good[n] ^ 0x01]) + good[n + 1:]
        assert problems(conversation(bad, at)), f"checksum {n} not judged"
    assert problems(conversation(good + b"\0", at)), "trailer is not judged"


def test_judge_refuses_what_must_not_exist():
    def client_frame(kind, *options, **fields):
        return wire.build_frame(wire.build_message(
            1, 7, MAC, [(53, bytes([kind])), *options], **fields),
            source_mac=MAC, ports=(68, 67))

    server = (54, wire.ip(labs.SERVER))
    address = (50, wire.ip("10.77.0.9"))
    for what, frame in {
        "host name": client_frame(wire.DISCOVER, (12, b"me")),
        "request list": client_frame(wire.DISCOVER, (55, b"\1\3\6")),
        "client id": client_frame(wire.DISCOVER, (61, b"\1" + MAC)),
        "remembered address": client_frame(wire.DISCOVER, address),
        "INIT-REBOOT": client_frame(wire.REQUEST, address),
        "RELEASE": client_frame(wire.RELEASE, server, ciaddr="10.77.0.9"),
        "INFORM": client_frame(wire.INFORM, ciaddr="10.77.0.9"),
        "another's offer": client_frame(
            wire.REQUEST, (50, wire.ip("10.77.0.8")), server),
        "gateway probe": wire.build_arp(1, MAC, "10.77.0.9", "10.77.0.9",
                                        target_mac=MAC),
        "ICMP": MAC + MAC + b"\x08\0" + bytes(60),
    }.items():
        assert problems(conversation(frame, 1)), f"{what} passes"


# -- sending ----------------------------------------------------------------

def test_option_order_xid_and_silence_about_the_past(lab, raw):
    """Over many exchanges each order of REQUEST's options appears about
    equally often, and no xid twice."""
    raw.answer = lambda server, message: (
        [server.offer(message)] if message.type == wire.DISCOVER else [])
    client = lab.client(*QUICK)
    lab.wait_sent(wire.REQUEST)
    rounds = 240
    for n in range(2, rounds + 1):
        client.signal(signal.SIGHUP)
        lab.wait_sent(wire.REQUEST, n)
    orders = collections.Counter(
        frame.dhcp.codes for frame in lab.sent(wire.REQUEST))
    assert len(orders) == 6
    # each is binomial with mean 40 and deviation 5.8
    assert min(orders.values()) > 40 - 5 * 5.8, orders
    assert max(orders.values()) < 40 + 5 * 5.8, orders
    xids = [frame.dhcp.xid for frame in lab.sent(wire.DISCOVER)]
    assert len(set(xids)) == len(xids) >= rounds


def test_discover_again_after_4_and_8_seconds(lab, raw):
    raw.mute = True
    client = lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER, 3)
    sent = lab.sent(wire.DISCOVER)
    assert len({frame.dhcp.xid for frame in sent}) == 1
    assert [frame.dhcp.secs for frame in sent][0] == 0
    # the gaps are in the profile's limits (Audit) and not round numbers
    gaps = [b.time - a.time for a, b in zip(sent, sent[1:])]
    assert any(abs(gap - round(gap)) > 0.02 for gap in gaps), gaps
    labs.wait_for("log", lambda: client.log.count(
        "DHCPDISCOVER on cli0 to 255.255.255.255 port 67 interval") == 3)


def test_request_again_with_the_same_xid_and_secs(lab, raw):
    raw.answer = lambda server, message: (
        [server.offer(message)] if message.type == wire.DISCOVER
        and len(server.heard) > 1 else [])
    lab.client(*QUICK)
    lab.wait_sent(wire.REQUEST, 2)
    first, second = lab.sent(wire.DISCOVER)[1], lab.sent(wire.REQUEST)[1]
    assert first.dhcp.xid == second.dhcp.xid
    assert first.dhcp.secs == second.dhcp.secs >= 3


def test_probes_then_two_announcements(lab, raw):
    lab.client("--arp-wait", "900")
    lab.script.wait("BOUND")
    labs.wait_for("second announcement", lambda: [
        f for f in lab.sent() if f.is_announcement(raw.address)][1:])
    arps = [frame for frame in lab.sent() if frame.arp]
    assert [f.is_probe(raw.address) for f in arps] == [True] * 3 + [False] * 2
    ack = [f for f in lab.frames() if f.dhcp and f.dhcp.type == wire.ACK][0]
    late = 0.3
    assert 0 <= arps[0].time - ack.time <= 0.1 + late
    for gap in (arps[1].time - arps[0].time, arps[2].time - arps[1].time):
        assert 0.09 <= gap <= 0.2 + late
    bound = lab.script.runs("BOUND")[0]
    assert bound.time - arps[2].time >= 0.19
    assert bound.time - ack.time <= 0.9 + late
    assert 1.9 <= arps[4].time - arps[3].time <= 2 + late


def test_no_arp_at_all_when_not_waited_for(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert [f for f in lab.sent() if f.is_probe() or f.is_announcement()] \
        == []


def test_disclosed_only_when_asked(lab, raw):
    lab.audited = {"client_id": True, "request_options": True}
    lab.add_host("10.77.0.150/24")
    lab.client("--client-id", "--request-options", "--decline-wait-time", "1")
    decline = lab.wait_sent(wire.DECLINE)
    assert decline.dhcp.option(61) == b"\x01" + lab.mac()
    raw.address = "10.77.0.151"
    lab.script.wait("BOUND")
    assert lab.sent(wire.REQUEST)[-1].dhcp.option(55) != b""


def test_first_message_may_be_delayed(lab, raw):
    client = lab.client(*QUICK, "--delay-selecting")
    preinit = lab.script.wait("PREINIT")
    discover = lab.wait_sent(wire.DISCOVER)
    assert 0.95 <= discover.time - preinit.time <= 10 + wire.LATE
    assert client.is_alive()


def test_kernel_does_not_answer_for_us(lab, raw):
    """A reply sent to the leased address draws no ICMP (the judge would see
    it): the packet after it is taken."""
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    last = raw.heard[-1]
    for _ in range(3):
        lab.inject(raw.frame(raw.ack(last, xid=1), raw.address))
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert [f for f in lab.sent() if not f.dhcp and not f.arp] == []


# -- taking -----------------------------------------------------------------

BAD_OFFERS = {
    "address 0": {"yiaddr": "0.0.0.0"},
    "loopback": {"yiaddr": "127.0.0.1"},
    "multicast": {"yiaddr": "224.0.0.5"},
    "class E": {"yiaddr": "240.0.0.5"},
    "broadcast": {"yiaddr": "255.255.255.255"},
    "network address": {"yiaddr": "10.77.0.0"},
    "broadcast address of the mask": {"yiaddr": "10.77.0.255"},
    "no lease time": {"lease": None},
    "lease time 0": {"lease": 0},
    "no server": {"server": None},
    "server 0": {"server": "0.0.0.0"},
    "server is multicast": {"server": "224.0.0.1"},
    "another xid": {"xid": 0x12345678},
    "another's chaddr": {"chaddr": b"\x02\0\0\0\0\x99"},
    "not a reply": {"op": 1},
    "not Ethernet": {"htype": 6},
    "no cookie": {"cookie": b"\0\0\0\0"},
}


def bad_offer(server, message, fields):
    fields = dict(fields)
    op, htype = fields.pop("op", 2), fields.pop("htype", 1)
    payload = server.offer(message, **fields)
    payload = bytes([op, htype]) + payload[2:]
    return server.frame(payload, wire.EVERYONE)


@pytest.mark.parametrize("fields", BAD_OFFERS.values(), ids=BAD_OFFERS)
def test_unacceptable_offer_is_passed_over(lab, raw, fields):
    """The good offer that follows at once is taken."""
    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [bad_offer(server, message, fields),
                    server.offer(message, yiaddr="10.77.0.160",
                                 options=[MASK])]
        return [server.ack(message, yiaddr="10.77.0.160", options=[MASK])]

    raw.answer = answer
    lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    assert bound["new_ip_address"] == "10.77.0.160"
    requests = [frame.dhcp.address(50) for frame in lab.sent(wire.REQUEST)]
    assert requests == ["10.77.0.160"]
    assert len(lab.sent(wire.DISCOVER)) == 1


BROKEN_FRAMES = {
    "empty message": lambda server, message: b"",
    "header alone": lambda server, message: bytes(236),
    "option past the end": lambda server, message: wire.build_message(
        2, message.xid, message.chaddr, b"\x35\x01\x02\x36\xff\x0a",
        length=0, yiaddr="10.77.0.5"),
    "overload that does not parse": lambda server, message: server.offer(
        message, options=[MASK, (52, b"\1")], file=b"\x0c\xff"),
    "two message types": lambda server, message: server.offer(
        message, options=[MASK, (53, b"\2")]),
}


@pytest.mark.parametrize("make", BROKEN_FRAMES.values(), ids=BROKEN_FRAMES)
def test_broken_reply_is_dropped(lab, raw, make):
    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.frame(make(server, message), wire.EVERYONE),
                    server.offer(message)]
        return [server.frame(make(server, message), wire.EVERYONE),
                server.ack(message)]

    raw.answer = answer
    client = lab.client(*QUICK)
    assert lab.script.wait("BOUND")["new_ip_address"] == raw.address
    assert client.is_alive() and len(lab.sent(wire.DISCOVER)) == 1


def test_ack_must_fit_the_request(lab, raw):
    """Another address or another server's ACK is not ours."""
    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.offer(message)]
        return [server.ack(message, yiaddr="10.77.0.199"),
                server.ack(message, server="10.77.0.2"),
                server.ack(message, server=None),
                server.ack(message, lease=None),
                server.ack(message, xid=message.xid ^ 1),
                server.ack(message, options=[MASK, (15, b"right.example")])]

    raw.answer = answer
    lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    assert bound["new_ip_address"] == raw.address
    assert bound["new_domain_name"] == "right.example"
    assert bound["new_dhcp_server_identifier"] == labs.SERVER


def test_nak_of_another_server_is_ignored_while_requesting(lab, raw):
    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.offer(message)]
        return [server.refuse(message, server="10.77.0.2"),
                server.refuse(message, xid=message.xid ^ 1),
                server.ack(message)]

    raw.answer = answer
    lab.client(*QUICK)
    lab.script.wait("BOUND")
    assert lab.script.reasons() == ["PREINIT", "BOUND"]
    assert len(lab.sent(wire.DISCOVER)) == 1


def test_naks_in_a_row_are_answered_ever_later(lab, raw):
    """At once, then after 1 and 2 s; each with a new xid."""
    raw.nak = True
    lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER, 4)
    naks = [f for f in lab.frames() if f.dhcp and f.dhcp.type == wire.NAK]
    waits = [discover.time - nak.time for nak, discover in
             zip(naks, lab.sent(wire.DISCOVER)[1:])]
    for wait, least in zip(waits, (0, 1, 2)):
        assert least - 0.05 <= wait <= least + 0.5, waits
    assert set(lab.script.reasons()) == {"PREINIT"}


@pytest.mark.parametrize("way", ["broadcast", "unicast"])
def test_nak_of_any_server_ends_a_renewal(lab, raw, way):
    script = lab.own_script()
    client = lab.client(*QUICK)
    bound = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)

    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.offer(message, yiaddr="10.77.0.151")]
        if message.ciaddr == wire.ANY:
            return [server.ack(message, yiaddr="10.77.0.151")]
        return [server.frame(
            server.refuse(message, server="10.77.0.2"),
            wire.EVERYONE if way == "broadcast" else message.ciaddr)]

    raw.answer = answer
    client.signal(signal.SIGHUP)
    expired = script.wait("EXPIRE", after=bound)
    again = script.wait("BOUND", after=expired)
    assert expired["old_ip_address"] == bound["new_ip_address"]
    assert again["new_ip_address"] == "10.77.0.151"
    labs.wait_for("new address alone",
                  lambda: lab.address() == "10.77.0.151/24")


def test_late_ack_after_t2_still_counts(lab, raw):
    """The answer to the unicast REQUEST arrives while rebinding."""
    raw.lease = 20
    raw.options += [(58, struct.pack("!I", 2)), (59, struct.pack("!I", 4))]
    kept = []

    def answer(server, message):
        if message.ciaddr == wire.ANY:
            return labs.RawServer.good(server, message)
        if not kept:
            kept.append(message)
            return []
        return [server.ack(kept[0])]

    raw.answer = answer
    script = lab.own_script()
    lab.client(*QUICK)
    assert script.wait("REBIND")["new_ip_address"] == raw.address


def test_infinite_lease(lab, raw):
    raw.lease = 0xffffffff
    script = lab.own_script()
    client = lab.client(*QUICK)
    bound = script.wait("BOUND")
    assert bound["new_dhcp_lease_time"] == "4294967295"
    info = labs.wait_for("address", lab.addresses)[0]
    assert info["valid_life_time"] == 0xffffffff
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert "never" in (lab.state / "cli0.leases").read_text()


@pytest.mark.parametrize("mask, address, prefix", [
    (None, "10.77.0.150", 8), ("128.0.0.0", "10.77.0.150", 8),
    ("255.0.255.0", "192.168.7.9", 24), ("0.0.0.0", "172.16.5.5", 16)])
def test_useless_mask_becomes_the_natural_one(lab, raw, mask, address,
                                              prefix):
    raw.address = address
    raw.options = [(1, wire.ip(mask))] if mask else []
    script = lab.own_script()
    client = lab.client(*QUICK)
    bound = script.wait("BOUND")
    labs.wait_for("address", lambda: lab.address() == f"{address}/{prefix}")
    natural = (0xffffffff << 32 - prefix) & 0xffffffff
    assert bound["new_subnet_mask"] == wire.dotted(
        struct.pack("!I", natural))
    client.wait_log("mask")


def test_nothing_but_clean_text_reaches_the_script(lab, raw):
    raw.options += [
        (12, b"given-name"),
        (15, b"example.org;touch /tmp/x"),
        (17, b"$(reboot)"),
        (26, struct.pack("!H", 100)),
        (40, b"nis.example.org"),
        (42, wire.ip("10.77.0.123") + b"\x0a"),
        (66, b"`id`"),
        (114, b"https://portal.example.org/api"),
        (119, b"\x03a b\x00"),
        (224, b"\x00\x01\xff"),
        (225, b"line\nbreak"),
    ]
    lab.client(*QUICK)
    env = lab.script.wait("BOUND").env
    for name in ("host_name", "domain_name", "root_path", "interface_mtu",
                 "ntp_servers", "tftp_server_name", "domain_search"):
        assert "new_" + name not in env
    assert env["new_nis_domain"] == "nis.example.org"
    assert env["new_default_url"] == "https://portal.example.org/api"
    assert env["new_unknown_224"] == "0:1:ff"
    clean = set(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                b" %+,./:=@_~#-")
    for name, value in env.items():
        assert set(value.encode("latin-1")) <= clean, f"{name}={value!r}"


# 198.51.100.0/24 by the router; a default route by it
CLASSLESS = bytes([24, 198, 51, 100, 10, 77, 0, 1, 0, 10, 77, 0, 1])


@pytest.mark.parametrize("policy, routes", [
    (None, ["default"]), ("gateway", ["default"]),
    ("all", ["198.51.100.0/24", "default"]), ("none", [])])
def test_route_policy(lab, raw, policy, routes):
    raw.options += [(121, CLASSLESS)]
    script = lab.own_script()
    lab.client(*QUICK, *(("--routes", policy) if policy else ()))
    bound = script.wait("BOUND")
    labs.wait_for("name server", lambda: "10.77.0.53" in (
        lab.etc / "resolv.conf").read_text())
    assert sorted(route["dst"] for route in lab.routes()
                  if "gateway" in route) == routes
    told = bound.get("new_rfc3442_classless_static_routes")
    assert (told or "").split() == {
        (): [], ("default",): ["0", "10", "77", "0", "1"]}.get(
            tuple(routes), [str(octet) for octet in CLASSLESS])


def test_reply_with_unfinished_checksum_is_taken(lab):
    """As from a server on the same host: the kernel has not filled it in.
    The raw server's UDP socket sends so over veth."""
    server = labs.RawServer(lab)
    server.answer = lambda server, message: []
    lab.client(*QUICK)
    heard = labs.wait_for("DISCOVER", lambda: server.heard)[0]
    server.port.setsockopt(socket.SOL_SOCKET,
                           socket.SO_BROADCAST, 1)
    server.port.setsockopt(socket.SOL_SOCKET,
                           socket.SO_BINDTODEVICE, b"srv0")
    server.port.sendto(server.offer(heard), (wire.EVERYONE, 68))
    request = lab.wait_sent(wire.REQUEST)
    server.port.sendto(server.ack(request.dhcp), (wire.EVERYONE, 68))
    lab.script.wait("BOUND")
    assert all(frame.partial for frame in lab.frames()
               if not frame.from_client and frame.dhcp)
