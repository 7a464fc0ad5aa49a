"""The processes: signals, background, files, other instances, privileges,
and what happens when one of them dies."""

import calendar
import os
import re
import signal
import stat
import subprocess
import time
from pathlib import Path

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")


def status_file(lab, interface="cli0"):
    text = (lab.state / f"{interface}.status").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def wait_state(lab, state, interface="cli0"):
    def reached():
        try:
            return status_file(lab, interface).get("state") == state
        except FileNotFoundError:
            return False
    labs.wait_for(f"state {state}", reached)
    return status_file(lab, interface)


def wait_gone(pid):
    labs.wait_for(f"end of {pid}", lambda: not labs.is_running(pid))


def parent_of_orphans():
    """Who adopts a process whose parent is gone: pid 1, or a subreaper."""
    with subprocess.Popen(
            ["sh", "-c", "exec 3<&0; cat <&3 >&2 & echo $!"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE) as shell:
        orphan = int(shell.stdout.readline())
        shell.wait()
        return labs.process_status(orphan)["PPid"]


# -- signals ----------------------------------------------------------------

@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_asked_to_end(lab, raw, number):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    mark = lab.mark()
    client.signal(number)
    assert client.wait() == 0
    assert lab.script.reasons() == ["PREINIT", "BOUND", "STOP"]
    assert lab.script.runs()[-1]["old_ip_address"] == raw.address
    wait_gone(worker)
    assert lab.sent(since=mark) == []


def test_asked_to_end_without_a_lease(lab, raw):
    raw.mute = True
    client = lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert "new_ip_address" not in lab.script.runs()[-1].env
    assert len(lab.sent()) == 1


def test_hup_renews(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    client.signal(signal.SIGHUP)
    renewed = script.wait("RENEW")
    assert renewed["old_ip_address"] == renewed["new_ip_address"]
    request = lab.sent(wire.REQUEST)[-1]
    assert request.ip_source == request.dhcp.ciaddr == raw.address
    assert request.dhcp.secs == 0


def test_usr1_rewrites_the_status(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    before = wait_state(lab, "BOUND")
    assert before["address"] == raw.address
    assert before["server"] == labs.SERVER
    assert before["interface"] == "cli0"
    assert before["pid"] == str(client.pid)
    assert before["sent_discover"] == before["sent_request_selecting"] == "1"
    path = lab.state / "cli0.status"
    path.unlink()
    client.signal(signal.SIGUSR1)
    labs.wait_for("status", path.exists)
    after = wait_state(lab, "BOUND")
    assert after["since"] == before["since"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


def test_other_signals_do_nothing(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    worker = labs.wait_worker(client.pid)
    for pid in (client.pid, worker):
        os.kill(pid, signal.SIGUSR2)
        os.kill(pid, signal.SIGPIPE)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP,
                   signal.SIGALRM, signal.SIGQUIT):
        os.kill(worker, number)  # Ctrl-C and KillMode reach it too
    client.signal(signal.SIGHUP)
    script.wait("RENEW")
    assert script.reasons() == ["PREINIT", "BOUND", "RENEW"]
    assert labs.workers(client.pid) == [worker]


# -- background -------------------------------------------------------------

def background(lab, *flags, interface="cli0"):
    return lab.command(*flags, "-sf", lab.script.path, interface)


def test_parent_returns_with_the_lease(lab, raw):
    status, out, errors = background(lab, *QUICK)
    assert (status, out, errors) == (0, "", "")
    assert lab.script.reasons()[:2] == ["PREINIT", "BOUND"]
    pid = lab.background_pid()
    assert lab.script.runs("BOUND")[0]["pid"] == str(pid)
    assert labs.process_status(pid)["PPid"] == parent_of_orphans()
    assert os.getsid(pid) == pid
    for descriptor in (0, 1, 2):
        assert os.readlink(f"/proc/{pid}/fd/{descriptor}") == "/dev/null"
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    worker = labs.wait_worker(pid)
    os.kill(pid, signal.SIGTERM)
    wait_gone(pid)
    wait_gone(worker)
    assert lab.script.reasons()[-1] == "STOP"
    assert not list(lab.state.glob("cli0.*"))


def test_verbose_parent_logs_to_standard_error(lab, raw):
    status, out, errors = background(lab, *QUICK, "-v")
    assert (status, out) == (0, "")
    assert f"bound to {raw.address} -- renewal in" in errors
    status, out, errors = lab.command("-v", "-q", "-x", "cli0", "-sf",
                                      lab.script.path)
    assert (status, out, errors) == (0, "", "")


def test_second_worker_in_the_background(lab, raw):
    """What the first one was started beside, as the way to the parent, is
    closed by then: its number may be a socket's of the second."""
    assert background(lab, *QUICK)[0] == 0
    pid = lab.background_pid()
    for _ in range(2):
        worker = labs.wait_worker(pid)
        before = lab.script.runs()[-1]
        os.kill(worker, signal.SIGKILL)
        lab.script.wait("BOUND", after=before)
        assert labs.descriptors(labs.wait_worker(pid, other_than=worker)) == (
            list(range(3, 9)))


def test_no_server_parent_returns_0_and_the_search_goes_on(lab, raw):
    raw.mute = True
    status, _, _ = background(lab, *QUICK, "--timeout", "1")
    assert status == 0
    pid = lab.background_pid()
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    raw.mute = False
    lab.script.wait("BOUND")
    assert lab.background_pid() == pid
    assert lab.script.reasons() == ["PREINIT", "FAIL", "BOUND"]


def test_once_and_no_server(lab, raw):
    raw.mute = True
    status, _, _ = background(lab, *QUICK, "-1", "--timeout", "1")
    assert status == 2
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    assert not list(lab.state.glob("cli0.*"))


def test_once_with_a_server(lab, raw):
    status, _, _ = background(lab, *QUICK, "-1")
    assert status == 0
    assert labs.is_running(lab.background_pid())


def test_not_waiting(lab, raw):
    """-nw: returns while there is no lease yet."""
    raw.mute = True
    status, _, _ = background(lab, *QUICK, "-nw")
    assert status == 0
    assert lab.script.runs("BOUND") == lab.script.runs("FAIL") == []
    pid = labs.wait_for("pid file", lambda: (
        lab.state / "cli0.pid").exists() and lab.background_pid())
    lab.wait_sent(wire.DISCOVER)
    raw.mute = False
    os.kill(pid, signal.SIGHUP)
    assert lab.script.wait("BOUND")["pid"] == str(pid)


# -- files ------------------------------------------------------------------

def test_lease_and_pid_file(lab, raw):
    raw.options += [(15, b"example.org")]
    client = lab.client(*QUICK)
    bound = lab.script.wait("BOUND")
    leases = lab.state / "cli0.leases"
    labs.wait_for("lease file", leases.exists)
    text = leases.read_text()
    assert text.startswith("lease {\n") and text.endswith("}\n")
    assert text.count("lease {") == 1
    for line in ('interface "cli0";', f"fixed-address {raw.address};",
                 "option subnet-mask 255.255.255.0;",
                 "option routers 10.77.0.1;",
                 "option domain-name-servers 10.77.0.53;",
                 'option domain-name "example.org";',
                 "option dhcp-lease-time 3600;"):
        assert f"  {line}\n" in text
    expire = re.search(r"^  expire \d (\S+ \S+);$", text, re.MULTILINE)
    moment = time.strptime(expire.group(1), "%Y/%m/%d %H:%M:%S")
    assert abs(calendar.timegm(moment) - int(bound["new_expiry"])) <= 1
    assert stat.S_IMODE(leases.stat().st_mode) == 0o640
    pid_file = lab.state / "cli0.pid"
    assert pid_file.read_text() == f"{client.pid}\n"
    assert stat.S_IMODE(pid_file.stat().st_mode) == 0o640
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert not leases.exists() and not pid_file.exists()


def test_files_of_the_users_choice(lab, raw):
    leases, pid_file = lab.folder / "my.leases", lab.folder / "my.pid"
    client = lab.client(*QUICK, "-lf", str(leases), "-pf", str(pid_file))
    lab.script.wait("BOUND")
    labs.wait_for("lease file", leases.exists)
    assert pid_file.read_text() == f"{client.pid}\n"
    for path in (leases, pid_file):
        assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert not (lab.state / "cli0.leases").exists()
    assert not (lab.state / "cli0.pid").exists()
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert not leases.exists() and not pid_file.exists()


def test_no_pid_file(lab, raw):
    lab.client(*QUICK, "--no-pid")
    lab.script.wait("BOUND")
    wait_state(lab, "BOUND")
    assert not (lab.state / "cli0.pid").exists()


def test_what_is_no_regular_file_stays(lab, raw):
    """/dev/null is a common habit; here another such device."""
    device = lab.folder / "null"
    os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    client = lab.client(*QUICK, "-lf", str(device), "-pf", str(device))
    client.wait_log(f"^{device}: no regular file, left as it is$")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert stat.S_ISCHR(device.stat().st_mode)


def test_lease_file_that_is_a_link_stays(lab, raw):
    """It is neither followed nor replaced, which is said once."""
    link, target = lab.folder / "link", lab.folder / "target"
    link.symlink_to(target)
    lab.script.on("BOUND", f"ip addr add {raw.address}/24 dev cli0")
    client = lab.client(*QUICK, "-lf", str(link))
    client.wait_log(f"^{link}: no regular file, left as it is$")
    client.signal(signal.SIGHUP)
    lab.script.wait("RENEW")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert client.log.count(f"{link}: no regular file, left as it is") == 1
    assert link.is_symlink() and not target.exists()


def test_old_lease_file_is_removed_unread(lab, raw):
    raw.mute = True
    lab.state.mkdir()
    leases = lab.state / "cli0.leases"
    leases.write_text(
        'lease {\n  interface "cli0";\n  fixed-address 10.77.0.42;\n'
        "  option subnet-mask 255.255.255.0;\n  renew never;\n"
        "  rebind never;\n  expire never;\n}\n")
    lab.client(*QUICK)
    discover = lab.wait_sent(wire.DISCOVER)
    assert discover.dhcp.codes == (53,)
    assert not leases.exists()
    raw.mute = False
    raw.heard.clear()
    bound = lab.script.wait("BOUND")
    assert not any(name.startswith("old_") for name in bound.env)


def test_unwritable_files_do_not_matter(lab, raw):
    client = lab.client(*QUICK, "-lf", "/nowhere/leases")
    lab.script.wait("BOUND")
    client.wait_log("/nowhere/leases")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0


# -- other instances --------------------------------------------------------

@pytest.mark.parametrize("flags", [(), ("-pf", "/run/other.pid"),
                                   ("--no-pid",)])
def test_second_instance_is_refused(lab, raw, flags):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    count = len(script.runs())
    status, _, errors = lab.command("-d", *QUICK, "-sf", script.path, *flags,
                                    "cli0")
    assert status == 1
    assert "cli0" in errors
    assert len(script.runs()) == count
    assert lab.background_pid() == client.pid
    client.signal(signal.SIGHUP)
    script.wait("RENEW")


@pytest.mark.parametrize("flag", ["-r", "-x"])
def test_running_client_is_stopped(lab, raw, flag):
    script = lab.own_script()
    status, _, _ = lab.command(*QUICK, "-sf", script.path, "cli0")
    assert status == 0
    pid = lab.background_pid()
    mark = lab.mark()
    status, out, errors = lab.command(flag, "-sf", script.path, "cli0")
    assert status == 0, errors
    assert not labs.is_running(pid)
    assert script.reasons() == ["PREINIT", "BOUND", "STOP"]
    assert lab.addresses() == lab.routes() == []
    assert [frame for frame in lab.sent(since=mark) if frame.dhcp] == []
    assert not list(lab.state.glob("cli0.*"))


@pytest.mark.parametrize("flag, reason", [("-r", "RELEASE"), ("-x", "STOP")])
def test_lease_of_a_dead_client_is_taken_down(lab, raw, flag, reason):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("resolv.conf", lambda: "10.77.0.53" in (
        lab.etc / "resolv.conf").read_text())
    labs.wait_for("lease file", (lab.state / "cli0.leases").exists)
    worker = labs.wait_worker(client.pid)
    client.signal(signal.SIGKILL)
    client.wait()
    wait_gone(worker)
    assert lab.address() == f"{raw.address}/24"
    mark = lab.mark()
    status, _, errors = lab.command(flag, "-sf", script.path, "cli0")
    assert status == 0, errors
    ended = script.wait(reason)
    assert ended["old_ip_address"] == raw.address
    assert ended["old_subnet_mask"] == "255.255.255.0"
    assert lab.addresses() == []
    assert [frame for frame in lab.sent(since=mark) if frame.dhcp] == []
    assert not (lab.state / "cli0.leases").exists()


@pytest.mark.parametrize("flag", ["-r", "-x"])
def test_nothing_to_stop(lab, raw, flag):
    status, _, errors = lab.command(flag, "-sf", lab.script.path, "cli0")
    assert status == 0, errors
    assert lab.script.runs() == []
    assert lab.sent() == []


def test_several_interfaces(lab, raw):
    def answer(server, message):
        server.address = ("10.77.0.151" if message.chaddr == lab.mac("cli1")
                          else "10.77.0.150")
        return labs.RawServer.good(server, message)

    lab.add_interface("cli1")
    raw.answer = answer
    script = lab.own_script()
    client = lab.client(*QUICK, interfaces=("cli0", "cli1"))
    for name, address in (("cli0", "10.77.0.150"), ("cli1", "10.77.0.151")):
        bound = script.wait("BOUND", interface=name)
        assert bound["new_ip_address"] == address
        assert bound["pid"] == str(client.pid)
        labs.wait_for("address", lambda: lab.address(name)
                      == f"{address}/24")
        labs.wait_for("route", lambda: [
            route for route in lab.routes(name)
            if route["dst"] == "default"])
        assert (lab.state / f"{name}.pid").read_text() == f"{client.pid}\n"
        assert wait_state(lab, "BOUND", name)["address"] == address
    assert len(labs.workers(client.pid)) == 2
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert len(script.runs("STOP")) == 2
    for name in ("cli0", "cli1"):
        assert lab.addresses(name) == lab.routes(name) == []


# -- deaths -----------------------------------------------------------------

def test_worker_killed(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    worker = labs.wait_worker(client.pid)
    os.kill(worker, signal.SIGKILL)
    expired = script.wait("EXPIRE")
    assert expired["old_ip_address"] == raw.address
    script.wait("BOUND", after=expired)
    assert labs.wait_worker(client.pid) != worker
    labs.wait_for("address", lab.addresses)
    assert script.reasons() == ["PREINIT", "BOUND", "EXPIRE", "PREINIT",
                                "BOUND"]
    assert wait_state(lab, "BOUND")["workers_failed"] == "1"


def test_worker_killed_again_and_again(lab, raw):
    """Five failures within an hour: that interface is given up; it is the
    only one, so the program fails, but not before the lease is taken down."""
    path = lab.folder / "slow"
    os.mkfifo(path)
    client = lab.client(*QUICK)
    last = None
    for n in range(5):
        last = lab.script.wait("BOUND", after=last, timeout=90)
        if n == 4:
            lab.script.on("EXPIRE", f"read -r _ <{path}")
        os.kill(labs.wait_worker(client.pid), signal.SIGKILL)
    assert lab.script.wait("EXPIRE", after=last)["old_ip_address"] \
        == raw.address
    labs.wait_for("rest", lambda: not labs.is_running(client.pid) or
                  labs.process_status(client.pid)["State"].startswith("S"))
    assert client.is_alive()
    path.write_text("\n")  # the script may go on
    assert client.wait() == 1
    assert not list(lab.state.glob("cli0.*"))


def test_monitor_killed(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    client.signal(signal.SIGKILL)
    client.wait()
    wait_gone(worker)


def test_stopped_worker_does_not_hold_up_the_end(lab, raw):
    """SIGTERM ends the program even if the worker does not answer."""
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    os.kill(worker, signal.SIGSTOP)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.script.reasons()[-1] == "STOP"


# -- privileges and size ----------------------------------------------------

SETS = ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")
NET_ADMIN = 1 << 12


def test_worker_has_no_privilege(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    status = labs.process_status(labs.wait_worker(client.pid))
    assert {name: int(status[name], 16) for name in SETS} == {
        name: 0 for name in SETS}
    assert status["NoNewPrivs"] == "1"
    uids, gids = set(status["Uid"].split()), set(status["Gid"].split())
    assert len(uids) == len(gids) == 1 and "0" not in uids | gids
    assert status["Groups"].split() in ([], list(gids))
    parts = wait_state(lab, "BOUND")["sandbox_parts"].split()
    assert {"own_user", "no_capabilities", "bounding_emptied",
            "no_new_privileges"} <= set(parts)
    assert ("seccomp" in parts) == (status["Seccomp"] == "2")


def test_worker_has_only_its_descriptors(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    worker = labs.wait_worker(client.pid)
    kinds = [os.readlink(f"/proc/{worker}/fd/{n}").split(":")[0]
             for n in labs.descriptors(worker)]
    # the pipe, two packet sockets, UDP, rtnetlink; two timers
    assert kinds.count("socket") <= 5
    assert set(kinds) <= {"socket", "anon_inode", "/dev/null"}
    assert (Path(f"/proc/{worker}/comm").read_text()
            == Path(f"/proc/{client.pid}/comm").read_text())


def test_monitor_has_net_admin_in_effect_only(lab, raw):
    client = lab.client(*QUICK)
    lab.script.wait("BOUND")
    status = labs.process_status(client.pid)
    assert int(status["CapEff"], 16) == NET_ADMIN
    allowed = sum(1 << bit for bit in (1, 5, 6, 7, 8, 10, 12, 13))
    assert int(status["CapPrm"], 16) & ~allowed == 0


def test_no_growth_over_50_renewals(lab, raw):
    script = lab.own_script()
    client = lab.client(*QUICK)
    last = script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    worker = labs.wait_worker(client.pid)

    def size():
        return [(labs.descriptors(pid), labs.private_dirty(pid))
                for pid in (client.pid, worker)]

    sizes = []
    for n in range(55):
        client.signal(signal.SIGHUP)
        last = script.wait("RENEW", after=last)
        wait_idle(client.pid, worker)
        if n in (4, 54):
            sizes.append(size())
    for (before_fds, before), (after_fds, after) in zip(*sizes):
        assert after_fds == before_fds
        assert after <= before
    assert labs.workers(client.pid) == [worker]


def wait_idle(monitor, worker):
    """No script runs and both processes sleep."""
    def idle():
        children = [pid for pid in labs.children(monitor) if pid != worker]
        return not children and all(
            labs.process_status(pid)["State"].startswith("S")
            for pid in (monitor, worker))
    labs.wait_for("idle", idle)
