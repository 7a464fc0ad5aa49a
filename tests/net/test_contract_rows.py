"""dhclient's command line, flag by flag, as a program in its place has to
take it; then the life of its process: background, pid file, signals, -r and
-x.  The judge of frames sees that no flag changes them."""

import os
import re
import signal

import pytest

import dropin
import lab as labs
import wire
from dropin import QUICK


@pytest.fixture
def place(lab):
    return dropin.DropIn(lab)


def words(value):
    """A parameter's name: the command line, if it is one."""
    return " ".join(value) if isinstance(value, tuple) else ""


def command(lab, place, *flags, interface="cli0", **more):
    """Runs it until it returns; its exit status and errors."""
    status, out, errors = place.run(
        *flags, *QUICK, "-sf", lab.script.path,
        *([interface] if interface else []), **more)
    assert out == ""
    return status, errors


def bound(lab, place, *flags, **more):
    """Runs it until it is bound; the script's run, and its errors."""
    status, errors = command(lab, place, *flags, **more)
    assert status == 0, errors
    return lab.script.wait("BOUND"), errors


def foreground(lab, place, *flags, interface="cli0", **more):
    return place.start(*flags, *QUICK, "-sf", lab.script.path, interface,
                       **more)


def refused(lab, place, *flags, **more):
    """Runs it, which must refuse and change nothing; its errors."""
    status, errors = command(lab, place, *flags, **more)
    assert status == 1
    assert lab.script.runs() == lab.sent() == []
    assert not list(lab.run.glob("dhclient*"))
    assert not list(place.lib.iterdir())
    return errors


# -- refused ------------------------------------------------------------------

@pytest.mark.parametrize("flags", [
    ("-6",), ("-4", "-6"), ("-S",), ("-N",), ("-T",), ("-P",), ("-R",),
    ("--dad-wait-time", "1"), ("--prefix-len-hint", "64"),
    ("--address-prefix-len", "64"), ("-4o6", "1000")], ids=words)
def test_dhcpv6(lab, place, flags):
    assert "DHCPv6 is not done" in refused(lab, place, *flags)


@pytest.mark.parametrize("flags, reason", [
    (("-g", "10.77.0.1"), "no relay"), (("-z",), "-z"), (("-dv",), "-dv"),
    (("--no-pids",), "--no-pids"), (("-p", "0"), "-p"),
    (("-p", "65536"), "-p"), (("-D", "LLC"), "-D"), (("-n",), "-n"),
    (("--decline-wait-time", "x"), "--decline-wait-time"),
    (("-timeout", "0"), "-timeout"), (("-lf", ""), "-lf")],
    ids=words)
def test_bad_flags(lab, place, flags, reason):
    """Banner, reason, usage."""
    errors = refused(lab, place, *flags)
    assert reason in errors
    assert errors.startswith("dhcpcanon ") and "usage: " in errors


@pytest.mark.parametrize("flag", [
    "-sf", "-cf", "-lf", "-pf", "-df", "-p", "-s", "-e", "-D",
    "--decline-wait-time", "-C", "-F", "-H", "-V", "-timeout", "--timeout"])
def test_missing_argument(lab, place, flag):
    status, out, errors = place.run("cli0", flag)
    assert (status, out) == (1, "")
    assert flag in errors and "usage: " in errors
    assert lab.sent() == []


@pytest.mark.parametrize("name", ["nosuch0", "a-name-of-16-cha", "lo"])
def test_bad_interface(lab, place, name):
    assert name in refused(lab, place, interface=name)


def test_script_that_is_not_there(lab, place):
    status, _, errors = place.run("-sf", "/nowhere/script", "cli0")
    assert status == 1
    assert "/nowhere/script" in errors
    assert lab.sent() == []


# -- what is said, and where --------------------------------------------------

def test_version(place):
    status, out, errors = place.run("--version")
    assert (status, out) == (0, "")
    assert re.fullmatch(r"dhcpcanon \S+\n", errors)


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help(place, flag):
    status, out, errors = place.run(flag)
    assert (status, out) == (0, "")
    assert "usage: " in errors


