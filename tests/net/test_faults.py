"""Faults of the world around the program: frames that are odd or too many,
links that go away in each state, disks, deaths and descriptors.

Those that are not here:

    checksum not ready (a server on the same host)   test_wire.py
    broken messages, unacceptable replies            test_wire.py
    link down, deleted, renamed, carrier, conflicts  test_link.py, while bound
    script killed, hanging, missing, exit 1          test_scripts_faults.py
    worker killed by a signal, once and ever again   test_life.py
    monitor killed, worker stopped                   test_life.py
    files that cannot be opened                      test_life.py

The clock: CLOCK_REALTIME has no namespace, and the machine's is not ours to
set.  What follows once the kernel has said that it was set is in
unit/test_client.c (sleep_is_carrier_lost_and_back and those after it); that
the timer is armed such that the kernel says so, in unit/test_transport.c.
Here is a client whose clocks are far apart from the start.
"""

import os
import re
import signal
import struct
import sys
from pathlib import Path

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
FOREIGN = wire.mac_octets("02:00:00:00:00:66")
MASK = (1, wire.ip("255.255.255.0"))
FLOOD = Path(__file__).resolve().parent / "flood.py"


def status(lab, root="/", interface="cli0"):
    """The status file as a dictionary; `root`: of a client with a /run of
    its own."""
    folder = (lab.state if root == "/"
              else Path(root) / "run" / "dhcpcanon")
    try:
        text = (folder / f"{interface}.status").read_text()
    except FileNotFoundError:
        return {}
    return dict(line.split("=", 1) for line in text.splitlines())


def wait_state(lab, state, root="/"):
    labs.wait_for(f"state {state}",
                  lambda: status(lab, root).get("state") == state)


def wrapper(lab, name, shell):
    """A program to start in the client's place: does `shell`, whose last
    line ends with the client's own command, "$@" its arguments."""
    path = lab.folder / name
    path.write_text(f"#!/bin/sh -e\nPROGRAM={labs.PROGRAM}\n{shell}\n")
    path.chmod(0o755)
    return str(path)


# -- odd frames -------------------------------------------------------------

def with_octet(frame, at, change=0x10):
    return frame[:at] + bytes([frame[at] ^ change]) + frame[at + 1:]


