"""One measurement each: what is started, awaited, read and ended.

Nothing of ours runs between the start of a client and what is awaited: we
sleep until the hook puts an octet into a FIFO, or the kernel tells of an
address.
"""

import collections
import os
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

import clients
import lab as labs
import wire

CLOCK = clients.BUILD / "tests" / "bench" / "clock"
PATIENCE = 30
VALGRIND_PATIENCE = 60
MANY_PATIENCE = 60
SHORT_LEASE = 20  # seconds
QUIET = 0.5  # seconds
SETTLED = 4  # seconds; the second announcement is 2 s after the first
FORGETFUL = 'mount -t tmpfs none "$0" && exec "$@"'
RTMGRP_IPV4_IFADDR, RTM_NEWADDR, RTM_DELADDR = 0x10, 20, 21

SCRIPTS = ("hook", "sh", "dash", "bash", "")
Stamp = collections.namedtuple("Stamp", "time cpu pid what")


class Addresses:
    """The addresses that come and go in a namespace, by the clock of the
    stamps."""

    def __init__(self, namespace):
        self.socket = labs.in_namespace(namespace, self.open)
        self.came = {}  # index of an interface: when it got its first one
        self.gone = 0

    @staticmethod
    def open():
        opened = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
        opened.setblocking(False)
        opened.bind((0, RTMGRP_IPV4_IFADDR))
        return opened

    def fileno(self):
        return self.socket.fileno()

    def drain(self):
        now = time.clock_gettime(time.CLOCK_MONOTONIC)
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            while data:
                length, kind = struct.unpack_from("=IH", data)
                if kind == RTM_NEWADDR:
                    self.came.setdefault(
                        struct.unpack_from("=I", data, 20)[0], now)
                self.gone += kind == RTM_DELADDR
                data = data[length + 3 & ~3:]


class Started:
    """A client that was started with a hook or with its own script.  With
    `hold` the hook that says BOUND does not return."""

    def __init__(self, lab, client, interfaces=("cli0",), own_script=False,
                 wrapper=(), hold=False):
        self.lab, self.client = lab, client
        self.folder = lab.folder / f"run{len(lab.processes)}"
        self.folder.mkdir(mode=0o755)
        self.hook = self.folder / "hook"
        shutil.copy(CLOCK, self.hook)
        self.stamps = self.folder / "stamps"
        self.make_fifos(hold)
        is_watched = own_script or client.bound is None
        self.addresses = Addresses(lab.inside) if is_watched else None
        self.argv = self.command(None if own_script else str(self.hook),
                                 interfaces)
        if client.is_alone and len(interfaces) > 1:
            argv = self.one_each(own_script, interfaces)
        else:
            argv = [*wrapper, str(CLOCK), str(self.stamps), *self.argv]
        if client.memory:
            argv = ["sh", "-c", FORGETFUL, client.memory, *argv]
        if client.around:
            pattern = interfaces[0] if len(interfaces) == 1 else "many*"
            argv = [str(client.around), pattern, *argv]
        self.process = labs.Process(lab.enter(argv), self.folder / "log")
        lab.processes.append(self.process)

    def make_fifos(self, hold):
        for name in ("bound", "hold") if hold else ("bound",):
            os.mkfifo(self.folder / name)
            (self.folder / name).chmod(0o666)
        # for both, so that it never ends
        self.fifo = os.open(self.folder / "bound", os.O_RDWR | os.O_NONBLOCK)

    def command(self, hook, interfaces):
        argv = self.client.argv(hook, self.folder, *(
            interfaces[:1] if self.client.is_alone else interfaces))
        return [shutil.which(argv[0]), *argv[1:]]

    def one_each(self, own_script, interfaces):
        """A shell that starts a process for each interface."""
        hook = None if own_script else str(self.hook)
        each = self.folder / "each"
        each.write_text("".join(shlex.join(
            [str(CLOCK), str(self.stamps), *self.command(hook, [name])])
            + " &\n" for name in interfaces) + "wait\n")
        return ["sh", str(each)]

    def read(self, what=None):
        """The stamps, or those of one reason."""
        if not self.stamps.exists():
            return []
        found = [Stamp(float(when), float(cpu), int(pid), said)
                 for when, cpu, pid, said in (
                     line.split(None, 3)
                     for line in self.stamps.read_text().splitlines())]
        return [stamp for stamp in found if what in (None, stamp.what)]

    def wait_bound(self, count=1, patience=PATIENCE):
        """Seconds from exec until each of `count` interfaces is bound: by
        the hook's own stamps, or when the addresses were there."""
        source = self.fifo if self.addresses is None else self.addresses
        ended = os.pidfd_open(self.process.pid)
        until = time.monotonic() + patience
        seen = 0
        try:
            while seen < count:
                ready = select.select([source, ended], [], [], max(
                    0, until - time.monotonic()))[0]
                if source not in ready:
                    raise labs.Waited(
                        f"{self.client.name} " + (
                            "has ended" if ready else
                            f"is not bound after {patience} s")
                        + f": {self.last_word()}")
                if self.addresses is None:
                    seen += len(os.read(self.fifo, 4096))
                else:
                    self.addresses.drain()
                    seen = len(self.addresses.came)
        finally:
            os.close(ended)
        begun = self.read("exec")[0].time
        if self.addresses is not None:
            return [moment - begun for moment in self.addresses.came.values()]
        return [stamp.time - begun for stamp in self.read(self.client.bound)]

    def last_word(self):
        return (self.process.log.strip().splitlines() or ["it said nothing"]
                )[-1]

    def pids(self):
        """All processes; not the servers', which are in the wire's
        namespace."""
        return [int(pid) for pid in labs.sh(
            "ip", "netns", "pids", self.lab.inside).split()]

    def own(self):
        """The client's processes: not its scripts, unless it became one, nor
        a shell of ours."""
        begun = {stamp.pid for stamp in self.read("exec")}
        return [pid for pid in self.pids()
                if pid in begun or executable(pid) not in SCRIPTS]

    def cpu(self):
        """Seconds of CPU since the client's exec, of the processes that are
        there or became the hook."""
        before = {stamp.pid: stamp.cpu for stamp in self.read("exec")}
        total = {pid: cpu_time(pid) for pid in self.own()}
        for stamp in self.read(self.client.bound) if self.client.bound else []:
            if stamp.pid in before:
                total[stamp.pid] = stamp.cpu
        return sum(max(0, used - before.get(pid, 0))
                   for pid, used in total.items())

    def end(self):
        """At once, so that nothing is said to the server."""
        labs.wait_for("end", lambda: not self.lab.kill_all(self.lab.inside))
        self.process.popen.wait()
        labs.sh("ip", "-n", self.lab.inside, "-4", "addr", "flush", "scope",
                "global", check=False)
        shutil.rmtree(self.lab.state, ignore_errors=True)
        os.close(self.fifo)
        if self.addresses is not None:
            self.addresses.socket.close()


