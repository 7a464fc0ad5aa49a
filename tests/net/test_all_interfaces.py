"""Started without an interface: which are held, those that come and go, and
what happens when there is none (reason NBI).

A namespace has no physical interface, all are veth; so for the ordinary case
there is none, and for the others the program is told that it is in a
container, where eth* count."""

import re
import signal

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
CONTAINER = {"container": "lab"}
PATH = "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"


def start(lab, *flags, env=None, **how):
    return lab.client(*QUICK, *flags, interfaces=(),
                      env=CONTAINER if env is None else env, **how)


def as_dhclient(lab):
    name = lab.folder / "dhclient"
    name.symlink_to(labs.PROGRAM)
    return str(name)


def interfaces(lab, reason):
    return sorted(run["interface"] for run in lab.script.runs(reason))


def holder(lab):
    return lab.background_pid("all.pid")


# -- which ones -------------------------------------------------------------

def test_virtual_interfaces_are_not_held(lab, raw):
    lab.add_interface("eth1")
    client = start(lab, env={})
    client.wait_log("No broadcast interfaces found: waiting")
    run, = lab.script.runs()
    assert run.env == {"REASON": "NBI", "PATH": PATH}
    assert labs.workers(client.pid) == []
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.sent() == lab.sent(name="eth1") == []


def test_in_a_container_eth_is_held(lab, raw):
    lab.add_interface("eth1")
    lab.add_interface("eth2")
    client = start(lab)
    for name in ("eth1", "eth2"):
        lab.script.wait("BOUND", interface=name)
        labs.wait_for("leases", (lab.state / f"{name}.leases").exists)
        assert (lab.state / f"{name}.status").exists()
        assert not (lab.state / f"{name}.pid").exists()
    assert holder(lab) == client.pid
    assert lab.sent() == []  # cli0 is no name for a way out
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert interfaces(lab, "STOP") == ["eth1", "eth2"]
    assert lab.script.runs("NBI") == []
    assert sorted(lab.state.iterdir()) == []


def test_systemd_says_that_it_is_a_container(lab, raw):
    (lab.run / "systemd").mkdir()
    (lab.run / "systemd" / "container").write_text("lab\n")
    lab.add_interface("eth1")
    start(lab, env={})
    lab.script.wait("BOUND", interface="eth1")


def test_a_port_of_a_bridge_is_not_held(lab, raw):
    lab.add_interface("eth1")
    lab.add_interface("eth2")
    lab.ip(lab.inside, "link add br0 type bridge", "link set eth1 master br0")
    client = start(lab)
    lab.script.wait("BOUND", interface="eth2")
    assert interfaces(lab, "PREINIT") == ["eth2"]
    # it is an interface of its own again
    lab.ip(lab.inside, "link set eth1 nomaster")
    lab.script.wait("BOUND", interface="eth1")
    assert len(labs.workers(client.pid)) == 2


def test_one_that_another_instance_holds_is_left_to_it(lab, raw):
    lab.add_interface("eth1")
    lab.add_interface("eth2")
    first = lab.client(*QUICK, interfaces=("eth1",))
    lab.script.wait("BOUND", interface="eth1")
    second = start(lab)
    lab.script.wait("BOUND", interface="eth2")
    second.wait_log("eth1: another dhcpcanon runs on this interface")
    # also when something happens to it, and nothing of it is touched
    lab.ip(lab.inside, "link set eth1 mtu 1400")
    lab.add_interface("eth3")
    lab.script.wait("BOUND", interface="eth3")
    second.signal(signal.SIGTERM)
    assert second.wait() == 0
    assert second.log.count("another dhcpcanon") == 1
    assert interfaces(lab, "STOP") == ["eth2", "eth3"]
    assert (lab.state / "eth1.status").exists()
    assert (lab.state / "eth1.leases").exists()
    assert first.is_alive()


def test_a_second_one_for_all_is_refused(lab, raw):
    lab.add_interface("eth1")
    first = start(lab)
    lab.script.wait("BOUND")
    second = start(lab)
    assert second.wait() == 1
    assert re.search(f"all.pid: held by process {first.pid}", second.log)


