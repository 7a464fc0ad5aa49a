"""A worker that the network has taken over (hostile.c): what it tries fails,
is said in one sentence, and reaches neither the script nor the monitor."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

import lab as labs
import wire

BUILD = pathlib.Path(labs.PROGRAM).resolve().parent
HOSTILE = BUILD / "tests" / "net" / "hostile"
QUICK = ("--arp-wait", "0")
COMMAND = 224  # option
REASONS = ("PREINIT", "BOUND", "RENEW", "REBIND", "EXPIRE", "FAIL", "STOP",
           "RELEASE", "NBI")


if labs.is_test_build():
    pytest.skip("a test build has no sandbox", allow_module_level=True)


@pytest.fixture(scope="module", autouse=True)
def built():
    """By one at a time: pytest runs in several processes."""
    subprocess.run(["flock", str(BUILD / "flags"), "make", "-s",
                    f"BUILD={BUILD}", f"VARIANT={BUILD.name}", str(HOSTILE)],
                   cwd=labs.TREE, check=True, stdout=subprocess.DEVNULL)


@pytest.fixture
def attacked(lab, raw):
    """Starts the client and takes its worker over with the first message."""
    lab.is_attacked = True

    def start(verb, *flags, number=None, **keywords):
        client = lab.client(*QUICK, *flags, program=str(HOSTILE), **keywords)
        command = f"{verb} {client.pid if number is None else number}"
        raw.options.append((COMMAND, command.encode()))
        raw.mute = False
        return client

    raw.mute = True
    return start


def relent(raw):
    raw.options.pop()


def status_file(lab, interface="cli0"):
    text = (lab.state / f"{interface}.status").read_text()
    return dict(line.split("=", 1) for line in text.splitlines())


def check_recovery(lab, raw, client):
    """One sentence, a pause, and all goes on as if nothing had been."""
    client.wait_log(r"^cli0: a new worker in 1 s$")
    relent(raw)
    assert lab.script.wait("BOUND")["new_ip_address"] == raw.address
    assert lab.script.reasons() == ["PREINIT", "PREINIT", "BOUND"]
    assert "evil" not in str([run.env for run in lab.script.runs()])
    complaints = [line for line in client.log.splitlines()
                  if re.match("cli0: the worker ", line)]
    assert len(complaints) == 1, complaints
    labs.wait_for("state", lambda: status_file(lab)["state"] == "BOUND")
    assert status_file(lab)["workers_failed"] == "1"
    return complaints[0]


KILLED = ("open", "create", "socket", "bind", "connect", "interface",
          "ethertype", "descriptor", "execve", "fork", "vfork", "ptrace",
          "readv", "kill", "abort", "setuid", "capset", "unshare",
          "map-code", "make-code", "memfd", "io_uring", "unfilter",
          "bind-device")


@pytest.mark.parametrize("verb", KILLED)
def test_verb_that_kills(lab, raw, attacked, verb):
    client = attacked(verb)
    said = check_recovery(lab, raw, client)
    assert f"killed by signal {signal.SIGSYS.value} " in said
    assert f"hostile: {verb} " in client.log
    assert "done" not in client.log
    assert not (lab.run / "intruder").exists()


@pytest.mark.parametrize("verb", ["getppid", "unlink", "ioctl", "dumpable",
                                  "map-memory", "recv-frames"])
def test_call_that_fails(lab, raw, attacked, verb):
    """What is merely unknown fails, which is said once; the lease comes."""
    script = lab.own_script()
    client = attacked(verb)
    client.wait_log(rf"hostile: {verb} \d+: Function not implemented")
    script.wait("BOUND")
    labs.wait_for("address", lab.addresses)
    client.signal(signal.SIGHUP)  # the ACK has it try once more
    script.wait("RENEW")
    assert client.log.count("Function not implemented") == 3
    assert client.log.count("unknown to the worker's sandbox") == 1
    assert (lab.state / "cli0.pid").exists()
    assert lab.link("cli0")["operstate"] == "UP"


def test_link_is_not_its_to_change(lab, raw, attacked):
    ifindex = lab.link("cli0")["ifindex"]
    client = attacked("link-down", number=ifindex)
    client.wait_log(r"hostile: link-down \d+: Operation not permitted")
    lab.script.wait("BOUND")
    assert "UP" in lab.link("cli0")["flags"]


RENEWALS_A_SECOND = 200


def strange(lab):
    """Datagrams of the client's that are no DHCP message."""
    return [frame for frame in lab.sent()
            if frame.is_udp and b"eeee" in frame.data]


