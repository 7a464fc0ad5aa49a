"""--audit: what it shows is what is sent, and it sends nothing itself."""

import json
import os
import pty
import signal
import socket
import struct
from pathlib import Path

import pytest

import lab as labs
import wire

NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=-all", "--bounding-set=-all")


def audit(lab, *argv, name="cli0"):
    """As a user without any privilege: exit status, output, errors."""
    return lab.command(*NOBODY[1:], labs.PROGRAM, "--audit", name, *argv,
                       program=NOBODY[0])


def told(lab, *argv, name="cli0", as_root=False):
    """What it says as JSON.  Only root can tell which processes are of
    another network namespace, where other tests run their clients."""
    run = audit if not as_root else lambda lab, *argv, name: lab.command(
        "--audit", name, *argv)
    status, out, errors = run(lab, "--json", *argv, name=name)
    assert errors == ""
    report = json.loads(out)
    assert status == (2 if report["leaks"] else 0)
    return report


def texts(report, subject, weight=None):
    return " ".join(finding["text"] for finding in report["findings"]
                    if finding["subject"] == subject
                    and weight in (None, finding["weight"]))


# -- the frames -------------------------------------------------------------

def masked_message(payload):
    """Without xid, secs and addresses, options in order of their codes."""
    message = wire.Message(payload)
    options = sorted((code, b"" if code in (50, 54) else value)
                     for code, value in message.options)
    return (payload[:4] + payload[10:12]
            + bytes([message.ciaddr != wire.ANY]) + payload[16:240],
            options, message.after_end)


def masked(data):
    """A whole frame likewise, without checksum and ARP's addresses."""
    frame = wire.Frame(data)
    if frame.arp:
        operation, mac, sender, target_mac, target = frame.arp
        return (data[:22], mac, sender == wire.ANY, target_mac,
                target == wire.ANY, data[42:])
    assert frame.is_udp
    return data[:40], masked_message(data[42:])


def kind(frame):
    """The audit's name for a captured frame."""
    if frame.is_probe():
        return "ARP probe"
    if frame.is_announcement():
        return "ARP announcement"
    message = frame.dhcp
    if message is None:
        return None
    if message.type != wire.REQUEST:
        return "DHCP" + wire.TYPES[message.type]
    if message.ciaddr == wire.ANY:
        return "DHCPREQUEST, selecting"
    return ("DHCPREQUEST, rebinding" if frame.ip_destination == wire.EVERYONE
            else "DHCPREQUEST, renewing")


def live(lab, raw, *flags):
    """A whole life: lease, renewal, rebinding, conflict, DECLINE."""
    raw.lease = 60
    raw.options += [(58, struct.pack("!I", 2)), (59, struct.pack("!I", 4))]
    lab.own_script()
    client = lab.client("--arp-wait", "90", *flags)
    labs.wait_for("announcements", lambda: [
        frame for frame in lab.sent() if frame.is_announcement()])
    raw.mute = True
    labs.wait_for("rebinding", lambda: [
        frame for frame in lab.sent()
        if kind(frame) == "DHCPREQUEST, rebinding"])
    other = bytes.fromhex("020000000099")
    for _ in range(2):
        lab.inject(wire.build_arp(2, other, raw.address, raw.address))
    lab.wait_sent(wire.DECLINE)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0


@pytest.mark.parametrize("flags", [
    (), ("--client-id", "--request-options")], ids=["plain", "disclosing"])
def test_what_is_shown_is_what_is_sent(lab, raw, flags):
    if flags:
        lab.audited = {"client_id": True, "request_options": True}
    shown = {frame["name"]: frame for frame in told(lab, *flags)["frames"]}
    assert lab.sent() == []
    live(lab, raw, *flags)
    seen = set()
    for frame in lab.sent():
        name = kind(frame)
        if name is None:
            continue  # the kernel's own ARP
        octets = bytes.fromhex(shown[name]["octets"])
        if shown[name]["headers_by_kernel"]:
            got = mask_list(masked_message(frame.data[42:]))
            want = mask_list(masked_message(octets))
        else:
            got = mask_list(masked(frame.data))
            want = mask_list(masked(octets))
        assert got == want, name
        seen.add(name)
    assert seen == set(shown)


