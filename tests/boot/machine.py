"""A Debian 12 that is booted for a test, on a wire of the test's own.

The wire, its servers and captures are those of the network tests (lab.py);
the client's namespace is that of a systemd-nspawn container whose init is
systemd.  Its root is an overlay over the cached ones (roots.py), what is
written to it goes to memory and is lost with it.  Nothing of it is known to a
systemd or a cgroup tree of this machine: it has a mount namespace and a
cgroup2 of its own.
"""

import functools
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "net"))

import lab as labs  # noqa: E402
import roots  # noqa: E402
from lab import wait_for  # noqa: E402

BOOT_PATIENCE = 120  # seconds
UNITS = "/usr/local/lib/systemd/system"

# In a mount namespace of its own: $0 is the folder, $1 the cgroup's name, $2
# the lower directories, $3 the network namespace; the rest goes to nspawn.
# The shell stays, to take the cgroup away.  A machine permits Landlock, which
# nspawn's own list (252) has not.
BOOT = """
allowed='landlock_create_ruleset landlock_add_rule landlock_restrict_self'
folder=$0 group=/sys/fs/cgroup/$1 lower=$2 namespace=$3
shift 3
mount -t tmpfs -o size=1g,mode=755 machine "$folder/disk"
mkdir "$folder/disk/upper" "$folder/disk/work" "$folder/disk/root"
mount -t overlay overlay -o "lowerdir=$lower,upperdir=$folder/disk/upper,\
workdir=$folder/disk/work" "$folder/disk/root"
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd
mkdir "$group"
echo $$ >"$group/cgroup.procs"
status=0
systemd-nspawn --quiet --register=no --keep-unit --resolv-conf=off \
    --timezone=off --link-journal=no --console=passive --notify-ready=yes \
    --capability=CAP_NET_ADMIN --system-call-filter="$allowed" \
    --network-namespace-path="$namespace" --directory="$folder/disk/root" "$@" || status=$?
echo $$ >/sys/fs/cgroup/cgroup.procs
find "$group" -depth -type d -exec rmdir {} +
exit $status
"""


@functools.lru_cache(maxsize=None)
def stage():
    """The program as `make install` puts it, for a lower directory."""
    keeper = tempfile.TemporaryDirectory(prefix="dcstage.")
    folder = Path(keeper.name)
    folder.chmod(0o755)
    with open(roots.CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        roots.run("make install", [
            "make", "-C", str(labs.TREE), "install", f"DESTDIR={folder}",
            "WITH_SYSTEMD=true", "WITH_SYSTEMD_UDEV=true",
            "MADE=/dev/null"])
    return keeper


class Machine(labs.Lab):
    """One machine; it is off until `boot`."""

    def __init__(self, flavour="plain", interfaces=("host0",), bare=False):
        super().__init__()
        self.is_bare = bare  # without what `make install` puts
        self.flavour, self.first_interfaces = flavour, interfaces
        (self.folder / "disk").mkdir()
        (self.folder / "put").mkdir()
        self.put_folder = self.folder / "put"
        self.is_judged = True  # False where other clients send, too
        self.container = None
        self.leader = None  # pid of its init, as seen from here

    def build(self):
        super().build(self.first_interfaces)
        for name in self.first_interfaces:
            self.ip(self.inside, f"link set {name} down")
        return self

    # -- before it is on

    def put(self, path, text, mode=0o644):
        """A file of the machine, before boot."""
        file = self.put_folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        file.chmod(mode)

    def link_to(self, path, target):
        """A symbolic link of the machine, before boot."""
        file = self.put_folder / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.symlink_to(target)

    def enable(self, unit, target="multi-user.target"):
        """As `systemctl enable`, before boot."""
        file = unit if "@" not in unit else re.sub("@.*[.]", "@.", unit)
        self.link_to(f"/etc/systemd/system/{target}.wants/{unit}",
                     f"/usr/lib/systemd/system/{file}")

    # -- on and off

    def boot(self, *options):
        """Switches it on; returns when its systemd has started all."""
        assert self.container is None or not self.container.is_alive()
        path = str(self.folder / "ready")
        installed = [] if self.is_bare else [stage().name]
        lower = [self.put_folder, *installed, *roots.layers(self.flavour)]
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(path)
            ready.settimeout(BOOT_PATIENCE)
            self.container = labs.Process(
                ["unshare", "--mount", "--propagation", "private", "sh",
                 "-ec", BOOT, str(self.folder), self.tag,
                 ":".join(map(str, lower)), f"/run/netns/{self.inside}",
                 f"--machine={self.tag}", *options, "--boot", "--",
                 "systemd.log_color=0", "systemd.show_status=1"],
                self.folder / "console.log",
                {**labs.CLEAN, "NOTIFY_SOCKET": path,
                 "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "network"})
            self.processes.append(self.container)
            try:
                self.wait_ready(ready)
            finally:
                os.unlink(path)
        return self

    def wait_ready(self, ready):
        """What nspawn says: its leader's pid, then that init is ready."""
        while True:
            try:
                said = ready.recv(4096).decode().splitlines()
            except TimeoutError:
                raise labs.Waited("no boot: " + self.container.log[-4000:])
            for line in said:
                if line.startswith("X_NSPAWN_LEADER_PID="):
                    self.leader = int(line.partition("=")[2])
                if line == "READY=1":
                    return
                if line == "STOPPING=1":
                    raise AssertionError(self.container.log[-4000:])

    def off(self):
        """An orderly shutdown."""
        os.kill(self.leader, signal.SIGRTMIN + 4)
        self.container.wait(BOOT_PATIENCE)
        self.leader = None

    def close(self):
        """The plug is pulled."""
        if self.leader is not None and self.container.is_alive():
            try:
                os.kill(self.leader, signal.SIGKILL)
                self.container.wait()
            except ProcessLookupError:
                pass
        super().close()

    # -- inside

    @property
    def root(self):
        """The machine's files, by a path of ours."""
        return Path(f"/proc/{self.leader}/root")

    def enter(self, argv):
        return ["nsenter", f"--target={self.leader}", "--mount", "--uts",
                "--ipc", "--net", "--pid", "--cgroup", "--root", "--wd",
                *argv]

    def try_call(self, *argv, timeout=labs.PATIENCE):
        """Runs a command inside: exit status, output with errors."""
        done = subprocess.run(
            self.enter(argv), stdin=subprocess.DEVNULL, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**labs.CLEAN, "SYSTEMD_PAGER": ""}, timeout=timeout)
        return done.returncode, done.stdout

    def call(self, *argv, timeout=labs.PATIENCE):
        """The output of a command inside that must not fail."""
        status, said = self.try_call(*argv, timeout=timeout)
        assert status == 0, f"{argv}: {status}: {said}"
        return said

    def shell(self, text):
        return self.call("sh", "-ec", text)

    def systemctl(self, *argv, timeout=90):
        return self.call("systemctl", *argv, timeout=timeout)

    def show(self, unit, name):
        """A property of a unit."""
        return self.systemctl("show", "-P", name, unit).strip()

    def journal(self, *argv):
        return self.call("journalctl", "--no-pager", "-o", "short-monotonic",
                        *argv)

    def wait_journal(self, pattern, *argv, timeout=labs.PATIENCE):
        return wait_for(f"{pattern!r} in the journal", lambda: re.search(
            pattern, self.journal(*argv), re.MULTILINE), timeout)

    def report(self):
        parts = super().report()
        if self.leader is not None and self.container.is_alive():
            parts.append(("journal", self.journal("-n", "300")))
        return parts
