"""The program in dhclient's place: a link of that name in /usr/local/sbin,
which everybody looks at first; /var/lib/dhcp is the test's own; /etc has what
Debian's script and ifupdown look for.  Also the real dhclient, for
comparisons, and a reader of its leases."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import lab as labs

REAL = "/usr/sbin/dhclient"
DEBIAN_SCRIPT = "/sbin/dhclient-script"
QUICK = ("--arp-wait", "0")
PATH = {"PATH": "/usr/local/sbin:/usr/local/bin:" + labs.CLEAN["PATH"]}

# Debian's own, and what a site may add: here hooks that take notes.
HOOK = """env | sort >NOTES.$reason
echo "$reason" >>NOTES
"""

MOUNT = """
mount --bind "$0/bin" /usr/local/sbin
mount --bind "$0/lib" /var/lib/dhcp
exec "$@"
"""


class DropIn:
    def __init__(self, lab):
        self.lab = lab
        self.bin, self.lib = lab.folder / "bin", lab.folder / "lib"
        self.bin.mkdir(), self.lib.mkdir()
        (self.bin / "dhclient").symlink_to(labs.PROGRAM)
        self.furnish()

    def furnish(self):
        etc = self.lab.etc
        for name in ("dhcp", "network"):
            shutil.copytree(Path("/etc") / name, etc / name, symlinks=True,
                            dirs_exist_ok=True)
        (etc / "fstab").write_text("/dev/root / auto rw 0 1\n")
        for when in ("enter", "exit"):
            hook = etc / "dhcp" / f"dhclient-{when}-hooks.d" / "zz-notes"
            hook.write_text(HOOK.replace("NOTES", str(self.notes(when))))
        self.interfaces()

    def interfaces(self, *lines, name="cli0"):
        """/etc/network/interfaces: `name` by DHCP, with these lines."""
        (self.lab.etc / "network" / "interfaces").write_text("\n".join(
            [f"iface {name} inet dhcp", *("\t" + line for line in lines),
             ""]))

    def notes(self, when):
        return self.lab.run / f"{when}-hooks"

    def hooks(self, when="exit"):
        """The reasons for which Debian's script ran the hooks."""
        path = self.notes(when)
        return path.read_text().split() if path.exists() else []

    def hook_env(self, reason, when="exit"):
        """What the hook was told last time."""
        text = Path(f"{self.notes(when)}.{reason}").read_text()
        return dict(line.split("=", 1) for line in text.splitlines()
                    if "=" in line)

    def enter(self, argv):
        return ["sh", "-ec", MOUNT, str(self.lab.folder), *argv]

    def run(self, *argv, program="dhclient", timeout=labs.PATIENCE,
            env=None):
        """Runs it, or another program, to the end: exit status, output,
        errors."""
        argv = self.enter([program, *argv])
        return self.lab.command(*argv[1:], program=argv[0], timeout=timeout,
                                env={**PATH, **(env or {})})

    def start(self, *argv, program="dhclient", env=None):
        """Starts it in the foreground."""
        process = labs.Process(
            self.lab.enter(self.enter([program, *argv])),
            self.lab.folder / f"client{len(self.lab.processes)}.log",
            {**labs.CLEAN, **PATH, **(env or {})})
        self.lab.processes.append(process)
        return process


def forget_frames(lab, name):
    """For an interface on which not only our client sends: no judge."""
    for capture in lab.captures.pop(name):
        capture.socket.close()


def pid_in(path):
    """The process that a pid file of dhclient's names."""
    text = Path(path).read_text()
    assert re.fullmatch(r"\d+\n", text)
    return int(text)


def parent_of_orphans():
    """Who adopts a process whose parent is gone: pid 1, or a subreaper."""
    with subprocess.Popen(
            ["sh", "-c", "exec 3<&0; cat <&3 >&2 & echo $!"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        orphan = int(shell.stdout.readline())
        shell.wait()
        return labs.process_status(orphan)["PPid"]


def kill_later(lab, pid):
    """Ends a client in the background with the test."""
    def end():
        try:
            os.kill(pid, 9)
        except ProcessLookupError:
            pass
    lab.closers.append(end)


# -- a reader of dhclient.leases(5) -------------------------------------------

TOKEN = re.compile(r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*")
                   |(?P<sign>[{};,])|(?P<word>[^\s{};,"]+))""", re.VERBOSE)
ESCAPE = re.compile(r"\\([0-7]{3}|.)")


def unquote(token):
    def one(match):
        escaped = match.group(1)
        return chr(int(escaped, 8)) if len(escaped) == 3 else escaped
    return ESCAPE.sub(one, token[1:-1])


def tokens(text):
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = TOKEN.match(text, at)
        assert match, f"no token at {text[at:at + 40]!r}"
        at = match.end()
        yield match.group(match.lastgroup)


def statements(words, until):
    """[[word ...]] up to the token `until`."""
    found, statement = [], []
    for word in words:
        if word == until and not statement:
            return found
        if word == ";":
            found.append(statement)
            statement = []
        elif word == "{":
            statement.append(statements(words, "}"))
            found.append(statement)
            statement = []
        else:
            statement.append(word)
    assert until is None and not statement, "the file ends in a statement"
    return found


def read_leases(text):
    """Every lease as {name: [values]}, options under their names; `renew`,
    `rebind` and `expire` as written."""
    leases = []
    for statement in statements(tokens(text), None):
        if statement[0] != "lease":
            continue
        lease = {}
        for name, *values in statement[1]:
            if name == "option":
                name, *values = values
            assert name not in lease, f"{name} twice"
            lease[name] = [unquote(value) if value[0] == '"' else value
                           for value in values if value != ","]
        leases.append(lease)
    return leases
