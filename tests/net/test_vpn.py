"""A server that wants to pull traffic out of a VPN: TunnelVision
(CVE-2024-3661) by routes, TunnelCrack by the mask of the lease.

The VPN is a tun device with a default route of metric 50, as OpenVPN's and
wg-quick's users have; what matters is where the kernel would send a packet.
"""

import fcntl
import os
import struct

import pytest

import lab as labs
import networkmanager
import wire

QUICK = ("--arp-wait", "0")
ROUTER, OTHER = labs.SERVER, "10.77.0.9"
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
FAR = "198.51.100.7"  # somebody on the Internet
RESOLVER = "9.9.9.9"  # likewise, whom an attacker would like to see


def classless(*routes):
    """Option 121, or 249: (destination, width, gateway)."""
    return b"".join(
        bytes([width]) + wire.ip(destination)[:(width + 7) // 8]
        + wire.ip(gateway) for destination, width, gateway in routes)


def open_tun():
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
    fcntl.ioctl(opened, TUNSETIFF, struct.pack(
        "16sH22x", b"tun0", IFF_TUN | IFF_NO_PI))
    return opened


@pytest.fixture
def vpn(lab):
    """tun0, whose other end swallows what it is given."""
    opened = labs.in_namespace(lab.inside, open_tun)
    lab.closers.append(lambda: os.close(opened))
    lab.ip(lab.inside, "addr add 10.8.0.2/24 dev tun0",
           "link set tun0 up", "route add default dev tun0 metric 50")
    return lab


def way(lab, destination):
    """The device that a packet to `destination` would leave by."""
    return lab.ip_json("route", "get", destination)[0]["dev"]


def bind(lab, *flags):
    script = lab.own_script()
    client = lab.client(*QUICK, *flags)
    script.wait("BOUND")
    labs.wait_for("routes", lambda: lab.addresses() and [
        route for route in lab.routes() if route.get("protocol") == "dhcp"])
    # the script has ended when the worker's next state is reported
    labs.wait_for("end of the script", lambda: "state=BOUND" in (
        lab.state / "cli0.status").read_text())
    return client


HALVES = [("0.0.0.0", 1, OTHER), ("128.0.0.0", 1, OTHER)]
DEFAULT = ("0.0.0.0", 0, ROUTER)

ATTACKS = {
    "both halves": HALVES,
    "both halves and a default route": [*HALVES, DEFAULT],
    "a network": [("198.51.100.0", 24, OTHER), DEFAULT],
    "a host": [(FAR, 32, OTHER), (RESOLVER, 32, OTHER), DEFAULT],
    "a host on the link": [(FAR, 32, "0.0.0.0"), DEFAULT],
    "a default route": [("0.0.0.0", 0, OTHER)],
    "many": [(f"{n}.0.0.0", 8, OTHER) for n in range(1, 31)] + [DEFAULT],
}


@pytest.mark.parametrize("code", [121, 249])
@pytest.mark.parametrize("attack", ATTACKS)
def test_routes_of_the_server(vpn, raw, attack, code):
    raw.options.append((code, classless(*ATTACKS[attack])))
    client = bind(vpn)
    assert way(vpn, FAR) == way(vpn, RESOLVER) == "tun0"
    assert way(vpn, "1.2.3.4") == "tun0"
    refused = [route for route in ATTACKS[attack] if route[1] != 0]
    assert client.log.count("refused (--routes)") == min(len(refused), 8)
    # and without the VPN there is a connection all the same
    vpn.ip(vpn.inside, "link del tun0")
    assert way(vpn, FAR) == "cli0"


def test_static_routes_of_the_server(vpn, raw):
    raw.options.append((33, wire.ip(FAR) + wire.ip(OTHER)
                        + wire.ip("11.0.0.0") + wire.ip(OTHER)))
    bind(vpn)
    assert way(vpn, FAR) == way(vpn, "11.1.2.3") == "tun0"


def test_all_routes_when_they_are_asked_for(vpn, raw):
    """What the policy is there for."""
    raw.options.append((121, classless(*HALVES)))
    bind(vpn, "--routes=all")
    assert way(vpn, FAR) == "cli0"


def test_no_route_at_all(vpn, raw):
    raw.options.append((121, classless(*HALVES, DEFAULT)))
    script = vpn.own_script()
    vpn.client(*QUICK, "--routes=none")
    script.wait("BOUND")
    labs.wait_for("address", vpn.addresses)
    labs.wait_for("end of the script", lambda: "state=BOUND" in (
        vpn.state / "cli0.status").read_text())
    assert [r for r in vpn.routes() if r.get("protocol") == "dhcp"] == []
    assert way(vpn, FAR) == "tun0"


def test_a_mask_over_half_of_the_internet(vpn, raw):
    """TunnelCrack: no network is that large, so its class counts."""
    raw.address = "130.77.0.150"
    raw.options = [(1, wire.ip("192.0.0.0")), (3, wire.ip("130.77.0.1"))]
    client = bind(vpn)
    assert vpn.address() == "130.77.0.150/16"
    assert "no usable subnet mask" in client.log
    assert way(vpn, "151.101.1.1") == "tun0"
    assert way(vpn, FAR) == "tun0"


def test_a_public_network_that_may_be_real(vpn, raw):
    """Where the policy can promise nothing: what the lease calls its own
    network is reached on the link."""
    raw.address = "198.51.100.150"
    raw.options = [(1, wire.ip("255.255.0.0")), (3, wire.ip("198.51.100.1"))]
    bind(vpn)
    assert way(vpn, FAR) == "cli0"
    assert way(vpn, RESOLVER) == "tun0"


def test_a_router_elsewhere(vpn, raw):
    """Likewise for the one address that is said to be the router's."""
    raw.options = [(1, wire.ip("255.255.255.0")), (3, wire.ip(RESOLVER))]
    bind(vpn)
    assert way(vpn, RESOLVER) == "cli0"
    assert way(vpn, FAR) == "tun0"


def test_broadcast_address_elsewhere(vpn, raw):
    raw.options.append((28, wire.ip(RESOLVER)))
    bind(vpn)
    assert way(vpn, RESOLVER) == "tun0"


def test_cloud_that_needs_its_routes(lab, raw):
    """A host's address with a gateway on the link."""
    raw.options = [(1, wire.ip("255.255.255.255")), (121, classless(
        (ROUTER, 32, "0.0.0.0"), DEFAULT))]
    client = bind(lab)
    assert way(lab, FAR) == "cli0"
    [route] = lab.ip_json("route", "get", FAR)
    assert route["gateway"] == ROUTER
    assert "refused" not in client.log


# -- NetworkManager decides about the configuration --------------------------

@pytest.mark.parametrize("attack", ["both halves and a default route",
                                    "a host"])
def test_with_network_manager(vpn, raw, attack):
    raw.options.append((121, classless(*ATTACKS[attack])))
    manager = networkmanager.Manager(vpn)
    manager.up()
    labs.wait_for("address", vpn.addresses)
    assert way(vpn, FAR) == way(vpn, RESOLVER) == "tun0"
    vpn.ip(vpn.inside, "link del tun0")
    assert way(vpn, FAR) == "cli0"