@pytest.mark.parametrize("flags, is_heard", [
    ((), False), (("-v",), True), (("-q",), False), (("-v", "-q"), False),
    (("-q", "-v"), True), (("-1",), False)], ids=words)
def test_log_until_in_the_background(lab, place, raw, flags, is_heard):
    _, errors = bound(lab, place, *flags)
    if not is_heard:
        assert errors == ""
        return
    for line in (r"DHCPDISCOVER on cli0 to 255\.255\.255\.255 port 67",
                 rf"DHCPOFFER of {raw.address} from {labs.SERVER}",
                 rf"DHCPREQUEST for {raw.address} on cli0 to "
                 r"255\.255\.255\.255 port 67",
                 rf"DHCPACK of {raw.address} from {labs.SERVER}",
                 rf"bound to {raw.address} -- renewal in \d+ seconds\."):
        assert re.search(line, errors), errors


@pytest.mark.parametrize("flags, is_heard", [
    (("-d",), True), (("-d", "-q"), False), (("-q", "-d"), True)],
    ids=words)
def test_foreground(lab, place, raw, flags, is_heard):
    client = foreground(lab, place, *flags)
    assert lab.script.wait("BOUND")["pid"] == str(client.pid)
    path = lab.run / "dhclient.pid"
    labs.wait_for("pid file", path.exists)
    assert dropin.pid_in(path) == client.pid
    assert client.is_alive()
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert (client.log != "") == is_heard


# -- accepted -----------------------------------------------------------------

@pytest.mark.parametrize("flags, said", [
    (("-4",), None), (("-I",), None), (("-df", "/nowhere/leases"), None),
    (("-w",), None), (("-timeout", "30"), None), (("--timeout", "30"), None),
    (("--timeout=30",), None),
    (("-i",), "-i: ignored"), (("-D", "LL"), "-D: ignored"),
    (("-D", "LLT"), "-D: ignored"), (("-C", "me"), "-C: ignored"),
    (("-F", "me.example.org"), "-F: ignored"), (("-H", "me"), "-H: ignored"),
    (("-V", "vendor"), "-V: ignored"), (("-p", "1068"), "-p: ignored"),
    (("-s", "10.77.0.9"), "-s: ignored")], ids=words)
def test_without_effect(lab, place, raw, flags, said):
    """The same frames to everybody, and a line in the log."""
    _, errors = bound(lab, place, "-v", *flags)
    assert lab.sent(wire.DISCOVER)[0].ip_destination == wire.EVERYONE
    if said:
        assert said in errors
    else:
        assert "ignored" not in errors


def test_broadcast_flag(lab, place, raw):
    """The one bit that somebody asked for; the judge is told by it."""
    bound(lab, place, "-B")
    assert [message.flags for message in raw.heard] == [0x8000, 0x8000]
    dropin.forget_frames(lab, "cli0")


def test_no_interfaces(lab, place):
    status, errors = command(lab, place, "-n", "-v", interface=None)
    assert status == 0
    assert lab.script.runs() == lab.sent() == []


def test_extra_environment(lab, place, raw):
    """After the interface, as ifupdown has it; the last comes first; what
    is no NAME=value or is ours is dropped and said."""
    status, out, errors = place.run(
        "-v", *QUICK, "-sf", lab.script.path, "cli0", "-e", "IF_METRIC=7",
        "-e", "B=two words", "-e", "novalue", "-e", "new_ip_address=1.2.3.4",
        "-e", "PATH=/tmp", "-e", "C=")
    assert (status, out) == (0, "")
    for refused_one in ("novalue", "new_ip_address=1.2.3.4", "PATH=/tmp"):
        assert f"-e {refused_one} ignored" in errors
    for reason in ("PREINIT", "BOUND"):
        run, = lab.script.runs(reason)
        assert list(run.env.items())[:3] == [
            ("C", ""), ("B", "two words"), ("IF_METRIC", "7")]
        assert run["PATH"] == "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"
    assert lab.script.runs("BOUND")[0]["new_ip_address"] == raw.address


