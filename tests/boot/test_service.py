"""The two units under a systemd that runs the machine."""

import platform
import re

import pytest

import servers
import wire
from machine import UNITS, labs, wait_for

ONE, ALL = "dhcpcanon@host0", "dhcpcanon"
PROGRAM = "/usr/local/sbin/dhcpcanon"

PPOLL = {"x86_64": "271", "aarch64": "73"}[platform.machine()]

# capabilities(7), by their numbers
BIND_SERVICE, NET_ADMIN, NET_RAW = 1 << 10, 1 << 12, 1 << 13
ALL_THREE = BIND_SERVICE | NET_ADMIN | NET_RAW


def drop_in(machine, *lines, unit="dhcpcanon@"):
    """More lines for [Service], before boot."""
    machine.put(f"/etc/systemd/system/{unit}.service.d/test.conf",
                "\n".join(("[Service]", *lines, "")))


def wait_status(machine, unit, text):
    wait_for(f"{unit}: {text}",
             lambda: machine.show(unit, "StatusText") == text)


def wait_bound(machine, unit=ONE, name="host0"):
    """The address that systemctl status shows, and that is there."""
    address = wait_for(f"address on {name}", lambda: machine.address(name))
    wait_status(machine, unit, f"{name}: bound to {address[:-3]}")
    return address


def processes(machine, unit=ONE):
    """Its monitor and its workers, as pids inside."""
    group = machine.show(unit, "ControlGroup")
    monitor = machine.show(unit, "MainPID")
    pids = machine.call("cat", f"/sys/fs/cgroup{group}/cgroup.procs").split()
    assert monitor in pids
    return monitor, [pid for pid in pids if "--worker" in machine.try_call(
        "cat", f"/proc/{pid}/cmdline")[1].split("\0")]


def kill(machine, name, *pids):
    machine.shell(f"kill -{name} {' '.join(pids)}")


def status_of(machine, pid):
    return labs.parse_status(machine.call("cat", f"/proc/{pid}/status"))


def sets(status):
    """Inheritable, permitted, effective, bounding, ambient."""
    return [int(status[which], 16) for which in
            ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]


# What a unit does.

@pytest.mark.parametrize("unit", [ONE, ALL])
def test_start_reload_and_stop(new_machine, unit):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.boot()
    resolv_conf = machine.call("cat", "/etc/resolv.conf")
    machine.systemctl("start", unit)
    # started means that there is a lease
    address = machine.address("host0")
    assert address.startswith("10.77.0.1")
    assert machine.show(unit, "StatusText") == \
        f"host0: bound to {address[:-3]}"
    assert "gateway" in machine.routes("host0")[0]

    machine.systemctl("reload", unit)
    renewal = machine.wait_sent(wire.REQUEST, 2, name="host0").dhcp
    assert renewal.ciaddr == address[:-3]
    machine.wait_journal(r"DHCPACK(.|\n)*DHCPACK", "-u", unit)
    assert machine.show(unit, "ActiveState") == "active"
    assert machine.address("host0") == address

    mark = machine.mark("host0")
    machine.systemctl("stop", unit)
    assert machine.show(unit, "Result") == "success"
    assert machine.show(unit, "ExecMainStatus") == "0"
    assert machine.address("host0") == ""
    assert machine.routes("host0") == []
    assert machine.call("cat", "/etc/resolv.conf") == resolv_conf
    assert machine.sent(name="host0", since=mark) == []
    assert machine.shell("find /run/dhcpcanon -type f") == ""
    assert machine.shell("stat -c '%a %U %G' /run/dhcpcanon") == \
        "1775 root dhcpcanon\n"


def test_enabled_it_has_a_lease_when_the_machine_is_up(new_machine):
    machine = new_machine(interfaces=("host0", "eth1"))
    servers.Server(machine, "dnsmasq")
    machine.enable("dhcpcanon.service")
    machine.boot()
    # up means: after network.target, for which it says when it is ready
    assert machine.show(ALL, "ActiveState") == "active"
    wait_status(machine, ALL, "2 of 2 interfaces have a lease")
    assert machine.address("host0") and machine.address("eth1")
    order = machine.show(ALL, "Before").split()
    assert {"network.target", "network-online.target"} <= set(order)


def test_without_a_lease_it_is_ready_when_its_time_is_over(new_machine):
    machine = new_machine()
    server = labs.RawServer(machine)
    server.mute = True
    drop_in(machine, "ExecStart=",
            f"ExecStart={PROGRAM} -w -timeout 2 host0")
    machine.boot()
    machine.systemctl("start", ONE)
    assert machine.show(ONE, "StatusText") == "host0: no lease, SELECTING"
    assert machine.show(ONE, "ActiveState") == "active"
    server.mute = False
    machine.systemctl("reload", ONE)
    wait_bound(machine)


