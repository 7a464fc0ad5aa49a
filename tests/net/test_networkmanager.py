"""NetworkManager as the caller: its dhclient plugin, the real one; and its
dhcpcd plugin, the only one that is left for others since 1.58, as the command
line and the conversation with nm-dhcp-helper that it has."""

import os
import re
import signal
import struct
import time
from pathlib import Path

import pytest

import lab as labs
import networkmanager
import servers
import wire

FOREIGN = wire.mac_octets("02:00:00:00:00:66")
HOST = "host-of-the-test"  # nm-in-netns
SECRET = "name-that-nobody-hears"


def seconds(count):
    return struct.pack("!I", count)


def stopped_by_itself(manager, count):
    """So many clients were stopped, and none had to be killed: NetworkManager
    stands still until they have ended, 500 ms at most."""
    stops = labs.wait_for(f"{count} stops", lambda: (
        manager.stops() if len(manager.stops()) >= count else None))
    assert stops == ["normally with status 0"] * count
    assert manager.logged("SIGKILL") == []


def said_nothing(lab, *names):
    """No frame has any of these, in whatever case."""
    sent = b"".join(frame.data for frame in lab.sent()).lower()
    assert [name for name in names if name.lower().encode() in sent] == []


# -- dhcp=dhclient ----------------------------------------------------------

@pytest.mark.parametrize("kind", servers.KINDS)
def test_address_gateway_dns_routes(lab, kind):
    servers.Server(lab, kind)
    manager = networkmanager.Manager(lab)
    client = manager.up()
    assert manager.is_connected()
    assert manager.address() == lab.address()
    assert re.fullmatch(r"10\.77\.0\.1\d\d/24", manager.address())
    assert manager.show()["IP4.GATEWAY"] == "10.77.0.1"
    assert manager.every("IP4.DNS") == ["10.77.0.53"]
    assert sorted(manager.every("IP4.ROUTE")) == [
        "dst = 0.0.0.0/0, nh = 10.77.0.1, mt = 100",
        "dst = 10.77.0.0/24, nh = 0.0.0.0, mt = 100"]
    assert manager.events() == ["PREINIT", "BOUND"]
    # the process that NetworkManager started is the one that answers
    assert Path(f"/proc/{client}/comm").read_text() == "dhclient\n"
    assert labs.workers(client)


def test_command_line_and_files(lab, raw):
    manager = networkmanager.Manager(lab)
    client = manager.up()
    argv = Path(f"/proc/{client}/cmdline").read_text().split("\0")[:-1]
    pid_file = lab.run / "NetworkManager" / "dhclient-cli0.pid"
    lease_file, = manager.state.glob("dhclient-*-cli0.lease")
    assert argv == [
        "/sbin/dhclient", "-d", "-q", "-sf", networkmanager.HELPER,
        "-pf", "/run/NetworkManager/dhclient-cli0.pid",
        "-lf", f"/var/lib/NetworkManager/{lease_file.name}",
        "-cf", "/var/lib/NetworkManager/dhclient-cli0.conf", "cli0"]
    assert pid_file.read_text() == f"{client}\n"
    assert "fixed-address 10.77.0.150;" in lease_file.read_text()
    # where the machine has been is not kept
    manager.down()
    assert not labs.is_running(client)
    assert not lease_file.exists()


def test_routes_of_the_network(lab, raw):
    """Option 121: its default route alone (--routes=gateway)."""
    raw.options.append((121, bytes([0, 10, 77, 0, 9])
                        + bytes([24, 192, 168, 50, 10, 77, 0, 5])))
    manager = networkmanager.Manager(lab)
    manager.up()
    assert manager.show()["IP4.GATEWAY"] == "10.77.0.9"
    assert sorted(manager.every("IP4.ROUTE")) == [
        "dst = 0.0.0.0/0, nh = 10.77.0.9, mt = 100",
        "dst = 10.77.0.0/24, nh = 0.0.0.0, mt = 100"]


def test_disconnected_and_connected_ten_times(lab, raw):
    manager = networkmanager.Manager(lab)
    for again in range(10):
        raw.address = f"10.77.0.{150 + again}"
        client = manager.up()
        assert manager.address() == lab.address() == raw.address + "/24"
        manager.down()
        assert not labs.is_running(client)
        assert lab.addresses() == []
    assert len(set(manager.clients())) == 10
    assert manager.events() == ["PREINIT", "BOUND"] * 10
    stopped_by_itself(manager, 10)
    # each began anew, and none said good-bye
    kinds = [frame.dhcp.type for frame in lab.sent() if frame.dhcp]
    assert kinds == [wire.DISCOVER, wire.REQUEST] * 10