def test_environment_to_the_byte(lab, place, raw):
    """Built from nothing: what the caller has does not get through."""
    run, _ = bound(lab, place, env={"SECRET": "1", "new_host_name": "x"})
    pid = run["pid"]
    common = {"interface": "cli0", "pid": pid, "dad_wait_time": "0"}
    path = {"PATH": "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"}
    preinit, = lab.script.runs("PREINIT")
    assert preinit.env == {"reason": "PREINIT", **common, **path}
    expiry = run["new_expiry"]
    assert abs(int(expiry) - run.time - raw.lease) <= 3
    assert run.env == {
        "reason": "BOUND", **common, **path,
        "new_ip_address": raw.address, "new_subnet_mask": "255.255.255.0",
        "new_network_number": "10.77.0.0", "new_next_server": "0.0.0.0",
        "new_broadcast_address": "10.77.0.255", "new_routers": labs.SERVER,
        "new_domain_name_servers": "10.77.0.53",
        "new_dhcp_lease_time": str(raw.lease), "new_dhcp_message_type": "5",
        "new_dhcp_server_identifier": labs.SERVER, "new_expiry": expiry}
    assert list(run.env)[-1] == list(preinit.env)[-1] == "PATH"


@pytest.mark.parametrize("flag", ["-sf", "-sp"])
def test_script(lab, place, raw, flag):
    other = labs.Recorder(lab.folder / "other")
    status, _, errors = place.run(*QUICK, flag, other.path, "cli0")
    assert status == 0, errors
    assert other.reasons() == ["PREINIT", "BOUND"]


def test_default_script_is_debians(lab, place, raw):
    status, _, errors = place.run(*QUICK, "cli0")
    assert status == 0, errors
    assert place.hooks() == ["PREINIT", "BOUND"]


def test_default_files(lab, place, raw):
    bound(lab, place)
    lease, = dropin.read_leases((place.lib / "dhclient.leases").read_text())
    assert lease["fixed-address"] == [raw.address]
    assert labs.is_running(dropin.pid_in(lab.run / "dhclient.pid"))


def test_files(lab, place, raw):
    bound(lab, place, "-lf", "/run/my.leases", "-pf", "/run/my.pid")
    assert (lab.run / "my.leases").exists()
    assert labs.is_running(dropin.pid_in(lab.run / "my.pid"))
    assert not (lab.run / "dhclient.pid").exists()
    assert list(place.lib.iterdir()) == []


@pytest.mark.parametrize("mask, mode", [("022", 0o644), ("077", 0o600)])
def test_everybody_may_read_the_files_but_for_the_umask(lab, place, raw, mask,
                                                       mode):
    status, out, errors = place.run(
        "-c", f'umask {mask} && exec dhclient {" ".join(QUICK)} -sf '
        f'{lab.script.path} cli0', program="sh")
    assert (status, out, errors) == (0, "", "")
    for path in (lab.run / "dhclient.pid", place.lib / "dhclient.leases"):
        assert path.stat().st_mode & 0o777 == mode


def test_relative_files(lab, place, raw):
    """They are the caller's, who is not in /."""
    status, out, errors = place.run(
        "-c", f'cd /run && cp {lab.script.path} script && exec dhclient '
        f'{" ".join(QUICK)} -lf my.leases -pf my.pid -sf ./script cli0',
        program="sh")
    assert (status, out, errors) == (0, "", "")
    assert (lab.run / "my.leases").exists()
    pid = dropin.pid_in(lab.run / "my.pid")
    assert labs.is_running(pid)