def executable(pid):
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        return ""


def cpu_time(pid):
    """Seconds that a process has run for, all its threads."""
    try:
        return time.clock_gettime(~pid << 3 | 2)  # CPUCLOCK_SCHED
    except OSError:
        return 0.0


def read_stat(pid, name):
    try:
        return Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


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
    try:
        return started.wait_bound()[0]
    finally:
        started.end()


def to_address(lab, client):
    """Seconds from exec until the interface has the address, with the script
    that the client comes with."""
    started = Started(lab, client, own_script=True)
    try:
        return started.wait_bound()[0]
    finally:
        started.end()


# -- cost --------------------------------------------------------------------

def cpu_to_bound(lab, client):
    """Seconds of CPU from exec until BOUND, its scripts' left out; the hook
    holds up what comes after it."""
    started = Started(lab, client, hold=True)
    try:
        started.wait_bound()
        return started.cpu()
    finally:
        started.end()


def memory(lab, client):
    """Of its own processes, when it has been bound for some seconds: how
    many there are, PSS and dirty memory."""
    started = Started(lab, client)
    try:
        started.wait_bound()
        time.sleep(SETTLED)
        pids = started.own()
        return len(pids), *memory_kib(pids)
    finally:
        started.end()


def idle(labs_and_clients, seconds):
    """How often each wakes up in a minute when it is bound, its scripts are
    done and nothing happens: all at once, each in a lab of its own."""
    running = [Started(*pair) for pair in labs_and_clients]
    try:
        for started in running:
            started.wait_bound()
        time.sleep(SETTLED)
        pids = [started.own() for started in running]
        before = [wake_ups(each) for each in pids]
        time.sleep(seconds)
        return [(wake_ups(each) - count) * 60 / seconds
                for each, count in zip(pids, before)]
    finally:
        for started in running:
            started.end()


CALL = re.compile(r"^(\d+) +(?:\w+\(|<\.\.\. execve resumed)")


def system_calls(lab, client):
    """Of all its processes, from its own execution until that of the script
    for BOUND, or until it sets the address; the script's are left out."""
    trace = lab.folder / "trace"
    started = Started(lab, client, wrapper=(
        "strace", "-f", "-v", "-s", "99", "-qq", "-e", "signal=none", "-o",
        str(trace)))
    try:
        started.wait_bound()
    finally:
        started.end()
    lines = trace.read_text(errors="replace").splitlines()
    trace.unlink()
    hook = str(started.hook)
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
            if client.bound is None and "type=RTM_NEWADDR" in line \
                    and " send" in line:
                break
    return count