def test_stopped_by_another(lab, raw):
    """-x without an interface."""
    lab.add_interface("eth1")
    client = start(lab)
    lab.script.wait("BOUND")
    status, _, _ = lab.command("-x", "-sf", lab.script.path)
    assert status == 0
    assert client.wait() == 0
    assert lab.script.reasons() == ["PREINIT", "BOUND", "STOP"]


@pytest.mark.parametrize("flag, reason", [("-x", "STOP"), ("-r", "RELEASE")])
def test_stopping_all_leaves_one_that_runs_by_name(lab, raw, flag, reason):
    """It was not stopped, so nothing of it is taken down; only what a crash
    has left is."""
    lab.add_interface("eth1")
    lab.add_interface("eth2")
    client = lab.client(*QUICK, interfaces=("eth1",))
    lab.script.wait("BOUND", interface="eth1")
    raw.address = "10.77.0.151"
    crashed = lab.client(*QUICK, interfaces=("eth2",))
    lab.script.wait("BOUND", interface="eth2")
    for name in ("eth1", "eth2"):
        labs.wait_for("a lease", (lab.state / f"{name}.leases").exists)
    crashed.signal(signal.SIGKILL)
    crashed.wait()
    status, _, _ = lab.command(flag, "-sf", lab.script.path)
    assert status == 0
    assert interfaces(lab, reason) == ["eth2"]
    assert client.is_alive()
    assert (lab.state / "eth1.leases").exists()
    assert not (lab.state / "eth2.leases").exists()


@pytest.mark.parametrize("is_mute", [False, True])
def test_stopping_one_by_name_that_is_held_with_all(lab, raw, is_mute):
    """That would end all: it is refused, and nothing is taken down."""
    lab.add_interface("eth1")
    raw.mute = is_mute
    client = start(lab)
    lab.script.wait("PREINIT" if is_mute else "BOUND")
    if not is_mute:
        labs.wait_for("a lease", (lab.state / "eth1.leases").exists)
    status, _, errors = lab.command("-x", "-sf", lab.script.path, "eth1")
    assert status == 1
    assert errors == ("eth1: its client runs on, it has another pid file or "
                      "none\n")
    assert client.is_alive()
    assert "STOP" not in lab.script.reasons()
    assert (lab.state / "eth1.leases").exists() != is_mute


def test_an_old_leases_file_is_forgotten(lab, raw):
    lab.add_interface("eth1")
    lab.state.mkdir()
    for name in ("eth1", "eth2"):
        (lab.state / f"{name}.leases").write_text("of another day\n")
    raw.mute = True
    start(lab)
    lab.script.wait("PREINIT", interface="eth1")
    assert not (lab.state / "eth1.leases").exists()
    assert (lab.state / "eth2.leases").exists()  # not ours so far
    lab.add_interface("eth2")
    lab.script.wait("PREINIT", interface="eth2")
    assert not (lab.state / "eth2.leases").exists()


def test_one_leases_file_for_all(lab, raw):
    """Who comes later leaves what the others have written."""
    file = lab.folder / "leases"
    file.write_text("of another day\n")
    lab.add_interface("eth1")
    start(lab, "-lf", str(file))
    lab.script.wait("BOUND", interface="eth1")
    labs.wait_for("a lease", lambda: file.exists()
                  and '"eth1"' in file.read_text())
    assert "another day" not in file.read_text()
    raw.address = "10.77.0.151"
    lab.add_interface("eth2")
    lab.script.wait("BOUND", interface="eth2")
    labs.wait_for("both leases", lambda: '"eth2"' in file.read_text())
    assert '"eth1"' in file.read_text()


# -- coming and going -------------------------------------------------------

def test_one_that_appears_is_held(lab, raw):
    client = start(lab)
    lab.script.wait("NBI")
    lab.add_interface("eth1")
    lab.script.wait("BOUND", interface="eth1")
    raw.address = "10.77.0.151"
    lab.add_interface("eth2")
    lab.script.wait("BOUND", interface="eth2")
    assert len(labs.workers(client.pid)) == 2
    assert len(lab.script.runs("NBI")) == 1


