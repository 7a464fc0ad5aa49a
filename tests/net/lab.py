"""A network of a test's own.

    client namespace                      wire namespace
      cli0 ----------------- veth ----------- port0 \\
      cli1 ----------------- veth ----------- port1  > bridge srv0, 10.77.0.1
                              host namespaces: srv0 /

Servers run in the wire namespace, on srv0, or on a host of their own.  Each
port is captured from before its interface exists for the client; at the end
of every test all frames are judged (wire.Audit).  Clients run in a private
mount namespace with /run and /etc of their own.  Names carry our pid, so
suites can run side by side; only what was started here is ended, by pid.
"""

import concurrent.futures
import ctypes
import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

import wire

TREE = Path(__file__).resolve().parent.parent.parent
PROGRAM = os.environ.get("DHCPCANON",
                         str(TREE / "build" / "release" / "dhcpcanon"))
OWN_SCRIPT = str(TREE / "sbin" / "dhcpcanon-script")
SERVER = "10.77.0.1"
PATIENCE = 20  # seconds, for what a busy machine does at once

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
serial = itertools.count()


def is_test_build():
    """Whether the workers of the program do without Landlock and seccomp."""
    flags = Path(PROGRAM).parent / "flags"
    return flags.exists() and "-DTEST_BUILD" in flags.read_text()


class Waited(AssertionError):
    """A condition did not become true."""


