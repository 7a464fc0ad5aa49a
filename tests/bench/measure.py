"""One measurement each: what is started, awaited, read and ended."""

import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time
from pathlib import Path

import clients
import lab as labs

CLOCK = clients.BUILD / "tests" / "bench" / "clock"
PATIENCE = 30
FORGETFUL = 'mount -t tmpfs none "$0" && exec "$@"'
RTMGRP_IPV4_IFADDR, RTM_NEWADDR = 0x10, 20


class Started:
    """A client that was started with a hook or with its own script."""

    def __init__(self, lab, client, interfaces=("cli0",), own_script=False,
                 wrapper=()):
        self.lab, self.client = lab, client
        self.folder = lab.folder / f"run{len(lab.processes)}"
        self.folder.mkdir(mode=0o755)
        shutil.copy(CLOCK, self.folder / "hook")
        self.stamps = self.folder / "stamps"
        hook = None if own_script else str(self.folder / "hook")
        argv = client.argv(hook, self.folder, *interfaces)
        argv[0] = shutil.which(argv[0])
        self.argv = argv
        if client.memory:
            wrapper = ("sh", "-c", FORGETFUL, client.memory, *wrapper)
        self.process = labs.Process(
            lab.enter([*wrapper, str(CLOCK), str(self.stamps), *argv]),
            self.folder / "log")
        lab.processes.append(self.process)

    def times(self, reason):
        if not self.stamps.exists():
            return []
        return [float(line.split()[0]) for line in
                self.stamps.read_text().splitlines()
                if line.endswith(" " + reason)]

    def wait_bound(self, count=1):
        labs.wait_for(f"{self.client.name} bound", lambda: len(
            self.times(self.client.bound)) >= count, PATIENCE)
        return [moment - self.times("exec")[0]
                for moment in self.times(self.client.bound)]

    def pids(self):
        """Its processes; not the servers', which are in the wire's
        namespace."""
        return [int(pid) for pid in labs.sh(
            "ip", "netns", "pids", self.lab.inside).split()]

    def end(self):
        """At once, so that nothing is said to the server."""
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.popen.wait()
        labs.wait_for("end", lambda: not self.pids())
        labs.sh("ip", "-n", self.lab.inside, "addr", "flush", "dev", "cli0",
                check=False)
        shutil.rmtree(self.lab.state, ignore_errors=True)


