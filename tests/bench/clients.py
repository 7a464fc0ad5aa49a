"""The programs that are compared: what they are called with, and what is
theirs of an interface."""

import copy
import os
import shutil
from pathlib import Path

import lab as labs

BUILD = Path(os.environ["BUILD"])
BENCH = Path(__file__).resolve().parent
FLOOR = BUILD / "tests" / "bench" / "floor"
FOLLOWED = BUILD / "tests" / "bench" / "followed"
OURS = BUILD / "dhcpcanon"


class Client:
    """`argv(hook, folder, *interfaces)` runs it in the foreground with the
    script `hook`; None stands for the script that it comes with.

    One whose `bound` is None has no script: it sets the address itself, and
    is prepared by a program, `around`, which is given the interfaces and what
    to execute."""

    def __init__(self, name, program, argv, bound=None, memory=None,
                 around=None, is_alone=False, renew=None, is_slow=False):
        self.name, self.program, self.argv = name, str(program), argv
        self.bound = bound        # the reason, as the hook writes it
        self.memory = memory      # the folder of its earlier leases
        self.around = around
        self.is_alone = is_alone  # a process serves one interface
        self.renew = renew        # a signal; None: it is waited for
        self.is_slow = is_slow    # takes seconds: is measured less often

    def is_here(self):
        return shutil.which(self.program) is not None


def ours(*flags):
    def argv(hook, folder, *interfaces):
        return [str(OURS), "-d", "-q", *flags, "-sf", hook or labs.OWN_SCRIPT,
                *interfaces]
    return argv


def dhclient(hook, folder, *interfaces):
    return ["dhclient", "-4", "-d", "-q", "-cf", "/dev/null", "-lf",
            f"{folder}/dhclient.leases", "-pf", f"{folder}/dhclient.pid",
            "-sf", hook or "/sbin/dhclient-script", *interfaces]


def udhcpc(hook, folder, interface):
    return ["udhcpc", "-f", "-i", interface, "-s",
            hook or "/etc/udhcpc/default.script"]


def dhcpcd(*flags):
    def argv(hook, folder, *interfaces):
        return ["dhcpcd", "-B", "-4", "-q", "-f", "/dev/null", *flags,
                *(["-c", hook] if hook else []), *interfaces]
    return argv


def floor(hook, folder, interface):
    return [str(FLOOR), interface, hook or "-a"]


def followed(client):
    """The same in a program of which valgrind can follow the worker."""
    if client.program != str(OURS):
        return client
    other = copy.copy(client)
    other.argv = lambda *arguments: [str(FOLLOWED),
                                     *client.argv(*arguments)[1:]]
    return other


NETWORKD = "/lib/systemd/systemd-networkd"


ALL = [
    Client("floor", FLOOR, floor, "BOUND", is_alone=True),
    Client("dhcpcanon --arp-wait 0", OURS, ours("--arp-wait", "0"), "BOUND"),
    Client("dhcpcanon", OURS, ours(), "BOUND"),
    Client("dhclient", "dhclient", dhclient, "BOUND"),
    Client("dhcpcd -A, no delay", "dhcpcd",
           dhcpcd("-A", "--nodelay", "--nodev"), "BOUND",
           memory="/var/lib/dhcpcd"),
    Client("dhcpcd", "dhcpcd", dhcpcd("--nodev"), "BOUND",
           memory="/var/lib/dhcpcd", is_slow=True),
    Client("udhcpc", "udhcpc", udhcpc, "bound", is_alone=True,
           renew="SIGUSR1"),
    Client("networkd", NETWORKD, lambda *_: [NETWORKD],
           around=BENCH / "as-networkd"),
    Client("NetworkManager", "NetworkManager",
           lambda *_: ["NetworkManager", "--no-daemon"],
           around=BENCH / "as-networkmanager"),
]

# With their delay and probes, which are measured once.
THOROUGH = ("dhcpcanon", "dhcpcd")