def wait_for(what, condition, timeout=PATIENCE):
    """Polls `condition` until it gives something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Waited(f"waited {timeout} s for {what}")
        time.sleep(0.01)


def sh(*argv, check=True):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert not check or done.returncode == 0, f"{argv}: {done.stdout}"
    return done.stdout


def in_namespace(name, function, *arguments):
    """Runs `function` in a thread that has entered a network namespace;
    sockets that it opens stay there."""
    result = concurrent.futures.Future()

    def run():
        try:
            descriptor = os.open(f"/run/netns/{name}", os.O_RDONLY)
            try:
                if libc.setns(descriptor, CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            finally:
                os.close(descriptor)
            result.set_result(function(*arguments))
        except BaseException as error:  # handed to whoever waits
            result.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return result.result()


def packet_socket(interface, protocol=0x0003):
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setblocking(False)
    opened.bind((interface, protocol))
    return opened


class Capture:
    """Every frame at one port since it was opened.  The kernel keeps them,
    with their times, until somebody asks."""

    SO_RCVBUFFORCE, SO_TIMESTAMPNS = 33, 35
    SOL_PACKET, PACKET_AUXDATA, PACKET_OUTGOING = 263, 8, 4
    TP_STATUS_CSUMNOTREADY = 8

    def __init__(self, namespace, port):
        self.frames = []
        self.socket = in_namespace(namespace, packet_socket, port)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_RCVBUFFORCE,
                               32 << 20)
        self.socket.setsockopt(socket.SOL_SOCKET, self.SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(self.SOL_PACKET, self.PACKET_AUXDATA, 1)

    def drain(self):
        while True:
            try:
                data, ancillary, _, sender = self.socket.recvmsg(65536, 256)
            except BlockingIOError:
                return self.frames
            except OSError:  # told once that the port went down
                continue
            stamp, partial = 0.0, False
            for level, kind, value in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, self.SO_TIMESTAMPNS):
                    seconds, nano = struct.unpack("@qq", value[:16])
                    stamp = seconds + nano / 1e9
                elif (level, kind) == (self.SOL_PACKET, self.PACKET_AUXDATA):
                    status = struct.unpack("@I", value[:4])[0]
                    partial = bool(status & self.TP_STATUS_CSUMNOTREADY)
            self.frames.append(wire.Frame(
                data, stamp, sender[2] != self.PACKET_OUTGOING, partial))


RECORDER = """#!/bin/sh
# Records one run of the script, its environment octet for octet; then does
# what the test asked for, runs the real script, or nothing.
exec 2>>DIR/errors
set -C
n=0
while ! true >DIR/$n; do n=$((n + 1)); done 2>/dev/null
set +C
cat /proc/$$/environ >DIR/tmp.$n
why=$reason$REASON
mv DIR/tmp.$n DIR/$n.$why
if [ -f DIR/on.$why ]; then . DIR/on.$why; fi
if [ -x DIR/real ]; then exec DIR/real; fi
exit 0
"""


class Run:
    """One run of the recording script."""

    def __init__(self, path):
        number, self.reason = path.name.split(".")
        self.number = int(number)
        self.time = path.stat().st_mtime
        self.env = dict(
            entry.split("=", 1) for entry in
            path.read_bytes().decode("latin-1").split("\0") if "=" in entry)

    def __getitem__(self, name):
        return self.env[name]

    def get(self, name):
        return self.env.get(name)

    def __repr__(self):
        return f"{self.number}:{self.reason}:{self.get('new_ip_address')}"


class Recorder:
    """The script that clients are given: records, and obeys the test."""

    def __init__(self, folder, real=None):
        self.folder = folder
        folder.mkdir()
        self.path = str(folder / "script")
        Path(self.path).write_text(RECORDER.replace("DIR", str(folder)))
        os.chmod(self.path, 0o755)
        if real:
            (folder / "real").symlink_to(real)

    def on(self, reason, shell):
        """From now on runs for `reason` do `shell` (sourced)."""
        temporary = self.folder / "on.tmp"
        temporary.write_text(shell + "\n")
        temporary.rename(self.folder / f"on.{reason}")

    def runs(self, reason=None, after=None, interface=None):
        found = []
        for path in self.folder.iterdir():
            if re.fullmatch(r"\d+\.[A-Z]+", path.name):
                run = Run(path)
                if (reason in (None, run.reason)
                        and (after is None or run.number > after.number)
                        and interface in (None, run.get("interface"))):
                    found.append(run)
        return sorted(found, key=lambda run: run.number)

    def wait(self, reason, after=None, interface=None, timeout=PATIENCE):
        """The first run for `reason` (that is later than `after`)."""
        return wait_for(f"script {reason}", lambda: self.runs(
            reason, after, interface), timeout)[0]

    def reasons(self, interface=None):
        return [run.reason for run in self.runs(interface=interface)]


class Process:
    """Something started in a namespace, and what it wrote."""

    def __init__(self, argv, log, env=None):
        self.log_path = log
        with open(log, "ab") as out:
            self.popen = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                env=env or CLEAN)
        self.pid = self.popen.pid

    @property
    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, pattern, timeout=PATIENCE):
        def found():
            match = re.search(pattern, self.log, re.MULTILINE)
            if not match and self.popen.poll() is not None:
                raise AssertionError(
                    f"ended with {self.popen.returncode} without "
                    f"{pattern!r}: {self.log[-2000:]}")
            return match
        return wait_for(f"{pattern!r} in {self.log_path.name}", found,
                        timeout)

    def signal(self, number):
        self.popen.send_signal(number)

    def wait(self, timeout=PATIENCE):
        """The exit status."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Waited(f"{self.pid} has not ended after {timeout} s")

    def is_alive(self):
        return self.popen.poll() is None

    def stop(self):
        if self.is_alive():
            self.signal(signal.SIGTERM)
            try:
                self.popen.wait(5)
            except subprocess.TimeoutExpired:
                self.popen.kill()
        self.popen.wait()


CLEAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}

# What a client needs of /etc; the rest is not there.
ETC = ("passwd", "group", "nsswitch.conf", "hosts", "ld.so.cache",
       "ld.so.conf", "ld.so.conf.d", "alternatives", "iproute2")

ENTER = """
mount -t sysfs sysfs /sys
mount --bind "$0/etc" /etc
mount --bind "$0/run" /run
exec "$@"
"""


