"""Scripts that are slow, fail, hang or are not there; and what a script
inherits."""

import json
import os
import resource
import signal
import struct
import time

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0", "--decline-wait-time", "1")


# The address alone, so that a renewal can leave from it.
CONFIGURE = 'ip addr add "$new_ip_address/24" dev "$interface"'


def declined_then_another(server, message):
    """A good server, with another address after a DECLINE."""
    if message.type == wire.DECLINE:
        server.address = "10.77.0.151"
    return labs.RawServer.good(server, message)


def once(script, shell):
    """Shell text that does `shell` the first time only."""
    return (f"if mkdir {script.folder}/once 2>/dev/null; then\n{shell}\nfi")


def test_failing_script_declines_at_bound(lab, raw):
    raw.answer = declined_then_another
    lab.script.on("BOUND", once(lab.script, "exit 1"))
    client = lab.client(*QUICK)
    first = lab.script.wait("BOUND")
    second = lab.script.wait("BOUND", after=first)
    assert first["new_ip_address"] == "10.77.0.150"
    assert second["new_ip_address"] == "10.77.0.151"
    decline, = lab.sent(wire.DECLINE)
    assert decline.dhcp.address(50) == "10.77.0.150"
    discover = lab.sent(wire.DISCOVER)[1]
    assert 1 - 0.05 <= discover.time - decline.time <= 4 + wire.LATE
    client.wait_log("script refused 10.77.0.150")


def test_failing_script_declines_at_renew(lab, raw):
    raw.answer = declined_then_another
    script = lab.own_script()
    script.on("RENEW", "exit 7")
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    client.signal(signal.SIGHUP)
    expired = script.wait("EXPIRE")
    assert lab.wait_sent(wire.DECLINE).dhcp.address(50) == "10.77.0.150"
    again = script.wait("BOUND", after=expired)
    assert again["new_ip_address"] == "10.77.0.151"
    labs.wait_for("new address alone",
                  lambda: lab.address() == "10.77.0.151/24")


def test_only_one_try_and_the_script_fails(lab, raw):
    lab.script.on("BOUND", "exit 1")
    client = lab.client(*QUICK, "-1")
    assert client.wait() == 2
    assert "FAIL" in lab.script.reasons()
    assert len(lab.sent(wire.DECLINE)) == 1


@pytest.mark.parametrize("reason", ["PREINIT", "EXPIRE", "STOP"])
def test_failing_elsewhere_does_not_matter(lab, raw, reason):
    script = lab.own_script()
    script.on(reason, "exit 1")
    client = lab.client(*QUICK)
    bound = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    raw.nak = True
    client.signal(signal.SIGHUP)
    expired = script.wait("EXPIRE")
    raw.nak = False
    client.wait_log(f"script for {reason} exited with status 1"
                    if reason != "STOP" else "DHCPNAK")
    script.wait("BOUND", after=expired)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert script.reasons()[-1] == "STOP"
    assert expired["old_ip_address"] == bound["new_ip_address"]
    assert lab.sent(wire.DECLINE) == []


def test_killed_script_leaves_the_lease(lab, raw):
    lab.script.on("BOUND", "kill -KILL $$")
    client = lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    client.wait_log("script")
    client.signal(signal.SIGUSR1)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    stop = lab.script.runs()[-1]
    assert stop.reason == "STOP"
    assert stop["old_ip_address"] == bound["new_ip_address"]
    assert lab.sent(wire.DECLINE) == []


def fifo(lab, name):
    path = lab.folder / name
    os.mkfifo(path)
    return path


def release(path):
    """Lets the script go that reads the fifo."""
    with open(path, "w"):
        pass


def test_slow_script_delays_no_packet(lab, raw):
    """While BOUND is being worked on, T1 passes twice and the client renews;
    the script hears of it afterwards, once."""
    raw.lease = 40
    raw.options += [(58, struct.pack("!I", 2)), (59, struct.pack("!I", 30))]
    path = fifo(lab, "slow")
    lab.script.on("BOUND", f"{CONFIGURE}\nread -r _ <{path}")
    lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    lab.wait_sent(wire.REQUEST, 3)
    assert lab.script.runs(after=bound) == []
    release(path)
    told = lab.script.wait("RENEW", after=bound)
    assert told["new_ip_address"] == raw.address
    assert told["old_expiry"] == bound["new_expiry"]


def test_slow_script_hears_only_what_is_still_true(lab, raw):
    """Refused while BOUND is being worked on: then EXPIRE, and all anew."""
    raw.lease = 40
    raw.options += [(58, struct.pack("!I", 2)), (59, struct.pack("!I", 4))]
    path = fifo(lab, "slow")
    lab.script.on("BOUND", once(lab.script,
                                f"{CONFIGURE}\nread -r _ <{path}"))
    client = lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    raw.nak = True
    client.wait_log("DHCPNAK")
    raw.nak = False
    release(path)
    lab.script.wait("BOUND", after=bound)
    assert lab.script.reasons() == ["PREINIT", "BOUND", "EXPIRE", "PREINIT",
                                    "BOUND"]


