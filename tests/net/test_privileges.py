"""What each process may do, in each way of starting the program: as the
kernel tells it of the monitor, of its worker and of the script."""

import os
import pathlib
import re
import shutil

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
KILL, DAC_OVERRIDE, SETGID, SETUID, SETPCAP = 1 << 5, 1 << 1, 1 << 6, 1 << 7, \
    1 << 8
BIND_SERVICE, NET_ADMIN, NET_RAW = 1 << 10, 1 << 12, 1 << 13
SOCKETS = NET_ADMIN | NET_RAW | BIND_SERVICE
ROOTS = KILL | DAC_OVERRIDE | SETGID | SETUID | SETPCAP
NAMES = "net_admin,net_raw,net_bind_service"
USER = 65534

# the descriptors of enum worker_descriptor
PIPE, PACKET, ARP, NETLINK, DEADLINE, RESUMED = range(3, 9)


def starting(way, program):
    """The command line before the program's own flags."""
    capitals = ",".join("cap_" + name for name in NAMES.split(","))
    return {
        "root": [program],
        "setpriv": ["setpriv", f"--reuid={USER}", f"--regid={USER}",
                    "--clear-groups", f"--inh-caps=+{NAMES.replace(',', ',+')}",
                    f"--ambient-caps=+{NAMES.replace(',', ',+')}", program],
        "capsh": ["capsh", "--keep=1", f"--user=nobody",
                  f"--inh={capitals}", f"--addamb={capitals}", "--shell=" +
                  program, "--"],
        # NetworkManager's unit leaves no SETPCAP
        "no-setpcap": ["setpriv", "--bounding-set=-setpcap", program],
    }[way]


@pytest.fixture
def start(lab, raw):
    """Starts the program where a user can reach it, its script and its
    files."""
    program = lab.folder / "dhcpcanon"
    shutil.copy(labs.PROGRAM, program)
    lab.state.mkdir(mode=0o755)
    lab.state.chmod(0o1777)
    lab.script.folder.chmod(0o777)
    told = lab.script.folder / "told"
    lab.script.on("BOUND", f"cat /proc/self/status >{told}.tmp\n"
                  f"mv {told}.tmp {told}")

    def run(way):
        first, *others = starting(way, str(program))
        return lab.client(*QUICK, program=first,
                          mode=(*others, "-d", "-v"))

    return run


def sets(status):
    return {name: int(status[name], 16) for name in SETS}


def who(status):
    return set(status["Uid"].split()), set(status["Gid"].split())


def processes(lab, client):
    """The status of monitor, worker and script."""
    lab.script.wait("BOUND")
    told = lab.script.folder / "told"
    labs.wait_for("script", told.exists)
    return (labs.process_status(client.pid),
            labs.process_status(labs.wait_worker(client.pid)),
            labs.parse_status(told.read_text()))


WAYS = ("root", "no-setpcap", "setpriv", "capsh")


@pytest.mark.parametrize("way", WAYS)
def test_worker(lab, raw, start, way):
    """Nothing at all, and confined, whoever started it."""
    client = start(way)
    monitor, worker, _ = processes(lab, client)
    held = sets(worker)
    assert held.pop("CapBnd") == (0 if way == "root"
                                  else sets(monitor)["CapBnd"])
    assert set(held.values()) == {0}
    confined = not labs.is_test_build()
    assert worker["NoNewPrivs"] == "1"
    assert worker["Seccomp"] == ("2" if confined else "0")
    uids, gids = who(worker)
    assert len(uids) == len(gids) == 1 and "0" not in uids | gids
    assert set(worker["Groups"].split()) <= gids
    assert int(worker["SigBlk"], 16) == 0
    text = (lab.state / "cli0.status").read_text()
    assert f"\nsandbox={'full' if confined else 'partial'}\n" in text
    parts = re.search("^sandbox_parts=(.*)$", text, re.MULTILINE)
    assert set(parts.group(1).split()) == {
        "no_capabilities", "no_new_privileges"} | (
        {"landlock", "seccomp"} if confined else set()) | (
        {"own_user"} if way in ("root", "no-setpcap") else set()) | (
        {"bounding_emptied"} if way == "root" else set())