def with_ip_options(frame, options):
    """The same datagram behind a longer IP header."""
    total = len(frame) - 14 + len(options)
    head = (bytes([0x40 | 5 + len(options) // 4]) + frame[15:16]
            + struct.pack("!H", total) + frame[18:24] + b"\0\0"
            + frame[26:34] + options)
    total = wire.internet_sum(head)
    head = head[:10] + struct.pack("!H", ~total & 0xffff) + head[12:]
    return frame[:14] + head + frame[34:]


def tagged(frame, vlan, ethertype=0x8100):
    return frame[:12] + struct.pack("!HH", ethertype, vlan) + frame[12:]


ROUTER_ALERT = bytes([148, 4, 0, 0])  # RFC 2113
RECORD_ROUTE = bytes([7, 39, 4]) + bytes(36) + b"\0"  # the longest there are
MORE_FRAGMENTS, DO_NOT_FRAGMENT, VLAN, PRIORITY = 0x2000, 0x4000, 5, 3 << 13

DROPPED = {
    "IP checksum": lambda frame, _: with_octet(frame(), 24),
    "UDP checksum": lambda frame, _: with_octet(frame(), 40),
    "bit of the message": lambda frame, _: with_octet(frame(), 42 + 17),
    "first fragment": lambda frame, _: frame(fragment=MORE_FRAGMENTS),
    "later fragment": lambda frame, _: frame(fragment=MORE_FRAGMENTS | 1),
    "last fragment": lambda frame, _: frame(fragment=1),
    "cut short": lambda frame, _: frame()[:-1],
    "IP options without end": lambda frame, _: with_octet(frame(), 14, 0x0a),
    "VLAN": lambda frame, _: tagged(frame(), VLAN),
    "VLAN with priority": lambda frame, _: tagged(frame(), PRIORITY | VLAN),
    "VLAN in VLAN": lambda frame, _: tagged(tagged(frame(), VLAN), VLAN,
                                            0x88a8),
    "to another host": lambda frame, _: frame(destination_mac=FOREIGN),
    "to a group": lambda frame, _: frame(
        destination_mac=wire.mac_octets("01:00:5e:00:00:01")),
}

TAKEN = {
    "no UDP checksum": lambda frame, _: frame()[:40] + b"\0\0" + frame()[42:],
    "one IP option": lambda frame, _: with_ip_options(frame(), ROUTER_ALERT),
    "full of IP options": lambda frame, _: with_ip_options(frame(),
                                                           RECORD_ROUTE),
    "not to be fragmented": lambda frame, _: frame(
        fragment=DO_NOT_FRAGMENT),
    "trailing octets": lambda frame, _: frame() + bytes(range(64)),
    "priority without VLAN": lambda frame, _: tagged(frame(), PRIORITY),
    "to our MAC alone": lambda frame, message: frame(
        destination_mac=message.chaddr),
}


def odd_frame(server, message, change, **fields):
    """The reply of a good server, with those fields, in an odd frame."""
    kind = wire.OFFER if message.type == wire.DISCOVER else wire.ACK
    payload = server.reply(message, kind, **fields)
    return change(lambda **of_frame: server.frame(
        payload, wire.EVERYONE, **of_frame), message)


@pytest.mark.parametrize("change", DROPPED.values(), ids=DROPPED)
def test_odd_frame_is_dropped(lab, raw, change):
    """An odd frame comes before each good one and would be taken first."""
    raw.answer = lambda server, message: [
        odd_frame(server, message, change, yiaddr=(
            "10.77.0.160" if message.type == wire.DISCOVER
            else server.address), options=[MASK, (15, b"odd.example")]),
        *labs.RawServer.good(server, message)]
    lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    assert bound["new_ip_address"] == raw.address
    assert bound.get("new_domain_name") is None
    assert [frame.dhcp.address(50) for frame in lab.sent(wire.REQUEST)] \
        == [raw.address]
    assert len(lab.sent(wire.DISCOVER)) == 1


@pytest.mark.parametrize("change", TAKEN.values(), ids=TAKEN)
def test_odd_frame_is_taken(lab, raw, change):
    raw.answer = lambda server, message: (
        [server.offer(message)] if message.type == wire.DISCOVER else
        [odd_frame(server, message, change)])
    lab.client(*QUICK)
    assert lab.script.wait("BOUND")["new_ip_address"] == raw.address
    assert len(lab.sent(wire.DISCOVER)) == len(lab.sent(wire.REQUEST)) == 1


# -- too many frames --------------------------------------------------------

RATE, SECONDS = 100_000, 5


def foreign_frames(lab):
    """What a busy network brings to every port, none of it for us."""
    def udp(ports, destination, payload=bytes(300), **fields):
        return wire.build_frame(payload, source_mac=FOREIGN,
                                source="10.77.0.9", ports=ports,
                                destination=destination, **fields)

    reply = wire.build_message(
        2, 7, FOREIGN, [(53, bytes([wire.ACK])), (54, wire.ip(labs.SERVER)),
                        (51, bytes([0, 0, 14, 16])), MASK],
        yiaddr="10.77.0.9")
    request = wire.build_message(1, 7, FOREIGN, [(53, bytes([1]))])
    return [
        udp((67, 68), wire.EVERYONE, reply),
        udp((68, 67), wire.EVERYONE, request),
        udp((5353, 5353), "224.0.0.251",
            destination_mac=wire.mac_octets("01:00:5e:00:00:fb")),
        udp((137, 137), "10.77.0.255"),
        udp((67, 68), "10.77.0.9", reply, destination_mac=FOREIGN),
        wire.build_arp(1, FOREIGN, "10.77.0.9", "10.77.0.10"),
        wire.build_arp(1, FOREIGN, wire.ANY, "10.77.0.11"),
        wire.build_arp(1, FOREIGN, "10.77.0.9", "10.77.0.9"),
        wire.BROADCAST_MAC + FOREIGN + b"\x86\xdd" + bytes(60),
    ]


def frames_to_us(lab, destination=wire.BROADCAST_MAC):
    """Replies that pass the filter, if the link layer says that they are for
    us, too: only the xid is not ours."""
    offered = [(53, bytes([wire.OFFER])), (54, wire.ip(labs.SERVER)),
               (51, bytes([0, 0, 14, 16])), MASK]
    return [wire.build_frame(
        wire.build_message(2, xid, lab.mac(), offered, yiaddr="10.77.0.9"),
        source_mac=FOREIGN, source=labs.SERVER, destination_mac=destination)
        for xid in range(16)]


class Flood:
    """RATE frames a second for SECONDS, from the port to the client; what
    processes do meanwhile."""

    def __init__(self, lab, frames, *pids):
        self.lab, self.pids = lab, pids
        path = lab.folder / "flood.hex"
        path.write_text("".join(frame.hex() + "\n" for frame in frames))
        self.before = [cpu_seconds(pid) for pid in pids]
        self.arrived = self.lab.received()
        self.process = lab.spawn(
            lab.wire, [sys.executable, str(FLOOD), "port0",
                       str(RATE * SECONDS), str(RATE), str(path)],
            "flood.log")
        self.process.wait_log("flood begins")

    def is_on(self):
        return self.process.is_alive()

    def wait(self):
        """How long it took, and the processor's seconds of each process."""
        assert self.process.wait(SECONDS + 2 * labs.PATIENCE) == 0
        seconds = float(re.search(r"in ([\d.]+) s", self.process.log)[1])
        assert self.lab.received() - self.arrived >= RATE * SECONDS
        return seconds, [cpu_seconds(pid) - before for pid, before
                         in zip(self.pids, self.before)]


def cpu_seconds(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def check_idle_in(flood):
    """The kernel drops what is foreign; a twentieth is for what the test
    itself asks of the client, and for a coarse clock."""
    seconds, spent = flood.wait()
    assert max(spent) <= seconds / 20, spent


def test_flood_while_bound(lab, raw):
    script = lab.own_script()
    client = lab.client("--arp-wait", "90")
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    flood = Flood(lab, foreign_frames(lab), client.pid,
                  labs.wait_worker(client.pid))
    client.signal(signal.SIGHUP)
    renewed = script.wait("RENEW")
    assert flood.is_on()
    check_idle_in(flood)
    client.signal(signal.SIGHUP)
    script.wait("RENEW", after=renewed)
    assert script.reasons() == ["PREINIT", "BOUND", "RENEW", "RENEW"]
    assert status(lab)["conflicts"] == "0"


def test_flood_while_selecting(lab, raw):
    raw.mute = True
    client = lab.client("--arp-wait", "90")
    lab.wait_sent(wire.DISCOVER)
    flood = Flood(lab, foreign_frames(lab), client.pid,
                  labs.wait_worker(client.pid))
    raw.mute = False
    client.signal(signal.SIGHUP)  # DISCOVER at once
    lab.script.wait("BOUND")
    assert flood.is_on()
    check_idle_in(flood)
    assert lab.script.reasons() == ["PREINIT", "BOUND"]


def check_log(client, seconds):
    """A flood of replies does not become one of lines."""
    lines = client.log.count("dropped")
    assert 0 < lines <= 5 * (seconds + labs.PATIENCE)


def test_flood_of_replies_while_bound(lab, raw):
    """These pass the filter; while none is awaited they cost nothing, the
    lease stands, and a renewal finds its reply."""
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    worker = labs.wait_worker(client.pid)
    check_idle_in(Flood(lab, frames_to_us(lab), client.pid, worker))
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert script.reasons() == ["PREINIT", "BOUND", "RENEW"]
    assert labs.workers(client.pid) == [worker]
    check_log(client, SECONDS)


def test_flood_of_replies_while_selecting(lab, raw):
    """The OFFER may be lost among them; one of the next is not."""
    raw.mute = True
    client = lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER)
    worker = labs.wait_worker(client.pid)
    flood = Flood(lab, frames_to_us(lab))
    raw.mute = False
    client.signal(signal.SIGHUP)
    bound = lab.script.wait("BOUND", timeout=SECONDS + 2 * labs.PATIENCE)
    assert bound["new_ip_address"] == raw.address
    seconds, _ = flood.wait()
    assert labs.workers(client.pid) == [worker]
    check_log(client, seconds)


# -- links that go away -----------------------------------------------------

def only_to(*answered):
    """A server that answers these (message type, is renewing) alone."""
    def answer(server, message):
        renewing = message.ciaddr != wire.ANY
        return (labs.RawServer.good(server, message)
                if (message.type, renewing) in answered else [])
    return answer


NEW_LEASE = ((wire.DISCOVER, False), (wire.REQUEST, False))


def times(t1, t2):
    return [(58, struct.pack("!I", t1)), (59, struct.pack("!I", t2))]


# How each state is come to, and stayed in: flags, what the server answers,
# options of its, hosts that are there.
STATES = {
    "INIT": ((*QUICK, "--delay-selecting"), only_to(), [], []),
    "SELECTING": (QUICK, only_to(), [], []),
    "REQUESTING": (QUICK, only_to((wire.DISCOVER, False)), [], []),
    "PROBING": (("--arp-wait", "9000"), only_to(*NEW_LEASE), [], []),
    "BOUND": (QUICK, only_to(*NEW_LEASE), [], []),
    "RENEWING": (QUICK, only_to(*NEW_LEASE), times(2, 40), []),
    "REBINDING": (QUICK, only_to(*NEW_LEASE), times(2, 4), []),
    "DECLINED": (("--arp-wait", "90"), only_to(*NEW_LEASE), [],
                 ["10.77.0.150/24"]),
}

HELD = ("BOUND", "RENEWING", "REBINDING")
REMADE = ["PREINIT", "BOUND", "EXPIRE", "PREINIT", "BOUND"]


def come_to(lab, raw, state):
    """A client in that state: it, and its script."""
    flags, answer, options, hosts = STATES[state]
    for address in hosts:
        lab.add_host(address)
    plain = raw.options
    raw.answer, raw.lease, raw.options = answer, 60, plain + options
    script = lab.own_script()
    client = lab.client(*flags)
    if state in HELD:
        script.wait("BOUND")
        labs.wait_for("address", lab.addresses)
    wait_state(lab, state)
    raw.options = plain
    return client, script


def check_anew(lab, raw, script, reasons):
    """Bound, as if nothing had been, to another address."""
    fresh = labs.wait_for("BOUND anew", lambda: [
        run for run in script.runs("BOUND")
        if run["new_ip_address"] == raw.address])[0]
    assert not any(name.startswith("old_") for name in fresh.env)
    assert script.reasons() == reasons
    labs.wait_for("new address alone",
                  lambda: lab.address() == f"{raw.address}/24")


def make_good(raw):
    raw.answer, raw.address = labs.RawServer.good, "10.77.0.151"


@pytest.mark.parametrize("state", STATES)
def test_deleted_and_made_again(lab, raw, state):
    client, script = come_to(lab, raw, state)
    worker = labs.wait_worker(client.pid)
    lab.remove_interface("cli0")
    labs.wait_for("end of the worker", lambda: not labs.workers(client.pid))
    make_good(raw)
    lab.add_interface("cli0")
    check_anew(lab, raw, script, REMADE if state in HELD else
               ["PREINIT", "PREINIT", "BOUND"])
    assert labs.wait_worker(client.pid) != worker
    assert status(lab)["workers_failed"] == "0"


@pytest.mark.parametrize("state", STATES)
def test_down_and_up(lab, raw, state):
    """ENETDOWN on every socket; the same worker goes on with them."""
    client, script = come_to(lab, raw, state)
    worker = labs.wait_worker(client.pid)
    lab.ip(lab.inside, "link set cli0 down")
    client.wait_log("carrier lost")
    make_good(raw)
    mark = lab.mark()
    lab.ip(lab.inside, "link set cli0 up")
    discover = lab.wait_sent(wire.DISCOVER, since=mark)
    assert discover.dhcp.secs == 0
    check_anew(lab, raw, script, REMADE if state in HELD else
               ["PREINIT", "BOUND"])
    assert labs.workers(client.pid) == [worker]
    assert "could not be sent" not in client.log


@pytest.mark.parametrize("change", ["deleted", "deleted and made again",
                                    "down"])
def test_link_lost_while_stopping(lab, raw, change):
    """STOPPED, the one state that is not come back from: it ends all the
    same, with status 0, once the script has ended."""
    path = lab.folder / "slow"
    os.mkfifo(path)
    lab.script.on("STOP", f"read -r _ <{path}")
    client = lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    client.signal(signal.SIGTERM)
    lab.script.wait("STOP")
    if change == "down":
        lab.ip(lab.inside, "link set cli0 down")
    else:
        lab.remove_interface("cli0")
    if change == "deleted and made again":
        lab.add_interface("cli0")
    path.write_text("\n")
    assert client.wait() == 0
    assert lab.script.reasons() == ["PREINIT", "BOUND", "STOP"]
    assert lab.script.runs()[-1]["old_ip_address"] == bound["new_ip_address"]


def test_replaced_at_once_again_and_again(lab, raw):
    """The new interface may be there before anybody looked for it."""
    client = lab.client(*QUICK)
    last = lab.script.wait("BOUND")
    for _ in range(10):
        lab.remove_interface("cli0")
        lab.add_interface("cli0")
        last = lab.script.wait("BOUND", after=last)
    assert client.is_alive()
    assert status(lab)["workers_failed"] == "0"


def waits_once(lab, reason):
    """The script's first run for `reason` waits until the fifo is written
    to."""
    path = lab.folder / "slow"
    os.mkfifo(path)
    lab.script.on(reason, f"if mkdir {lab.folder}/once 2>/dev/null; then\n"
                  f"read -r _ <{path}\nfi")
    return path


@pytest.mark.parametrize("reason", ["PREINIT", "BOUND"])
@pytest.mark.parametrize("fault", ["worker killed", "interface replaced"])
def test_while_the_script_runs(lab, raw, reason, fault):
    """No second script beside it; what it did is taken down after it."""
    path = waits_once(lab, reason)
    client = lab.client(*QUICK)
    running = lab.script.wait(reason)
    worker = labs.wait_worker(client.pid)
    if fault == "worker killed":
        os.kill(worker, signal.SIGKILL)
    else:
        lab.remove_interface("cli0")
    labs.wait_for("end of the worker", lambda: not labs.is_running(worker))
    if fault == "interface replaced":
        lab.add_interface("cli0")
    # the monitor has seen to it, and waits for the script
    client.wait_log("killed by signal 9" if fault == "worker killed"
                    else "the interface has gone")
    assert lab.script.runs(after=running) == []
    path.write_text("\n")
    lab.script.wait("BOUND", after=running)
    assert lab.script.reasons() == (
        ["PREINIT", "PREINIT", "BOUND"] if reason == "PREINIT" else REMADE)


# -- links that flap --------------------------------------------------------

LISTING = """#!/bin/sh
echo "$reason" >>LIST
"""

FOLLOWS = {None: {"PREINIT"}, "PREINIT": {"BOUND"}, "BOUND": {"EXPIRE"},
           "EXPIRE": {"PREINIT"}}


def listing_client(lab):
    """A client whose script only lists its reasons; the list."""
    path, listed = lab.folder / "listing", lab.folder / "listed"
    path.write_text(LISTING.replace("LIST", str(listed)))
    path.chmod(0o755)
    client = lab.client(*QUICK, script=str(path))

    def reasons():
        return listed.read_text().split() if listed.exists() else []

    wait_last(reasons, "BOUND")
    return client, reasons


def wait_last(reasons, *wanted):
    labs.wait_for(f"script {wanted}", lambda: reasons()[-1:] and
                  reasons()[-1] in wanted)


def forget_half_seen(lab):
    """What was sent when the wire was cut and the client had not yet heard of
    it is on no capture: the judge is spared exchanges that began so."""
    first = {}
    for frame in lab.sent():
        if frame.dhcp:
            first.setdefault(frame.dhcp.xid, frame.dhcp)
    capture, = lab.captures["cli0"]
    capture.frames = [frame for frame in capture.frames if not frame.dhcp
                      or frame.dhcp.xid not in first
                      or first[frame.dhcp.xid].secs == 0]


@pytest.mark.parametrize("namespace, link", [
    ("wire", "port0"), ("inside", "cli0")], ids=["carrier", "administrative"])
def test_a_thousand_flaps(lab, raw, namespace, link):
    """A hundred at once, ten times; after each hundred one that lasts until
    it is seen."""
    client, reasons = listing_client(lab)
    processes = (client.pid, labs.wait_worker(client.pid))
    before = [labs.descriptors(pid) for pid in processes]
    namespace = getattr(lab, namespace)
    for _ in range(10):
        lab.ip(namespace, *[f"link set {link} down",
                            f"link set {link} up"] * 100)
        wait_last(reasons, "BOUND")
        lab.ip(namespace, f"link set {link} down")
        wait_last(reasons, "EXPIRE", "PREINIT")
        lab.ip(namespace, f"link set {link} up")
        wait_last(reasons, "BOUND")
    seen = reasons()
    for previous, reason in zip([None] + seen, seen):
        assert reason in FOLLOWS[previous], seen
    assert seen.count("EXPIRE") >= 10
    assert [labs.descriptors(pid) for pid in processes] == before
    assert labs.workers(client.pid) == [processes[1]]
    assert status(lab)["workers_failed"] == "0"
    forget_half_seen(lab)


def test_flaps_that_rtnetlink_had_no_room_for(lab, raw):
    """The worker could not read meanwhile: what it was not told (ENOBUFS) it
    asks for, here that the link is down in the end."""
    client, reasons = listing_client(lab)
    worker = labs.wait_worker(client.pid)
    os.kill(worker, signal.SIGSTOP)
    lab.ip(lab.inside, *["link set cli0 down", "link set cli0 up"] * 1000,
           "link set cli0 down")
    os.kill(worker, signal.SIGCONT)
    # PREINIT: what was still in the queue said up for a moment
    wait_last(reasons, "EXPIRE", "PREINIT")
    lab.ip(lab.inside, "link set cli0 up")
    wait_last(reasons, "BOUND")
    assert labs.workers(client.pid) == [worker]


def test_status_is_the_last_state_of_many(lab, raw):
    """However much happened within a second, the file tells how it ended."""
    script = lab.own_script()
    client = lab.client(*QUICK)
    last = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    for _ in range(10):
        client.signal(signal.SIGHUP)
        last = script.wait("RENEW", after=last)
    raw.answer = lambda server, message: (
        [server.refuse(message)] if message.type == wire.REQUEST else [])
    client.signal(signal.SIGHUP)
    script.wait("EXPIRE")
    wait_state(lab, "SELECTING")


# -- disks ------------------------------------------------------------------

# A directory that is full or can't be written to, in the client's own mount
# namespace; nothing of it is seen outside.
SMALL = """
mkdir -p /run/dhcpcanon
mount -t tmpfs -o size=64k,mode=755 tmpfs /run/dhcpcanon
"""
FULL = "cat /dev/zero >/run/dhcpcanon/rest 2>/dev/null || true\n"
READ_ONLY = "mount -o remount,ro /run/dhcpcanon\n"
START = 'exec "$PROGRAM" "$@"\n'


def complaints(client, error):
    """The files that could not be written, as often as it was said."""
    return sorted(re.findall(rf"^/run/dhcpcanon/(\S+): {error}$", client.log,
                             re.MULTILINE))


@pytest.mark.parametrize("fault, error", [
    (FULL, "No space left on device"), (READ_ONLY, "Read-only file system")],
    ids=["full", "read-only"])
def test_no_file_can_be_written(lab, raw, fault, error):
    """Said once for each kind of file; the network comes first."""
    script = lab.own_script()
    client = lab.client(*QUICK, program=wrapper(
        lab, "start", SMALL + fault + START))
    last = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    for _ in range(3):
        client.signal(signal.SIGHUP)
        last = script.wait("RENEW", after=last)
    assert complaints(client, error) == ["cli0.leases", "cli0.pid",
                                         "cli0.status"]
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert script.reasons()[-1] == "STOP"
    assert lab.addresses() == []


def test_disk_that_fills_up_and_has_room_again(lab, raw):
    raw.mute = True
    script = lab.own_script()
    client = lab.client(*QUICK, program=wrapper(lab, "start", SMALL + START))
    root = f"/proc/{client.pid}/root"
    wait_state(lab, "SELECTING", root)
    folder = Path(root) / "run" / "dhcpcanon"
    with open(folder / "rest", "wb", buffering=0) as rest:
        with pytest.raises(OSError):
            while True:
                rest.write(bytes(4096))
    raw.mute = False
    client.signal(signal.SIGHUP)
    last = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    for _ in range(2):
        client.signal(signal.SIGHUP)
        last = script.wait("RENEW", after=last)
    assert complaints(client, "No space left on device") == [
        "cli0.leases", "cli0.status"]
    assert status(lab, root)["state"] == "SELECTING"  # whole, if old
    (folder / "rest").unlink()
    client.signal(signal.SIGHUP)
    script.wait("RENEW", after=last)
    client.signal(signal.SIGUSR1)
    labs.wait_for("status", lambda: status(lab, root)["state"] != "SELECTING")
    labs.wait_for("lease file", (folder / "cli0.leases").exists)
    # nothing half written is left; the script's own record is its affair
    assert {path.name for path in folder.glob("cli0.*")} - {
        "cli0.address"} == {"cli0.leases", "cli0.pid", "cli0.status"}


# -- descriptors ------------------------------------------------------------

DESCRIPTORS = """#!/usr/bin/python3 -I
import os
def link(n):
    try:
        return os.readlink(f"/proc/self/fd/{n}")
    except OSError:
        return "closed"
links = "\\n".join(link(n) for n in range(10))
with open("TOLD.new", "w") as told:
    told.write(links)
os.rename("TOLD.new", "TOLD." + os.environ["reason"])
"""


def closing(lab, descriptors):
    return wrapper(lab, "closed", 'exec "$PROGRAM" "$@" ' + " ".join(
        f"{n}>&-" for n in descriptors))


def descriptors_script(lab):
    path, told = lab.folder / "descriptors", lab.folder / "told"
    path.write_text(DESCRIPTORS.replace("TOLD", str(told)))
    path.chmod(0o755)

    def wait_told(reason):
        of_reason = Path(f"{told}.{reason}")
        return labs.wait_for(f"script {reason}", lambda: (
            of_reason.exists() and of_reason.read_text().splitlines()))

    return str(path), wait_told


def check_descriptors(found, closed):
    """Those that were closed are /dev/null, there are no others."""
    assert found[3:] == ["closed"] * 7
    assert all(found[n] == "/dev/null" for n in closed), found
    assert not any(link.startswith("socket:") for link in found), found


CLOSED = pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1),
                                            (0, 1, 2)], ids=str)


