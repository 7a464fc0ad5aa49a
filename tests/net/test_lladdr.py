"""The link-layer address: --random-mac, --require-random-mac, the warning."""

import os
import signal

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
GLOBAL = "00:11:22:33:44:55"
LOCAL = "02:00:00:00:00:77"
LOCAL_BIT, GROUP_BIT = 2, 1

# No device that can be made here has an address of its own, so the kernel is
# made to say so of one.
HARDWARE = """#!/bin/sh
mount --bind FOLDER/assigned /sys/class/net/cli0/addr_assign_type
exec PROGRAM "$@"
"""


@pytest.fixture
def hardware(lab):
    """The program where cli0's address is a manufacturer's, and permanent."""
    lab.set_mac("cli0", GLOBAL)
    (lab.folder / "assigned").write_text("0\n")
    path = lab.folder / "on-hardware"
    path.write_text(HARDWARE.replace("FOLDER", str(lab.folder))
                    .replace("PROGRAM", labs.PROGRAM))
    path.chmod(0o755)
    return str(path)


def is_random(mac):
    return mac[0] & LOCAL_BIT and not mac[0] & GROUP_BIT


def status(lab):
    return dict(line.split("=", 1) for line in
                (lab.state / "cli0.status").read_text().splitlines())


def wait_kind(lab, kind):
    labs.wait_for(f"status {kind}", lambda: (lab.state / "cli0.status")
                  .exists() and status(lab).get("lladdr") == kind)


def sources(lab, since=0):
    """Each source address of the client's frames, in order, once."""
    return list(dict.fromkeys(f.source for f in lab.sent(since=since)))


# -- what the log says ------------------------------------------------------

def test_hardware_address_is_warned_of(lab, raw, hardware):
    client = lab.client(*QUICK, program=hardware)
    lab.script.wait("BOUND")
    assert client.log.count("can be tracked") == 1
    assert GLOBAL not in client.log
    wait_kind(lab, "permanent")