def test_a_link_that_goes_and_comes_back_does_not_stop_it(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, workers = processes(machine)
    machine.remove_interface("host0")
    wait_status(machine, ONE, "host0: no lease")
    assert machine.show(ONE, "ActiveState") == "active"
    machine.add_interface("host0")
    wait_bound(machine)
    now, others = processes(machine)
    assert now == monitor and others != workers


def test_an_instance_may_start_before_its_link_is_there(new_machine):
    machine = new_machine(interfaces=())
    servers.Server(machine, "dnsmasq")
    drop_in(machine, "ExecStart=",
            f"ExecStart={PROGRAM} -w -timeout 1 host0")
    machine.boot()
    machine.systemctl("start", ONE)
    assert machine.show(ONE, "StatusText") == "host0: no lease"
    machine.add_interface("host0")
    wait_bound(machine)


def test_one_instance_ends_and_the_other_does_not_notice(new_machine):
    machine = new_machine(interfaces=("host0", "eth1"))
    servers.Server(machine, "dnsmasq")
    machine.boot()
    machine.systemctl("start", ONE, "dhcpcanon@eth1")
    machine.systemctl("stop", "dhcpcanon@eth1")
    assert machine.address("eth1") == ""
    assert machine.shell("cd /run/dhcpcanon; ls *.status *.leases *.pid") == \
        "host0.leases\nhost0.pid\nhost0.status\n"
    machine.systemctl("reload", ONE)
    machine.wait_sent(wire.REQUEST, 2, name="host0")
    wait_bound(machine)


def test_what_is_wrong_is_said_and_not_tried_for_ever(new_machine):
    machine = new_machine()
    drop_in(machine, "RestartSec=0")
    machine.boot()
    status, _ = machine.try_call("systemctl", "start", "dhcpcanon@lo")
    assert status == 1
    wait_for("its end", lambda: machine.show(
        "dhcpcanon@lo", "ActiveState") == "failed")
    assert machine.show("dhcpcanon@lo", "NRestarts") == "6"
    said = machine.journal("-t", "dhcpcanon", "-p", "err")
    assert said.count("lo: not an Ethernet interface") == 6, said


def test_without_libsystemd_it_serves_all_the_same(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    library = f"/usr/lib/{platform.machine()}-linux-gnu/libsystemd.so.0"
    drop_in(machine, "Type=exec", "NotifyAccess=main", "WatchdogSec=0",
            f"InaccessiblePaths={library}")
    machine.boot()
    machine.systemctl("start", ONE)
    machine.wait_journal("the service manager is told nothing: libsystemd",
                         "-u", ONE)
    wait_for("address", lambda: machine.address("host0"))
    assert machine.show(ONE, "StatusText") == ""


# What befalls it.

def test_a_killed_worker_is_replaced_and_systemd_not_troubled(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, workers = processes(machine)
    kill(machine, "KILL", *workers)
    wait_status(machine, ONE, "host0: no lease")
    wait_bound(machine)
    now, others = processes(machine)
    assert now == monitor and others and others != workers
    assert machine.show(ONE, "NRestarts") == "0"


def test_a_killed_monitor_takes_its_workers_along_and_is_replaced(
        new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    drop_in(machine, "RestartSec=0")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, workers = processes(machine)
    kill(machine, "KILL", monitor)
    wait_for("a restart", lambda: machine.show(ONE, "NRestarts") == "1")
    wait_bound(machine)
    now, others = processes(machine)
    assert not {monitor, *workers} & {now, *others}
    assert len(others) == 1
    assert machine.address("host0").count("/") == 1


def test_a_worker_that_does_not_answer_makes_systemd_start_anew(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    drop_in(machine, "RestartSec=0", "WatchdogSec=3s")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, workers = processes(machine)
    # it is fed, as long as all answer
    for _ in range(2):
        before = machine.show(ONE, "WatchdogTimestampMonotonic")
        wait_for("WATCHDOG=1", lambda: before != machine.show(
            ONE, "WatchdogTimestampMonotonic"))
    assert processes(machine) == (monitor, workers)
    kill(machine, "STOP", *workers)
    wait_for("a restart", lambda: machine.show(ONE, "NRestarts") == "1")
    machine.wait_journal("Watchdog timeout", "-u", ONE)
    wait_bound(machine)
    now, others = processes(machine)
    assert not {monitor, *workers} & {now, *others}


@pytest.mark.parametrize("watchdog, sleeps_for_ever", [("0", True),
                                                      ("5min", False)])
def test_only_for_a_watchdog_does_an_idle_monitor_wake_up(
        new_machine, watchdog, sleeps_for_ever):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    drop_in(machine, f"WatchdogSec={watchdog}")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, _ = processes(machine)

    def timeout():
        """ppoll's third argument, once it waits there and no script runs."""
        number, *arguments = machine.call(
            "cat", f"/proc/{monitor}/syscall").split()
        children = machine.call(
            "cat", f"/proc/{monitor}/task/{monitor}/children").split()
        return len(children) == 1 and number == PPOLL and arguments[2]

    found = wait_for("ppoll", timeout)
    assert (int(found, 16) == 0) == sleeps_for_ever


# What it may do.

def test_processes_of_the_unit_have_what_they_need_and_no_more(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.put("/etc/dhcp/dhcpcanon-enter-hooks",
                "cat /proc/$$/status >/run/dhcpcanon/script\n"
                "env >/run/dhcpcanon/environment\n")
    machine.boot()
    machine.systemctl("start", ONE)
    user = machine.call("id", "-u", "dhcpcanon").strip()
    monitor, [worker] = processes(machine)
    script = labs.parse_status(machine.call("cat", "/run/dhcpcanon/script"))
    table = {
        "monitor": (status_of(machine, monitor),
                    [NET_ADMIN, ALL_THREE, NET_ADMIN, ALL_THREE, NET_ADMIN]),
        "script": (script,
                   [NET_ADMIN, NET_ADMIN, NET_ADMIN, ALL_THREE, NET_ADMIN]),
        "worker": (status_of(machine, worker), [0, 0, 0, ALL_THREE, 0]),
    }
    for name, (status, capabilities) in table.items():
        print(f"{name}: uid {status['Uid'].split()[0]} "
              + " ".join(f"{bits:x}" for bits in sets(status))
              + f" NoNewPrivs {status['NoNewPrivs']} Seccomp "
              f"{status['Seccomp']} filters {status['Seccomp_filters']}")
        assert status["Uid"].split() == [user] * 4
        assert sets(status) == capabilities, name
        assert status["NoNewPrivs"] == "1"
        assert status["Seccomp"] == "2"
    # a worker's own filter comes on top of the unit's
    assert int(table["worker"][0]["Seccomp_filters"]) == \
        int(table["monitor"][0]["Seccomp_filters"]) + 1
    assert "sandbox=full\n" in machine.call("cat",
                                            "/run/dhcpcanon/host0.status")
    environment = machine.call("cat", "/run/dhcpcanon/environment")
    assert "reason=BOUND" in environment
    assert not re.search("NOTIFY|WATCHDOG", environment)
    machine.shell("rm /run/dhcpcanon/script /run/dhcpcanon/environment")


def test_a_random_address_can_be_set_under_the_unit(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    drop_in(machine, "ExecStart=",
            f"ExecStart={PROGRAM} -w --random-mac --require-random-mac %i")
    before = machine.mac("host0")
    machine.boot()
    machine.systemctl("start", ONE)
    assert machine.note_mac("host0") != before
    wait_bound(machine)


WRAPPERS = {
    "setpriv": ["setpriv", "--reuid=dhcpcanon", "--regid=dhcpcanon",
                "--clear-groups",
                "--inh-caps=-all,+net_admin,+net_raw,+net_bind_service",
                "--ambient-caps=-all,+net_admin,+net_raw,+net_bind_service",
                "--"],
    "capsh": ["capsh", "--keep=1", "--user=dhcpcanon",
              "--inh=cap_net_admin,cap_net_raw,cap_net_bind_service",
              "--addamb=cap_net_admin,cap_net_raw,cap_net_bind_service",
              "--shell=/bin/sh", "--", "-c", 'exec "$@"', "sh"],
}


@pytest.mark.parametrize("wrapper", WRAPPERS)
def test_a_plain_user_with_three_capabilities_needs_no_unit(new_machine,
                                                            wrapper):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.boot()
    machine.call(*WRAPPERS[wrapper], PROGRAM, "host0")
    assert machine.address("host0")
    user = machine.call("id", "-u", "dhcpcanon").strip()
    monitor = machine.call("cat", "/run/dhcpcanon/host0.pid").strip()
    worker = machine.shell(
        f"cat /proc/{monitor}/task/{monitor}/children").strip()
    bounding = sets(status_of(machine, 1))[3]
    for pid, capabilities in (
            (monitor, [NET_ADMIN, ALL_THREE, NET_ADMIN, bounding, NET_ADMIN]),
            (worker, [0, 0, 0, bounding, 0])):
        status = status_of(machine, pid)
        assert status["Uid"].split() == [user] * 4
        found = sets(status)
        # what nsenter has is not what the machine's init has
        assert found[:3] + found[4:] == capabilities[:3] + capabilities[4:]
    assert status_of(machine, worker)["Seccomp"] == "2"
    machine.call(*WRAPPERS[wrapper], PROGRAM, "-x", "host0")
    assert machine.address("host0") == ""


@pytest.mark.parametrize("unit", [ONE, ALL])
def test_exposure_is_at_most_1_9_and_the_units_are_well_formed(new_machine,
                                                               unit):
    machine = new_machine().boot()
    file = f"{UNITS}/{unit.replace('host0', '')}.service"
    table = machine.call("systemd-analyze", "security", "--no-pager",
                         "--offline=true", "--threshold=19", file)
    print(table)
    assert machine.call("systemd-analyze", "verify", "--man=no",
                        f"{unit}.service") == ""


def test_the_link_file_parses_matches_and_repeats_the_default(new_machine):
    machine = new_machine()
    ours = (labs.TREE / "systemd/network/90-dhcpcanon.link").read_text()
    assert "\nType=ether wlan\nKind=!*\n" in ours
    # the same for links that are made by software: all that there is here
    machine.put("/etc/systemd/network/80-test.link",
                ours.replace("Kind=!*", "Kind=veth"))
    machine.boot()
    said = machine.call("udevadm", "test-builtin", "net_setup_link",
                        "/sys/class/net/host0")
    assert "ID_NET_LINK_FILE=/etc/systemd/network/80-test.link" in said
    assert "80-test.link:" not in said, said  # no complaint about a line
    machine.shell("rm /etc/systemd/network/80-test.link")
    said = machine.call("udevadm", "test-builtin", "net_setup_link",
                        "/sys/class/net/host0")
    assert "ID_NET_LINK_FILE=/usr/lib/systemd/network/99-default.link" in said
    default = machine.call("cat", "/lib/systemd/network/99-default.link")
    for policy in ("NamePolicy", "AlternativeNamesPolicy"):
        line = re.search(f"^{policy}=.*$", default, re.MULTILINE).group()
        assert f"\n{line}\n" in ours


# Other users of the machine.

def test_networkmanager_takes_it_as_dhclient(new_machine):
    machine = new_machine("networkmanager")
    machine.is_judged = False  # it solicits IPv6 routers
    servers.Server(machine, "dnsmasq")
    machine.link_to("/usr/sbin/dhclient", PROGRAM)
    machine.put("/etc/NetworkManager/conf.d/dhcp.conf",
                "[main]\ndhcp=dhclient\n")
    machine.boot()
    wait_for("address", lambda: machine.address("host0"))
    machine.wait_journal(r"dhcp4 \(host0\): state changed new lease",
                         "-u", "NetworkManager", timeout=60)
    assert machine.call("pidof", "dhclient")
    for frame in machine.sent(wire.DISCOVER, name="host0"):
        assert frame.dhcp.codes == (53,)
    machine.systemctl("stop", "NetworkManager")
    status, _ = machine.try_call("pidof", "dhclient")
    assert status == 1


def test_a_service_that_ends_says_why(new_machine):
    """-1: no lease in time; systemd is told the exit status."""
    machine = new_machine()
    drop_in(machine, "ExecStart=", "Restart=no",
            f"ExecStart={PROGRAM} -1 -timeout 1 host0")
    machine.boot()
    status, _ = machine.try_call("systemctl", "start", ONE)
    assert status == 1
    assert machine.show(ONE, "ExecMainStatus") == "2"


def test_a_machine_that_is_shut_down_loses_the_lease_in_order(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.enable("dhcpcanon.service")
    machine.boot()
    machine.off()
    assert re.search("Stopped dhcpcanon.service", machine.container.log)
    assert machine.address("host0") == ""


def test_signals_by_hand_are_as_good_as_systemctl(new_machine):
    machine = new_machine()
    servers.Server(machine, "dnsmasq")
    machine.boot()
    machine.systemctl("start", ONE)
    monitor, _ = processes(machine)
    kill(machine, "HUP", monitor)
    machine.wait_journal(r"DHCPACK(.|\n)*DHCPACK", "-u", ONE)
    machine.call(PROGRAM, "-x", "host0")
    wait_for("its end", lambda: machine.show(ONE, "ActiveState")
             == "inactive")
    assert machine.show(ONE, "Result") == "success"
