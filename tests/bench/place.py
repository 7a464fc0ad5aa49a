"""Where the clients run: a lab with what every machine has beside them, a
system log, a bus and a /run in memory.  The tests' own lab has none of it."""

import os
import shutil
import socket
from pathlib import Path

import clients
import lab as labs
import servers

DRAIN = clients.BUILD / "tests" / "bench" / "drain"
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
QUEUE = "512"  # lines that the log's reader may be behind; systemd's setting
ENTER = 'mount --rbind "$0" /dev; exec "$@"'
BUS = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={}/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_type="method_call"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
"""


SYS_PIDFD_GETFD, SO_RCVBUFFORCE = 438, 33


def widen(process):
    """Lets 16 MB queue at each socket of a server: what it has no room for is
    sent again after seconds, whoever the client is, and never by the floor."""
    pidfd = os.pidfd_open(process.pid)
    for path in Path(f"/proc/{process.pid}/fd").iterdir():
        if os.readlink(path).startswith("socket:"):
            with socket.socket(fileno=labs.libc.syscall(
                    SYS_PIDFD_GETFD, pidfd, int(path.name), 0)) as its:
                its.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    os.close(pidfd)


class Place(labs.Lab):
    def __init__(self, kind="dnsmasq", **settings):
        super().__init__()
        self.dev = self.folder / "dev"
        try:
            self.build()
            if kind:
                servers.Server(self, kind, **settings)
        except BaseException:
            self.close()
            raise

    def build(self, interfaces=("cli0",)):
        super().build(interfaces)
        self.mount(self.run)
        (self.etc / "machine-id").write_text(32 * "d" + "\n")
        (self.etc / "hostname").write_text("host\n")
        if Path("/etc/udhcpc").is_dir():
            shutil.copytree("/etc/udhcpc", self.etc / "udhcpc")
        self.make_dev()
        self.start_log()
        self.start_bus()
        return self

    def mount(self, folder):
        labs.sh("mount", "-t", "tmpfs", "none", str(folder))
        self.closers.append(lambda: labs.sh("umount", "-R", "-l",
                                            str(folder)))

    def make_dev(self):
        """The machine's own may have a log, which is to hear nothing."""
        self.dev.mkdir()
        self.mount(self.dev)
        for name in DEVICES:
            (self.dev / name).touch()
            labs.sh("mount", "--bind", f"/dev/{name}", str(self.dev / name))
        (self.dev / "shm").mkdir()
        (self.dev / "fd").symlink_to("/proc/self/fd")
        for number, name in enumerate(("stdin", "stdout", "stderr")):
            (self.dev / name).symlink_to(f"/proc/self/fd/{number}")

    def start_log(self):
        limit = Path("/proc/sys/net/unix/max_dgram_qlen")
        labs.in_namespace(self.wire, lambda: limit.write_text(QUEUE))
        self.spawn(self.wire, [str(DRAIN), str(self.dev / "log")], "drain.log")
        labs.wait_for("system log", (self.dev / "log").exists)

    def start_bus(self):
        """On the wire's side, so that it is nobody's process."""
        if shutil.which("dbus-daemon") is None:
            return
        (self.run / "dbus").mkdir()
        path = self.folder / "bus.conf"
        path.write_text(BUS.format(self.run))
        self.spawn(self.wire, ["dbus-daemon", f"--config-file={path}",
                               "--nofork", "--nopidfile"], "bus.log")
        labs.wait_for("bus", (self.run / "dbus/system_bus_socket").exists)

    def enter(self, argv):
        return super().enter(["sh", "-ec", ENTER, str(self.dev), *argv])
