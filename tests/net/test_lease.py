"""The life of a lease with real servers: bound, renewed, rebound, refused,
expired; what is on the interface, and that it is gone afterwards."""

import signal

import pytest

import lab as labs
import wire
from servers import KINDS, Server

every_server = pytest.mark.parametrize("kind", KINDS)
QUICK = ("--arp-wait", "0")


def in_pool(address, first, last):
    return wire.ip(first) <= wire.ip(address) <= wire.ip(last)


def deafen(lab):
    """Unicast to the server gets lost from now on; broadcasts do not."""
    lab.ip(lab.inside, f"neigh replace {labs.SERVER} lladdr "
           "02:de:ad:00:00:01 nud permanent dev cli0")


@every_server
def test_bound(lab, kind):
    server = Server(lab, kind, lease=600)
    script = lab.own_script()
    client = lab.client()
    bound = script.wait("BOUND")

    assert script.reasons() == ["PREINIT", "BOUND"]
    address = bound["new_ip_address"]
    assert in_pool(address, server.settings["first"], server.settings["last"])
    assert bound["interface"] == "cli0"
    assert bound["pid"] == str(client.pid)
    assert bound["new_subnet_mask"] == "255.255.255.0"
    assert bound["new_network_number"] == "10.77.0.0"
    assert bound["new_broadcast_address"] == "10.77.0.255"
    assert bound["new_routers"] == "10.77.0.1"
    assert bound["new_domain_name_servers"] == "10.77.0.53"
    assert bound["new_domain_name"] == "example.org"
    assert bound["new_dhcp_lease_time"] == str(server.lease)
    assert bound["new_dhcp_server_identifier"] == labs.SERVER
    assert bound["new_dhcp_message_type"] == "5"
    assert abs(int(bound["new_expiry"]) - bound.time - server.lease) <= 3
    assert not any(name.startswith(("old_", "requested_"))
                   for name in bound.env)

    labs.wait_for("address", lambda: lab.address() == f"{address}/24")
    info = lab.addresses()[0]
    assert server.lease - 10 <= info["valid_life_time"] <= server.lease
    assert info["preferred_life_time"] == info["valid_life_time"]
    assert info["broadcast"] == "10.77.0.255"
    labs.wait_for("default route", lambda: [
        route for route in lab.routes() if route["dst"] == "default"
        and route["gateway"] == "10.77.0.1"])
    labs.wait_for("name server", lambda: "nameserver 10.77.0.53" in (
        lab.etc / "resolv.conf").read_text())


@every_server
def test_log_has_the_words_of_dhclient(lab, kind):
    Server(lab, kind)
    client = lab.client(*QUICK)
    client.wait_log(r"DHCPDISCOVER on cli0 to 255\.255\.255\.255 port 67 "
                    r"interval [345]\b")
    offer = client.wait_log(r"DHCPOFFER of (\S+) from 10\.77\.0\.1\b")
    address = offer.group(1).replace(".", r"\.")
    client.wait_log(rf"DHCPREQUEST for {address} on cli0 to "
                    r"255\.255\.255\.255 port 67")
    client.wait_log(rf"DHCPACK of {address} from 10\.77\.0\.1\b")
    bound = client.wait_log(rf"bound to {address} -- renewal in (\d+) "
                            r"seconds\.")
    assert 298 <= int(bound.group(1)) <= 301


@every_server
def test_sigterm_leaves_nothing_behind(lab, kind):
    Server(lab, kind)
    before = (lab.etc / "resolv.conf").read_text()
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("name server", lambda: "10.77.0.53" in (
        lab.etc / "resolv.conf").read_text())
    mark = lab.mark()
    client.signal(signal.SIGTERM)
    assert client.wait() == 0

    stop = script.runs()[-1]
    assert stop.reason == "STOP"
    assert stop["old_ip_address"] == script.runs("BOUND")[0]["new_ip_address"]
    assert lab.addresses() == []
    assert lab.routes() == []
    assert (lab.etc / "resolv.conf").read_text() == before
    assert [frame for frame in lab.sent(since=mark) if frame.dhcp] == []
    assert not list(lab.state.glob("cli0.*"))