def mask_list(value):
    """Option 55 is in any order too."""
    if isinstance(value, (tuple, list)):
        if len(value) == 2 and value[0] == 55:
            return 55, sorted(value[1])
        return [mask_list(part) for part in value]
    return value


def test_checksums_are_right(lab):
    for frame in told(lab)["frames"]:
        data = bytes.fromhex(frame["octets"])
        if len(data) == 342:
            judge = wire.Judge(wire.Frame(data))
            wire.judge_ip(judge, wire.ANY, wire.EVERYONE, by_kernel=False)
            assert judge.wrong == []


def test_fields_tile_each_frame(lab):
    for frame in told(lab)["frames"]:
        at = 0
        for field in frame["fields"]:
            assert field["offset"] == at
            at += field["length"]
        assert 2 * at == len(frame["octets"])


def test_random_is_fresh_each_time(lab):
    xids = {field["value"] for _ in range(4)
            for field in told(lab)["frames"][0]["fields"]
            if field["name"] == "xid"}
    assert len(xids) == 4


# -- what it does not do ----------------------------------------------------

def test_nothing_is_opened_that_sends(lab):
    trace = lab.folder / "trace"
    trace.mkdir(mode=0o777)
    trace.chmod(0o777)
    status, out, _ = lab.command(
        *NOBODY[1:], "strace", "-f", "-o", str(trace / "calls"),
        "-e", "trace=network", labs.PROGRAM, "--audit", "cli0",
        program=NOBODY[0],
        env={"ASAN_OPTIONS": "detect_leaks=0"})  # which is a tracer itself
    assert status in (0, 2) and out
    calls = (trace / "calls").read_text()
    assert "socket(AF_INET" in calls  # it was traced at all
    for forbidden in ("AF_PACKET", "SOCK_RAW", "send", "connect", "bind("):
        assert forbidden not in calls
    assert lab.sent() == []


# -- the verdict ------------------------------------------------------------

def test_words_come_first(lab):
    status, out, errors = audit(lab)
    assert errors == ""
    verdict, _, rest = out.partition("What would be sent")
    assert "on cli0" in verdict.splitlines()[0]
    assert "no name, no vendor" in verdict
    assert "DHCPDISCOVER, 342 octets" in rest
    assert "not in it: host name (12)" in rest
    # only a DISCOVER can do without: a renewal names the address elsewhere
    assert rest.count("address of before") == 1
    assert "\033" not in out


def test_an_address_of_ones_own_choice(lab):
    lab.set_mac("cli0", "02:00:00:00:00:55")
    report = told(lab)
    assert "02:00:00:00:00:55" in texts(report, "messages", "good")
    assert texts(report, "link_layer_address", "good")


def test_a_second_client(lab):
    """A real dhclient, on a link that leads nowhere."""
    lab.ip(lab.inside, "link add dum0 type veth peer name dum1",
           "link set dum0 up", "link set dum1 up")
    assert not texts(told(lab, name="dum0", as_root=True), "dhcp_client",
                     "leak")
    lab.spawn(lab.inside, ["/sbin/dhclient", "-d", "-sf", "/bin/true", "-lf",
                           "/dev/null", "-pf", "/dev/null", "dum0"],
              "dhclient.log")
    labs.wait_for("dhclient to be seen", lambda: "dhclient" in texts(
        told(lab, name="dum0", as_root=True), "dhcp_client", "leak"))
    assert not texts(told(lab, as_root=True), "dhcp_client", "leak")  # not on cli0


