"""sbin/dhcpcanon-script and the kernel, each test in namespaces of its own.

Knows dhcpcanon-script(8), nothing of the daemon: the variables are given as
the daemon would give them.  /etc and /run are scratch folders, so that the
machine's own are never in reach.
"""

import json
import os
import pathlib
import shutil
import subprocess
import time

import pytest

SCRIPT = pathlib.Path(__file__).parents[2] / "sbin" / "dhcpcanon-script"
MANUAL = pathlib.Path(__file__).parents[2] / "man" / "dhcpcanon-script.8"
PATH = "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"
ORIGINAL = b"# by hand\nnameserver 198.51.100.53\noptions edns0\n\n"
LIMIT_S = 10

ENTER = """
set -e
mount -t sysfs sysfs /sys
mount --bind "$1/etc" /etc
mount --bind "$1/run" /run
ip link add eth0 type veth peer name peer0
ip link add eth1 type veth peer name peer1
ip link set lo up
ip link set peer0 up
ip link set peer1 up
echo ready
exec cat
"""

LEASE = {
    "ip_address": "10.77.0.100",
    "subnet_mask": "255.255.255.0",
    "broadcast_address": "10.77.0.255",
    "network_number": "10.77.0.0",
    "dhcp_lease_time": "3600",
    "routers": "10.77.0.1",
}
DNS = {
    "domain_name": "example.org",
    "domain_search": "example.org. eng.example.org.",
    "domain_name_servers": "10.77.0.53 10.77.0.54",
}


def wait_for(condition):
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


