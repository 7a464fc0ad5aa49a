"""Names are resolved by what the lease says, whatever manages resolv.conf.

Two name servers on the wire answer the same question differently, so that an
answer, asked for as every program does (getent), tells which one was asked.
"""

import signal

import pytest

import wire
from machine import labs, wait_for

FIRST, SECOND, TUNNELLED = "10.77.0.53", "10.77.0.54", "10.78.0.53"
ANSWER = {FIRST: "192.0.2.53", SECOND: "192.0.2.54", TUNNELLED: "192.0.2.78"}
PROGRAM = "/usr/local/sbin/dhcpcanon"
CAPABILITIES = "+net_admin,+net_raw,+net_bind_service"


class Names:
    """A machine on a wire with a DHCP server and the name servers."""

    def __init__(self, machine):
        self.machine = machine
        machine.is_judged = False  # it asks name servers, too
        for address in ANSWER:
            machine.ip(machine.wire, f"addr add {address}/24 dev srv0")
            machine.spawn(
                machine.wire,
                ["dnsmasq", "-k", "-d", "-C", "/dev/null", "--user=root",
                 "--pid-file=", "--no-resolv", "--no-hosts",
                 "--bind-interfaces", f"--listen-address={address}",
                 f"--address=/printer.lan.test/{ANSWER[address]}",
                 f"--address=/elsewhere.test/{ANSWER[address]}"],
                f"names-{address}.log").wait_log("started")
        self.server = labs.RawServer(machine)
        self.lease(FIRST)
        machine.boot()
        # systemd does not wait for its end
        wait_for("resolvconf", lambda: "running" not in machine.call(
            "systemctl", "show", "-P", "SubState", "resolvconf.service"))
        self.before = self.resolv_conf()

    def lease(self, *servers, domain=b"lan.test"):
        """What the next ACK says."""
        self.server.options = [
            (1, wire.ip("255.255.255.0")), (3, wire.ip(labs.SERVER)),
            (6, b"".join(map(wire.ip, servers))),
            *([(15, domain)] if domain else [])]

    def answer(self, name="elsewhere.test"):
        """What a program of the machine gets to know; '' if nothing."""
        _, said = self.machine.try_call("getent", "ahostsv4", name)
        return said.split()[0] if said else ""

    def wait_answer(self, server, name="elsewhere.test"):
        wait_for(f"{name} by {server}",
                 lambda: self.answer(name) == ANSWER[server])

    def resolv_conf(self):
        """Where it is, and what is in it."""
        return self.machine.shell(
            "readlink /etc/resolv.conf || :; cat /etc/resolv.conf")

    def wait_as_before(self):
        wait_for("resolv.conf as before",
                 lambda: self.resolv_conf() == self.before)

    def left(self):
        """Our files that are there."""
        return self.machine.shell(
            "find /run/dhcpcanon* -type f; "
            "find /etc -maxdepth 1 -name '*.dhcpcanon*'")

    def kill(self, number, file="host0"):
        self.machine.shell(
            f"kill -{int(number)} $(cat /run/dhcpcanon/{file}.pid)")

    # The client, by root unless a test says `by`.

    def start(self, *flags, by=()):
        return self.machine.call(*by, PROGRAM, "-v", *flags, "host0")

    def stop(self, by=()):
        return self.machine.call(*by, PROGRAM, "-x", "host0")


@pytest.fixture
def names(new_machine):
    return lambda flavour, **more: Names(new_machine(flavour, **more))


EVERY_WAY = ["plain", "resolved", "resolvconf", "openresolv"]


# As root.

@pytest.mark.parametrize("flavour", EVERY_WAY)
def test_name_servers_are_the_leases_while_there_is_one(names, flavour):
    names = names(flavour)
    assert names.answer() == ""
    names.lease(FIRST, domain=b"")
    assert "dhcpcanon-script" not in names.start()
    names.wait_answer(FIRST)
    names.lease(SECOND)
    names.kill(signal.SIGHUP)
    names.wait_answer(SECOND)
    names.stop()
    names.wait_as_before()
    assert names.left() == ""


@pytest.mark.parametrize("flavour", ["plain", "resolvconf", "openresolv"])
def test_domain_is_searched(names, flavour):
    names = names(flavour)
    names.start()
    names.wait_answer(FIRST, "printer")


@pytest.mark.parametrize("flavour", EVERY_WAY)
def test_name_servers_that_a_crash_left_go_at_the_next_start(names, flavour):
    names = names(flavour)
    names.start()
    names.wait_answer(FIRST)
    pid = names.machine.call("cat", "/run/dhcpcanon/host0.pid").strip()
    names.kill(signal.SIGKILL)
    wait_for("its end", lambda: names.machine.try_call(
        "test", "-e", f"/proc/{pid}")[0] == 1)
    names.server.mute = True
    names.start("-nw")
    names.wait_as_before()
    if flavour == "resolved":
        assert told(names, "dns") == ""
    names.server.mute = False
    names.kill(signal.SIGHUP)  # asks again now
    names.wait_answer(FIRST)