def test_stopped_before_there_is_a_lease(lab, raw):
    raw.mute = True
    manager = networkmanager.Manager(lab)
    manager.begin()
    lab.wait_sent(wire.DISCOVER)
    manager.down()
    stopped_by_itself(manager, 1)
    assert lab.sent(wire.DISCOVER) == lab.sent()


def test_stopped_while_the_helper_waits(lab, raw):
    """NetworkManager answers BOUND after its own conflict detection, and
    does not read its socket while it stops the client."""
    manager = networkmanager.Manager(lab, ipv4__dad_timeout="30000")
    client = manager.begin()
    manager.wait_event("BOUND")
    assert len(labs.children(client)) == 2  # worker and helper
    manager.down()
    stopped_by_itself(manager, 1)


def test_no_server(lab, raw):
    """NetworkManager's patience decides: it stops the client."""
    raw.mute = True
    manager = networkmanager.Manager(lab, ipv4__dhcp_timeout="5")
    client = manager.begin()
    labs.wait_for("failure", lambda: manager.logged(
        r"ip-config -> failed \(reason 'ip-config-unavailable'"))
    stopped_by_itself(manager, 1)
    assert not labs.is_running(client)
    assert manager.events() == ["PREINIT"]


def test_renewal(lab, raw):
    """The new lifetime arrives, the client stays the same."""
    raw.lease = 40
    raw.options += [(58, seconds(3)), (59, seconds(30))]
    manager = networkmanager.Manager(lab)
    client = manager.up()
    first = manager.options()
    assert first["dhcp_lease_time"] == "40"
    raw.lease = 4000
    manager.wait_event("RENEW")
    labs.wait_for("lifetime in nmcli", lambda: manager.options()
                  ["dhcp_lease_time"] == "4000")
    assert int(manager.options()["expiry"]) > int(first["expiry"]) + 3000
    labs.wait_for("lifetime in the kernel", lambda: all(
        info["valid_life_time"] > 3000 for info in lab.addresses()))
    assert manager.is_connected() and manager.client() == client
    assert lab.sent(wire.DISCOVER) == [lab.wait_sent(wire.DISCOVER)]


def test_lease_runs_out(lab, raw):
    """No server any more, and one again: the client stays the same."""
    raw.lease = 8
    raw.options += [(58, seconds(3)), (59, seconds(5))]
    manager = networkmanager.Manager(lab)
    client = manager.up()
    raw.mute = True
    manager.wait_event("EXPIRE")
    labs.wait_for("address gone", lambda: not lab.addresses())
    lab.wait_sent(wire.DISCOVER, 2)
    raw.mute, raw.lease, raw.address = False, 3600, "10.77.0.151"
    manager.wait_event("BOUND", 2)
    manager.wait_address("10.77.0.151/24")
    assert manager.is_connected() and manager.client() == client
    assert manager.events() == ["PREINIT", "BOUND", "EXPIRE", "PREINIT",
                                "BOUND"]


def test_nak(lab, raw):
    """The renewal is refused: the address goes, another one is taken."""
    # after NetworkManager's last announcement, 2 s after BOUND
    raw.options += [(58, seconds(4)), (59, seconds(1800))]
    manager = networkmanager.Manager(lab)
    client = manager.up()
    naks = []

    def answer(server, message):
        if message.type == wire.REQUEST and message.ciaddr != wire.ANY:
            naks.append(message)
            return [server.refuse(message)]
        server.address = "10.77.0.151"
        server.options = server.options[:-2]
        return labs.RawServer.good(server, message)

    raw.answer = answer
    manager.wait_event("BOUND", 2)
    manager.wait_address("10.77.0.151/24")
    assert len(naks) == 1
    assert manager.is_connected() and manager.client() == client
    assert manager.events() == ["PREINIT", "BOUND", "EXPIRE", "PREINIT",
                                "BOUND"]


