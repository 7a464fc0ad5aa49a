"""The programs that are compared: what they are called with, and what is
theirs of an interface."""

import os
import shutil
from pathlib import Path

import lab as labs

BUILD = Path(os.environ["BUILD"])
FLOOR = BUILD / "tests" / "bench" / "floor"
OURS = BUILD / "dhcpcanon"


class Client:
    """`argv(hook, folder, interface)` runs it in the foreground with the
    script `hook`; None stands for the script that it comes with."""

    def __init__(self, name, program, argv, bound, memory=None):
        self.name, self.program, self.argv = name, str(program), argv
        self.bound = bound    # the reason, as the hook writes it
        self.memory = memory  # the folder of its earlier leases

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


ALL = [
    Client("floor", FLOOR, floor, "BOUND"),
    Client("dhcpcanon --arp-wait 0", OURS, ours("--arp-wait", "0"), "BOUND"),
    Client("dhcpcanon", OURS, ours(), "BOUND"),
    Client("dhclient", "dhclient", dhclient, "BOUND"),
    Client("dhcpcd -A, no delay", "dhcpcd",
           dhcpcd("-A", "--nodelay"), "BOUND", "/var/lib/dhcpcd"),
    Client("udhcpc", "udhcpc", udhcpc, "bound"),
]