def test_renewal_of_no_lease(lab, raw, attacked):
    """Nobody has an address to send from; the lease comes."""
    client = attacked("renew", number=3)
    client.wait_log(r"hostile: renew 3: done")
    relent(raw)
    lab.script.wait("BOUND")
    assert strange(lab) == []


def test_renewals_are_few_and_for_the_server(lab, raw, attacked):
    """What it says goes to whom the lease is from, by its own link: no
    choice of address, port or interface, and not many a second."""
    lab.add_interface("cli1")
    lab.ip(lab.inside, "addr add 10.77.0.77/24 dev cli1")
    script = lab.own_script()
    client = attacked("getppid")
    script.wait("BOUND")
    labs.wait_for("address", lambda: lab.addresses("cli0"))
    raw.options[-1] = (COMMAND, b"renew 5000")
    client.signal(signal.SIGHUP)
    client.wait_log(r"hostile: renew 5000: done")
    labs.wait_for("all notices", lambda: int(status_file(lab)[
        "notices_dropped"]) >= 5000 - 5 * RENEWALS_A_SECOND or client.signal(
            signal.SIGUSR1))
    sent = strange(lab)
    assert 0 < len(sent) <= 5 * RENEWALS_A_SECOND
    assert {(f.ip_source, f.ip_destination, f.ports) for f in sent} == {
        (raw.address, labs.SERVER, (68, 67))}
    assert lab.sent(name="cli1") == []
    lab.captures.pop("cli0")[0].socket.close()  # not to be judged


def test_renewals_that_fail_are_said_no_oftener_than_its_lines(lab, raw,
                                                               attacked):
    """The address has gone by then, so none of them can be sent."""
    script = lab.own_script()
    client = attacked("getppid")
    script.wait("BOUND")
    labs.wait_for("address", lambda: lab.addresses("cli0"))
    raw.options[-1] = (COMMAND, b"renew 5000")

    def answer(server, message):
        lab.ip(lab.inside, "addr flush dev cli0")
        return labs.RawServer.good(server, message)

    raw.answer = answer
    client.signal(signal.SIGHUP)
    client.wait_log(r"^cli0: \d+ lines left out, over 20 a second$")
    assert 0 < client.log.count("DHCPREQUEST could not be sent") < 200
    assert strange(lab) == []


MALFORMED = [
    ("size", 0), ("size", 2), ("size", 100), ("size", -1),
    ("type", 0), ("type", 2), ("type", 3), ("type", 77),
    *[("reason", REASONS.index(name)) for name in ("STOP", "RELEASE", "NBI")],
    ("reason", 9), ("reason", 1 << 31),
    ("variables-count", 257), ("variables-count", (1 << 32) - 1),
    ("variables-count", 1), ("variables-size", 1),
    ("variables-size", 16385), ("variables-size", (1 << 32) - 1),
    ("item-size", 0), ("item-size", 65535), ("item-size", 4097),
    ("code", 0), ("code", 12), ("code", 255), ("code", 261),
    ("code", 65535), ("code", 1), ("code", 3),
    *[("unclean", n) for n in range(6)],
    ("inner-nul", 0), ("inner-nul", 1),
    ("times", 0), ("no-address", 0),
    ("log-level", 0), ("log-level", 2), ("log-level", 8),
    ("log-lines", 0), ("log-endless", 0),
    ("state", 9), ("sandbox", 2),
]


@pytest.mark.parametrize("verb, number", MALFORMED)
def test_malformed_notice(lab, raw, attacked, verb, number):
    client = attacked(verb, number=number)
    said = check_recovery(lab, raw, client)
    if (verb, number) == ("size", 0):  # as if it had ended
        assert said == "cli0: the worker was killed by signal 9 (Killed)"
    else:
        assert said == "cli0: the worker sent a malformed notice: killed"
    assert "this level" not in client.log
    assert "hostile: two" not in client.log