@CLOSED
def test_descriptors_closed_at_the_start(lab, raw, closed):
    path, told = descriptors_script(lab)
    client = lab.client(*QUICK, program=closing(lab, closed), script=path)
    wait_state(lab, "BOUND")
    for reason in ("PREINIT", "BOUND"):
        check_descriptors(told(reason), closed)
    worker = labs.wait_worker(client.pid)
    assert min(labs.descriptors(worker)) > 2
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    check_descriptors(told("STOP"), closed)


@CLOSED
def test_descriptors_closed_at_the_start_in_the_background(lab, raw, closed):
    """The parent returns all the same when there is a lease."""
    path, told = descriptors_script(lab)
    status, _, _ = lab.command(*QUICK, "-sf", path, "cli0",
                               program=closing(lab, closed))
    assert status == 0
    pid = lab.background_pid()
    wait_state(lab, "BOUND")
    for reason in ("PREINIT", "BOUND"):
        check_descriptors(told(reason), closed)
    for descriptor in (0, 1, 2):
        assert os.readlink(f"/proc/{pid}/fd/{descriptor}") == "/dev/null"
    os.kill(pid, signal.SIGTERM)
    labs.wait_for("end", lambda: not labs.is_running(pid))
    check_descriptors(told("STOP"), (0, 1, 2))


# -- clocks -----------------------------------------------------------------

def test_clocks_that_were_apart_before_the_start(lab, raw):
    """BOOTTIME is ten days ahead of MONOTONIC, as after as long a sleep: no
    resume, and times that are right."""
    script = lab.own_script()
    client = lab.client(*QUICK, program=wrapper(
        lab, "apart", 'exec unshare --time --boottime 864000 --kill-child '
        '"$PROGRAM" "$@"'))
    bound = script.wait("BOUND")
    assert abs(int(bound["new_expiry"]) - bound.time - raw.lease) <= 3
    labs.wait_for("address", lab.addresses)
    os.kill(int(bound["pid"]), signal.SIGHUP)
    script.wait("RENEW")
    assert "resumed" not in client.log