ABSENT = {
    "resolved": ("systemctl stop systemd-resolved",
                 "systemctl start systemd-resolved"),
    "openresolv": ("mv /sbin/resolvconf /root", "mv /root/resolvconf /sbin"),
}


@pytest.mark.parametrize("flavour", ABSENT)
def test_way_that_changes_is_undone_as_it_was_told(names, flavour):
    """As when the program is installed during a lease."""
    names = names(flavour)
    remove, install = ABSENT[flavour]
    names.machine.shell(f"""
        {remove}
        mv /etc/resolv.conf /root
        echo nameserver 198.51.100.53 >/etc/resolv.conf""")
    names.start()
    names.wait_answer(FIRST)
    assert "dhcpcanon-script" in names.resolv_conf()
    names.machine.shell(f"""
        mv -T /root/resolv.conf /etc/resolv.conf
        {install}""")
    names.lease(SECOND)
    names.kill(signal.SIGHUP)
    names.wait_answer(SECOND)
    assert "dhcpcanon-script" not in names.resolv_conf()
    names.stop()
    names.wait_as_before()


# systemd-resolved.

def told(names, what):
    """What resolvectl has about host0."""
    return names.machine.call("resolvectl", what, "host0").partition(
        "):")[2].strip()


def add_tunnel(names):
    """A link that shall answer all questions, as VPNs say it."""
    names.machine.shell(f"""
        ip addr add 10.78.0.2/24 dev eth1
        ip link set eth1 up
        resolvectl dns eth1 {TUNNELLED}
        resolvectl domain eth1 '~.'""")
    names.wait_answer(TUNNELLED)


def test_no_network_pulls_a_question_out_of_a_tunnel(names):
    names = names("resolved", interfaces=("host0", "eth1"))
    add_tunnel(names)
    names.lease(FIRST, domain=b"elsewhere.test")
    assert "IF_DOMAINS=yes: elsewhere.test" in names.start()
    assert told(names, "dns") == FIRST
    assert told(names, "domain") == ""
    assert names.answer() == ANSWER[TUNNELLED]
    names.stop()
    # and this is what it would do
    names.start("-e", "IF_DOMAINS=yes")
    assert told(names, "domain") == "elsewhere.test"
    names.wait_answer(FIRST)


def test_domains_are_given_on_demand_and_taken_back(names):
    names = names("resolved")
    names.machine.call("resolvectl", "llmnr", "host0", "no")
    names.start("-e", "IF_DOMAINS=yes")
    names.wait_answer(FIRST, "printer")
    names.lease(SECOND, domain=b"elsewhere.test")
    names.kill(signal.SIGHUP)
    names.wait_answer(SECOND)
    assert told(names, "domain") == "elsewhere.test"
    names.stop()
    assert told(names, "dns") == told(names, "domain") == ""
    assert told(names, "llmnr") == "no"  # not ours to take back


# As another user, with three capabilities.

def user(names, *groups):
    names.machine.shell(f"""
        getent passwd dhcpcanon >/dev/null || useradd --system dhcpcanon
        usermod -aG '{",".join(groups)}' dhcpcanon
        mkdir -p -m 1775 /run/dhcpcanon
        chgrp dhcpcanon /run/dhcpcanon""")
    return ["setpriv", "--reuid=dhcpcanon", "--regid=dhcpcanon",
            "--init-groups", f"--inh-caps={CAPABILITIES}",
            f"--ambient-caps={CAPABILITIES}"]


def test_resolvconf_admin_is_for_a_user(names):
    names = names("resolvconf-admin")
    by = user(names, "resolvconf-admins")
    assert "dhcpcanon-script" not in names.start(by=by)
    names.wait_answer(FIRST)
    names.wait_answer(FIRST, "printer")
    assert "by resolvconf-admin" in names.resolv_conf()
    names.lease(SECOND)
    names.kill(signal.SIGHUP)
    names.wait_answer(SECOND)
    names.stop(by=by)
    names.wait_as_before()
    assert names.left() == ""


@pytest.mark.parametrize("flavour, groups, more, why", [
    ("plain", "", (), "/etc/resolv.conf could not be written: only root"),
    ("resolvconf", "", (),
     "is resolvconf's and was left alone, for resolvconf takes root, or "
     "resolvconf-admin"),
    ("resolvconf", "", ("setpriv", "--no-new-privs"),
     "is resolvconf's and was left alone, .* run dhcpcanon as root"),
    ("resolvconf-admin", "resolvconf-admins", ("setpriv", "--no-new-privs"),
     "/etc/resolv.conf could not be written: only root"),
])
def test_what_a_user_may_not_is_one_line(names, flavour, groups, more, why):
    names = names(flavour)
    by = [*user(names, *filter(None, [groups])), *more]
    said = names.start(by=by)
    [line] = [line for line in said.splitlines() if "resolv" in line]
    assert labs.re.search(why, line)
    assert names.resolv_conf() == names.before
    names.stop(by=by)
    assert names.left() == ""


