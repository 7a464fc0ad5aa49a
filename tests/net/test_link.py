"""What happens to the link: down, deleted, another address, no carrier; and
somebody else with our address (RFC 5227)."""

import signal
import time

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
FOREIGN = wire.mac_octets("02:00:00:00:00:66")
NEW_MAC = "02:00:00:00:00:77"


def start_bound(lab, *flags):
    """A client with its own script, bound, and the address there."""
    script = lab.own_script()
    client = lab.client(*(flags or QUICK))
    bound = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    return client, script, bound


def bound_again(lab, script, after, address="10.77.0.150"):
    """Everything anew, and what was there before is gone."""
    again = script.wait("BOUND", after=after)
    assert again["new_ip_address"] == address
    assert not any(name.startswith("old_") for name in again.env)
    labs.wait_for("new address alone",
                  lambda: lab.address() == f"{address}/24")
    return again


def carrier(lab, state, port="port0"):
    lab.ip(lab.wire, f"link set {port} {state}")


# -- down, gone, another ----------------------------------------------------

def test_started_while_the_link_is_down(lab, raw):
    """The script's PREINIT brings it up."""
    lab.ip(lab.inside, "link set cli0 down")
    start_bound(lab)


def test_down_and_up(lab, raw):
    _, script, bound = start_bound(lab)
    raw.address = "10.77.0.151"
    lab.ip(lab.inside, "link set cli0 down")
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == bound["new_ip_address"]
    labs.wait_for("address gone", lambda: not lab.addresses())
    # macchanger may be at work: no script brings the link up by itself
    assert script.runs("PREINIT", after=expired) == []
    mark = lab.mark()
    lab.ip(lab.inside, "link set cli0 up")
    script.wait("PREINIT", after=expired)
    bound_again(lab, script, expired, "10.77.0.151")
    assert lab.sent(since=mark)[0].dhcp.type == wire.DISCOVER


def test_deleted_and_made_again(lab, raw):
    client, script, _ = start_bound(lab)
    worker = labs.wait_worker(client.pid)
    lab.remove_interface("cli0")
    expired = script.wait("EXPIRE")
    labs.wait_for("end of the worker", lambda: not labs.workers(client.pid))
    assert client.is_alive()
    lab.add_interface("cli0")
    script.wait("PREINIT", after=expired)
    bound_again(lab, script, expired)
    assert labs.wait_worker(client.pid) != worker


def test_renamed(lab, raw):
    """The same link under another name: the script is told the new one."""
    client, script, _ = start_bound(lab)
    lab.ip(lab.inside, "link set cli0 name other0")
    client.signal(signal.SIGHUP)
    assert script.wait("RENEW")["interface"] == "other0"
    assert lab.address("other0") == "10.77.0.150/24"
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.addresses("other0") == []


def check_new_mac(lab, script, client, worker, first_xid):
    expired = script.wait("EXPIRE")
    script.wait("PREINIT", after=expired)
    bound_again(lab, script, expired, "10.77.0.151")
    assert labs.wait_worker(client.pid) != worker
    new = wire.mac_octets(NEW_MAC)
    discover = [f for f in lab.sent(wire.DISCOVER) if f.source == new][0]
    assert discover.dhcp.chaddr == new
    assert discover.dhcp.codes == (53,)
    assert discover.dhcp.xid != first_xid
    # nothing of the old exchange under the new address, nor the reverse
    frames = [f for f in lab.sent() if f.source == new]
    assert all(f.time >= discover.time for f in frames)
    assert b"\x0a\x4d\x00\x96" not in b"".join(f.data for f in frames)


@pytest.mark.parametrize("way", ["live", "while down"])
def test_mac_changed(lab, raw, way):
    client, script, _ = start_bound(lab)
    worker = labs.wait_worker(client.pid)
    xid = lab.sent(wire.DISCOVER)[0].dhcp.xid
    raw.address = "10.77.0.151"
    if way == "while down":
        lab.ip(lab.inside, "link set cli0 down")
        lab.set_mac("cli0", NEW_MAC)
        lab.ip(lab.inside, "link set cli0 up")
    else:
        lab.set_mac("cli0", NEW_MAC)
    check_new_mac(lab, script, client, worker, xid)