def test_our_own_client_is_no_second_one(lab, raw):
    lab.client("--arp-wait", "0")
    lab.script.wait("BOUND")
    assert texts(told(lab, as_root=True), "dhcp_client", "good")


def test_many_notes_hide_no_leak(lab):
    """However many clients run, perhaps on it, the one that does is named,
    and so is a responder."""
    busy = lab.folder / "dhclient"
    busy.symlink_to("/bin/sleep")
    for n in range(60):
        lab.spawn(lab.inside, [str(busy), "1000"], f"sleep{n}.log")
    with labs.in_namespace(lab.inside, listen, 5353):
        labs.wait_for("clients to be seen", lambda: texts(
            told(lab, as_root=True), "dhcp_client", "note").count(
                "perhaps") >= 15)
        assert "mDNS" in texts(told(lab, as_root=True), "responder", "leak")
        assert not texts(told(lab, as_root=True), "dhcp_client", "leak")
        # as dhcpcd writes what it does in the place of its arguments
        lab.spawn(lab.inside, ["/bin/bash", "-c",
                               "exec -a 'dhcpcd: cli0 [ip4]' sleep 1000"],
                  "named.log")
        labs.wait_for("the one that is on it", lambda: texts(
            told(lab, as_root=True), "dhcp_client", "leak"))


def test_a_client_of_a_like_named_interface(lab):
    """It is on xcli0 or cli01, and not on cli0."""
    lab.spawn(lab.inside, ["/bin/bash", "-c",
                           "exec -a 'dhcpcd: xcli0 cli01' sleep 1000"],
              "named.log")
    labs.wait_for("the client to be seen", lambda: texts(
        told(lab, as_root=True), "dhcp_client", "note"))
    assert not texts(told(lab, as_root=True), "dhcp_client", "leak")


def test_managers(lab):
    index = lab.link("cli0")["ifindex"]
    path = lab.run / "NetworkManager/devices" / str(index)
    path.parent.mkdir(parents=True)
    path.write_text("[device]\nmanaged=0\n")
    assert texts(told(lab, as_root=True), "dhcp_client", "good")
    path.write_text("[device]\nmanaged=1\n")
    assert "NetworkManager" in texts(told(lab, as_root=True), "dhcp_client", "leak")
    path.unlink()
    path = lab.run / "systemd/netif/links" / str(index)
    path.parent.mkdir(parents=True)
    path.write_text("# This is private data.\nADMIN_STATE=configured\n")
    assert "networkd" in texts(told(lab, as_root=True), "dhcp_client", "note")
    lease = lab.run / "systemd/netif/leases" / str(index)
    lease.parent.mkdir()
    lease.write_text("ADDRESS=10.0.0.1\n")
    assert "networkd" in texts(told(lab, as_root=True), "dhcp_client", "leak")
    (lab.etc / "network").mkdir()
    (lab.etc / "network/interfaces").write_text(
        "auto cli0\niface cli0 inet dhcp\n")
    assert "/etc/network/interfaces" in texts(told(lab, as_root=True), "dhcp_client")


def listen(port):
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("0.0.0.0", port))
    return opened


@pytest.mark.parametrize("port, name", [(5353, "mDNS"), (5355, "LLMNR"),
                                        (137, "NetBIOS")])
def test_responders(lab, port, name):
    assert texts(told(lab), "responder", "good")
    with labs.in_namespace(lab.inside, listen, port):
        assert name in texts(told(lab), "responder", "leak")
        assert audit(lab)[0] == 2
    assert texts(told(lab), "responder", "good")


def ipv6_address(lab, address):
    labs.in_namespace(lab.inside, lambda: Path(
        "/proc/sys/net/ipv6/conf/dum0/disable_ipv6").write_text("0"))
    lab.ip(lab.inside, f"addr add {address}/64 dev dum0 nodad")