def test_line_of_a_client_in_the_background_is_in_the_journal(names):
    names = names("plain")
    by = user(names)
    names.start("-nw", by=by)
    names.machine.wait_journal("resolv.conf could not be written", "-t",
                               "dhcpcanon-script")


# As a service.

def start_service(names, unit="dhcpcanon@host0"):
    names.machine.systemctl("start", unit)
    names.wait_answer(FIRST)


def script_lines(names):
    return [line for line in names.machine.journal("-u", "dhcpcanon*")
            .splitlines() if "dhcpcanon-script" in line]


@pytest.mark.parametrize("unit", ["dhcpcanon@host0", "dhcpcanon"])
def test_service_writes_resolv_conf_by_a_link_meanwhile(names, unit):
    names = names("plain")
    start_service(names, unit)
    assert names.resolv_conf().startswith("/run/dhcpcanon/resolv.conf\n")
    names.wait_answer(FIRST, "printer")
    names.lease(SECOND)
    names.kill(signal.SIGHUP, "all" if unit == "dhcpcanon" else "host0")
    names.wait_answer(SECOND)
    names.machine.systemctl("stop", unit)
    assert names.resolv_conf() == names.before
    assert names.left() == ""
    assert script_lines(names) == []


def test_service_that_is_killed_keeps_no_name_server(names):
    names = names("plain")
    names.machine.shell("""
        mkdir -p /etc/systemd/system/dhcpcanon@.service.d
        printf '[Service]\nRestart=no\n' \
            >/etc/systemd/system/dhcpcanon@.service.d/x.conf
        systemctl daemon-reload""")
    start_service(names)
    names.kill(signal.SIGKILL)
    names.wait_as_before()
    start_service(names)  # as if nothing had been
    names.machine.systemctl("stop", "dhcpcanon@host0")
    assert names.resolv_conf() == names.before


def test_link_goes_with_the_last_instance(names):
    names = names("plain", interfaces=("host0", "eth1"))
    addresses = {}

    def one_each(server, message):
        server.address = addresses.setdefault(
            message.chaddr, f"10.77.0.{150 + len(addresses)}")
        return labs.RawServer.good(server, message)

    names.server.answer = one_each
    start_service(names)
    names.machine.systemctl("start", "dhcpcanon@eth1")
    names.machine.systemctl("stop", "dhcpcanon@host0")
    names.wait_answer(FIRST)
    assert names.resolv_conf().startswith("/run/dhcpcanon/resolv.conf\n")
    names.machine.systemctl("stop", "dhcpcanon@eth1")
    assert names.resolv_conf() == names.before


def test_power_failure_leaves_the_name_servers_of_before(new_machine):
    """As the disk is then: the link is there, and what it points to not."""
    machine = new_machine("plain")
    machine.link_to("/etc/resolv.conf", "/run/dhcpcanon/resolv.conf")
    machine.put("/etc/resolv.conf.dhcpcanon", f"nameserver {SECOND}\n")
    names = Names(machine)
    assert names.before == f"/run/dhcpcanon/resolv.conf\nnameserver {SECOND}\n"
    start_service(names)
    machine.systemctl("stop", "dhcpcanon@host0")
    assert names.resolv_conf() == f"nameserver {SECOND}\n"
    assert names.left() == ""


def test_service_tells_systemd_resolved_by_polkits_leave(names):
    names = names("resolved")
    names.lease(FIRST, domain=b"")
    start_service(names)
    names.lease(SECOND)
    names.kill(signal.SIGHUP)
    names.wait_answer(SECOND)
    assert names.resolv_conf() == names.before
    names.machine.systemctl("stop", "dhcpcanon@host0")
    assert told(names, "dns") == ""
    assert names.left() == ""
    assert script_lines(names) == []


@pytest.mark.parametrize("flavour, before, why", [
    ("resolved", "dpkg --remove --force-depends polkitd",
     "it takes polkitd, and the rule"),
    ("resolved", "rm /etc/polkit-1/rules.d/dhcpcanon.rules",
     "it takes polkitd, and the rule"),
    ("resolvconf", "", "run dhcpcanon as root"),
    ("plain", "mount --bind /etc/resolv.conf /etc/resolv.conf",
     "/etc/resolv.conf could not be")])
def test_what_a_service_may_not_is_said(names, flavour, before, why):
    names = names(flavour)
    names.lease(FIRST, domain=b"")
    names.machine.shell(before)
    names.machine.systemctl("start", "dhcpcanon@host0")
    names.machine.wait_journal("bound to")
    names.machine.wait_journal(why)
    assert len(script_lines(names)) == (2 if flavour == "plain" else 1)
    assert names.resolv_conf() == names.before