def test_relative_files_stay_the_callers(lab, raw):
    """Also once the program has left for /, until its end."""
    status, _, errors = lab.command(
        "-c", f'cd /run && cp {lab.script.path} script && exec '
        f'{labs.PROGRAM} {" ".join(QUICK)} -lf my.leases -pf my.pid '
        '-sf ./script cli0', program="sh")
    assert (status, errors) == (0, "")
    pid = dropin.pid_in(lab.run / "my.pid")
    assert (lab.run / "my.leases").exists()
    os.kill(pid, signal.SIGTERM)
    labs.wait_for("end", lambda: not labs.is_running(pid))
    assert not list(lab.run.glob("my.*"))
    assert lab.script.reasons()[-1] == "STOP"


def test_files_from_the_environment(lab, place, raw):
    (lab.run / "my.conf").write_text("option site-place code 224 = text;\n")
    raw.options += [(224, b"here")]
    names = {"PATH_DHCLIENT_SCRIPT": lab.script.path,
             "PATH_DHCLIENT_CONF": "/run/my.conf",
             "PATH_DHCLIENT_DB": "/run/my.leases",
             "PATH_DHCLIENT_PID": "/run/my.pid"}
    status, _, errors = place.run(*QUICK, "cli0", env=names)
    assert status == 0, errors
    assert lab.script.wait("BOUND")["new_site_place"] == "here"
    assert (lab.run / "my.leases").exists()
    assert labs.is_running(dropin.pid_in(lab.run / "my.pid"))


def test_flags_come_before_the_environment(lab, place, raw):
    bound(lab, place, "-pf", "/run/flag.pid",
          env={"PATH_DHCLIENT_PID": "/run/variable.pid"})
    assert (lab.run / "flag.pid").exists()
    assert not (lab.run / "variable.pid").exists()


# -- the configuration file ---------------------------------------------------

def test_configuration(lab, place, raw):
    """What is honoured is; what would be sent is not, and said."""
    path = lab.run / "my.conf"
    path.write_text(
        "timeout 7;\nretry 5;\nsend host-name = gethostname();\n"
        "send dhcp-client-identifier 01:02;\nrequest subnet-mask, routers;\n"
        "also request wpad;\noption site-place code 224 = text;\n"
        'supersede domain-name "mine.example.org";\n')
    raw.options += [(15, b"theirs.example.org"), (224, b"here")]
    run, errors = bound(lab, place, "-v", "-cf", "/run/my.conf")
    assert run["new_site_place"] == "here"
    assert run["new_domain_name"] == "mine.example.org"
    assert not any(name.startswith("requested_") for name in run.env)
    assert re.search("not honoured: .*send host-name", errors)
    for message in raw.heard:
        assert not {12, 55, 61} & set(message.codes)


def test_script_of_the_configuration(lab, place, raw):
    (lab.run / "my.conf").write_text(f'script "{lab.script.path}";\n')
    status, _, errors = place.run(*QUICK, "-cf", "/run/my.conf", "cli0")
    assert status == 0, errors
    assert lab.script.reasons() == ["PREINIT", "BOUND"]


def test_rejected_server(lab, place, raw):
    (lab.run / "my.conf").write_text(
        f"timeout 1;\nreject {labs.SERVER};\n")
    status, errors = command(lab, place, "-1", "-cf", "/run/my.conf")
    assert status == 2
    assert {message.type for message in raw.heard} == {wire.DISCOVER}


def test_missing_configuration(lab, place, raw):
    _, errors = bound(lab, place, "-v", "-cf", "/nowhere/conf")
    assert "/nowhere" not in errors


def test_broken_configuration(lab, place, raw):
    """Reported; the rest counts."""
    (lab.run / "my.conf").write_text(
        "timeout soon;\n option site-place code 224 = text;\nfoo {")
    raw.options += [(224, b"here")]
    run, errors = bound(lab, place, "-v", "-cf", "/run/my.conf")
    assert run["new_site_place"] == "here"
    assert "line 1: timeout" in errors


# -- waiting ------------------------------------------------------------------