class Lab:
    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="dcnet."))
        self.folder.chmod(0o755)
        self.tag = f"dc{os.getpid()}-{next(serial)}"
        self.wire, self.inside = self.tag + "w", self.tag + "c"
        self.namespaces, self.processes, self.closers = [], [], []
        self.captures = {}  # interface: [Capture]
        self.macs = {}      # interface: {address that it had}
        self.audited = {}   # arguments of wire.Audit
        self.is_attacked = False  # a worker may try what it must not
        self.run = self.folder / "run"
        self.state = self.run / "dhcpcanon"
        self.etc = self.folder / "etc"
        self.script = Recorder(self.folder / "script")

    # -- building and taking down

    def build(self, interfaces=("cli0",)):
        self.run.mkdir()
        self.etc.mkdir()
        (self.etc / "dhcp").mkdir()
        (self.etc / "resolv.conf").write_text("nameserver 192.0.2.53\n")
        for name in ETC:
            source = Path("/etc") / name
            if source.is_dir():
                shutil.copytree(source, self.etc / name, symlinks=True)
            elif source.exists():
                shutil.copy(source, self.etc / name)
        self.add_namespace(self.wire)
        self.add_namespace(self.inside)
        self.ip(self.wire, "link add srv0 address 02:00:0a:4d:00:01 type "
                "bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                f"addr add {SERVER}/24 dev srv0", "link set srv0 up")
        for name in interfaces:
            self.add_interface(name)
        return self

    def add_namespace(self, name):
        sh("ip", "netns", "add", name)
        self.namespaces.append(name)
        in_namespace(name, self.silence_ipv6)
        self.ip(name, "link set lo up")

    @staticmethod
    def silence_ipv6():
        for which in ("all", "default"):
            path = f"/proc/sys/net/ipv6/conf/{which}/disable_ipv6"
            if os.path.exists(path):
                Path(path).write_text("1")

    def add_interface(self, name, mac=None):
        """A client interface, administratively up, its port captured."""
        port = "port" + name[-1]
        self.ip(self.wire, f"link add {port} type veth peer name {name}",
                *([f"link set {name} address {mac}"] if mac else []),
                f"link set {port} master srv0 up")
        self.captures.setdefault(name, []).append(Capture(self.wire, port))
        # a client may wait for it: from here on it can send
        self.ip(self.wire, f"link set {name} netns {self.inside}")
        self.note_mac(name)
        self.ip(self.inside, f"link set {name} up")
        wait_for(f"{name} operational", lambda: self.link(name)["operstate"]
                 == "UP")

    def add_many(self, count):
        """So many client interfaces, administratively down, whose far ends
        are on the bridge and don't hear each other; their names."""
        names = [f"many{n}" for n in range(count)]
        self.ip(self.wire, *(line for n, name in enumerate(names) for line in (
            f"link add far{n} type veth peer name {name} netns {self.inside}",
            f"link set far{n} master srv0 up",
            f"link set far{n} type bridge_slave isolated on")))
        return names

    def remove_interface(self, name):
        self.captures[name][-1].drain()
        self.ip(self.wire, f"link del port{name[-1]}")

    def set_mac(self, name, mac):
        self.macs[name].add(wire.mac_octets(mac))
        self.ip(self.inside, f"link set {name} address {mac}")

    def add_host(self, *addresses):
        """A namespace with srv0 on the same wire; returns its name."""
        name = f"{self.tag}h{len(self.namespaces)}"
        port = f"host{len(self.namespaces)}"
        self.add_namespace(name)
        self.ip(self.wire, f"link add {port} type veth peer name srv0 netns "
                f"{name}", f"link set {port} master srv0 up")
        self.ip(name, *(f"addr add {address} dev srv0"
                        for address in addresses), "link set srv0 up")
        return name

    def close(self):
        """Ends what was started here, by pid."""
        for process in reversed(self.processes):
            process.stop()
        for closer in reversed(self.closers):
            closer()
        for name in self.namespaces:
            wait_for(f"{name} empty", lambda: not self.kill_all(name))
            sh("ip", "netns", "del", name, check=False)
        for captures in self.captures.values():
            for capture in captures:
                capture.socket.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    @staticmethod
    def kill_all(namespace):
        """Kills what runs in a namespace of ours; what there was."""
        pids = [int(pid) for pid in
                sh("ip", "netns", "pids", namespace, check=False).split()
                if pid.isdigit()]
        for pid in pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return pids

    # -- looking

    def ip(self, namespace, *lines):
        batch = subprocess.run(
            ["ip", "-n", namespace, "-batch", "-"], text=True,
            input="\n".join(lines) + "\n", stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        assert batch.returncode == 0, f"{lines}: {batch.stdout}"

    def ip_json(self, *argv):
        return json.loads(sh("ip", "-n", self.inside, "-j", *argv) or "[]")

    def link(self, name):
        """What `ip link` says of an interface; None when there is none."""
        found = [link for link in self.ip_json("link")
                 if link["ifname"] == name]
        return found[0] if found else None

    def note_mac(self, name):
        mac = wire.mac_octets(self.link(name)["address"])
        self.macs.setdefault(name, set()).add(mac)
        return mac

    def received(self, name="cli0"):
        """How many frames have come to a client's interface."""
        link, = self.ip_json("-s", "link", "show", name)
        return link["stats64"]["rx"]["packets"]

    def mac(self, name="cli0"):
        return wire.mac_octets(self.link(name)["address"])

    def addresses(self, name="cli0"):
        return [info for link in self.ip_json("-4", "addr", "show")
                if link.get("ifname") == name
                for info in link["addr_info"]]

    def address(self, name="cli0"):
        """The interface's addresses as one text: '10.77.0.100/24'."""
        return " ".join(f"{info['local']}/{info['prefixlen']}"
                        for info in self.addresses(name))

    def routes(self, name="cli0"):
        return [route for route in self.ip_json("-4", "route")
                if route.get("dev") == name]

    def frames(self, name="cli0"):
        return [frame for capture in self.captures[name]
                for frame in capture.drain()]

    def sent(self, kind=None, name="cli0", since=0):
        """The client's frames, or its messages of type `kind`, that came
        after the first `since` frames."""
        return [frame for frame in self.frames(name)[since:]
                if frame.from_client and (
                    kind is None or frame.dhcp and frame.dhcp.type == kind)]

    def wait_sent(self, kind, count=1, name="cli0", since=0,
                  timeout=PATIENCE):
        """The `count`th such message."""
        return wait_for(
            f"{count} {wire.TYPES[kind]}",
            lambda: self.sent(kind, name, since)[count - 1:],
            timeout)[0]

    def mark(self, name="cli0"):
        """For `since`: the frames so far."""
        return len(self.frames(name))

    def problems(self):
        """What was wrong with the frames of all client interfaces."""
        wrong = []
        for name in self.captures:
            audit = wire.Audit(self.macs[name], **self.audited)
            for frame in self.frames(name):
                audit.feed(frame)
            wrong += [f"{name}: {problem}" for problem in audit.problems]
        return wrong

    def complaints(self):
        """What was logged of a call that the sandbox does not let through."""
        if self.is_attacked:
            return []
        return [line for path in sorted(self.folder.glob("*.log"))
                for line in path.read_text(errors="replace").splitlines()
                if "worker's sandbox: it failed" in line
                or f"killed by signal {signal.SIGSYS.value}" in line]

    # -- running

    def spawn(self, namespace, argv, log, env=None):
        process = Process(["nsenter", f"--net=/run/netns/{namespace}", *argv],
                          self.folder / log, env)
        self.processes.append(process)
        return process

    def enter(self, argv):
        return ["nsenter", f"--net=/run/netns/{self.inside}", "unshare",
                "--mount", "--propagation", "private", "sh", "-ec", ENTER,
                str(self.folder), *argv]

    def client(self, *flags, interfaces=("cli0",), script=None,
               mode=("-d", "-v"), program=PROGRAM, env=None, log=None):
        """Starts the program in the foreground; its pid is the monitor's."""
        log = log or f"client{len(self.processes)}.log"
        process = Process(
            self.enter([program, *mode, "-sf", script or self.script.path,
                        *flags, *interfaces]), self.folder / log,
            {**CLEAN, **(env or {})})
        self.processes.append(process)
        return process

    def command(self, *argv, program=PROGRAM, timeout=PATIENCE, env=None):
        """Runs the program to its end: exit status, output, errors."""
        with tempfile.TemporaryFile("w+") as out, \
                tempfile.TemporaryFile("w+") as errors:
            started = subprocess.Popen(
                self.enter([program, *argv]), stdin=subprocess.DEVNULL,
                stdout=out, stderr=errors, env={**CLEAN, **(env or {})})
            try:
                status = started.wait(timeout)
            except subprocess.TimeoutExpired:
                started.kill()
                started.wait()
                raise Waited(f"{argv} has not returned after {timeout} s")
            out.seek(0), errors.seek(0)
            return status, out.read(), errors.read()

    def background_pid(self, file="cli0.pid"):
        """The process that the pid file names."""
        return int((self.state / file).read_text())

    def own_script(self):
        """The recorder with the program's own script behind it."""
        self.script = Recorder(self.folder / "own", OWN_SCRIPT)
        return self.script

    def inject(self, frame):
        """Puts a frame on the wire, as if from another host."""
        opened = in_namespace(self.wire, packet_socket, "srv0", 0)
        with opened:
            opened.send(frame)

    def report(self):
        """What happened, for whoever reads of a failed test."""
        parts = []
        for path in sorted(self.folder.glob("*.log")):
            parts.append((path.name, path.read_text(errors="replace")))
        for path in sorted(self.folder.glob("*/errors")):
            parts.append((str(path.relative_to(self.folder)),
                          path.read_text(errors="replace")))
        parts.append(("script", " ".join(map(str, self.script.runs()))))
        for name in self.captures:
            parts.append((f"frames of {name}", "\n".join(
                map(str, self.frames(name)))))
        return parts


# -- processes seen from outside -------------------------------------------

def process_status(pid):
    """/proc/PID/status as a dictionary; None when it is gone."""
    try:
        return parse_status(Path(f"/proc/{pid}/status").read_text())
    except (FileNotFoundError, ProcessLookupError):
        return None


def parse_status(text):
    return dict(line.split(":\t", 1) for line in text.splitlines()
                if ":\t" in line)


def sleeps(pid):
    """How often it has gone to sleep, to be woken up."""
    return int(process_status(pid)["voluntary_ctxt_switches"])


def is_running(pid):
    status = process_status(pid)
    return status is not None and not status["State"].startswith("Z")


def children(pid):
    """The children that have not ended."""
    return sorted(
        child for child in map(int, filter(str.isdigit, os.listdir("/proc")))
        if is_running(child)
        and (process_status(child) or {}).get("PPid") == str(pid))


def workers(pid):
    """The monitor's workers: its children called with --worker."""
    found = []
    for child in children(pid):
        try:
            argv = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if argv[1:2] == [b"--worker"]:
            found.append(child)
    return found


def wait_worker(pid, other_than=None):
    """The one worker of a monitor."""
    return wait_for("worker", lambda: [
        worker for worker in workers(pid) if worker != other_than])[0]


def descriptors(pid):
    return sorted(int(n) for n in os.listdir(f"/proc/{pid}/fd"))


def private_dirty(pid):
    """kB that are this process's alone."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(r"^Private_Dirty:\s+(\d+) kB", text,
                         re.MULTILINE).group(1))


# -- a server that says anything --------------------------------------------

class RawServer:
    """Answers each of the client's messages with what `answer(server,
    message)` returns: a list of payloads (sent as servers do) or frames.

    The default answer is a good server's; tests change its attributes or
    replace `answer`."""

    def __init__(self, lab, answer=None, address="10.77.0.150", lease=3600,
                 options=None):
        self.lab = lab
        self.address, self.lease = address, lease
        self.options = options if options is not None else [
            (1, wire.ip("255.255.255.0")), (3, wire.ip(SERVER)),
            (6, wire.ip("10.77.0.53"))]
        self.mute = False
        self.nak = False
        self.answer = answer or RawServer.good
        self.heard, self.errors = [], []
        self.socket = in_namespace(lab.wire, packet_socket, "srv0", 0x0800)
        self.mac = self.socket.getsockname()[4]
        # keeps the kernel from answering with ICMP
        self.port = in_namespace(lab.wire, self.open_port)
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()
        lab.closers.append(self.close)

    @staticmethod
    def open_port():
        opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(("0.0.0.0", 67))
        return opened

    def close(self):
        if self.stopping.is_set():
            return
        self.stopping.set()
        self.thread.join()
        self.socket.close()
        self.port.close()

    def loop(self):
        while not self.stopping.is_set():
            if not select.select([self.socket], [], [], 0.05)[0]:
                continue
            try:
                data, sender = self.socket.recvfrom(65536)
                frame = wire.Frame(data)
                message = frame.dhcp
                if sender[2] == Capture.PACKET_OUTGOING or not message \
                        or message.op != 1:
                    continue
                message.is_broadcast = frame.ip_destination == wire.EVERYONE
                self.heard.append(message)
                if not self.mute:
                    for reply in self.answer(self, message):
                        self.send(reply, message)
            except Exception as error:  # shown with the test's failure
                self.errors.append(error)

    def send(self, reply, message):
        """A payload goes out as a server would send it."""
        if reply[:2] in (b"\x02\x01", b"\x01\x01"):
            kind = wire.Message(reply).type
            reply = self.frame(reply, wire.EVERYONE
                               if kind == wire.NAK else None)
        self.socket.send(reply)

    def frame(self, payload, destination=None, **fields):
        """A frame to `destination`, the default the reply's yiaddr."""
        if destination is None:
            destination = wire.dotted(payload[16:20])
        if destination == wire.EVERYONE:
            fields.setdefault("destination_mac", wire.BROADCAST_MAC)
        else:
            fields.setdefault("destination_mac", payload[28:34])
        fields.setdefault("source", SERVER)
        return wire.build_frame(payload, source_mac=self.mac,
                                destination=destination, **fields)

    def reply(self, message, kind, options=None, lease=True,
              server=SERVER, **fields):
        """The payload of an answer to `message`; fields of the header by
        name.  `lease=None` and `server=None` leave the option out."""
        if lease is True:
            lease = self.lease
        out = [(53, bytes([kind]))]
        if server is not None:
            out.append((54, wire.ip(server)))
        if kind != wire.NAK:
            fields.setdefault("yiaddr", self.address)
            fields.setdefault("ciaddr", message.ciaddr)
            if lease is not None:
                out.append((51, struct.pack("!I", lease)))
            out += self.options if options is None else options
        fields.setdefault("xid", message.xid)
        fields.setdefault("chaddr", message.chaddr)
        return wire.build_message(2, fields.pop("xid"), fields.pop("chaddr"),
                                  out, **fields)

    def offer(self, message, **fields):
        return self.reply(message, wire.OFFER, **fields)

    def ack(self, message, **fields):
        return self.reply(message, wire.ACK, **fields)

    def refuse(self, message, **fields):
        return self.reply(message, wire.NAK, **fields)

    @staticmethod
    def good(self, message):
        if message.type == wire.DISCOVER:
            return [self.offer(message)]
        if message.type == wire.REQUEST:
            return [self.refuse(message) if self.nak else self.ack(message)]
        return []