def test_unplugged_and_plugged_in_again(lab, raw):
    lab.add_interface("eth1")
    client = start(lab)
    bound = lab.script.wait("BOUND")
    lab.remove_interface("eth1")
    expired = lab.script.wait("EXPIRE")
    assert expired["old_ip_address"] == bound["new_ip_address"]
    labs.wait_for("forgotten", lambda: list(lab.state.iterdir())
                  == [lab.state / "all.pid"])
    assert client.is_alive()
    lab.add_interface("eth1")
    again = lab.script.wait("BOUND", after=expired)
    assert "old_ip_address" not in again.env
    assert lab.script.runs("NBI") == []


def test_plugged_in_again_while_the_script_runs(lab, raw):
    """The name is free once the script has taken the old one down."""
    gate = lab.folder / "gate"
    lab.script.on("EXPIRE", f"until [ -e {gate} ]; do sleep 0.01; done")
    lab.add_interface("eth1")
    start(lab)
    lab.script.wait("BOUND")
    lab.remove_interface("eth1")
    expired = lab.script.wait("EXPIRE")
    lab.add_interface("eth1")
    gate.write_text("")
    lab.script.wait("BOUND", after=expired)


def test_many_come_at_once(lab, raw):
    names = [f"eth{n}" for n in range(1, 9)]
    client = start(lab)
    lab.script.wait("NBI")
    for name in names:
        lab.add_interface(name)
    for name in names:
        lab.script.wait("BOUND", interface=name)
    assert interfaces(lab, "PREINIT") == names
    assert len(labs.workers(client.pid)) == len(names)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert interfaces(lab, "STOP") == names


# -- udev -------------------------------------------------------------------

def udev(lab):
    """udev runs; returns where it writes what it has done with."""
    database = lab.run / "udev" / "data"
    database.mkdir(parents=True)
    (lab.run / "udev" / "control").write_text("")
    return database


def index(lab, name):
    return lab.link(name)["ifindex"]


def test_udev_comes_first(lab, raw):
    """Else it could not rename what we have brought up."""
    database = udev(lab)
    lab.add_interface("eth1")
    client = start(lab)
    labs.wait_for("start", (lab.state / "all.pid").exists)
    assert lab.script.runs() == []
    done = database / f"n{index(lab, 'eth1')}"
    done.write_text("")
    preinit = lab.script.wait("PREINIT")
    assert preinit.time >= done.stat().st_mtime
    lab.script.wait("BOUND")
    assert lab.script.runs("NBI") == []
    # what comes later, too
    lab.add_interface("eth2")
    other = database / f"n{index(lab, 'eth2')}"
    other.write_text("")
    preinit = lab.script.wait("PREINIT", interface="eth2")
    assert preinit.time >= other.stat().st_mtime
    assert client.is_alive()


def test_udev_is_not_waited_for_for_ever(lab, raw):
    udev(lab)
    lab.add_interface("eth1")
    start(lab)
    lab.script.wait("BOUND", interface="eth1")
    assert lab.script.runs("NBI") == []


# -- none -------------------------------------------------------------------

def test_none_once(lab):
    status, _, errors = lab.command("-1", "-v", "-sf", lab.script.path)
    assert status == 2
    assert "No broadcast interfaces found" in errors
    assert lab.script.reasons() == ["NBI"]
    assert not (lab.state / "all.pid").exists()


def test_none_once_but_waiting(lab):
    """-w gives it as long as a lease may take."""
    status, _, _ = lab.command("-1", "-w", "-timeout", "1", "-sf",
                               lab.script.path)
    assert status == 2
    assert lab.script.reasons() == ["NBI"]


def test_none_releases_the_parent_after_the_timeout(lab, raw):
    status, _, _ = lab.command("-timeout", "1", *QUICK, "-sf",
                               lab.script.path, env=CONTAINER)
    assert status == 0
    assert lab.script.reasons() == ["NBI"]
    pid = holder(lab)
    assert labs.is_running(pid)
    lab.add_interface("eth1")
    lab.script.wait("BOUND", interface="eth1")
    assert lab.script.runs("BOUND")[0]["pid"] == str(pid)