def test_mac_changed_while_selecting(lab, raw):
    """A DISCOVER under the old address, the next under the new one."""
    raw.mute = True
    client = lab.client(*QUICK)
    old = lab.wait_sent(wire.DISCOVER)
    lab.set_mac("cli0", NEW_MAC)
    new = lab.wait_sent(wire.DISCOVER, 2)
    assert new.source == new.dhcp.chaddr == wire.mac_octets(NEW_MAC)
    assert new.dhcp.xid != old.dhcp.xid and new.dhcp.secs == 0
    raw.mute = False
    client.signal(signal.SIGHUP)
    lab.script.wait("BOUND")


def test_reply_to_the_old_mac_is_not_taken(lab, raw):
    raw.mute = True
    lab.client(*QUICK)
    old = lab.wait_sent(wire.DISCOVER)
    lab.set_mac("cli0", NEW_MAC)
    new = lab.wait_sent(wire.DISCOVER, 2)
    for message in (old.dhcp, new.dhcp):
        address = "10.77.0.111" if message is old.dhcp else "10.77.0.150"
        lab.inject(raw.frame(raw.offer(message, yiaddr=address),
                             wire.EVERYONE))
    assert lab.wait_sent(wire.REQUEST).dhcp.address(50) == "10.77.0.150"


# -- carrier ----------------------------------------------------------------

def test_carrier_lost_and_back(lab, raw):
    _, script, bound = start_bound(lab)
    raw.address = "10.77.0.151"
    carrier(lab, "down")
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == bound["new_ip_address"]
    labs.wait_for("address gone", lambda: not lab.addresses())
    mark = lab.mark()
    back = time.time()
    carrier(lab, "up")
    discover = lab.wait_sent(wire.DISCOVER, since=mark)
    assert discover.time - back < 1.5
    bound_again(lab, script, expired, "10.77.0.151")
    assert discover.dhcp.codes == (53,)


def test_carrier_lost_before_a_lease(lab, raw):
    raw.mute = True
    client = lab.client(*QUICK)
    first = lab.wait_sent(wire.DISCOVER)
    carrier(lab, "down")
    client.wait_log("carrier lost")
    raw.mute = False
    carrier(lab, "up")
    again = lab.wait_sent(wire.DISCOVER, 2)
    assert again.dhcp.xid != first.dhcp.xid and again.dhcp.secs == 0
    lab.script.wait("BOUND")
    assert lab.script.runs("EXPIRE") == []


def test_carrier_grace_and_the_same_address_again(lab, raw):
    client, script, bound = start_bound(lab, *QUICK, "--carrier-grace", "60")
    mark = lab.mark()
    carrier(lab, "down")
    client.wait_log("carrier lost")
    assert lab.address() == "10.77.0.150/24"
    carrier(lab, "up")
    script.wait("BOUND", after=bound)
    assert script.reasons() == ["PREINIT", "BOUND", "BOUND"]
    assert lab.address() == "10.77.0.150/24"
    kinds = [f.dhcp.type for f in lab.sent(since=mark) if f.dhcp]
    assert kinds == [wire.DISCOVER, wire.REQUEST]


def test_carrier_grace_and_another_address(lab, raw):
    client, script, bound = start_bound(lab, *QUICK, "--carrier-grace",
                                        "60")
    raw.address = "10.77.0.151"
    carrier(lab, "down")
    client.wait_log("carrier lost")
    carrier(lab, "up")
    again = script.wait("BOUND", after=bound)
    assert again["new_ip_address"] == "10.77.0.151"
    labs.wait_for("new address alone",
                  lambda: lab.address() == "10.77.0.151/24")


def test_carrier_grace_runs_out(lab, raw):
    _, script, bound = start_bound(lab, *QUICK, "--carrier-grace", "1")
    lost = time.time()
    carrier(lab, "down")
    expired = script.wait("EXPIRE")
    assert 0.9 <= expired.time - lost <= 1 + 1.5
    assert expired["old_ip_address"] == bound["new_ip_address"]
    labs.wait_for("address gone", lambda: not lab.addresses())


