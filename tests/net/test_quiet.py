"""What a bound client does when nothing happens to it: nothing.

How often a process has slept is the kernel's count, which rises with each
wake-up.  That it has not risen is shown once something else has woken it up:
a status file that was asked for is there, and the count has risen by what
that takes.
"""

import os
import re
import signal
from pathlib import Path

import pytest

import lab as labs
import wire
from lab import sleeps, wait_for
from test_faults import foreign_frames, frames_to_us, status

BOUND = ("--arp-wait", "0")
OTHER_LINKS = 100
AT_REST = "S (sleeping)"
PPOLL = 271  # its number on x86-64


def wait_at_rest(*pids):
    """Until all sleep, as a moment ago; how often each has."""
    def counts():
        return [(labs.process_status(pid)["State"], sleeps(pid))
                for pid in pids]

    def are_at_rest():
        before = counts()
        return before == counts() and all(
            state == AT_REST for state, _ in before)

    wait_for("processes at rest", are_at_rest)
    return [sleeps(pid) for pid in pids]


def waits_in(pid):
    """The system call that a process sleeps in, and its arguments."""
    number, *rest = Path(f"/proc/{pid}/syscall").read_text().split()
    return int(number), [int(argument, 16) for argument in rest[:6]]


def timers(pid):
    """Seconds until each armed timer of a process fires."""
    found = {}
    for path in Path(f"/proc/{pid}/fdinfo").iterdir():
        value = re.search(r"^it_value: \((\d+), (\d+)\)", path.read_text(),
                          re.MULTILINE)
        if value and value.groups() != ("0", "0"):
            found[int(path.name)] = int(value[1])
    return found


def start(lab, interface="cli0"):
    """A client that is bound and has no more to do: monitor and worker.
    It is given cli0, or takes what there is."""
    client = lab.client(
        *BOUND, interfaces=("cli0",) if interface == "cli0" else (),
        env={"container": "lab"})
    lab.script.wait("BOUND")
    wait_for("lease", (lab.state / f"{interface}.leases").exists)
    return client.pid, labs.wait_worker(client.pid)


def report(lab, monitor, interface):
    """Has the status file written anew, and waits for it."""
    path = lab.state / f"{interface}.status"
    path.unlink()
    os.kill(monitor, signal.SIGUSR1)
    wait_for("status", path.exists)


def test_no_timer_but_the_renewal(lab, raw):
    """The monitor waits without a limit; the worker's one timer is T1's, the
    other tells of a sleep and never fires."""
    monitor, worker = start(lab)
    wait_at_rest(monitor, worker)
    for pid in (monitor, worker):
        call, arguments = waits_in(pid)
        assert call == PPOLL and arguments[2] == 0, (call, arguments)
    assert timers(monitor) == {}
    renewal, never = sorted(timers(worker).values())
    assert raw.lease / 2 - 10 < renewal <= raw.lease / 2 + 1
    assert never > 10 ** 9


def test_timer_of_the_second_announcement_is_the_last(lab, raw):
    client = lab.client("--arp-wait", "90")
    wait_for("two announcements", lambda: [
        frame for frame in lab.sent()
        if frame.is_announcement(raw.address)][1:])
    worker = labs.wait_worker(client.pid)
    wait_at_rest(worker)
    assert min(timers(worker).values()) > raw.lease / 2 - 10


@pytest.mark.parametrize("interface", ["cli0", "eth1"])
def test_other_links_do_not_wake_a_worker(lab, raw, interface):
    """A busy host has hundreds of them.  The monitor hears of them only if
    it is to hold whatever comes."""
    lab.add_interface("eth1")
    monitor, worker = start(lab, interface)
    before = wait_at_rest(monitor, worker)
    lab.ip(lab.inside, *(line for n in range(OTHER_LINKS) for line in (
        f"link add other{n} type bridge", f"link set other{n} up",
        f"link set other{n} mtu 1400", f"link del other{n}")))
    after = wait_at_rest(monitor, worker)
    assert after[1] == before[1]
    assert (after[0] == before[0]) == (interface == "cli0")
    report(lab, monitor, interface)
    assert wait_at_rest(worker)[0] == after[1] + 1


def dropped(lab):
    return sum(int(value) for name, value in status(lab).items()
               if name.startswith("dropped_"))


def test_frames_wake_nobody_while_none_is_awaited(lab, raw):
    """Neither those of others, which the filter drops, nor replies to us,
    which are dropped and counted once something else has happened."""
    monitor, worker = start(lab)
    before = wait_at_rest(monitor, worker)
    arrived = lab.received()
    to_us = frames_to_us(lab)
    frames = foreign_frames(lab) + to_us
    for frame in frames:
        lab.inject(frame)
    wait_for("frames", lambda: lab.received() >= arrived + len(frames))
    assert wait_at_rest(monitor, worker) == before
    assert dropped(lab) == 0
    report(lab, monitor, "cli0")
    wait_for("the count", lambda: dropped(lab) == len(to_us))
    assert wait_at_rest(worker)[0] == before[1] + 1


def queued(lab):
    """Octets that wait in the client's sockets for packets."""
    lines = labs.sh("ip", "netns", "exec", lab.inside, "cat",
                    "/proc/net/packet").splitlines()[1:]
    return sum(int(line.split()[6]) for line in lines)


@pytest.mark.parametrize("destination, are_for_us", [
    ("ff:ff:ff:ff:ff:ff", True), ("own", True),
    ("01:00:5e:00:00:01", False), ("02:00:00:00:00:77", False)])
def test_replies_that_nobody_awaited_leave_room_for_those_that_are(
        lab, raw, destination, are_for_us):
    """More than the socket holds; then a renewal, at the first try."""
    lab.own_script()
    monitor, worker = start(lab)
    wait_at_rest(monitor, worker)
    arrived = lab.received()
    frames = frames_to_us(lab, lab.mac() if destination == "own"
                          else wire.mac_octets(destination))
    for n in range(2000):
        lab.inject(frames[n % len(frames)])
    wait_for("frames", lambda: lab.received() >= arrived + 2000)
    assert (queued(lab) > 0) == are_for_us
    report(lab, monitor, "cli0")
    wait_for("an empty queue", lambda: queued(lab) == 0)
    os.kill(monitor, signal.SIGHUP)
    lab.script.wait("RENEW")
    assert (0 < dropped(lab) < 2000) == are_for_us
    assert len(lab.sent(wire.REQUEST)) == 2