def instructions(lab, client):
    """Of all its processes, from exec to BOUND, in user space: callgrind's
    totals.  The hook, which is not followed, holds up what comes after it;
    then a signal that nobody handles ends each process, and callgrind says
    what it has counted.  Our worker is followed in a program of the same
    objects that executes it by its path (followed.c); it has no sandbox
    there, since valgrind does not know the calls."""
    folder = lab.folder / f"callgrind{len(lab.processes)}"
    folder.mkdir()
    followed = clients.followed(client)
    # the floor becomes the script: its total would be lost
    is_floor = client.program == str(clients.FLOOR)
    started = Started(lab, followed, own_script=is_floor, hold=True, wrapper=(
        "valgrind", "--tool=callgrind", "--vgdb=no", "--trace-children=yes",
        "--trace-children-skip=*/hook", f"--log-file={folder}/%p",
        "--callgrind-out-file=/dev/null"))
    try:
        started.wait_bound(patience=VALGRIND_PATIENCE)
        pids = [pid for pid in started.pids()
                if executable(pid).startswith("callgrind")]
        # a worker that sees its monitor die would go on
        for number in (signal.SIGSTOP, signal.SIGVTALRM, signal.SIGCONT):
            for pid in reversed(pids):
                os.kill(pid, number)
        labs.wait_for("valgrind's totals", lambda: not set(pids) & set(
            started.pids()))
    except ProcessLookupError:
        pass
    finally:
        started.end()
    totals = [int(number) for path in folder.iterdir() for number in
              re.findall(r"Collected : (\d+)", path.read_text())]
    if len(totals) < max(1, len(pids)):
        raise labs.Waited(f"{client.name}: valgrind lost a process")
    return sum(totals)


# -- floods ------------------------------------------------------------------

def wait_settled(started):
    """Until no script runs, and none has been about to; the processes of the
    client."""
    last, since = None, 0.0

    def settled():
        nonlocal last, since
        own, everything = set(started.own()), set(started.pids())
        if own != everything or own != last:
            last, since = own, time.monotonic()
        return time.monotonic() - since > QUIET
    labs.wait_for("the script's end", settled)
    return sorted(last)


def send_flood(lab, frames, seconds):
    path = lab.folder / "flood"
    path.write_text("\n".join(frame.hex() for frame in frames))
    done = subprocess.run(
        ["nsenter", f"--net=/run/netns/{lab.wire}", str(
            clients.BUILD / "tests" / "bench" / "flood"), "port0",
         str(seconds), str(path)], text=True, stdout=subprocess.PIPE,
        check=True)
    return int(done.stdout)


def flood(lab, client, make, seconds, is_bound):
    """What frames do to a client that is bound, with its own script, or that
    waits for an offer: CPU seconds that it burns; whether its processes and
    its address outlive them; whether it gets its lease renewed afterwards.
    `make(mac, xid)` makes the frames, from the DISCOVER's xid."""
    started = Started(lab, client, own_script=True)
    try:
        if is_bound:
            started.wait_bound()
        lab.wait_sent(wire.DISCOVER)
        pids = wait_settled(started)
        address = lab.address()
        xid = lab.sent(wire.DISCOVER)[-1].dhcp.xid
        frames = make(lab.mac(), xid)
        started.addresses.drain()
        started.addresses.gone = 0  # a script flushes first
        before = sum(map(cpu_time, pids))
        begun = time.monotonic()
        sent = send_flood(lab, frames, seconds)
        found = {"rate": sent / (time.monotonic() - begun),
                 "burnt": max(0, sum(map(cpu_time, pids)) - before),
                 "is_alive": all(map(labs.is_running, pids))}
        if is_bound:
            started.addresses.drain()
            found["is_kept"] = (lab.address() == address
                                and not started.addresses.gone)
            found["is_renewed"] = is_renewed(lab, started)
        return found
    finally:
        started.end()


def is_renewed(lab, started):
    """Whether from now on a server acknowledges something, in the time that
    a short lease has."""
    mark = lab.mark()
    client = started.client
    if client.renew:
        started.process.signal(getattr(signal, client.renew))

    def acknowledged():
        return any(frame.dhcp and frame.dhcp.type == wire.ACK
                   and not frame.from_client
                   for frame in lab.frames()[mark:])
    try:
        return labs.wait_for("a renewal", acknowledged, SHORT_LEASE)
    except labs.Waited:
        return False


# -- many --------------------------------------------------------------------

def add_interfaces(lab, count):
    names = lab.add_many(count)
    lab.ip(lab.inside, *(f"link set {name} up" for name in names))
    return names


def many(lab, client, names):
    """Seconds until all are bound; a second later the CPU since exec, PSS and
    processes."""
    started = Started(lab, client, interfaces=names)
    try:
        took = max(started.wait_bound(len(names), MANY_PATIENCE))
        time.sleep(1)
        pids = started.own()
        return {"all": took, "cpu": started.cpu(),
                "pss": memory_kib(pids)[0], "processes": len(pids)}
    finally:
        started.end()