@every_server
def test_renewed_at_t1(lab, kind):
    server = Server(lab, kind, lease=40, t1=4, t2=30)
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    renewed = script.wait("RENEW")
    address = bound["new_ip_address"]

    assert renewed["new_ip_address"] == renewed["old_ip_address"] == address
    assert renewed["old_expiry"] == bound["new_expiry"]
    assert int(renewed["new_expiry"]) > int(renewed["old_expiry"])
    first, second = lab.sent(wire.REQUEST)
    assert second.ip_source == second.dhcp.ciaddr == address
    assert second.ip_destination == labs.SERVER
    assert 4 - server.lease / 60 - 0.1 <= second.time - first.time \
        <= 4 + server.lease / 60 + 0.7
    assert second.dhcp.xid != first.dhcp.xid
    labs.wait_for("lifetime renewed", lambda: lab.addresses()[0][
        "valid_life_time"] >= server.lease - 2)


@every_server
def test_rebound_at_t2(lab, kind):
    server = Server(lab, kind, lease=40, t1=4, t2=6)
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    deafen(lab)
    rebound = script.wait("REBIND")
    address = bound["new_ip_address"]

    assert script.runs("RENEW") == []
    assert rebound["new_ip_address"] == rebound["old_ip_address"] == address
    unicast, broadcast = lab.sent(wire.REQUEST)[1:3]
    assert unicast.ip_destination == labs.SERVER
    assert broadcast.ip_destination == wire.EVERYONE
    assert broadcast.ip_source == wire.ANY
    assert broadcast.dhcp.xid == unicast.dhcp.xid
    labs.wait_for("lifetime renewed", lambda: lab.addresses()[0][
        "valid_life_time"] >= server.lease - 2)


def check_expiry(lab, kind, lease, t1, t2):
    server = Server(lab, kind, lease=lease, t1=t1, t2=t2)
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    server.stop()
    expired = script.wait("EXPIRE", timeout=lease + labs.PATIENCE)

    requested = lab.sent(wire.REQUEST)[0].time
    assert -0.1 <= expired.time - requested - lease <= 1.5
    assert expired["old_ip_address"] == bound["new_ip_address"]
    assert not any(name.startswith("new_") for name in expired.env)
    script.wait("PREINIT", after=expired)
    labs.wait_for("address gone", lambda: not lab.addresses())
    assert lab.routes() == []
    ways = [frame.ip_destination for frame in lab.sent(wire.REQUEST)]
    assert ways[:3] == [wire.EVERYONE, labs.SERVER, wire.EVERYONE]
    assert set(ways[3:]) <= {wire.EVERYONE}
    lab.wait_sent(wire.DISCOVER, 2)

    server.start(lease=lease, t1=t1, t2=t2)
    again = script.wait("BOUND", after=expired)
    assert not any(name.startswith("old_") for name in again.env)
    labs.wait_for("address", lambda: lab.address()
                  == f"{again['new_ip_address']}/24")


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "dnsmasq"])
def test_expired_and_bound_again(lab, kind):
    check_expiry(lab, kind, lease=9, t1=3, t2=6)


@pytest.mark.slow
def test_expired_with_the_shortest_lease_of_dnsmasq(lab):
    check_expiry(lab, "dnsmasq", lease=120, t1=3, t2=6)


