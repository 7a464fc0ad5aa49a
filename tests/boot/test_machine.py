"""The machine that the other tests here rely on."""

import pytest

import machine as machines
import roots


@pytest.mark.parametrize("flavour", roots.FLAVOURS)
def test_every_flavour_boots_without_a_failed_unit(new_machine, flavour):
    machine = new_machine(flavour)
    machine.is_judged = False  # NetworkManager asks at once
    machine.boot()
    assert machine.systemctl("is-system-running").strip() == "running"
    for package in roots.FLAVOURS[flavour]:
        machine.call("dpkg-query", "-W", package)


def test_what_is_put_is_there_and_what_is_written_is_forgotten(new_machine):
    machine = new_machine(interfaces=("host0", "eth1"))
    machine.put("/etc/motd", "put\n", mode=0o640)
    machine.boot()
    assert machine.shell("stat -c %a /etc/motd; cat /etc/motd; ls "
                         "/sys/class/net") == "640\nput\neth1\nhost0\nlo\n"
    assert (machine.root / "etc/motd").read_text() == "put\n"
    machine.shell("echo written >/etc/motd; touch /var/mark")
    machine.off()
    machine.boot()
    assert machine.call("cat", "/etc/motd") == "put\n"
    status, _ = machine.try_call("test", "-e", "/var/mark")
    assert status == 1


def test_the_machine_is_what_this_one_is_not(new_machine):
    machine = new_machine().boot()
    assert machine.call("cat", "/proc/1/comm") == "systemd\n"
    assert machine.call("systemd-detect-virt").strip() == "systemd-nspawn"
    assert machine.call("hostname").strip() == machine.tag
    assert "dhcpcanon" in machine.shell("ls /usr/local/sbin")


def test_a_machine_without_power_leaves_nothing(new_machine):
    machine = new_machine().boot()
    leader, machine.is_judged = machine.leader, False
    machine.close()
    assert not machines.labs.is_running(leader)
    assert not machine.folder.exists()
    mounts = machines.Path("/proc/self/mounts").read_text()
    assert str(machine.folder) not in mounts
    groups = [line.split()[1] for line in mounts.splitlines()
              if line.split()[2] == "cgroup2"]
    for group in groups:
        assert not (machines.Path(group) / machine.tag).exists()