def test_conflict_that_networkmanager_finds(lab, raw):
    """Its own probes are answered, ours were not: the helper fails, the
    address is declined, and another one is taken.  Nobody claims it."""
    lab.audited = {"probed": {"10.77.0.150"}}  # once more, by NetworkManager
    manager = networkmanager.Manager(lab, ipv4__dad_timeout="3000")
    client = manager.begin()
    manager.wait_event("BOUND")
    assert lab.sent(wire.DECLINE) == []
    lab.inject(wire.build_arp(2, FOREIGN, "10.77.0.150", "10.77.0.150",
                              target_mac=lab.mac(),
                              destination_mac=lab.mac()))
    decline = lab.wait_sent(wire.DECLINE)
    assert decline.dhcp.address(50) == "10.77.0.150"
    assert lab.addresses() == []
    raw.address = "10.77.0.151"
    manager.wait_event("BOUND", 2)
    manager.wait_address("10.77.0.151/24")
    assert manager.client() == client
    assert [f for f in lab.sent() if f.is_announcement("10.77.0.150")] == []
    assert len(lab.sent(wire.DECLINE)) == 1


def test_conflict_that_the_client_finds(lab, raw):
    """NetworkManager never hears of the address."""
    lab.add_host("10.77.0.150/24")
    manager = networkmanager.Manager(lab)
    client = manager.begin()
    lab.wait_sent(wire.DECLINE)
    raw.address = "10.77.0.151"
    manager.wait_event("BOUND")
    manager.wait_address("10.77.0.151/24")
    assert manager.events() == ["PREINIT", "BOUND"]
    assert manager.client() == client


def test_carrier_flaps(lab, raw):
    manager = networkmanager.Manager(lab)
    manager.up()
    for again in range(3):
        raw.address = f"10.77.0.{151 + again}"
        mark = lab.mark()
        lab.ip(lab.wire, "link set port0 down")
        labs.wait_for("carrier lost", lambda: len(manager.logged(
            r"\(cli0\): carrier: link disconnected \(deferring")) > again)
        back = time.time()
        lab.ip(lab.wire, "link set port0 up")
        # the whole handshake: this may be another network
        discover = lab.wait_sent(wire.DISCOVER, since=mark)
        assert discover.time - back < 1.5
        manager.wait_address(raw.address + "/24")
    assert manager.is_connected()
    assert lab.sent(wire.DECLINE) == []
    assert manager.logged("SIGKILL") == []


def test_carrier_stays_away(lab, raw):
    """NetworkManager gives the device up, and with it the client."""
    manager = networkmanager.Manager(lab)
    client = manager.up()
    lab.ip(lab.wire, "link set port0 down")
    labs.wait_for("device given up", lambda: manager.logged(
        r"\(cli0\): state change: .* -> unavailable \(reason 'carrier-ch"))
    stopped_by_itself(manager, 1)
    assert not labs.is_running(client)
    labs.wait_for("address gone", lambda: not lab.addresses())


def test_server_that_the_profile_rejects(lab, raw):
    """Its offer comes first, and the other one is taken."""
    second = "10.77.0.2"

    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.offer(message), server.frame(server.offer(
                message, server=second, yiaddr="10.77.0.151"),
                source=second)]
        assert message.address(54) == second
        return [server.frame(server.ack(message, server=second,
                                        yiaddr="10.77.0.151"), source=second)]

    raw.answer = answer
    manager = networkmanager.Manager(lab,
                                     ipv4__dhcp_reject_servers=labs.SERVER)
    manager.up()
    assert manager.address() == "10.77.0.151/24"
    assert len(lab.sent(wire.DISCOVER)) == 1


@pytest.mark.parametrize("profile, written", [
    ({}, f'send host-name "{HOST}";'),
    ({"ipv4__dhcp_hostname": SECRET}, f'send host-name "{SECRET}";'),
    ({"ipv4__dhcp_fqdn": SECRET + ".example"},
     f'send fqdn.fqdn "{SECRET}.example";'),
    ({"ipv4__dhcp_client_id": SECRET}, "send dhcp-client-identifier "),
    ({"connection__mud_url": f"https://{SECRET}.example/"},
     f'send mudurl "https://{SECRET}.example/";'),
], ids=["default", "name", "fqdn", "client-id", "mud-url"])
def test_what_it_wants_sent_is_not(lab, raw, profile, written):
    """It asks for it in its -cf; no frame has it, renewals neither."""
    raw.options += [(58, seconds(3)), (59, seconds(1800))]
    manager = networkmanager.Manager(lab, **profile)
    manager.up()
    configuration = (manager.state / "dhclient-cli0.conf").read_text()
    assert written in configuration
    manager.wait_event("RENEW")
    said_nothing(lab, HOST, SECRET)