# What makes each server refuse a lease that it gave.  dnsmasq has moved to
# another subnet.  dhcpd and Kea are silent about a ciaddr that they don't
# know; they have given the address to another host.
MOVED = {
    "dnsmasq": {"network": "10.78.0.0/24", "router": "10.78.0.1",
                "leases": ""},
    "dhcpd": {"leases": """
lease {address} {{
  starts epoch 0;
  ends never;
  binding state active;
  hardware ethernet 02:00:00:00:00:99;
}}
"""},
    "kea": {"leases": """\
address,hwaddr,client_id,valid_lifetime,expire,subnet_id,fqdn_fwd,fqdn_rev,\
hostname,state,user_context
{address},02:00:00:00:00:99,,86400,4102444800,1,0,0,,0,
"""},
}


@pytest.mark.parametrize("kind", MOVED)
def test_refused_by_a_server_that_changed(lab, kind):
    server = Server(lab, kind)
    script = lab.own_script()
    client = lab.client(*QUICK)
    bound = script.wait("BOUND")
    address = bound["new_ip_address"]
    labs.wait_for("address", lab.addresses)
    lab.ip(lab.wire, "addr add 10.78.0.1/24 dev srv0")
    server.restart(**{name: value.format(address=address)
                      for name, value in MOVED[kind].items()})
    client.signal(signal.SIGHUP)
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == address
    client.wait_log(r"DHCPNAK from 10\.7[78]\.0\.1")
    again = script.wait("BOUND", after=expired)
    assert again["new_ip_address"] != address
    assert in_pool(again["new_ip_address"], server.settings["first"],
                   server.settings["last"])
    assert script.reasons() == ["PREINIT", "BOUND", "EXPIRE", "PREINIT",
                                "BOUND"]
    labs.wait_for("new address alone", lambda: lab.address()
                  == f"{again['new_ip_address']}/24")


def test_server_that_moved_and_ignores_us(lab):
    """udhcpd never refuses a renewal: the lease runs out."""
    server = Server(lab, "udhcpd", lease=9, t1=3, t2=6)
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    lab.ip(lab.wire, "addr add 10.78.0.1/24 dev srv0")
    server.restart(leases="", network="10.78.0.0/24", router="10.78.0.1")
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == bound["new_ip_address"]
    again = script.wait("BOUND", after=expired)
    assert again["new_ip_address"].startswith("10.78.0.")
    labs.wait_for("new address alone", lambda: lab.address()
                  == f"{again['new_ip_address']}/24")


@every_server
def test_server_gone_and_back(lab, kind):
    """A renewal that nobody answers costs nothing when the server is back
    before the lease ends."""
    server = Server(lab, kind, lease=40, t1=4, t2=8)
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    server.stop()
    lab.wait_sent(wire.REQUEST, 2)
    server.start(lease=40, t1=4, t2=8)
    script.wait("REBIND", after=bound)
    assert script.reasons() == ["PREINIT", "BOUND", "REBIND"]
    assert lab.address() == f"{bound['new_ip_address']}/24"


@pytest.mark.parametrize("kinds", [("dnsmasq", "dhcpd"), ("kea", "udhcpd")])
def test_two_servers_at_once(lab, kinds):
    Server(lab, kinds[0], first="10.77.0.100", last="10.77.0.119")
    host = lab.add_host("10.77.0.2/24")
    Server(lab, kinds[1], host, first="10.77.0.120", last="10.77.0.139",
           router="10.77.0.2")
    script = lab.own_script()
    lab.client(*QUICK)
    bound = script.wait("BOUND")
    offers = labs.wait_for("two offers", lambda: [
        frame.dhcp for frame in lab.frames() if frame.dhcp
        and frame.dhcp.type == wire.OFFER][:2])
    server = bound["new_dhcp_server_identifier"]
    request = lab.sent(wire.REQUEST)[0].dhcp
    assert request.address(54) == server
    assert request.address(50) == bound["new_ip_address"]
    assert (bound["new_ip_address"], server) in {
        (offer.yiaddr, offer.address(54)) for offer in offers}
    assert bound["new_routers"] == server
    assert len(lab.sent(wire.REQUEST)) == 1
    labs.wait_for("address", lambda: lab.address()
                  == f"{bound['new_ip_address']}/24")