@pytest.mark.parametrize("way", WAYS)
def test_monitor_and_script(lab, raw, start, way):
    """The monitor has one capability in effect, and raises others; a user's
    script gets that one, root's is root's."""
    client = start(way)
    before = sets(labs.process_status(os.getpid()))["CapBnd"]
    monitor, _, script = processes(lab, client)
    is_root = way in ("root", "no-setpcap")
    mine, its = sets(monitor), sets(script)
    bounding = before & ~SETPCAP if way == "no-setpcap" else before
    assert mine["CapEff"] == NET_ADMIN
    assert mine["CapBnd"] == its["CapBnd"] == bounding
    assert monitor["NoNewPrivs"] == script["NoNewPrivs"] == "0"
    assert monitor["Seccomp"] == script["Seccomp"] == "0"
    assert who(monitor) == who(script)
    assert who(monitor)[0] == ({"0"} if is_root else {str(USER)})
    if is_root:
        assert mine["CapPrm"] == (SOCKETS | ROOTS) & bounding
        assert mine["CapAmb"] == mine["CapInh"] == its["CapAmb"] == 0
        assert its["CapEff"] == its["CapPrm"] == bounding
    else:
        assert mine["CapPrm"] == SOCKETS
        assert mine["CapInh"] == mine["CapAmb"] == NET_ADMIN
        assert {its[name] for name in SETS if name != "CapBnd"} == {NET_ADMIN}
    assert int(script["SigBlk"], 16) == int(script["SigIgn"], 16) == 0


@pytest.mark.parametrize("missing", ["net_admin", "net_raw",
                                     "net_bind_service"])
def test_a_capability_is_missing(lab, raw, start, missing):
    """One sentence that names it; nothing is sent, no script is run."""
    client = lab.client(*QUICK, program="setpriv", mode=(
        f"--bounding-set=-{missing}", labs.PROGRAM, "-d", "-v"))
    assert client.wait() == 1
    assert f"CAP_{missing.upper()}: Operation not permitted" in client.log
    assert lab.sent() == [] and lab.script.runs() == []


def test_resume_timer_is_armed_at_the_start(lab, raw):
    """CLOCK_REALTIME, far away, absolute, and cancelled when it is set."""
    raw.mute = True
    client = lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER)
    worker = labs.wait_worker(client.pid)
    told = pathlib.Path(f"/proc/{worker}/fdinfo/{RESUMED}").read_text()
    fields = dict(line.split(": ", 1) for line in told.splitlines()
                  if ": " in line)
    assert fields["clockid"] == "0"
    assert int(fields["settime flags"], 8) == 3  # ABSTIME, CANCEL_ON_SET
    assert int(fields["it_value"].strip("()").split(",")[0]) > 1 << 30


def test_filters_come_before_binding(lab, raw):
    """Each socket that hears a network is made with protocol 0 or unbound,
    filtered, locked (but ARP's), and only then bound; and no worker makes
    one."""
    trace = lab.folder / "trace"
    client = lab.client(*QUICK, program="strace", mode=(
        "-ff", "-qq", "-e", "trace=socket,setsockopt,bind,listen,execve", "-e",
        "signal=none", "-o", str(trace), labs.PROGRAM, "-d", "-v"))
    lab.script.wait("BOUND")
    client.wait_log("bound to")
    # a file for each process: the worker runs while the monitor opens sockets
    lines = [line for path in lab.folder.glob("trace.*")
             for line in path.read_text().splitlines()]
    made = []  # of each socket for a network the calls, in their order
    by_number = {}
    for line in lines:
        line = re.sub(r" /\*.*?\*/", "", line)
        found = re.search(r"socket\((AF_\w+), ([^,]*), (.*)\) = (\d+)", line)
        if found:
            family, kind, protocol, number = found.groups()
            by_number[number] = [family + " " + protocol]
            # TCP that nobody listens on keeps a second instance off
            if family != "AF_UNIX" and "SOCK_STREAM" not in kind:
                made.append(by_number[number])
        found = re.search(r"(setsockopt|bind)\((\d+), (.*)\) = 0", line)
        if found and found.group(2) in by_number:
            name, number, rest = found.groups()
            by_number[number].append("bind" if name == "bind"
                                     else rest.split(", ")[1])
    bound = [steps for steps in made if "bind" in steps]
    assert not [line for line in lines if "listen(" in line]
    assert [steps[0] for steps in bound] == [
        "AF_PACKET htons(0)", "AF_PACKET htons(0)", "AF_INET IPPROTO_IP",
        "AF_NETLINK NETLINK_ROUTE"]
    for steps in bound:
        before = steps[:steps.index("bind")]
        assert "SO_ATTACH_FILTER" in before, steps
        assert ("SO_LOCK_FILTER" in before) == (steps is not bound[1]), steps