def test_ipv6(lab):
    if not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("a kernel without IPv6")
    lab.ip(lab.inside, "link add dum0 address 02:00:00:00:00:55 type veth peer "
           "name dum1", "link set dum1 up",
           "link set dum0 addrgenmode none", "link set dum0 up")
    assert texts(told(lab, name="dum0"), "ipv6", "good")
    ipv6_address(lab, "2001:db8::1:fe00:55")  # which is no EUI-64
    assert "none of them is made" in texts(told(lab, name="dum0"), "ipv6",
                                           "note")
    ipv6_address(lab, "2001:db8::ff:fe00:55")
    assert "made of its link-layer address" in texts(
        told(lab, name="dum0"), "ipv6", "note")
    ipv6_address(lab, "2001:db8::a8bb:ccff:fedd:eeff")
    assert "another" in texts(told(lab, name="dum0"), "ipv6", "leak")


def test_ipv6_addresses_that_stay(lab):
    """Stable privacy: the link-local address is made of the permanent
    link-layer address, and of no network."""
    lab.ip(lab.inside, "link add dum0 address 02:00:00:00:00:55 type veth peer "
           "name dum1", "link set dum0 up")
    ipv6_address(lab, "2001:db8::1")
    assert not texts(told(lab, name="dum0"), "ipv6", "leak")
    labs.in_namespace(lab.inside, lambda: Path(
        "/proc/sys/net/ipv6/conf/dum0/stable_secret").write_text(
            "2001:db8::5ec"))
    assert "same on every network" in texts(told(lab, name="dum0"), "ipv6",
                                            "leak")


def test_link_file(lab):
    index = lab.link("cli0")["ifindex"]
    assert texts(told(lab), "link_file", "note")
    (lab.run / "udev/data").mkdir(parents=True)
    file = lab.etc / "90-dhcpcanon.link"
    (lab.run / "udev/data" / f"n{index}").write_text(
        "E:ID_NET_DRIVER=veth\n"
        "E:ID_NET_LINK_FILE=/etc/90-dhcpcanon.link\n")
    assert texts(told(lab), "link_layer_address", "good")
    file.write_text("[Link]\nMACAddressPolicy=persistent\n")
    assert texts(told(lab), "link_file", "note")
    # of the machine-id: no random one, whatever its bits look like
    assert "same at every boot" in texts(told(lab), "link_layer_address",
                                         "note")
    file.write_text("[Link]\nMACAddressPolicy=random\n")
    assert "90-dhcpcanon.link" in texts(told(lab), "link_file", "good")


# -- the terminal -----------------------------------------------------------

def on_terminal(lab, env=None):
    """What is written to a terminal."""
    ours, its = pty.openpty()
    status = os.posix_spawnp(
        "nsenter", lab.enter([labs.PROGRAM, "--audit", "cli0"]),
        {**labs.CLEAN, **(env or {})},
        file_actions=[(os.POSIX_SPAWN_DUP2, its, 1)])
    os.close(its)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # its other end is closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    os.waitpid(status, 0)
    return written


def test_colours_are_for_terminals(lab):
    assert b"\033[" in on_terminal(lab)
    assert b"\033[" not in on_terminal(lab, {"NO_COLOR": "1"})
    assert b"\033[" in on_terminal(lab, {"NO_COLOR": ""})


# -- mistakes ---------------------------------------------------------------

@pytest.mark.parametrize("argv, reason", [
    (["--audit"], "name one interface"),
    (["--audit", "cli0", "cli1"], "name one interface"),
    (["--audit", "nosuch0"], "nosuch0: No such device"),
    (["--audit", "lo"], "lo: not an Ethernet interface"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_mistakes(lab, argv, reason):
    status, out, errors = lab.command(*argv)
    assert (status, out) == (1, "")
    assert reason in errors


def test_a_full_disk_is_no_success(lab):
    status, _, errors = lab.command(
        "-c", f"exec {labs.PROGRAM} --audit cli0 >/dev/full",
        program="/bin/sh")
    assert status == 1
    assert "standard output" in errors