class Box:
    """Two interfaces, eth0 and eth1, in namespaces of their own."""

    def __init__(self, folder):
        self.etc = folder / "etc"
        self.run_dir = folder / "run"
        (self.etc / "dhcp").mkdir(parents=True)
        self.run_dir.mkdir()
        self.resolv_conf = self.etc / "resolv.conf"
        self.kept = self.etc / "resolv.conf.dhcpcanon"
        self.resolv_conf.write_bytes(ORIGINAL)
        self.holder = subprocess.Popen(
            ["unshare", "--net", "--mount", "--uts", "sh", "-c", ENTER, "-",
             str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n"

    def close(self):
        self.holder.stdin.close()
        self.holder.wait(LIMIT_S)
        self.holder.stdout.close()

    def command(self, *argv, env=None, check=True):
        done = subprocess.run(
            ["nsenter", "-t", str(self.holder.pid), "-n", "-m", "-u", *argv],
            env=env or {"PATH": PATH}, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=30)
        if check:
            assert done.returncode == 0, done.stderr
        return done

    def script(self, reason, new=None, old=None, interface="eth0", status=0,
               silent=True, shell=("/bin/sh", "-u"), **extra):
        """Runs the script as the daemon does; `sh -u` finds what is unset."""
        env = {"reason": reason, "interface": interface, "pid": "1",
               "dad_wait_time": "0", "PATH": PATH, **extra}
        env.update({f"new_{k}": v for k, v in (new or {}).items()})
        env.update({f"old_{k}": v for k, v in (old or {}).items()})
        done = self.command(*shell, str(SCRIPT), env=env, check=False)
        assert done.returncode == status, done.stderr
        if silent:
            assert done.stderr == "" and done.stdout == ""
        return done

    def up(self, interface="eth0"):
        """PREINIT, and the carrier that follows."""
        self.script("PREINIT", interface=interface)
        wait_for(lambda: self.link(interface)["operstate"] == "UP")

    def bound(self, new=None, **more):
        lease = {**LEASE, **(new or {})}
        self.up(more.get("interface", "eth0"))
        self.script("BOUND", lease, **more)
        return lease

    def json(self, *argv):
        return json.loads(self.command("ip", "-j", *argv).stdout or "[]")

    def link(self, interface="eth0"):
        return self.json("link", "show", "dev", interface)[0]

    def addresses(self, interface="eth0"):
        info = self.json("-4", "addr", "show", "dev", interface)
        return [a for i in info for a in i.get("addr_info", ())]

    def routes(self, interface="eth0"):
        """(destination, gateway or None, metric) of the routes we set."""
        shown = self.json("-4", "route", "show", "dev", interface,
                          "proto", "dhcp")
        return [(r["dst"], r.get("gateway"), r["metric"]) for r in shown]

    def metric(self, interface="eth0"):
        return 1000 + self.link(interface)["ifindex"]

    def resolv(self):
        """resolv.conf without comments."""
        lines = self.resolv_conf.read_text().splitlines()
        return [line for line in lines if not line.startswith("#")]

    def resolv_conf_inside(self):
        """As it is seen there, through a link to /run."""
        return self.command("cat", "/etc/resolv.conf").stdout

    def hook(self, name, text):
        path = self.etc / "dhcp" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)


@pytest.fixture
def box(tmp_path):
    box = Box(tmp_path)
    yield box
    box.close()


def snapshot(box):
    """All that a run could have changed."""
    files = {str(path): path.read_bytes()
             for top in (box.etc, box.run_dir)
             for path in sorted(top.rglob("*"))
             if path.is_file()}
    return (box.json("addr"), box.json("route", "show", "table", "all"), files)


# The address.

def test_preinit_brings_the_link_up(box):
    assert "UP" not in box.link()["flags"]
    box.script("PREINIT")
    assert "UP" in box.link()["flags"]
    box.script("PREINIT")


@pytest.mark.parametrize("reason", ["BOUND", "RENEW", "REBIND"])
def test_address_has_prefix_broadcast_and_lifetime(box, reason):
    box.up()
    box.script(reason, LEASE)
    [address] = box.addresses()
    assert address["local"] == "10.77.0.100"
    assert address["prefixlen"] == 24
    assert address["broadcast"] == "10.77.0.255"
    assert 3590 <= address["valid_life_time"] <= 3600
    assert 3590 <= address["preferred_life_time"] <= 3600


@pytest.mark.parametrize("mask, prefix", [
    ("255.0.0.0", 8), ("255.255.0.0", 16), ("255.255.240.0", 20),
    ("255.255.255.128", 25), ("255.255.255.254", 31),
    ("255.255.255.255", 32), (None, 32)])
def test_prefix_follows_from_the_mask(box, mask, prefix):
    lease = {"ip_address": "10.77.0.100", "dhcp_lease_time": "3600"}
    if mask:
        lease["subnet_mask"] = mask
    box.up()
    box.script("BOUND", lease)
    assert [a["prefixlen"] for a in box.addresses()] == [prefix]


def test_infinite_lease_has_no_lifetime(box):
    box.bound({"dhcp_lease_time": "4294967295"})
    assert box.addresses()[0]["valid_life_time"] == 4294967295


def test_renew_refreshes_the_lifetime_and_nothing_else(box):
    lease = box.bound()
    routes = box.routes()
    box.script("RENEW", {**lease, "dhcp_lease_time": "7200"}, lease)
    [address] = box.addresses()
    assert 7190 <= address["valid_life_time"] <= 7200
    assert box.routes() == routes


def test_renew_never_leaves_a_gap_in_the_routes(box):
    lease = box.bound()
    monitor = subprocess.Popen(
        ["nsenter", "-t", str(box.holder.pid), "-n", "ip", "monitor", "route"],
        stdout=subprocess.PIPE)
    os.set_blocking(monitor.stdout.fileno(), False)
    try:
        def listening():
            box.command("ip", "route", "replace", "192.0.2.9", "dev", "lo")
            return monitor.stdout.read()
        wait_for(listening)
        box.script("RENEW", lease, lease)
        box.command("ip", "route", "add", "192.0.2.10", "dev", "lo")
        seen = b""

        def done():
            nonlocal seen
            seen += monitor.stdout.read() or b""
            return b"192.0.2.10" in seen
        wait_for(done)
        assert b"eth0" not in seen
    finally:
        monitor.terminate()
        monitor.wait(LIMIT_S)
        monitor.stdout.close()


def test_new_address_takes_the_place_of_the_old_one(box):
    old = box.bound()
    new = {**LEASE, "ip_address": "10.77.0.101"}
    box.script("REBIND", new, old)
    assert [a["local"] for a in box.addresses()] == ["10.77.0.101"]
    assert box.routes() == [("default", "10.77.0.1", box.metric())]


def test_new_mask_takes_the_place_of_the_old_one(box):
    old = box.bound()
    box.script("RENEW", {**LEASE, "subnet_mask": "255.255.0.0"}, old)
    assert [a["prefixlen"] for a in box.addresses()] == [16]
    assert box.routes() == [("default", "10.77.0.1", box.metric())]


def test_old_address_that_is_gone_already_is_no_failure(box):
    old = box.bound()
    box.command("ip", "addr", "del", "10.77.0.100/24", "dev", "eth0")
    box.script("RENEW", {**LEASE, "ip_address": "10.77.0.101"}, old)
    assert [a["local"] for a in box.addresses()] == ["10.77.0.101"]
    assert box.routes() == [("default", "10.77.0.1", box.metric())]


def test_missing_interface_fails(box):
    done = box.script("BOUND", LEASE, interface="eth9", status=1,
                      silent=False)
    assert "eth9" in done.stderr


def test_missing_address_fails(box):
    box.up()
    box.script("BOUND", {"subnet_mask": "255.255.255.0"}, status=1)


@pytest.mark.parametrize("name", ["ip_address", "subnet_mask", "routers",
                                  "domain_name_servers"])
def test_value_with_a_newline_reaches_no_batch(box, name):
    box.up()
    before = box.command("ip", "rule").stdout
    lease = {**LEASE, name: "10.77.0.9\nrule add pref 7 table 7"}
    box.script("BOUND", lease, status=int(name == "ip_address"), silent=False)
    assert box.command("ip", "rule").stdout == before


# Routes.

def test_metric_is_the_interfaces_own(box):
    box.bound()
    box.bound({"ip_address": "10.77.0.200"}, interface="eth1")
    assert box.routes("eth0") == [("default", "10.77.0.1", box.metric())]
    assert box.routes("eth1") == [("default", "10.77.0.1",
                                   box.metric("eth1"))]


def test_metric_can_be_given(box):
    box.bound(IF_METRIC="7")
    assert box.routes() == [("default", "10.77.0.1", 7)]


def test_metric_that_is_no_number_is_not_used(box):
    box.up()
    done = box.script("BOUND", LEASE, IF_METRIC="low", silent=False)
    assert "IF_METRIC" in done.stderr
    assert box.routes() == [("default", "10.77.0.1", box.metric())]


def test_same_metric_twice_takes_no_route_away(box):
    box.bound(IF_METRIC="7")
    box.bound({"ip_address": "10.77.0.200"}, interface="eth1", IF_METRIC="7")
    assert box.routes("eth0") == [("default", "10.77.0.1", 7)]
    assert box.routes("eth1") == [("default", "10.77.0.1", 7)]


def test_further_routers_come_after_the_first(box):
    box.bound({"routers": "10.77.0.1 10.77.0.2"})
    metric = box.metric()
    assert box.routes() == [("default", "10.77.0.1", metric),
                            ("default", "10.77.0.2", metric + 1)]


@pytest.mark.parametrize("mask", ["255.255.255.0", "255.255.255.255"])
def test_router_outside_the_subnet_gets_a_host_route(box, mask):
    box.bound({"routers": "192.0.2.1", "subnet_mask": mask})
    metric = box.metric()
    assert sorted(box.routes()) == [("192.0.2.1", None, metric),
                                    ("default", "192.0.2.1", metric)]


@pytest.mark.parametrize("name", ["rfc3442_classless_static_routes",
                                  "ms_classless_static_routes"])
def test_classless_routes_beat_routers_and_static_routes(box, name):
    box.bound({name: "24 192 168 50 10 77 0 5 20 172 20 31 10 77 0 6 "
                     "32 198 51 100 7 0 0 0 0 0 10 77 0 2",
               "routers": "10.77.0.1",
               "static_routes": "10.81.0.0 10.77.0.3"})
    metric = box.metric()
    assert sorted(box.routes()) == [
        ("172.20.16.0/20", "10.77.0.6", metric),
        ("192.168.50.0/24", "10.77.0.5", metric),
        ("198.51.100.7", None, metric),
        ("default", "10.77.0.2", metric)]


def test_rfc3442_routes_beat_microsofts(box):
    box.bound({"rfc3442_classless_static_routes": "8 11 10 77 0 5",
               "ms_classless_static_routes": "8 12 10 77 0 5"})
    assert box.routes() == [("11.0.0.0/8", "10.77.0.5", box.metric())]


@pytest.mark.parametrize("text", ["24 192 168", "33 1 2 3 4 5 6 7 8 9",
                                  "24 192 168 50 10 77 0", "0"])
def test_cut_classless_routes_set_nothing(box, text):
    box.bound({"rfc3442_classless_static_routes": text})
    assert box.routes() == []


def test_static_routes_are_of_a_class_or_hosts(box):
    box.bound({"static_routes": "11.0.0.0 10.77.0.2 172.16.0.0 10.77.0.3 "
                                "192.168.9.0 10.77.0.4 172.16.5.0 10.77.0.5 "
                                "0.0.0.0 10.77.0.66"})
    metric = box.metric()
    assert sorted(box.routes()) == [
        ("11.0.0.0/8", "10.77.0.2", metric),
        ("172.16.0.0/16", "10.77.0.3", metric),
        ("172.16.5.0", "10.77.0.5", metric),
        ("192.168.9.0/24", "10.77.0.4", metric),
        ("default", "10.77.0.1", metric)]


def test_renewed_lease_changes_only_the_routes_that_differ(box):
    old = box.bound({"static_routes": "11.0.0.0 10.77.0.2 12.0.0.0 10.77.0.2"})
    new = {**old, "routers": "192.0.2.1",
           "static_routes": "12.0.0.0 10.77.0.2 13.0.0.0 10.77.0.2"}
    box.script("RENEW", new, old)
    metric = box.metric()
    assert sorted(box.routes()) == [
        ("12.0.0.0/8", "10.77.0.2", metric),
        ("13.0.0.0/8", "10.77.0.2", metric),
        ("192.0.2.1", None, metric),
        ("default", "192.0.2.1", metric)]


def test_routes_that_a_crash_left_are_replaced(box):
    box.bound(IF_METRIC="5")
    box.script("BOUND", {**LEASE, "routers": "10.77.0.2"})
    assert box.routes() == [("default", "10.77.0.2", box.metric())]


def test_lease_that_is_set_already_is_set_again_in_silence(box):
    lease = box.bound({"routers": "192.0.2.1 10.77.0.1"})
    before = sorted(box.routes())
    box.script("BOUND", {**lease, "dhcp_lease_time": "7200"})
    assert sorted(box.routes()) == before
    assert box.addresses()[0]["valid_life_time"] > 3600


def test_route_that_cannot_be_set_is_one_line_and_no_failure(box):
    box.up()
    done = box.script("BOUND", {**LEASE, "routers": "10.77.0.255"},
                      silent=False)
    assert done.stderr.count("\n") == 1 and "eth0" in done.stderr
    assert box.addresses()


# Taking down.

@pytest.mark.parametrize("reason", ["EXPIRE", "FAIL", "STOP", "RELEASE"])
def test_all_that_was_set_up_is_taken_down(box, reason):
    box.up()
    before = snapshot(box)
    lease = box.bound({**DNS, "routers": "192.0.2.1 10.77.0.1"})
    assert snapshot(box) != before
    box.script(reason, old=lease)
    assert snapshot(box) == before


@pytest.mark.parametrize("promote", ["0", "1"])
def test_what_others_set_up_stays(box, promote):
    knob = "/proc/sys/net/ipv4/conf/eth0/promote_secondaries"
    box.command("sh", "-c", f"echo {promote} >{knob}")
    lease = box.bound({"static_routes": "11.0.0.0 10.77.0.2"})
    box.command("ip", "addr", "add", "10.77.0.7/24", "dev", "eth0")
    box.command("ip", "addr", "add", "10.78.0.7/24", "dev", "eth0")
    box.command("ip", "route", "add", "203.0.113.0/24", "via", "10.77.0.9")
    box.command("ip", "route", "add", "default", "via", "10.77.0.9",
                "metric", str(box.metric() + 50))
    box.script("STOP", old=lease)
    assert sorted(a["local"] for a in box.addresses()) == ["10.77.0.7",
                                                           "10.78.0.7"]
    assert box.routes() == []
    left = box.command("ip", "route", "show", "dev", "eth0").stdout
    assert "203.0.113.0/24 via 10.77.0.9" in left
    assert "default via 10.77.0.9" in left
    assert box.command("cat", knob).stdout == promote + "\n"


def test_second_address_survives_a_new_address(box):
    old = box.bound()
    box.command("ip", "addr", "add", "10.77.0.7/24", "dev", "eth0")
    box.script("RENEW", {**LEASE, "ip_address": "10.77.0.101"}, old)
    assert sorted(a["local"] for a in box.addresses()) == ["10.77.0.101",
                                                           "10.77.0.7"]


@pytest.mark.parametrize("reason", ["FAIL", "EXPIRE", "STOP", "RELEASE"])
def test_nothing_to_take_down_is_nothing_done(box, reason):
    box.up()
    box.command("ip", "addr", "add", "10.78.0.7/24", "dev", "eth0")
    before = snapshot(box)
    box.script(reason)
    assert snapshot(box) == before


def test_taking_down_twice_is_silent(box):
    lease = box.bound(DNS)
    box.script("EXPIRE", old=lease)
    box.script("STOP", old=lease)


def test_taking_down_a_deleted_interface_is_silent(box):
    lease = box.bound(DNS)
    box.command("ip", "link", "del", "eth0")
    box.script("EXPIRE", old=lease)
    assert box.resolv_conf.read_bytes() == ORIGINAL


# After a crash there was no STOP.

@pytest.mark.parametrize("name", ["eth0", "neu0"])
def test_address_that_a_crash_left_goes_at_preinit(box, name):
    box.bound({**DNS, "routers": "192.0.2.1"}, pid="999999999")
    box.command("ip", "addr", "add", "10.77.0.7/24", "dev", "eth0")
    rename(box, "eth0", name)
    box.script("PREINIT", interface=name)
    assert [a["local"] for a in box.addresses(name)] == ["10.77.0.7"]
    assert box.routes(name) == []
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert state(box) == []


def test_address_of_a_crash_that_is_gone_already_is_silent(box):
    box.bound()
    box.command("ip", "addr", "del", "10.77.0.100/24", "dev", "eth0")
    box.script("PREINIT")
    assert state(box) == []


def test_address_after_a_renewal_is_the_one_that_goes(box):
    old = box.bound()
    box.script("RENEW", {**LEASE, "ip_address": "10.77.0.101"}, old)
    box.script("PREINIT")
    assert box.addresses() == []


def test_record_with_odd_characters_reaches_no_batch(box):
    record = box.run_dir / "dhcpcanon" / "eth0.address"
    record.parent.mkdir()
    record.write_text('2 1 10.77.0.7/24 dev "eth1\n')
    done = box.script("PREINIT", silent=False)
    assert done.stderr.count("\n") == 1 and "held" in done.stderr


# A new name.

def rename(box, old, new):
    """Down and up again: before Linux 6.2 a link that is up keeps its name."""
    box.command("sh", "-c", f"ip link set {old} name {new} || "
                f"{{ ip link set {old} down; ip link set {old} name {new}; "
                f"ip link set {new} up; }}")


def state(box):
    """The files that name an interface."""
    top = box.run_dir / "dhcpcanon"
    return sorted(str(path.relative_to(top)) for path in top.rglob("*")
                  if path.is_file())


@pytest.mark.parametrize("renewed", [False, True])
def test_renamed_interface_is_taken_down_under_its_new_name(box, renewed):
    lease = box.bound({**DNS, "interface_mtu": "1400"})
    rename(box, "eth0", "neu0")
    if renewed:
        new = {**lease, "domain_name_servers": "10.77.0.99"}
        box.script("RENEW", new, lease, interface="neu0")
        assert box.resolv()[1:] == ["nameserver 10.77.0.99"]
        assert state(box) == ["neu0.address", "neu0.mtu", "resolv.d/.written",
                              "resolv.d/neu0"]
    box.script("STOP", old=lease, interface="neu0")
    assert box.link("neu0")["mtu"] == 1500
    assert box.addresses("neu0") == []
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert state(box) == []


def test_renamed_and_deleted_interface_leaves_nothing(box):
    lease = box.bound({**DNS, "interface_mtu": "1400"})
    rename(box, "eth0", "neu0")
    box.command("ip", "link", "del", "neu0")
    box.script("STOP", old=lease, interface="neu0")
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert state(box) == []


def test_new_name_takes_nothing_from_others(box):
    """Neither another index's, nor the same one's of a client that lives,
    which is then in another network namespace."""
    box.bound(DNS)
    index = box.link("eth1")["ifindex"]
    top = box.run_dir / "dhcpcanon"
    (top / "far0.address").write_text(f"{index} {os.getpid()} 10.9.0.2/24\n")
    before = state(box)
    box.up("eth1")
    box.script("STOP", interface="eth1")
    assert state(box) == before


# The MTU.

def test_mtu_is_set_and_taken_back_at_stop_only(box):
    lease = box.bound({"interface_mtu": "1400"})
    assert box.link()["mtu"] == 1400
    box.script("EXPIRE", old=lease)
    assert box.link()["mtu"] == 1400
    box.script("BOUND", {**LEASE, "interface_mtu": "1300"})
    assert box.link()["mtu"] == 1300
    box.script("STOP", old=lease)
    assert box.link()["mtu"] == 1500
    assert not (box.run_dir / "dhcpcanon" / "eth0.mtu").exists()


def test_mtu_is_taken_back_at_release(box):
    lease = box.bound({"interface_mtu": "1400"})
    box.script("RELEASE", old=lease)
    assert box.link()["mtu"] == 1500


def test_mtu_that_another_has_set_stays(box):
    lease = box.bound({"interface_mtu": "1400"})
    box.command("ip", "link", "set", "dev", "eth0", "mtu", "1450")
    box.script("STOP", old=lease)
    assert box.link()["mtu"] == 1450


@pytest.mark.parametrize("mtu", ["576", "68", "1500"])
def test_small_or_present_mtu_is_not_set(box, mtu):
    box.bound({"interface_mtu": mtu})
    assert box.link()["mtu"] == 1500
    assert not (box.run_dir / "dhcpcanon" / "eth0.mtu").exists()


def test_failing_mtu_is_one_line_and_no_failure(box):
    box.up()
    done = box.script("BOUND", {**LEASE, "interface_mtu": "65536"},
                      silent=False)
    assert done.stderr.count("\n") == 1
    assert box.addresses() and box.routes()


# resolv.conf.

def test_resolv_conf_is_written_and_given_back(box):
    inode = box.resolv_conf.stat().st_ino
    lease = box.bound(DNS)
    assert box.resolv() == ["search example.org eng.example.org",
                            "nameserver 10.77.0.53", "nameserver 10.77.0.54"]
    assert box.kept.read_bytes() == ORIGINAL
    box.script("STOP", old=lease)
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert box.resolv_conf.stat().st_ino == inode
    assert not box.kept.exists()


@pytest.mark.parametrize("text", [
    "", "\n\n", "# by hand", "  # by hand\nnameserver 192.0.2.1\\\n\n"])
def test_any_original_is_given_back(box, text):
    box.resolv_conf.write_text(text)
    lease = box.bound(DNS)
    box.script("STOP", old=lease)
    ended = text if text.endswith("\n") else text + "\n"
    assert box.resolv_conf.read_text() == ended


def test_domain_name_stands_in_for_a_search_list(box):
    box.bound({"domain_name": "example.org",
               "domain_name_servers": "10.77.0.53"})
    assert box.resolv() == ["search example.org", "nameserver 10.77.0.53"]


def test_lease_without_name_servers_keeps_those_that_were_there(box):
    box.bound({"domain_name": "example.org"})
    assert box.resolv() == ["search example.org", "nameserver 198.51.100.53"]


def test_lease_without_dns_leaves_resolv_conf_alone(box):
    box.bound()
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert not box.kept.exists()


def test_two_interfaces_are_merged_in_order_of_metric(box):
    second = {"domain_search": "example.net. example.org.",
              "domain_name_servers": "10.78.0.53 10.77.0.53"}
    first = box.bound(DNS, IF_METRIC="200")
    box.bound({**second, "ip_address": "10.78.0.2"}, interface="eth1",
              IF_METRIC="30")
    assert box.resolv() == [
        "search example.net example.org eng.example.org",
        "nameserver 10.78.0.53", "nameserver 10.77.0.53",
        "nameserver 10.77.0.54"]
    box.script("EXPIRE", old=first)
    assert box.resolv() == ["search example.net example.org",
                            "nameserver 10.78.0.53", "nameserver 10.77.0.53"]
    assert box.kept.read_bytes() == ORIGINAL
    box.script("STOP", old={**LEASE, **second, "ip_address": "10.78.0.2"},
               interface="eth1")
    assert box.resolv_conf.read_bytes() == ORIGINAL


def test_interfaces_at_the_same_time_all_get_in(box):
    box.up("eth0")
    box.up("eth1")
    env = {"reason": "BOUND", "PATH": PATH, "new_subnet_mask": "255.0.0.0"}
    runs = [subprocess.Popen(
        ["nsenter", "-t", str(box.holder.pid), "-n", "-m", str(SCRIPT)],
        env={**env, "interface": f"eth{n % 2}",
             "new_ip_address": f"10.77.0.{10 + n % 2}",
             "new_domain_name_servers": f"10.77.0.{50 + n % 2}"})
        for n in range(8)]
    assert [run.wait(LIMIT_S) for run in runs] == [0] * 8
    assert box.resolv() == ["nameserver 10.77.0.50", "nameserver 10.77.0.51"]
    assert box.kept.read_bytes() == ORIGINAL


def test_renew_follows_a_change_of_dns(box):
    old = box.bound(DNS)
    new = {**LEASE, "domain_name_servers": "10.77.0.99"}
    box.script("RENEW", new, old)
    assert box.resolv() == ["nameserver 10.77.0.99"]
    box.script("RENEW", LEASE, new)
    assert box.resolv_conf.read_bytes() == ORIGINAL


def test_renew_without_a_change_leaves_resolv_conf_alone(box):
    lease = box.bound(DNS)
    box.resolv_conf.write_text("nameserver 192.0.2.1\n")
    box.script("RENEW", lease, lease)
    assert box.resolv() == ["nameserver 192.0.2.1"]


@pytest.mark.parametrize("reboot", [False, True])
def test_original_is_given_back_after_a_crash(box, reboot):
    box.bound(DNS)
    if reboot:
        shutil.rmtree(box.run_dir / "dhcpcanon")
    box.script("PREINIT")
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert not box.kept.exists()


def test_preinit_leaves_the_fragments_of_others(box):
    box.bound(DNS)
    box.up("eth1")
    assert box.resolv()[0] == "search example.org eng.example.org"


def test_original_survives_a_write_that_was_cut_short(box):
    lease = box.bound(DNS)
    box.resolv_conf.write_bytes(b"")
    box.script("BOUND", lease)
    assert box.kept.read_bytes() == ORIGINAL
    box.resolv_conf.write_bytes(b"")
    box.script("STOP", old=lease)
    assert box.resolv_conf.read_bytes() == ORIGINAL


def test_what_another_has_written_since_is_not_undone(box):
    lease = box.bound(DNS)
    box.resolv_conf.write_text("nameserver 192.0.2.1\n")
    box.script("STOP", old=lease)
    assert box.resolv_conf.read_text() == "nameserver 192.0.2.1\n"


def test_resolv_conf_that_was_not_there_goes_again(box):
    box.resolv_conf.unlink()
    lease = box.bound(DNS)
    assert "nameserver 10.77.0.53" in box.resolv()
    box.script("STOP", old=lease)
    assert not box.resolv_conf.exists()


def test_bind_mounted_resolv_conf_is_written_in_place(box):
    bound = box.run_dir / "bound"
    bound.write_bytes(ORIGINAL)
    box.command("mount", "--bind", "/run/bound", "/etc/resolv.conf")
    lease = box.bound(DNS)
    assert "nameserver 10.77.0.53" in bound.read_text()
    box.script("STOP", old=lease)
    assert bound.read_bytes() == ORIGINAL


@pytest.mark.parametrize("target, owner", [
    ("/run/systemd/resolve/stub-resolv.conf", "systemd-resolved"),
    ("/run/NetworkManager/resolv.conf", "NetworkManager"),
    ("/run/resolvconf/resolv.conf", "resolvconf")])
@pytest.mark.parametrize("there", [True, False])
def test_resolv_conf_of_another_program_is_left_alone(box, target, owner,
                                                      there):
    inside = box.run_dir / target.removeprefix("/run/")
    if there:
        inside.parent.mkdir(parents=True)
        inside.write_bytes(ORIGINAL)
    box.resolv_conf.unlink()
    box.resolv_conf.symlink_to(target)
    box.up()
    lease = {**LEASE, **DNS}
    done = box.script("BOUND", lease, silent=False)
    assert done.stderr.count("\n") == 1
    assert f"{target} is {owner}'s" in done.stderr
    assert not box.kept.exists()
    box.script("STOP", old=lease)
    assert inside.read_bytes() == ORIGINAL if there else (
        not inside.parent.exists())


def test_link_to_nowhere_is_one_line_and_no_failure(box):
    box.resolv_conf.unlink()
    box.resolv_conf.symlink_to("/run/nowhere/resolv.conf")
    box.up()
    done = box.script("BOUND", {**LEASE, **DNS}, silent=False)
    assert done.stderr.count("\n") == 1
    assert "/run/nowhere/resolv.conf" in done.stderr
    assert box.addresses()


def test_link_to_our_folder_is_written_through(box):
    inside = box.run_dir / "dhcpcanon" / "resolv.conf"
    inside.parent.mkdir()
    inside.write_bytes(ORIGINAL)
    box.resolv_conf.rename(box.kept)
    box.resolv_conf.symlink_to("/run/dhcpcanon/resolv.conf")
    lease = box.bound(DNS)
    assert "nameserver 10.77.0.53" in inside.read_text()
    box.script("STOP", old=lease)
    assert inside.read_bytes() == ORIGINAL
    assert box.kept.read_bytes() == ORIGINAL
    assert box.resolv_conf.is_symlink()


def test_planted_links_are_not_followed(box):
    victim = box.etc / "victim"
    victim.write_bytes(ORIGINAL)
    (box.run_dir / "dhcpcanon" / "resolv.d").mkdir(parents=True)
    for name in ("eth0.mtu", "resolv.d/eth0"):
        (box.run_dir / "dhcpcanon" / name).symlink_to("/etc/victim")
    box.up()
    (box.run_dir / "dhcpcanon" / "resolv.d" / "eth0").unlink(missing_ok=True)
    (box.run_dir / "dhcpcanon" / "resolv.d" / "eth0").symlink_to("/etc/victim")
    box.script("BOUND", {**LEASE, **DNS, "interface_mtu": "1400"})
    assert victim.read_bytes() == ORIGINAL

@pytest.mark.parametrize("reason", ["EXPIRE", "STOP"])
def test_what_a_vpn_has_written_outlives_a_lease(box, reason):
    """Else whoever drops the link for a moment chooses the name servers."""
    lease = box.bound(DNS)
    ours = box.resolv_conf.read_text()
    box.resolv_conf.write_text("nameserver 192.0.2.1\n")
    new = {**LEASE, "domain_name_servers": "10.77.0.99"}
    done = box.script("RENEW", new, lease, silent=False)
    assert done.stderr.count("\n") == 1 and "resolv.conf" in done.stderr
    assert box.resolv() == ["nameserver 192.0.2.1"]
    box.script(reason, old=new)
    box.script("PREINIT")
    done = box.script("BOUND", {**LEASE, **DNS}, silent=False)
    if reason == "STOP":  # a new client, a new start
        assert box.resolv()[1] == "nameserver 10.77.0.53"
        return
    assert done.stderr.count("\n") == 1 and "resolv.conf" in done.stderr
    assert box.resolv() == ["nameserver 192.0.2.1"]
    box.resolv_conf.write_text(ours)  # the VPN ends
    box.script("RENEW", new, lease)
    assert box.resolv() == ["nameserver 10.77.0.99"]


def test_resolv_conf_that_names_the_stub_is_systemd_resolveds(box):
    text = "nameserver 127.0.0.53\noptions edns0\n"
    box.resolv_conf.write_text(text)
    box.up()
    done = box.script("BOUND", {**LEASE, **DNS}, silent=False)
    assert "resolv" in done.stderr
    assert box.resolv_conf.read_text() == text


# The link that a service needs.

def service(box, verb, name="dhcpcanon.service"):
    return box.command(str(SCRIPT), verb, name).stderr


def is_given_back(box):
    return (box.resolv_conf.read_bytes() == ORIGINAL
            and not box.resolv_conf.is_symlink()
            and sorted(path.name for path in box.etc.iterdir())
            == ["dhcp", "resolv.conf"])


def test_service_gets_a_link_and_gives_it_back(box):
    os.chmod(box.resolv_conf, 0o640)
    assert service(box, "link") == ""
    assert os.readlink(box.resolv_conf) == "/run/dhcpcanon/resolv.conf"
    inside = box.run_dir / "dhcpcanon" / "resolv.conf"
    assert inside.read_bytes() == ORIGINAL
    lease = box.bound(DNS)
    assert "nameserver 10.77.0.53" in inside.read_text()
    box.script("STOP", old=lease)
    assert inside.read_bytes() == ORIGINAL
    assert service(box, "unlink") == ""
    assert is_given_back(box)
    assert box.resolv_conf.stat().st_mode & 0o777 == 0o640
    assert state(box) == []


def test_link_stays_until_the_last_service(box):
    service(box, "link", "a")
    lease = box.bound(DNS)
    service(box, "link", "b")
    service(box, "unlink", "a")
    assert "nameserver 10.77.0.53" in box.resolv_conf_inside()
    box.script("STOP", old=lease)
    service(box, "unlink", "b")
    assert is_given_back(box)


def test_crashed_service_leaves_no_name_server(box):
    service(box, "link")
    box.bound(DNS, pid="999999999")
    service(box, "unlink")
    assert is_given_back(box)


def test_power_failure_leaves_a_link_that_is_filled_again(box):
    service(box, "link")
    box.bound(DNS)
    for path in box.run_dir.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert service(box, "link") == ""
    assert box.resolv_conf_inside() == ORIGINAL.decode()
    service(box, "unlink")
    assert is_given_back(box)


def test_client_of_roots_goes_on_without_the_service(box):
    """Started before the service, or while it runs."""
    first = box.bound(DNS)
    service(box, "link")
    assert "nameserver 10.77.0.53" in box.resolv_conf_inside()
    second = {"ip_address": "10.78.0.2", "domain_name_servers": "10.78.0.53"}
    second = box.bound(second, interface="eth1")
    assert "nameserver 10.78.0.53" in box.resolv_conf_inside()
    service(box, "unlink")
    assert not box.resolv_conf.is_symlink()
    assert box.resolv()[1:] == ["nameserver 10.77.0.53",
                                "nameserver 10.77.0.54",
                                "nameserver 10.78.0.53"]
    box.script("STOP", old=second, interface="eth1")
    box.script("STOP", old=first)
    assert box.resolv_conf.read_bytes() == ORIGINAL
    assert state(box) == []


def test_resolv_conf_that_was_missing_is_missing_again(box):
    box.resolv_conf.unlink()
    assert service(box, "link") == ""
    lease = box.bound(DNS)
    assert "nameserver 10.77.0.53" in box.resolv_conf_inside()
    box.script("STOP", old=lease)
    assert service(box, "unlink") == ""
    assert not box.resolv_conf.exists() and not box.resolv_conf.is_symlink()
    assert not box.kept.exists()


@pytest.mark.parametrize("target", [
    "/run/systemd/resolve/stub-resolv.conf", "/run/resolvconf/resolv.conf",
    "/run/NetworkManager/resolv.conf"])
def test_link_of_another_program_is_no_services(box, target):
    box.resolv_conf.unlink()
    box.resolv_conf.symlink_to(target)
    for verb in ("link", "unlink"):
        assert service(box, verb) == ""
        assert os.readlink(box.resolv_conf) == target
        assert not box.kept.exists()


def test_link_of_nobodys_is_given_back_as_a_link(box):
    box.resolv_conf.rename(box.etc / "mine")
    box.resolv_conf.symlink_to("mine")
    service(box, "link")
    assert box.resolv_conf_inside() == ORIGINAL.decode()
    service(box, "unlink")
    assert os.readlink(box.resolv_conf) == "mine"
    assert not box.kept.exists()


@pytest.mark.parametrize("as_link", [True, False])
def test_what_is_written_while_there_is_a_link_stays(box, as_link):
    """Through the link or in its place."""
    service(box, "link")
    lease = box.bound(DNS)
    if not as_link:
        box.resolv_conf.unlink()
    box.command("sh", "-c", "echo nameserver 192.0.2.1 >/etc/resolv.conf")
    box.script("STOP", old=lease)
    service(box, "unlink")
    assert box.resolv_conf.read_text() == "nameserver 192.0.2.1\n"
    assert not box.resolv_conf.is_symlink()
    assert not box.kept.exists()


def test_immutable_resolv_conf_is_one_line_and_no_failure(box):
    box.command("mount", "--bind", "/etc/resolv.conf", "/etc/resolv.conf")
    said = service(box, "link")
    assert said.count("\n") == 1
    assert "/etc/resolv.conf could not be made a link" in said
    assert service(box, "unlink") == ""
    box.command("umount", "/etc/resolv.conf")
    assert is_given_back(box)


def test_planted_link_is_not_copied_from_nor_written_to(box):
    """What is behind it may be another's who can write into our folder."""
    secret = box.etc / "secret"
    secret.write_text("secret\n")
    service(box, "link")
    inside = box.run_dir / "dhcpcanon" / "resolv.conf"
    inside.unlink()
    inside.symlink_to("/etc/secret")
    box.bound(DNS)
    assert secret.read_text() == "secret\n"
    inside.unlink()
    inside.symlink_to("/etc/secret")
    service(box, "unlink")
    assert not box.resolv_conf.is_file() or box.resolv_conf.is_symlink()


def test_wrong_call_is_said(box):
    done = box.command(str(SCRIPT), "link", check=False)
    assert done.returncode == 1 and "usage" in done.stderr


# Hooks.

def test_hooks_run_in_order_and_see_the_variables(box):
    log = 'echo "${1##*/} $reason $new_routers $exit_status" >>/run/log\n'
    box.up()
    box.hook("dhcpcanon-enter-hooks", "echo first >>/run/log\n")
    box.hook("dhcpcanon-enter-hooks.d/b_2", log)
    box.hook("dhcpcanon-enter-hooks.d/a-1", log)
    box.hook("dhcpcanon-enter-hooks.d/c.dpkg-old", log)
    box.hook("dhcpcanon-exit-hooks.d/z", log)
    box.hook("dhcpcanon-exit-hooks", "ip -4 -o addr show eth0 >>/run/log\n")
    box.script("BOUND", LEASE)
    lines = (box.run_dir / "log").read_text().splitlines()
    assert lines[:3] == ["first", "a-1 BOUND 10.77.0.1 0",
                         "b_2 BOUND 10.77.0.1 0"]
    assert "10.77.0.100/24" in lines[3]
    assert lines[4:] == ["z BOUND 10.77.0.1 0"]


def test_enter_hook_can_change_a_variable(box):
    box.hook("dhcpcanon-enter-hooks", "new_routers=10.77.0.9\n")
    box.bound()
    assert box.routes() == [("default", "10.77.0.9", box.metric())]


def test_enter_hook_can_keep_resolv_conf_as_it_is(box):
    box.hook("dhcpcanon-enter-hooks.d/mine", "make_resolv_conf() { :; }\n")
    lease = box.bound(DNS)
    assert box.resolv_conf.read_bytes() == ORIGINAL
    box.script("STOP", old=lease)
    assert box.resolv_conf.read_bytes() == ORIGINAL


def test_hook_that_fails_is_one_line_and_no_failure(box):
    box.up()
    box.hook("dhcpcanon-enter-hooks.d/bad", "return 3\n")
    box.hook("dhcpcanon-exit-hooks.d/bad", "false\n")
    done = box.script("BOUND", LEASE, silent=False)
    assert done.stderr.count("\n") == 2 and "returned 3" in done.stderr
    assert box.addresses()


def test_enter_hook_can_refuse_the_lease(box):
    box.up()
    box.hook("dhcpcanon-enter-hooks", "exit_status=4\n")
    box.script("BOUND", LEASE, status=4)
    assert not box.addresses()


def test_enter_hook_that_takes_the_reason_away_ends_the_run(box):
    box.up()
    box.hook("dhcpcanon-enter-hooks.d/odd", "reason=\n")
    box.script("BOUND", LEASE)
    assert box.addresses() == []


def test_exit_hook_can_change_the_exit_status(box):
    box.up()
    box.hook("dhcpcanon-exit-hooks", "exit_status=5\n")
    box.script("BOUND", LEASE, status=5)


def test_exit_hook_sees_a_failure(box):
    box.hook("dhcpcanon-exit-hooks", "echo $exit_status >/run/log\n")
    box.script("BOUND", LEASE, interface="eth9", status=1, silent=False)
    assert (box.run_dir / "log").read_text() == "1\n"


# The rest.

def test_nbi_does_nothing(box):
    before = snapshot(box)
    done = box.command(str(SCRIPT), env={"REASON": "NBI", "PATH": PATH})
    assert done.stdout == done.stderr == "" and snapshot(box) == before


@pytest.mark.parametrize("reason", ["MEDIUM", "NBI", "bound", "", "BOUND6"])
def test_unknown_reason_does_nothing(box, reason):
    before = snapshot(box)
    box.script(reason, LEASE)
    assert snapshot(box) == before


def test_host_name_is_never_set(box):
    box.command("hostname", "localhost")
    lease = box.bound({"host_name": "given-name"})
    box.script("RENEW", {**lease, "host_name": "another"}, lease)
    assert box.command("hostname").stdout == "localhost\n"
    assert "hostname" not in SCRIPT.read_text()


PROGRAMS = ("ip", "flock", "mv", "cp", "rm", "cat", "mkdir", "chmod", "chown",
            "readlink", "sort", "sed", "grep")


def started(box, *run, **more):
    """Which programs a run of the script starts."""
    folder, log = box.run_dir / "programs", box.run_dir / "log"
    if not folder.exists():
        folder.mkdir()
        for name in PROGRAMS:
            path = folder / name
            path.write_text(f'#!/bin/sh\necho {name} >>/run/log\n'
                            f'PATH={PATH}\nexec {name} "$@"\n')
            path.chmod(0o755)
    log.write_text("")
    box.script(*run, **{"PATH": f"/run/programs:{PATH}", **more})
    return log.read_text().split()


def test_few_programs_are_started(box):
    """Each costs about a millisecond before there is a network."""
    (box.run_dir / "dhcpcanon" / "resolv.d").mkdir(parents=True)  # tmpfiles.d
    assert started(box, "PREINIT") == ["ip"]
    assert started(box, "PREINIT") == []
    wait_for(lambda: box.link()["operstate"] == "UP")
    lease = {**LEASE, **DNS}
    assert started(box, "BOUND", lease) == ["ip", "flock", "cp", "mv"]
    assert started(box, "RENEW", lease, lease) == ["ip"]
    box.command("ip", "link", "set", "eth1", "up")
    assert started(box, "PREINIT", interface="eth1") == []
    assert started(box, "EXPIRE", {}, lease) == [
        "ip", "rm", "rm", "flock", "rm"]
    service(box, "link")
    assert started(box, "PREINIT") == []


@pytest.mark.parametrize("reason, end", [
    ("PREINIT", "# -- BOUND"), ("BOUND", "# -- what can wait")])
def test_what_is_waited_for_stands_first(box, reason, end):
    """The shell reads no further for it."""
    text = SCRIPT.read_text()
    first = box.run_dir / "first"
    first.write_text(text[:text.index(end)])
    box.command("ip", "link", "set", "eth0", "up")
    box.command("sh", "/run/first", env={
        "PATH": PATH, "reason": reason, "interface": "eth0",
        **{f"new_{name}": value for name, value in LEASE.items()}})
    if reason == "BOUND":
        assert box.routes() == [("default", "10.77.0.1", box.metric())]
        return
    box.hook("dhcpcanon-exit-hooks", "exit_status=5\n")
    done = box.command("sh", "/run/first", check=False, env={
        "PATH": PATH, "reason": reason, "interface": "eth0"})
    assert done.returncode == 5 and done.stderr == ""


def test_shellcheck_finds_nothing():
    if not shutil.which("shellcheck"):
        pytest.fail("no shellcheck: tests/needs tests installs it")
    done = subprocess.run(["shellcheck", "-s", "sh", str(SCRIPT)],
                          capture_output=True, text=True)
    assert done.stdout == ""


def test_manual_names_every_hook_and_reason():
    manual = MANUAL.read_text()
    for word in ("PREINIT", "BOUND", "RENEW", "REBIND", "EXPIRE", "FAIL",
                 "STOP", "RELEASE", "NBI", "dhcpcanon-enter-hooks",
                 "dhcpcanon-exit-hooks", "IF_METRIC", "make_resolv_conf"):
        assert word in manual, word
