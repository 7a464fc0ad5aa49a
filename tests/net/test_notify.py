"""What a service manager is told (sd_notify(3)), word for word; we are it."""

import os
import re
import signal
import socket

import pytest

import lab as labs
import wire
from lab import wait_for


class Manager:
    """The socket that $NOTIFY_SOCKET names, and what came in by it."""

    def __init__(self, lab):
        self.path = str(lab.folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.setblocking(False)
        self.said = []
        lab.closers.append(self.socket.close)

    def listen(self):
        while True:
            try:
                self.said.append(self.socket.recv(4096).decode())
            except BlockingIOError:
                return self.said

    def wait(self, pattern, count=1):
        """The `count`th message that is `pattern`."""
        return wait_for(f"{count} {pattern!r}", lambda: [
            text for text in self.listen()
            if re.fullmatch(pattern, text)][count - 1:])[0]

    def how_often(self, text):
        return self.listen().count(text)


@pytest.fixture
def manager(lab):
    return Manager(lab)


def start(lab, manager, *flags, **env):
    """As a service: no fork, so that this is the monitor's pid."""
    return lab.client("--arp-wait", "0", *flags, mode=(),
                      env={"NOTIFY_SOCKET": manager.path, **env})


def test_ready_at_the_first_lease_and_once(lab, raw, manager):
    raw.mute = True
    client = start(lab, manager)
    manager.wait("STATUS=cli0: no lease, SELECTING")
    assert manager.how_often("READY=1") == 0
    raw.mute = False
    lab.script.wait("BOUND")
    manager.wait("READY=1")
    manager.wait("STATUS=cli0: bound to 10.77.0.150")
    lab.ip(lab.wire, "link set port0 down")
    lab.script.wait("EXPIRE")
    manager.wait("STATUS=cli0: no lease, INIT")
    lab.ip(lab.wire, "link set port0 up")
    manager.wait("STATUS=cli0: bound to 10.77.0.150", 2)
    assert client.is_alive()
    assert manager.how_often("READY=1") == 1


def test_ready_without_a_lease_when_its_time_is_over(lab, raw, manager):
    raw.mute = True
    client = start(lab, manager, "-timeout", "1")
    manager.wait("READY=1")
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    assert client.is_alive()


def test_never_ready_if_it_gives_up(lab, raw, manager):
    raw.mute = True
    client = start(lab, manager, "-1", "-timeout", "1")
    assert client.wait() == 2
    assert manager.how_often("READY=1") == 0
    assert manager.listen()[-1] == "STOPPING=1"


def test_reload_is_framed(lab, raw, manager):
    lab.own_script()  # renewal takes the address
    client = start(lab, manager)
    manager.wait("READY=1")
    client.signal(signal.SIGHUP)
    reloading = manager.wait(r"RELOADING=1\nMONOTONIC_USEC=\d+")
    manager.wait("READY=1", 2)
    said = manager.listen()
    assert said.index(reloading) < len(said) - 1 - said[::-1].index("READY=1")
    lab.script.wait("RENEW")


def test_reload_before_it_is_ready_makes_it_not_ready(lab, raw, manager):
    raw.mute = True
    client = start(lab, manager)
    lab.wait_sent(wire.DISCOVER)
    client.signal(signal.SIGHUP)
    lab.wait_sent(wire.DISCOVER, 2)
    assert [text for text in manager.listen()
            if "READY" in text or "RELOADING" in text] == []


def test_stopping_comes_before_the_script(lab, raw, manager):
    client = start(lab, manager)
    manager.wait("READY=1")
    lab.script.on("STOP", f"while ! [ -e {lab.folder}/go ]; do sleep 0.01; "
                  "done")
    client.signal(signal.SIGTERM)
    manager.wait("STOPPING=1")
    (lab.folder / "go").touch()
    assert client.wait() == 0
    assert lab.script.reasons()[-1] == "STOP"


def test_watchdog_is_fed_while_all_workers_answer(lab, raw, manager):
    lab.add_interface("cli1")
    client = start(lab, manager, "cli1", WATCHDOG_USEC="200000")
    lab.script.wait("BOUND")
    manager.wait("WATCHDOG=1", 3)
    first = labs.workers(client.pid)[0]
    os.kill(first, signal.SIGSTOP)
    fed = manager.how_often("WATCHDOG=1")
    slept = labs.sleeps(client.pid)
    wait_for("six times awake",
             lambda: labs.sleeps(client.pid) >= slept + 6)
    # what it had been asked before the stop it may have answered
    assert manager.how_often("WATCHDOG=1") <= fed + 1
    os.kill(first, signal.SIGCONT)
    manager.wait("WATCHDOG=1", fed + 3)


def test_only_a_service_is_told(lab, raw, manager):
    """dhclient's caller is another service, as the helper's is."""
    dhclient = lab.folder / "dhclient"
    dhclient.symlink_to(labs.PROGRAM)
    lab.client(mode=("-d",), program=str(dhclient),
               env={"NOTIFY_SOCKET": manager.path})
    lab.script.wait("BOUND")
    assert manager.listen() == []


def test_script_and_worker_do_not_know_the_manager(lab, raw, manager):
    client = start(lab, manager)
    bound = lab.script.wait("BOUND")
    assert not [name for name in bound.env
                if name.startswith(("NOTIFY", "WATCHDOG"))]
    worker = labs.wait_worker(client.pid)
    environment = open(f"/proc/{worker}/environ", "rb").read()
    assert b"NOTIFY" not in environment