def test_background_after_the_lease(lab, place, raw):
    run, _ = bound(lab, place)
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    assert run["pid"] == str(pid)
    assert labs.process_status(pid)["PPid"] == dropin.parent_of_orphans()
    assert os.getsid(pid) == pid
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    for descriptor in (0, 1, 2):
        assert os.readlink(f"/proc/{pid}/fd/{descriptor}") == "/dev/null"


def test_background_after_the_first_failure(lab, place, raw):
    raw.mute = True
    status, _ = command(lab, place, "--timeout", "1")
    assert status == 0
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    raw.mute = False
    run = lab.script.wait("BOUND")
    assert run["pid"] == str(dropin.pid_in(lab.run / "dhclient.pid"))


def test_killed_before_there_is_a_lease(lab, place):
    """Whoever waits for the lease hears of it."""
    client = place.start(*QUICK, "-sf", lab.script.path, "cli0")
    os.kill(int(lab.script.wait("PREINIT")["pid"]), signal.SIGKILL)
    assert client.wait() == 1


def test_once_by_silence(lab, place):
    status, _ = command(lab, place, "-1", "--timeout", "1")
    assert status == 2
    assert lab.script.reasons() == ["PREINIT", "FAIL"]
    assert labs.sh("ip", "netns", "pids", lab.inside) == ""


def test_once_by_decline(lab, place, raw):
    """EXPIRE is ours: a script that fails late, as in a hook at its end, has
    set up an address that dhclient leaves there."""
    lab.script.on("BOUND", "exit 1")
    status, _ = command(lab, place, "-1")
    assert status == 2
    assert lab.script.reasons() == ["PREINIT", "BOUND", "EXPIRE", "FAIL"]
    assert lab.script.runs("EXPIRE")[0]["old_ip_address"] == raw.address
    assert raw.heard[-1].type == wire.DECLINE
    assert not (place.lib / "dhclient.leases").exists()


def test_not_waiting(lab, place, raw):
    raw.mute = True
    status, _ = command(lab, place, "-nw")
    assert status == 0
    assert not {"BOUND", "FAIL"} & set(lab.script.reasons())
    # written with the first packet, lease or no lease
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    raw.mute = False
    assert lab.script.wait("BOUND")["pid"] == str(pid)


def test_decline_wait_time(lab, place, raw):
    lab.script.on("BOUND", "[ -e DIR/no ] || { >DIR/no; exit 1; }".replace(
        "DIR", str(lab.run)))
    foreground(lab, place, "-d", "--decline-wait-time", "2")
    first = lab.script.wait("BOUND")
    lab.script.wait("BOUND", after=first)
    decline, = lab.sent(wire.DECLINE)
    again = lab.sent(wire.DISCOVER)[1]
    assert decline.dhcp.address(50) == raw.address
    assert decline.dhcp.address(54) == labs.SERVER
    assert 1.9 <= again.time - decline.time <= 6


# -- pid files, and who is stopped --------------------------------------------

def test_no_pid(lab, place, raw):
    """No file, and -r ends nobody, although there is one."""
    bound(lab, place, "--no-pid")
    assert not (lab.run / "dhclient.pid").exists()
    pid = int(lab.script.runs("BOUND")[0]["pid"])
    assert labs.is_running(pid)
    (lab.run / "dhclient.pid").write_text(f"{pid}\n")
    status, errors = command(lab, place, "-r", "--no-pid")
    assert status == 0, errors
    assert labs.is_running(pid)
    assert lab.script.reasons()[-1] == "RELEASE"