def test_hanging_script_does_not_hold_up_the_end(lab, raw):
    """SIGTERM: the script gets 2 s more, then STOP is told."""
    path = fifo(lab, "never")
    lab.script.on("BOUND", f"read -r _ <{path}")
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    stop = lab.script.runs()[-1]
    assert (stop.reason, stop["old_ip_address"]) == ("STOP", raw.address)


def test_interfaces_do_not_wait_for_each_other(lab, raw):
    def answer(server, message):
        server.address = ("10.77.0.151" if message.chaddr == lab.mac("cli1")
                          else "10.77.0.150")
        return labs.RawServer.good(server, message)

    lab.add_interface("cli1")
    raw.answer = answer
    path = fifo(lab, "slow")
    lab.script.on("PREINIT", f'[ "$interface" != cli0 ] || read -r _ <{path}')
    lab.client(*QUICK, interfaces=("cli0", "cli1"))
    lab.script.wait("BOUND", interface="cli1")
    assert lab.script.reasons("cli0") == ["PREINIT"]
    assert lab.sent(name="cli0") == []
    release(path)
    lab.script.wait("BOUND", interface="cli0")


@pytest.mark.slow
def test_hanging_script_is_killed_with_its_children(lab, raw):
    """After 75 s; the lease stands."""
    path = fifo(lab, "never")
    pids = lab.folder / "pids"
    lab.script.on("BOUND", f"read -r _ <{path} &\necho $$ $! >{pids}\nwait")
    client = lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    labs.wait_for("pids", lambda: pids.exists() and pids.read_text())
    script, child = map(int, pids.read_text().split())
    assert labs.is_running(script) and labs.is_running(child)
    labs.wait_for("end of the script", lambda: not labs.is_running(script),
                  timeout=75 + labs.PATIENCE)
    assert time.time() - bound.time >= 74
    labs.wait_for("end of its child", lambda: not labs.is_running(child))
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    stop = lab.script.runs()[-1]
    assert (stop.reason, stop["old_ip_address"]) == ("STOP", raw.address)
    assert lab.sent(wire.DECLINE) == []


@pytest.mark.parametrize("fault", ["missing", "not executable"])
def test_script_that_cannot_run_at_the_start(lab, raw, fault):
    path = lab.folder / "other"
    if fault == "not executable":
        path.write_text("#!/bin/sh\n")
        path.chmod(0o644)
    status, out, errors = lab.command("-d", *QUICK, "-sf", str(path), "cli0")
    assert status == 1
    assert out == "" and str(path) in errors
    assert lab.sent() == []


def test_script_that_is_removed_later(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    os.rename(script.path, script.path + ".gone")
    client.signal(signal.SIGHUP)
    client.wait_log(r"script.*(No such file|not|could)")
    os.rename(script.path + ".gone", script.path)
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert lab.sent(wire.DECLINE) == []


def test_environment_is_ours_alone(lab, raw):
    lab.client(*QUICK, "-e", "IF_METRIC=7", "-e", "FOO=bar",
               "-e", "new_ip_address=192.0.2.1", "-e", "reason=FAIL",
               env={"LD_SECRET": "1", "LANG": "tlh"})
    bound = lab.script.wait("BOUND")
    assert bound["IF_METRIC"] == "7" and bound["FOO"] == "bar"
    assert bound["new_ip_address"] == raw.address
    assert bound["dad_wait_time"] == "0"
    assert bound["PATH"] == "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"
    assert not {"LD_SECRET", "LANG"} & set(bound.env)


INHERITED = """#!/usr/bin/python3 -I
import json, os, resource
def link(n):
    try:
        return os.readlink("/proc/self/fd/" + n)
    except OSError:  # that of listdir
        return None
fds = {n: link(n) for n in os.listdir("/proc/self/fd")}
told = {"fds": {n: where for n, where in fds.items() if where},
        "cmdline": open("/proc/self/cmdline").read(),
        "descriptors": resource.getrlimit(resource.RLIMIT_NOFILE),
        "status": open("/proc/self/status").read()}
if os.environ["reason"] == "PREINIT":
    json.dump(told, open("TOLD", "w"))
"""


def test_what_a_script_inherits(lab, raw):
    """Three descriptors, clean signals, root's privileges, and the limits
    that the caller has."""
    path, told = lab.folder / "plain", lab.folder / "told"
    path.write_text(INHERITED.replace("TOLD", str(told)))
    path.chmod(0o755)
    client = lab.client(*QUICK, script=str(path), program="prlimit", mode=(
        "--nofile=100:200", labs.PROGRAM, "-d", "-v"))
    lab.wait_sent(wire.DISCOVER)  # PREINIT is over
    told = json.loads(told.read_text())
    assert set(told["fds"]) == {"0", "1", "2"}
    assert told["descriptors"] == [100, 200]
    assert resource.prlimit(client.pid, resource.RLIMIT_NOFILE) == (200, 200)
    assert told["cmdline"].split("\0")[-2:] == [str(path), ""]
    status = labs.parse_status(told["status"])
    assert int(status["SigBlk"], 16) == 0
    # SIGPIPE and SIGXFSZ: Python's own habit
    assert int(status["SigIgn"], 16) & ~(1 << 12 | 1 << 24) == 0
    # a script started by root is root's
    assert status["Uid"].split() == ["0"] * 4
    assert int(status["CapEff"], 16) & 1 << 12