@pytest.mark.parametrize("reason", ["RENEW", "EXPIRE"])
def test_notice_about_no_lease(lab, raw, attacked, reason):
    client = attacked("reason", number=REASONS.index(reason))
    said = check_recovery(lab, raw, client)
    assert said == ("cli0: the worker sent a notice about a lease that it "
                    "never had: killed")


def test_second_script_notice(lab, raw, attacked):
    """While the script runs for the first; which is taken down again."""
    path, begun = lab.folder / "slow", lab.folder / "begun"
    os.mkfifo(path)
    lab.script.on("BOUND", f": >{begun}; read -r _ <{path}")
    client = attacked("two-scripts")
    client.wait_log("^cli0: the worker sent a second script notice: killed$")
    relent(raw)
    labs.wait_for("script", begun.exists)
    lab.script.on("BOUND", "")
    path.write_text("\n")
    expired = lab.script.wait("EXPIRE")
    assert expired["old_ip_address"] == "10.77.0.66"
    assert lab.script.wait("BOUND", after=expired)["new_ip_address"] \
        == raw.address
    assert [run.get("new_ip_address") for run in lab.script.runs("BOUND")] \
        == ["10.77.0.66", raw.address]


def test_growing_pause(lab, raw, attacked):
    """The time from the message that took it over to the next worker's
    first word, four times; then the interface is given up."""
    client = attacked("open")
    assert client.wait(timeout=60) == 1
    assert re.findall(r"a new worker in (\d) s", client.log) \
        == ["1", "2", "4", "8"]
    discovers = lab.sent(wire.DISCOVER)
    offers = [frame for frame in lab.frames() if not frame.from_client
              and frame.dhcp and frame.dhcp.type == wire.OFFER]
    assert len(discovers) == len(offers) == 5
    for pause, offer, discover in zip((1, 2, 4, 8), offers, discovers[1:]):
        assert discover.time - offer.time >= pause
    assert "5 times within an hour" in client.log
    assert set(lab.script.reasons()) == {"PREINIT"}


@pytest.mark.parametrize("reason", [1, 2, 3])
def test_lie_about_its_end(lab, raw, attacked, reason):
    """enum client_exit: neither is the link gone, nor its address another,
    nor may it end for want of a lease without -1."""
    client = attacked("exit", number=64 + reason)
    said = check_recovery(lab, raw, client)
    assert said == f"cli0: the worker failed with status {64 + reason}"


def test_flood(lab, raw, attacked):
    """20 lines and 20 states a second are taken, the rest is counted."""
    client = attacked("flood")
    client.wait_log("hostile: flood")
    relent(raw)
    bound = lab.script.wait("BOUND")
    client.signal(signal.SIGUSR1)
    labs.wait_for("count", lambda: int(
        status_file(lab)["notices_dropped"]) > 5000)
    assert client.log.count("hostile: flood\n") < 2500
    assert bound["new_ip_address"] == raw.address
    assert labs.workers(client.pid)


def test_lease_of_its_own(lab, raw, attacked):
    """It may lie about the lease, but not about routes, and for nobody
    else."""
    lab.add_interface("cli1")
    client = attacked("announce", interfaces=("cli0", "cli1"))
    for name in ("cli0", "cli1"):
        bound = lab.script.wait("BOUND", interface=name)
        assert bound["new_ip_address"] == "10.77.0.66"
        assert not [key for key in bound.env if "route" in key]
    for route in ("0.0.0.0/1", "128.0.0.0/1"):
        client.wait_log(rf"^cli0: route to {route} refused")
    client.signal(signal.SIGUSR1)
    labs.wait_for("count", lambda: status_file(lab)["routes_refused"] == "2")


def test_other_worker_goes_on(lab, raw, attacked):
    lab.add_interface("cli1")
    mine = lab.mac("cli0")
    good = labs.RawServer.good

    def answer(server, message):
        replies = good(server, message)
        if message.chaddr != mine:
            server.address = "10.77.0.151"
            relent(server)
            replies = good(server, message)
            server.options.append((COMMAND, b"execve"))
            server.address = "10.77.0.150"
        return replies

    raw.answer = answer
    client = attacked("execve", interfaces=("cli0", "cli1"))
    client.wait_log("^cli0: the worker was killed by signal 31")
    lab.script.wait("BOUND", interface="cli1")
    assert "cli1: the worker" not in client.log