def read_stat(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def cpu_ns(pids):
    """What they have run for; schedstat's first number."""
    return sum(int(text.split()[0]) for text in (
        read_stat(pid, "schedstat") for pid in pids) if text)


def wake_ups(pids):
    return sum(int(number) for pid in pids for number in re.findall(
        r"ctxt_switches:\s+(\d+)", read_stat(pid, "status")))


def memory_kib(pids):
    """(PSS, dirty) of all, from smaps_rollup.  Dirty and shared are pages of
    a file that was just written, which are nobody's."""
    def total(name):
        return sum(int(number) for pid in pids for number in re.findall(
            rf"^{name}:\s+(\d+)", read_stat(pid, "smaps_rollup"), re.M))

    return total("Pss"), total("Private_Dirty")


# -- time --------------------------------------------------------------------

def to_bound(lab, client):
    """Seconds from exec until the script runs with BOUND."""
    started = Started(lab, client)
    took = started.wait_bound()[0]
    started.end()
    return took


class Addresses(threading.Thread):
    """Notes when an address comes, by the same clock."""

    def __init__(self, namespace):
        super().__init__(daemon=True)
        self.socket = labs.in_namespace(namespace, self.open)
        self.came = None
        self.start()

    @staticmethod
    def open():
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        opened.bind((0, RTMGRP_IPV4_IFADDR))
        return opened

    def run(self):
        while self.came is None:
            if not select.select([self.socket], [], [], PATIENCE)[0]:
                return
            now = time.clock_gettime(time.CLOCK_MONOTONIC)
            if struct.unpack_from("=H", self.socket.recv(65536), 4)[
                    0] == RTM_NEWADDR:
                self.came = now


def to_address(lab, client):
    """Seconds from exec until the interface has the address, with the script
    that the client comes with."""
    watch = Addresses(lab.inside)
    started = Started(lab, client, own_script=True)
    watch.join(PATIENCE)
    begun = started.times("exec")[0]
    started.end()
    watch.socket.close()
    return watch.came - begun if watch.came else None


# -- cost --------------------------------------------------------------------

def costs(lab, client, idle):
    """Of its own processes, when it is bound: CPU, memory, and how often it
    wakes up in `idle` seconds."""
    started = Started(lab, client)
    started.wait_bound()
    time.sleep(1)  # it is done with files by then
    pids = started.pids()
    found = {"cpu": cpu_ns(pids) / 1e6, "processes": len(pids)}
    found["pss"], found["dirty"] = memory_kib(pids)
    if idle:
        before = wake_ups(pids)
        time.sleep(idle)
        found["wake_ups"] = (wake_ups(pids) - before) * 60 / idle
    started.end()
    return found


CALL = re.compile(r"^(\d+) +(?:\w+\(|<\.\.\. execve resumed)")


def system_calls(lab, client):
    """Of all its processes, from its own execution until that of the script
    for BOUND; the script's are left out."""
    trace = lab.folder / "trace"
    started = Started(lab, client, wrapper=(
        "strace", "-f", "-v", "-s", "99", "-qq", "-e", "signal=none", "-o",
        str(trace)))
    started.wait_bound()
    started.end()
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    hook = str(started.folder / "hook")
    begin = next(n for n, line in enumerate(lines) if n and
                 f'execve("{started.argv[0]}"' in line)
    scripts, count = set(), 0
    for line in lines[begin:]:
        pid = line.split()[0]
        if f'execve("{hook}"' in line:
            scripts.add(pid)
            if "reason=BOUND" in line or '"bound"' in line:
                break
        elif pid not in scripts and CALL.match(line):
            count += 1
    return count


# -- floods ------------------------------------------------------------------

def flood(lab, client, frames, seconds, rate, bound):
    """CPU seconds that a client burns while frames come at it."""
    started = Started(lab, client)
    if bound:
        started.wait_bound()
    else:
        labs.wait_for("start", lambda: labs.wait_worker(started.process.pid)
                      if client.name.startswith("dhcpcanon")
                      else started.pids())
        time.sleep(0.5)
    path = lab.folder / "flood"
    path.write_text("\n".join(frame.hex() for frame in frames))
    pids = started.pids()
    before = cpu_ns(pids)
    begun = time.monotonic()
    done = subprocess.run(
        ["nsenter", f"--net=/run/netns/{lab.wire}", str(
            clients.BUILD / "tests" / "bench" / "flood"), "port0",
         str(seconds), str(path)], text=True, stdout=subprocess.PIPE,
        check=True)
    took = time.monotonic() - begun
    burnt = (cpu_ns(pids) - before) / 1e9
    alive = all(Path(f"/proc/{pid}").exists() for pid in pids)
    started.end()
    return {"burnt": burnt, "of": took, "frames": int(done.stdout),
            "alive": alive}


# -- many --------------------------------------------------------------------

def add_interfaces(lab, count):
    """veth pairs whose far ends don't hear each other."""
    names = [f"many{n}" for n in range(count)]
    lab.ip(lab.wire, *(line for n, name in enumerate(names) for line in (
        f"link add far{n} type veth peer name {name} netns {lab.inside}",
        f"link set far{n} master srv0 up",
        f"link set far{n} type bridge_slave isolated on")))
    lab.ip(lab.inside, *(f"link set {name} up" for name in names))
    return names


def many(lab, client, names):
    """Seconds until all are bound; CPU, PSS and processes then."""
    started = Started(lab, client, interfaces=names)
    took = max(started.wait_bound(len(names)))
    time.sleep(1)
    pids = started.pids()
    found = {"all": took, "cpu": cpu_ns(pids) / 1e6,
             "pss": memory_kib(pids)[0], "processes": len(pids)}
    started.end()
    return found
