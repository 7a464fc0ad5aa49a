"""So many interfaces that their first messages would not fit into the queue of
a server, which has room for about a hundred."""

import collections
import signal

import lab as labs
import servers
import wire

QUICK = ("--arp-wait", "0")
QUIET = ("-d", "-q")
SCRIPT = "/bin/true"


def add_interfaces(lab, count):
    """They are up; what comes of them all is captured."""
    names = lab.add_many(count)
    capture = labs.Capture(lab.wire, "srv0")
    lab.ip(lab.inside, *(f"link set {name} up" for name in names))
    return names, capture


def heard(capture, kind):
    """How often each message of that type was sent, by client and xid."""
    return collections.Counter(
        (bytes(frame.dhcp.chaddr), frame.dhcp.xid) for frame in capture.drain()
        if frame.dhcp and frame.dhcp.type == kind)


def clients(messages):
    return {mac for mac, _ in messages}


def macs(lab, names):
    known = {link["ifname"]: link["address"] for link in lab.ip_json("link")}
    return {wire.mac_octets(known[name]) for name in names}


def test_no_message_has_to_be_sent_again(lab):
    """dnsmasq may offer one address to two of them, and refuse one then."""
    names, capture = add_interfaces(lab, 256)
    lab.ip(lab.wire, f"addr add {labs.SERVER}/16 dev srv0")
    servers.Server(lab, "dnsmasq", network="10.77.0.0/16", first="10.77.1.0",
                   last="10.77.4.250")
    lab.client(*QUICK, interfaces=names, mode=QUIET, script=SCRIPT)
    labs.wait_for("leases", lambda: clients(heard(capture, wire.ACK))
                  == macs(lab, names))
    for kind in (wire.DISCOVER, wire.REQUEST):
        assert set(heard(capture, kind).values()) == {1}


def test_where_nobody_answers_the_others_are_not_kept_waiting(lab, raw):
    """More are silent than may wait at a time, and the last is served."""
    names, capture = add_interfaces(lab, 80)
    served, = macs(lab, names[-1:])

    def answer(server, message):
        return (raw.good(server, message)
                if bytes(message.chaddr) == served else [])

    raw.answer = answer
    lab.client(*QUICK, interfaces=names, mode=QUIET, script=SCRIPT)
    labs.wait_for("a lease",
                  lambda: served in clients(heard(capture, wire.ACK)))
    labs.wait_for("all", lambda: clients(heard(capture, wire.DISCOVER))
                  == macs(lab, names))


def test_stopped_before_all_are_started(lab, raw):
    raw.mute = True
    names, _ = add_interfaces(lab, 80)
    client = lab.client(*QUICK, interfaces=names, mode=QUIET)
    started = lab.script.wait("PREINIT")["interface"]
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    labs.wait_for("workers gone", lambda: not labs.sh(
        "ip", "netns", "pids", lab.inside))
    assert lab.script.reasons(started) == ["PREINIT", "STOP"]
    told = [lab.script.reasons(name) for name in names]
    assert [] in told, "all were started"
    assert all(reasons in ([], ["PREINIT", "STOP"]) for reasons in told)


def test_one_that_must_not_be_used_keeps_all_from_their_start(lab, raw):
    lab.add_interface("cli1", mac="00:00:5e:00:53:01")
    client = lab.client("--require-random-mac", interfaces=("cli0", "cli1"))
    assert client.wait() == 1
    assert "cli1: refused, its link-layer address is unknown" in client.log
    assert lab.sent() == lab.sent(name="cli1") == []
    assert lab.script.runs() == []
