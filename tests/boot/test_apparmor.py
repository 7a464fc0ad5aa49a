"""apparmor/usr.sbin.dhcpcanon permits what the program does, and no more.

The program and every script that it may be given run in booted machines, each
way of telling name servers among them, under strace; what is permitted and
was not needed is printed.
"""

import shlex
import signal

import pytest

import apparmor
from machine import labs, wait_for
from test_dns import FIRST, PROGRAM, SECOND, Names, user


def test_parser_takes_the_profile_for_debian_12():
    done = apparmor.parse("--stdout")
    assert done.returncode == 0, done.stderr.decode()
    assert len(done.stdout) > 1000
    assert b"error" not in done.stderr.lower()


def test_nothing_is_unconfined_and_no_module_is_loaded():
    profile = apparmor.Profile()
    for rule in profile.files:
        if "x" in rule.permissions:
            assert "i" in rule.permissions, rule.text
    assert "CAP_SYS_MODULE" not in profile.capabilities
    assert "CAP_SYS_ADMIN" not in profile.capabilities
    text = apparmor.PROFILE.read_text()
    assert "include if exists <local/usr.sbin.dhcpcanon>" in text


def test_lookup_knows_what_is_not_permitted():
    """The comparison below could fail."""
    profile = apparmor.Profile()
    trace = apparmor.Trace(profile, lambda path: path)
    trace.feed('1 openat(AT_FDCWD</>, "/etc/shadow", O_RDONLY) = 3</etc/shadow>\n'
               '1 execve("/usr/bin/curl", ["curl"], 0x0 /* 1 var */) = 0\n'
               '1 socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP) = 3<TCP:[1]>\n'
               '1 unlink("/etc/passwd") = 0\n'
               '1 unlink("/etc/hosts") = -1 EACCES (Permission denied)\n')
    assert trace.refused == {
        "/etc/shadow r (openat)", "/usr/bin/curl x (execve)",
        "network inet6 stream", "/etc/passwd w (unlink)"}


class Traced(Names):
    """The client runs under strace, which is outside of the machine."""

    def __init__(self, machine, traces):
        super().__init__(machine)
        self.traces, self.number = traces, 0
        self.real = {}

    def run(self, *argv):
        """What it said.  The trace ends with the last process."""
        self.number += 1
        path = self.machine.folder / f"strace.{self.number}"
        log = self.machine.folder / f"traced{self.number}.log"
        self.machine.processes.append(labs.Process(
            [*apparmor.STRACE, str(path), *self.machine.enter(list(argv))],
            log))
        return self.machine.processes[-1], path

    def life(self, *flags, by=(), program=PROGRAM):
        """Bound, renewed with other name servers, stopped; what was said."""
        self.lease(FIRST)
        client, path = self.run(*by, program, "-d", "-v", *flags, "host0")
        self.wait_answer(FIRST)
        self.lease(SECOND)
        self.kill(signal.SIGHUP)
        self.wait_answer(SECOND)
        stop, stopped = self.run(*by, program, "-x", *flags, "host0")
        assert stop.wait() == 0
        client.wait()
        for trace in (path, stopped):
            self.look_at(trace, program)
        return client.log

    def until_bound(self, *argv):
        """With a script that need not bring the link up, nor agree."""
        self.machine.shell("ip link set host0 up")
        client, path = self.run(*argv)
        client.wait_log("bound to|script for BOUND exited")
        stop, stopped = self.run(argv[0], "-x", *argv[1:])
        assert stop.wait() == 0
        client.wait()
        for trace in (path, stopped):
            self.look_at(trace, argv[0])

    def to_its_end(self, *argv):
        done, path = self.run(*argv)
        done.wait()
        self.look_at(path, argv[0])

    def resolve(self, path):
        """By the machine's own links; a folder ends with a slash."""
        if path not in self.real:
            self.real[path] = self.machine.shell(
                f"p=$(readlink -m -- {shlex.quote(path)}); [ ! -d \"$p\" ] "
                '|| p=${p%/}/; printf %s "$p"')
        return self.real[path]

    def look_at(self, path, program):
        self.traces.resolve = self.resolve
        text = path.read_text(errors="replace")
        # up to there it is nsenter's
        at = text.index(f'execve("{program}"')
        text = text[text.rindex("\n", 0, at) + 1:]
        self.traces.feed(text)