def test_random_address_is_not_warned_of(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    assert "tracked" not in client.log
    wait_kind(lab, "random")


def test_address_that_nobody_knows_about(lab, raw):
    """Of a manufacturer's, and set by somebody."""
    lab.set_mac("cli0", GLOBAL)
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    assert "tracked" not in client.log
    wait_kind(lab, "unknown")


# -- --require-random-mac ---------------------------------------------------

def test_required_and_there(lab, raw):
    lab.client(*QUICK, "--require-random-mac")
    lab.script.wait("BOUND")


@pytest.mark.parametrize("kind", ["permanent", "unknown"])
def test_required_and_not_there(lab, raw, hardware, kind):
    client = lab.client("--require-random-mac", program=hardware
                        if kind == "permanent" else labs.PROGRAM)
    assert client.wait() == 1
    assert (f"cli0: refused, its link-layer address is {kind} "
            "(--require-random-mac)") in client.log
    assert lab.sent() == []
    assert lab.script.runs() == []


def test_required_and_lost(lab, raw):
    """A replug or a reset brings the hardware's back: nothing is sent from
    it, and what was announced is taken down."""
    client = lab.client(*QUICK, "--require-random-mac")
    lab.script.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    before = lab.mac()
    lab.set_mac("cli0", GLOBAL)
    expired = lab.script.wait("EXPIRE")
    client.wait_log("refused, its link-layer address is unknown")
    assert worker not in labs.workers(client.pid)
    lab.set_mac("cli0", LOCAL)
    lab.script.wait("BOUND", after=expired)
    assert sources(lab) == [before, wire.mac_octets(LOCAL)]
    assert client.log.count("refused, ") == 1


def test_required_and_lost_when_no_interface_is_named(lab, raw, hardware):
    """One that may not be used is waited for like any other."""
    env = {"container": "test"}  # where eth0 counts although it is a veth
    lab.ip(lab.inside, "link set cli0 down", "link set cli0 name eth0",
           "link set eth0 up")
    client = lab.client(*QUICK, "--require-random-mac", interfaces=(),
                        env=env)
    client.wait_log("eth0: refused, its link-layer address is unknown")
    assert client.is_alive()
    assert lab.sent() == []
    lab.macs["cli0"].add(wire.mac_octets(LOCAL))
    lab.ip(lab.inside, f"link set eth0 address {LOCAL}")
    lab.script.wait("BOUND")
    assert sources(lab) == [wire.mac_octets(LOCAL)]


@pytest.mark.parametrize("kind", ["permanent", "unknown"])
def test_required_for_a_dry_run_too(lab, raw, hardware, kind):
    status, out, errors = lab.command(
        "--dry-run", "cli0", "--timeout", "1", "--require-random-mac",
        program=hardware if kind == "permanent" else labs.PROGRAM)
    assert (status, out) == (1, "")
    assert f"cli0: refused, its link-layer address is {kind} " in errors
    assert lab.sent() == []


def test_a_dry_run_warns_of_the_hardwares_address(lab, raw, hardware):
    status, _, errors = lab.command("--dry-run", "cli0", "--timeout", "1",
                                    program=hardware)
    assert status == 0
    assert "can be tracked" in errors and GLOBAL not in errors


# -- --random-mac -----------------------------------------------------------

@pytest.mark.parametrize("state", ["up", "down"])
def test_fresh_address_before_the_first_frame(lab, raw, hardware, state):
    lab.ip(lab.inside, f"link set cli0 {state}")
    script = lab.own_script()
    client = lab.client(*QUICK, "--random-mac", "--require-random-mac",
                        program=hardware)
    script.wait("BOUND")
    fresh = lab.note_mac("cli0")
    assert is_random(fresh)
    assert sources(lab) == [fresh]
    assert "tracked" not in client.log
    assert wire.mac_octets(GLOBAL) not in b"".join(
        frame.data for frame in lab.sent())
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.mac() == fresh


def test_each_worker_has_a_fresh_one(lab, raw):
    """And none changes during a lease."""
    script = lab.own_script()
    client = lab.client(*QUICK, "--random-mac")
    bound = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    first = lab.note_mac("cli0")
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert lab.mac() == first
    os.kill(labs.wait_worker(client.pid), signal.SIGKILL)
    expired = script.wait("EXPIRE", after=bound)
    script.wait("BOUND", after=expired)
    second = lab.note_mac("cli0")
    assert second != first and is_random(second)
    assert sources(lab) == [first, second]


def test_somebody_else_sets_one(lab, raw):
    """A driver that resets the link brings the hardware's back: that is
    replaced again before anything is sent."""
    lab.client(*QUICK, "--random-mac")
    bound = lab.script.wait("BOUND")
    first = lab.note_mac("cli0")
    lab.set_mac("cli0", GLOBAL)
    expired = lab.script.wait("EXPIRE", after=bound)
    lab.script.wait("BOUND", after=expired)
    second = lab.note_mac("cli0")
    assert sources(lab) == [first, second]
    assert second != wire.mac_octets(GLOBAL) and is_random(second)


def traced(lab, log, *tracing):
    """The program under strace: the names of its ioctls, and its errors."""
    log = lab.folder / log
    _, _, errors = lab.command(
        "-o", str(log), "-e", "trace=ioctl", *tracing, labs.PROGRAM, "-1",
        "-d", *QUICK, "--random-mac", "-timeout", "1", "-sf", "/bin/true",
        "cli0", program="strace",
        env={"ASAN_OPTIONS": "detect_leaks=0"})  # which is a tracer itself
    return [line.split(", ")[1] for line in log.read_text().splitlines()
            if line.startswith("ioctl(")], errors


def test_a_link_that_takes_no_other_address(lab):
    """It is not used, and is up again.  No device that can be made here
    refuses one, so the kernel's answer is replaced."""
    calls, _ = traced(lab, "first")
    lab.note_mac("cli0")
    mark = lab.mark()
    sets = calls.index("SIOCSIFHWADDR") + 1
    _, errors = traced(lab, "second", "-e",
                       f"inject=ioctl:error=EOPNOTSUPP:when={sets}")
    assert "cli0: setting a random address: Operation not supp" in errors
    assert "UP" in lab.link("cli0")["flags"]
    assert [frame for frame in lab.sent(since=mark) if frame.dhcp] == []