@pytest.mark.parametrize("flags", [(), ("-1",)])
def test_none_as_dhclient(lab, flags):
    status, _, errors = lab.command("-v", *flags, "-sf", lab.script.path,
                                    "-pf", str(lab.folder / "pid"), "-lf",
                                    str(lab.folder / "leases"),
                                    program=as_dhclient(lab))
    assert status == 0
    assert "No broadcast interfaces found - exiting." in errors
    run, = lab.script.runs()
    assert run.env == {"REASON": "NBI", "PATH": PATH}


def test_the_script_for_none_has_the_users_variables(lab):
    status, _, _ = lab.command("-1", "-e", "PEER=no", "-sf", lab.script.path)
    assert status == 2
    run, = lab.script.runs()
    assert run.env == {"PEER": "no", "REASON": "NBI", "PATH": PATH}


def test_a_script_for_none_that_cannot_run(lab):
    """Nobody waits for it."""
    script = lab.folder / "no-script"
    script.write_text("#!/nosuch/interpreter\n")
    script.chmod(0o755)
    status, _, errors = lab.command("-1", "-v", "-sf", str(script))
    assert status == 2
    assert f"script {script} for NBI: No such file" in errors


def test_none_as_dhclient_that_waits(lab, raw):
    start(lab, "-w", "-pf", str(lab.folder / "pid"), "-lf",
          str(lab.folder / "leases"), program=as_dhclient(lab))
    lab.script.wait("NBI")
    lab.add_interface("eth1")
    lab.script.wait("BOUND", interface="eth1")


def test_the_script_for_none_has_time(lab):
    """The end waits for it, as dhclient does."""
    lab.script.on("NBI", f"sleep 0.2; touch {lab.folder}/done")
    status, _, _ = lab.command("-1", "-sf", lab.script.path)
    assert status == 2
    assert (lab.folder / "done").exists()


def test_one_that_comes_during_that_script_is_held(lab, raw):
    gate = lab.folder / "gate"
    lab.script.on("NBI", f"until [ -e {gate} ]; do sleep 0.01; done")
    client = start(lab, "-1")
    lab.script.wait("NBI")
    lab.add_interface("eth1")
    lab.script.wait("BOUND", interface="eth1")
    gate.write_text("")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0


def test_no_lease_on_any(lab, raw):
    raw.mute = True
    lab.add_interface("eth1")
    lab.add_interface("eth2")
    client = start(lab, "-1", "-timeout", "1")
    assert client.wait() == 2
    assert interfaces(lab, "FAIL") == ["eth1", "eth2"]


# -- named, but missing -----------------------------------------------------

def test_a_missing_interface_is_waited_for(lab, raw):
    client = lab.client(*QUICK, "-w", interfaces=("cli1",))
    client.wait_log("cli1: waiting for it")
    status = labs.wait_for("status", lambda: (
        lab.state / "cli1.status").exists()
        and (lab.state / "cli1.status").read_text())
    assert "state=ABSENT\n" in status
    lab.add_interface("cli1")
    lab.script.wait("BOUND", interface="cli1")
    assert lab.sent() == []
    assert lab.sent(wire.DISCOVER, name="cli1")


def test_a_missing_interface_does_not_keep_the_others(lab, raw):
    lab.client(*QUICK, "-w", interfaces=("cli1", "cli0"))
    lab.script.wait("BOUND", interface="cli0")


def test_a_missing_interface_releases_the_parent(lab):
    status, _, _ = lab.command("-w", "-timeout", "1", "-sf", lab.script.path,
                               "cli1")
    assert status == 0
    assert labs.is_running(lab.background_pid("cli1.pid"))


def test_a_missing_interface_once(lab):
    status, _, _ = lab.command("-1", "-w", "-timeout", "1", "-sf",
                               lab.script.path, "cli1")
    assert status == 2
    assert not (lab.state / "cli1.pid").exists()