@pytest.mark.parametrize("flag, reason", [("-r", "RELEASE"), ("-x", "STOP")])
def test_running_client_is_ended(lab, place, raw, flag, reason):
    """No packet, as opposed to dhclient, whose -x broadcasts a REQUEST."""
    bound(lab, place)
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    worker = labs.wait_worker(pid)
    mark = lab.mark()
    status, errors = command(lab, place, flag, "-v")
    assert status == 0
    assert "Killed old client process" in errors
    assert not labs.is_running(pid)
    labs.wait_for("worker gone", lambda: not labs.is_running(worker))
    assert lab.script.reasons() == ["PREINIT", "BOUND", reason]
    ended = lab.script.runs(reason)[0]
    assert ended["pid"] != str(pid)
    assert ended["old_ip_address"] == raw.address
    assert "new_ip_address" not in ended.env
    assert lab.sent(since=mark) == []
    assert not (lab.run / "dhclient.pid").exists()
    assert not (place.lib / "dhclient.leases").exists()


@pytest.mark.parametrize("once", [(), ("-1",)], ids=words)
@pytest.mark.parametrize("flag", ["-r", "-x"])
def test_ended_while_it_searches(lab, place, once, flag):
    """Whoever waits for a lease is told that there is none."""
    waiting = place.start(*once, "-sf", lab.script.path, "cli0")
    lab.wait_sent(wire.DISCOVER)
    client, = labs.children(waiting.pid)
    status, errors = command(lab, place, flag, "-v")
    assert status == 0
    assert "Killed old client process" in errors
    assert not labs.is_running(client)
    assert waiting.wait() == 1
    assert lab.script.reasons() == ["PREINIT"]


@pytest.mark.parametrize("flag", ["-r", "-x"])
def test_nothing_to_end(lab, place, flag):
    status, errors = command(lab, place, flag)
    assert (status, errors) == (0, "")
    assert lab.script.runs() == lab.sent() == []


@pytest.mark.parametrize("flag, reason", [("-r", "RELEASE"), ("-x", "STOP")])
def test_stale_pid_file(lab, place, raw, flag, reason):
    """Whose number somebody else has: nobody is killed, the lease that is
    on file ends."""
    bound(lab, place)
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    os.kill(pid, signal.SIGKILL)
    labs.wait_for("end", lambda: not labs.is_running(pid))
    bystander = lab.spawn(lab.inside, ["sleep", "600"], "bystander.log")
    (lab.run / "dhclient.pid").write_text(f"{bystander.pid}\n")
    status, errors = command(lab, place, flag, "-v")
    assert status == 0
    assert "Removed stale PID file" in errors
    assert bystander.is_alive()
    assert lab.script.reasons()[-1] == reason
    assert not (lab.run / "dhclient.pid").exists()


@pytest.mark.parametrize("number", [
    signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT,
    signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM])
def test_ending_signals(lab, place, raw, number):
    """On the spot: no script, no packet; the pid file stays and does not
    keep the next one from starting."""
    bound(lab, place)
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    worker = labs.wait_worker(pid)
    mark = lab.mark()
    os.kill(pid, number)
    for process in (pid, worker):
        labs.wait_for("end", lambda: not labs.is_running(process))
    assert lab.script.reasons() == ["PREINIT", "BOUND"]
    assert lab.sent(since=mark) == []
    assert dropin.pid_in(lab.run / "dhclient.pid") == pid
    bound(lab, place)
    assert dropin.pid_in(lab.run / "dhclient.pid") != pid


def test_second_one_on_the_same_interface(lab, place, raw):
    bound(lab, place)
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    mark, runs = lab.mark(), len(lab.script.runs())
    for files in ((), ("-pf", "/run/p", "-lf", "/run/l"), ("--no-pid",)):
        status, errors = command(lab, place, *files)
        assert status == 1
        assert len(errors.splitlines()) == 1
        assert "cli0" in errors or "dhclient.pid" in errors
    assert labs.is_running(pid)
    assert dropin.pid_in(lab.run / "dhclient.pid") == pid
    assert len(lab.script.runs()) == runs
    assert lab.sent(since=mark) == []


def start_both(lab, place, raw):
    """By hand, with no files named; their pids."""
    two_addresses(lab, raw)
    for name in ("cli0", "cli1"):
        status, errors = command(lab, place, interface=name)
        assert (status, errors) == (0, "")
    return [dropin.pid_in(lab.run / name)
            for name in ("dhclient.pid", "dhclient.pid.cli1")]