@pytest.fixture(scope="module")
def profile():
    return apparmor.Profile()


@pytest.fixture
def traced(new_machine, profile):
    """Makes machines; at the end all that they did must be permitted."""
    traces = apparmor.Trace(profile, None)

    def make(flavour, put={}, links={}, **more):
        machine = new_machine(flavour, **more)
        for path, text in put.items():
            machine.put(path, text)
        for path, target in links.items():
            machine.link_to(path, target)
        return Traced(machine, traces)

    yield make
    assert not traces.refused, "\n".join(sorted(traces.refused))
    assert traces.seen > 100


def with_its_capabilities(profile):
    """As root, who has no other capability than the profile's."""
    names = ",".join("+" + name[4:].lower() for name in profile.capabilities)
    return ("setpriv", f"--bounding-set=-all,{names}")


@pytest.mark.parametrize("flavour", ["plain", "resolved", "resolvconf",
                                     "openresolv"])
def test_root_needs_no_more(traced, profile, flavour):
    log = traced(flavour).life("-e", "IF_DOMAINS=yes",
                               by=with_its_capabilities(profile))
    assert "dhcpcanon-script:" not in log


def test_user_needs_no_more(traced):
    names = traced("resolvconf-admin")
    names.life(by=user(names, "resolvconf-admins"))


def test_debians_script_needs_no_more(traced, profile):
    """In dhclient's place, by a link, with ifupdown's files."""
    names = traced("ifupdown")
    names.machine.shell(f"""
        ln -sf {PROGRAM} /usr/local/sbin/dhclient
        mv /usr/sbin/dhclient /root
        ln -s {PROGRAM} /usr/sbin/dhclient""")
    names.until_bound("/usr/sbin/dhclient", "-4", "-d", "-v", "-i",
                "-pf", "/run/dhclient.host0.pid", "-lf",
                "/var/lib/dhcp/dhclient.host0.leases", "-I", "host0")


def test_networkmanagers_helper_needs_no_more(traced):
    """NetworkManager hears helpers while it has a client of its own, which is
    the program on eth1."""
    names = traced("networkmanager", interfaces=("host0", "eth1"), put={
        "/etc/NetworkManager/conf.d/test.conf":
            "[main]\ndhcp=dhclient\n[keyfile]\n"
            "unmanaged-devices=interface-name:host0\n"},
        links={"/sbin/dhclient": PROGRAM})
    names.machine.shell("touch /var/lib/NetworkManager/dhclient-host0.conf")
    wait_for("NetworkManager's socket", lambda: names.machine.try_call(
        "test", "-S", "/run/NetworkManager/private-dhcp")[0] == 0)
    names.until_bound(
        PROGRAM, "-d", "-v", "--arp-wait", "0",  # eth1 has the address
        "-sf", "/usr/lib/NetworkManager/nm-dhcp-helper",
        "-pf", "/run/NetworkManager/dhclient-host0.pid",
        "-lf", "/var/lib/NetworkManager/dhclient-x-host0.lease",
        "-cf", "/var/lib/NetworkManager/dhclient-host0.conf", "host0")


def test_the_rest_needs_no_more(traced, profile):
    names = traced("plain")
    names.until_bound(PROGRAM, "-d", "-v", "--random-mac",
                "-sf", "/bin/true", "host0")
    names.to_its_end(PROGRAM, "--dry-run", "host0")
    names.to_its_end(PROGRAM, "--audit", "host0")
    names.to_its_end(PROGRAM, "--status")
    print("\npermitted, and needed by none of the above:")
    print("\n".join(profile.unused()))