# -- dhcp=dhcpcd ------------------------------------------------------------

DHCPCD = ("--noconfigure", "-B", "-K", "-L", "-A", "-c",
          networkmanager.HELPER, "-4", "-h", SECRET, "-F", "both", "cli0")


@pytest.fixture
def listener(lab):
    listening = networkmanager.Listener(lab)
    yield listening
    assert listening.errors == []


def dhcpcd(lab):
    """The program as NetworkManager 1.58 starts dhcpcd."""
    program = lab.folder / "dhcpcd"
    program.symlink_to(labs.PROGRAM)
    process = labs.Process(lab.enter([str(program), *DHCPCD]),
                           lab.folder / "dhcpcd.log")
    lab.processes.append(process)
    return process


def test_dhcpcd_tells_the_lease(lab, raw, listener):
    raw.options += [(15, b"lan.example"), (12, b"other-name"),
                    (58, seconds(3)), (59, seconds(1800))]
    client = dhcpcd(lab)
    before = listener.wait("PREINIT")
    bound = listener.wait("BOUND")
    assert lab.addresses() == []  # that is for whoever was told
    lab.ip(lab.inside, "addr add 10.77.0.150/24 dev cli0")
    renewed = listener.wait("RENEW")
    for told in (before, bound, renewed):
        assert told["pid"] == str(client.pid)
        assert told["interface"] == "cli0"
    assert listener.reasons() == ["PREINIT", "BOUND", "RENEW"]
    assert {name: value for name, value in bound.items()
            if name.startswith("new_") and name != "new_expiry"} == {
        "new_ip_address": "10.77.0.150",
        "new_subnet_mask": "255.255.255.0",
        "new_network_number": "10.77.0.0",
        "new_broadcast_address": "10.77.0.255",
        "new_routers": "10.77.0.1",
        "new_domain_name_servers": "10.77.0.53",
        "new_domain_name": "lan.example",
        "new_next_server": "0.0.0.0",
        "new_dhcp_lease_time": "3600",
        "new_dhcp_renewal_time": "3",
        "new_dhcp_rebinding_time": "1800",
        "new_dhcp_message_type": "5",
        "new_dhcp_server_identifier": labs.SERVER}
    assert renewed["old_ip_address"] == renewed["new_ip_address"]
    assert lab.address() == "10.77.0.150/24"
    assert [route["dst"] for route in lab.routes()] == ["10.77.0.0/24"]
    said_nothing(lab, SECRET, os.uname().nodename)


def test_dhcpcd_address_that_is_refused_is_declined(lab, raw, listener):
    listener.refused.add("BOUND")
    client = dhcpcd(lab)
    decline = lab.wait_sent(wire.DECLINE)
    assert decline.dhcp.address(50) == "10.77.0.150"
    assert decline.dhcp.address(54) == labs.SERVER
    listener.refused.clear()
    raw.address = "10.77.0.151"
    assert listener.wait("BOUND", 2)["new_ip_address"] == "10.77.0.151"
    assert client.is_alive()
    assert lab.sent(wire.DECLINE) == [decline]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGALRM])
@pytest.mark.parametrize("when", ["selecting", "unanswered", "bound"])
def test_dhcpcd_ends_at_once_and_says_nothing(lab, raw, listener, number,
                                              when):
    """To stop (SIGTERM) and to release (SIGALRM)."""
    raw.mute = when == "selecting"
    if when == "unanswered":
        listener.held.add("BOUND")
    client = dhcpcd(lab)
    if when == "selecting":
        lab.wait_sent(wire.DISCOVER)
        listener.wait("PREINIT")
    else:
        listener.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    told, mark = listener.reasons(), lab.mark()
    client.signal(number)
    assert client.wait() == 0
    labs.wait_for("end of the worker", lambda: not labs.is_running(worker))
    assert listener.reasons() == told
    assert [frame for frame in lab.sent(since=mark)
            if not frame.is_announcement()] == []