# -- conflicts --------------------------------------------------------------

def test_conflict_before_bound(lab, raw):
    """Another host owns the address: DHCPDECLINE, a pause, another one."""
    lab.add_host("10.77.0.150/24")

    def answer(server, message):
        if message.type == wire.DECLINE:
            server.address = "10.77.0.151"
        return labs.RawServer.good(server, message)

    raw.answer = answer
    script = lab.own_script()
    client = lab.client("--decline-wait-time", "1")
    bound = script.wait("BOUND")
    assert bound["new_ip_address"] == "10.77.0.151"
    decline, = lab.sent(wire.DECLINE)
    assert decline.dhcp.address(50) == "10.77.0.150"
    assert decline.dhcp.address(54) == labs.SERVER
    discover = lab.sent(wire.DISCOVER)[1]
    assert 1 - 0.05 <= discover.time - decline.time <= 4 + wire.LATE
    client.wait_log(r"DHCPDECLINE of 10\.77\.0\.150 on cli0 to "
                    r"255\.255\.255\.255 port 67")
    assert script.reasons() == ["PREINIT", "BOUND"]


def wait_probe(lab):
    labs.wait_for("probe", lambda: [f for f in lab.sent() if f.is_probe()])


def test_conflict_with_another_probe(lab, raw):
    """Somebody else probes for the address at the same time."""
    def answer(server, message):
        if message.type == wire.DECLINE:
            server.address = "10.77.0.151"
        return labs.RawServer.good(server, message)

    raw.answer = answer
    lab.client("--decline-wait-time", "1", "--arp-wait", "1800")
    wait_probe(lab)
    lab.inject(wire.build_arp(1, FOREIGN, wire.ANY, "10.77.0.150"))
    assert lab.script.wait("BOUND")["new_ip_address"] == "10.77.0.151"
    assert len(lab.sent(wire.DECLINE)) == 1


def test_conflict_when_there_is_only_one_try(lab, raw):
    lab.add_host("10.77.0.150/24")
    client = lab.client("-1")
    assert client.wait() == 2
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    assert len(lab.sent(wire.DECLINE)) == 1


def test_traffic_of_others_is_no_conflict(lab, raw):
    """ARP about other addresses, and our own probe that comes back."""
    lab.client("--arp-wait", "1800")
    wait_probe(lab)
    lab.inject(wire.build_arp(1, FOREIGN, "10.77.0.9", "10.77.0.150"))
    lab.inject(wire.build_arp(1, FOREIGN, wire.ANY, "10.77.0.151"))
    lab.inject(wire.build_arp(1, lab.mac(), wire.ANY, "10.77.0.150"))
    assert lab.script.wait("BOUND")["new_ip_address"] == "10.77.0.150"
    assert lab.sent(wire.DECLINE) == []


def claim(lab):
    """Another host announces our address."""
    lab.inject(wire.build_arp(1, FOREIGN, "10.77.0.150", "10.77.0.150"))


def announcements(lab):
    return [f for f in lab.sent() if f.is_announcement()]


def test_conflict_while_bound(lab, raw):
    """The first is defended, a second within 10 s ends the lease."""
    client, script, bound = start_bound(lab, "--arp-wait", "90",
                                        "--decline-wait-time", "1")
    labs.wait_for("two announcements", lambda: len(announcements(lab)) == 2)
    claim(lab)
    labs.wait_for("defence", lambda: len(announcements(lab)) == 3)
    client.wait_log("defended")
    assert lab.address() == "10.77.0.150/24"
    assert script.runs("EXPIRE") == []

    raw.address = "10.77.0.151"
    claim(lab)
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == bound["new_ip_address"]
    decline = lab.wait_sent(wire.DECLINE)
    assert decline.dhcp.address(50) == "10.77.0.150"
    assert len(announcements(lab)) == 3
    bound_again(lab, script, expired, "10.77.0.151")