def test_second_one_without_files_of_its_own(lab, place, raw):
    """It runs, as dhclient does, which then loses sight of the first."""
    first, second = start_both(lab, place, raw)
    for name, file in (("cli0", "dhclient.leases"),
                       ("cli1", "dhclient.leases.cli1")):
        lease, = dropin.read_leases((place.lib / file).read_text())
        assert lease["interface"] == [name]
    status, errors = command(lab, place, "-r", "-v", interface="cli1")
    assert status == 0 and "Killed old client process" in errors
    assert labs.is_running(first) and not labs.is_running(second)
    assert lab.script.reasons("cli1")[-1] == "RELEASE"
    assert [path.name for path in place.lib.iterdir()] == ["dhclient.leases"]
    assert [path.name for path in lab.run.glob("dhclient*")] == [
        "dhclient.pid"]


def test_first_of_two_without_files_of_their_own_is_ended(lab, place, raw):
    """And the second, again started, is the first one then."""
    first, second = start_both(lab, place, raw)
    status, errors = command(lab, place, "-x")
    assert status == 0, errors
    assert not labs.is_running(first) and labs.is_running(second)
    os.kill(second, signal.SIGTERM)
    labs.wait_for("end", lambda: not labs.is_running(second))
    status, errors = command(lab, place, interface="cli1")
    assert status == 0, errors
    assert [path.name for path in place.lib.iterdir()] == ["dhclient.leases"]
    third = dropin.pid_in(lab.run / "dhclient.pid")
    status, errors = command(lab, place, "-r", interface="cli1")
    assert status == 0, errors
    assert not labs.is_running(third)
    assert lab.script.reasons("cli1") == [
        "PREINIT", "BOUND", "PREINIT", "BOUND", "RELEASE"]


def test_both_without_files_of_their_own_are_ended(lab, place, raw):
    """Without an interface; also what a crash has left."""
    first, second = start_both(lab, place, raw)
    os.kill(second, signal.SIGKILL)
    labs.wait_for("end", lambda: not labs.is_running(second))
    status, errors = command(lab, place, "-r", interface=None)
    assert status == 0, errors
    assert not labs.is_running(first)
    for name in ("cli0", "cli1"):
        assert lab.script.reasons(name)[-1] == "RELEASE"
    assert not list(place.lib.iterdir()) + list(lab.run.glob("dhclient*"))


def test_lease_of_a_second_one_that_crashed_is_ended(lab, place, raw):
    """The first is let alone."""
    first, second = start_both(lab, place, raw)
    os.kill(second, signal.SIGKILL)
    labs.wait_for("end", lambda: not labs.is_running(second))
    status, errors = command(lab, place, "-r", interface="cli1")
    assert status == 0, errors
    assert labs.is_running(first)
    assert lab.script.reasons("cli1")[-1] == "RELEASE"


def two_addresses(lab, raw):
    def answer(server, message):
        server.address = ("10.77.0.151" if message.chaddr == lab.mac("cli1")
                          else "10.77.0.150")
        return labs.RawServer.good(server, message)

    lab.add_interface("cli1")
    raw.answer = answer


def test_two_clients_on_two_interfaces(lab, place, raw):
    """With files of their own, as ifupdown has them; one can be ended
    without the other."""
    two_addresses(lab, raw)
    pids = {}
    for name in ("cli0", "cli1"):
        status, errors = command(
            lab, place, "-pf", f"/run/dhclient.{name}.pid", "-lf",
            f"/var/lib/dhcp/dhclient.{name}.leases", interface=name)
        assert status == 0, errors
        pids[name] = dropin.pid_in(lab.run / f"dhclient.{name}.pid")
    status, errors = command(
        lab, place, "-r", "-pf", "/run/dhclient.cli0.pid", "-lf",
        "/var/lib/dhcp/dhclient.cli0.leases")
    assert status == 0, errors
    assert not labs.is_running(pids["cli0"])
    assert labs.is_running(pids["cli1"])
    assert (place.lib / "dhclient.cli1.leases").exists()


