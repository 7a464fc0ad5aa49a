"""The Debian package: installed, upgraded, removed and purged in a machine
that runs; what it does where somebody else configures links.  And `make
install` in such a machine."""

import fcntl
import re
import shutil

import pytest

import machine as machines
import roots
from machine import labs, wait_for
from servers import Server

UNIT = "dhcpcanon.service"
INSTANCE = "dhcpcanon@host0.service"

# What any package with a user, or any dpkg, leaves.
USUAL = re.compile(r"/etc/(passwd|group|shadow|gshadow)-|/etc/[.]pwd[.]lock|"
                     r"/var/lib/dpkg/.*|/var/log/.*|/var/cache/.*|"
                     r"/var/lib/systemd/deb-systemd-helper-enabled")


@pytest.fixture(scope="session")
def packages(tmp_path_factory):
    """The package, and its next version."""
    folder = tmp_path_factory.mktemp("packages")
    with open(roots.CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        roots.run("make deb", ["make", "-C", str(labs.TREE), "deb",
                               "OUT=build"])
        newest = max((labs.TREE / "build").glob("*.deb"),
                     key=lambda path: path.stat().st_mtime_ns)
        shutil.copy(newest, folder / "first.deb")
    unpacked = folder / "unpacked"
    roots.run("dpkg-deb", ["dpkg-deb", "-R", str(folder / "first.deb"),
                           str(unpacked)])
    control = unpacked / "DEBIAN" / "control"
    control.write_text(re.sub("^Version: .*", r"\g<0>+next",
                              control.read_text(), flags=re.MULTILINE))
    roots.run("dpkg-deb", ["dpkg-deb", "-b", "--root-owner-group",
                           str(unpacked), str(folder / "next.deb")])
    return folder


@pytest.fixture
def bare(new_machine, packages):
    """Makes machines without the program, but with its packages."""
    def make(flavour="plain"):
        machine = new_machine(flavour, bare=True)
        for name in ("first.deb", "next.deb"):
            target = machine.put_folder / "root" / name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            shutil.copy(packages / name, target)
        return machine
    return make


def dpkg(machine, *argv):
    return machine.call("env", "DEBIAN_FRONTEND=noninteractive", "dpkg",
                        "--force-confold", *argv, timeout=120)


def install(machine, name="first.deb"):
    return dpkg(machine, "-i", f"/root/{name}")


def wait_lease(machine):
    return wait_for("an address", lambda: machine.address("host0"))


def files(machine):
    found = machine.shell("find / -xdev; find /run -path '*/dhcpcanon*'")
    return {path for path in found.split() if not USUAL.fullmatch(path)}


def main_pid(machine, unit=UNIT):
    return machine.show(unit, "MainPID")


def is_active(machine, unit=UNIT):
    return machine.show(unit, "ActiveState") == "active"


def is_enabled(machine, unit=UNIT):
    return machine.try_call("systemctl", "is-enabled", unit)[0] == 0


def test_installed_it_runs_and_purged_it_leaves_nothing(bare):
    machine = bare().boot()
    Server(machine, "dnsmasq")
    before = files(machine)
    install(machine)
    wait_lease(machine)
    assert is_active(machine) and is_enabled(machine)
    assert machine.call("dpkg", "-V", "dhcpcanon") == ""
    assert machine.show(UNIT, "User") == "dhcpcanon"
    dpkg(machine, "--remove", "dhcpcanon")
    assert machine.address("host0") == ""
    assert not is_active(machine)
    dpkg(machine, "--purge", "dhcpcanon")
    assert files(machine) ^ before == set()
    assert machine.systemctl("list-units", "--failed", "--no-legend") == ""


def test_removed_and_installed_again_it_runs(bare):
    machine = bare().boot()
    Server(machine, "dnsmasq")
    install(machine)
    wait_lease(machine)
    dpkg(machine, "--remove", "dhcpcanon")
    install(machine)
    wait_lease(machine)
    assert is_active(machine) and is_enabled(machine)


def test_an_upgrade_restarts_it_and_keeps_what_was_changed(bare):
    machine = bare().boot()
    Server(machine, "dnsmasq")
    install(machine)
    address = wait_lease(machine)
    profile = "/etc/apparmor.d/usr.sbin.dhcpcanon"
    machine.shell(f"echo '# changed' >>{profile}")
    before = main_pid(machine)
    install(machine, "next.deb")
    assert main_pid(machine) not in ("0", before)
    assert wait_lease(machine) == address
    assert machine.shell(f"tail -n 1 {profile}") == "# changed\n"


def test_an_upgrade_leaves_alone_what_was_switched_off(bare):
    machine = bare().boot()
    Server(machine, "dnsmasq")
    install(machine)
    wait_lease(machine)
    machine.systemctl("disable", "--now", UNIT)
    install(machine, "next.deb")
    assert not is_enabled(machine) and not is_active(machine)


def test_an_instance_is_upgraded_and_taken_away(bare):
    machine = bare().boot()
    Server(machine, "dnsmasq")
    before = files(machine)
    install(machine)
    machine.systemctl("disable", "--now", UNIT)
    machine.systemctl("enable", "--now", INSTANCE)
    wait_lease(machine)
    pid = main_pid(machine, INSTANCE)
    install(machine, "next.deb")
    assert main_pid(machine, INSTANCE) not in ("0", pid)
    wait_lease(machine)
    assert not is_active(machine)
    dpkg(machine, "--purge", "dhcpcanon")
    assert machine.address("host0") == ""
    assert files(machine) ^ before == set()


def use_ifupdown(machine):
    machine.put("/etc/network/interfaces",
                "auto host0\niface host0 inet dhcp\n")


def use_networkd(machine):
    machine.enable("systemd-networkd.service")


def use_network_manager(machine):
    machine.enable("NetworkManager.service")


@pytest.mark.parametrize("flavour, use, name", [
    ("ifupdown", use_ifupdown, "ifupdown"),
    ("plain", use_networkd, "systemd-networkd"),
    ("networkmanager", use_network_manager, "NetworkManager")])
def test_beside_another_client_it_is_not_started(bare, flavour, use, name):
    machine = bare(flavour)
    machine.is_judged = False  # the other one's frames
    Server(machine, "dnsmasq")
    use(machine)
    machine.boot()
    address = wait_lease(machine)
    said = install(machine)
    assert f"  {name} (host0)\n" in said
    assert is_enabled(machine) and not is_active(machine)
    assert main_pid(machine) == "0"
    install(machine, "next.deb")
    assert not is_active(machine)
    assert machine.address("host0") == address


def test_a_client_that_was_started_by_hand_is_seen(bare):
    machine = bare("ifupdown")
    machine.is_judged = False
    Server(machine, "dnsmasq")
    machine.boot()
    machine.call("dhclient", "host0")
    said = install(machine)
    assert re.search(r"^  dhclient \(process \d+\)$", said, re.MULTILINE)
    assert not is_active(machine)


def test_make_install_enables_and_uninstall_takes_all_of_it(new_machine):
    machine = new_machine("make", bare=True)
    tree = machine.put_folder / "root" / "tree"
    tree.mkdir(mode=0o755, parents=True)
    with open(roots.CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        roots.run("make", ["make", "-C", str(labs.TREE), "all"])
        roots.run("copy", ["cp", "-a", *(str(labs.TREE / name) for name in (
            "Makefile", "build", "include", "src", "sbin", "man", "systemd",
            "tmpfiles.d", "apparmor")), str(tree)])
    machine.boot()
    Server(machine, "dnsmasq")
    machine.shell("systemd-sysusers; mkdir -p /usr/local/lib/sysusers.d; "
                  "rm -f /root/tree/build/folders-made")
    before = files(machine)

    def make(*argv):
        return machine.call("make", "-C", "/root/tree", *argv)

    make("install", "WITH_SYSTEMD=true", "WITH_APPARMOR=true")
    assert is_enabled(machine) and not is_active(machine)
    machine.systemctl("start", UNIT)
    wait_lease(machine)
    make("uninstall")
    assert machine.address("host0") == ""
    assert files(machine) ^ before == set()