def test_renamed_link_is_ended_by_its_new_name(lab, place, raw):
    first, _ = bound(lab, place)
    lab.ip(lab.inside, "link set cli0 down", "link set cli0 name new0",
           "link set new0 up")
    again = lab.script.wait("BOUND", after=first)
    labs.wait_for("a lease", (place.lib / "dhclient.leases").exists)
    status, errors = command(lab, place, "-r", interface="new0")
    assert status == 0, errors
    assert again["interface"] == "new0"
    assert lab.script.runs("RELEASE")[0]["interface"] == "new0"
    assert not list(place.lib.iterdir())


def test_two_clients_share_a_lease_file(lab, place, raw):
    """Each leaves the other's block, when it starts and when it ends."""
    two_addresses(lab, raw)
    file = place.lib / "shared"
    file.write_text('lease {\n  interface "cli9";\n}\n')
    pids = {}

    def on_file():
        return {lease["interface"][0]: lease["fixed-address"][0]
                for lease in dropin.read_leases(file.read_text())}

    def flags(name):
        return "-lf", "/var/lib/dhcp/shared", "-pf", f"/run/{name}.pid"

    for name in ("cli0", "cli1"):
        status, errors = command(lab, place, *flags(name), interface=name)
        assert status == 0, errors
        pids[name] = dropin.pid_in(lab.run / f"{name}.pid")
    assert on_file() == {"cli0": "10.77.0.150", "cli1": "10.77.0.151"}
    # without a name: only what is nobody's any more
    status, errors = command(lab, place, "-r", *flags("cli0"), interface=None)
    assert status == 0, errors
    assert [run["interface"] for run in lab.script.runs("RELEASE")] == ["cli0"]
    assert on_file() == {"cli1": "10.77.0.151"}
    status, errors = command(lab, place, *flags("cli0"))
    assert status == 0, errors
    assert on_file() == {"cli0": "10.77.0.150", "cli1": "10.77.0.151"}
    status, errors = command(lab, place, "-r", *flags("cli1"),
                             interface="cli1")
    assert status == 0, errors
    assert on_file() == {"cli0": "10.77.0.150"}
    assert not labs.is_running(pids["cli1"])


def test_both_without_files_of_their_own_start_at_once(lab, place, raw):
    """Whoever comes second steps aside."""
    two_addresses(lab, raw)
    for _ in range(3):
        both = [place.start(*QUICK, "-sf", lab.script.path, name)
                for name in ("cli0", "cli1")]
        assert [client.wait() for client in both] == [0, 0]
        assert len(list(lab.run.glob("dhclient.pid*"))) == 2
        assert len(list(place.lib.iterdir())) == 2
        status, errors = command(lab, place, "-x", interface=None)
        assert status == 0, errors
        assert not list(place.lib.iterdir())


def test_one_client_on_two_interfaces(lab, place, raw):
    """Names and flags mixed; the files are of both."""
    two_addresses(lab, raw)
    status, _, errors = place.run("cli0", *QUICK, "cli1", "-sf",
                                  lab.script.path)
    assert status == 0, errors
    for name in ("cli0", "cli1"):
        lab.script.wait("BOUND", interface=name)
    leases = labs.wait_for("both leases", lambda: [
        found for found in [dropin.read_leases(
            (place.lib / "dhclient.leases").read_text())]
        if len(found) == 2])[0]
    assert {lease["interface"][0]: lease["fixed-address"][0]
            for lease in leases} == {"cli0": "10.77.0.150",
                                     "cli1": "10.77.0.151"}
    status, errors = command(lab, place, "-r", interface=None)
    assert status == 0, errors
    assert {run["interface"] for run in lab.script.runs("RELEASE")} == {
        "cli0", "cli1"}
