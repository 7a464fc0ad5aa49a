"""--status: what running clients say of themselves."""

import json
import os
import re
import signal

import lab as labs
import wire

QUICK = ("--arp-wait", "0")
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=-all", "--bounding-set=-all")


def status(lab, *argv):
    """As a user without any privilege: exit status, output, errors."""
    return lab.command(*NOBODY[1:], labs.PROGRAM, "--status", *argv,
                       program=NOBODY[0])


def status_of(lab, name="cli0"):
    code, out, errors = status(lab, name, "--json")
    assert (code, errors) == (0, "")
    told, = json.loads(out)
    return told


def bound(lab, *flags):
    client = lab.client(*QUICK, *flags)
    lab.script.wait("BOUND")
    labs.wait_for("BOUND in the file",
                  lambda: "state=BOUND" in (lab.state / "cli0.status").read_text())
    return client


def test_a_lease(lab, raw):
    raw.options.append((121, b"\x08\x0a\x0a\x4d\x00\x05"))
    client = bound(lab)
    told = status_of(lab)
    assert told["interface"] == "cli0"
    assert told["state"] == "BOUND"
    assert told["running"] is True
    assert told["pid"] == client.pid
    assert (told["address"], told["server"]) == ("10.77.0.150", labs.SERVER)
    assert 0 < told["t1"] < told["t2"] < told["expiry"] <= 3600
    assert told["since"] <= told["written"]
    assert told["sent_discover"] == told["sent_request_selecting"] == 1
    assert told["retransmissions"] == 0
    assert told["routes_refused"] == 1
    assert told["sandbox"] in ("full", "partial")
    code, out, errors = status(lab, "cli0")
    assert (code, errors) == (0, "")
    assert out.startswith("cli0: BOUND since 20")
    assert "10.77.0.150 from 10.77.0.1" in out
    assert "1 discover, 1 request_selecting" in out
    assert "1 routes refused" in out


def test_counters(lab, raw):
    """A refused offer, a foreign one, a frame cut short, a NAK, then a
    lease: each is counted."""
    asked = []

    def answer(server, message):
        asked.append(message)
        if len(asked) == 1:
            return [server.offer(message, lease=None),
                    server.offer(message, xid=message.xid ^ 1),
                    server.frame(wire.build_message(
                        2, message.xid, message.chaddr,
                        b"\x35\x01\x02\x0c\xff"), "10.77.0.150"),
                    server.offer(message)]
        if len(asked) == 2:
            return [server.refuse(message)]
        return labs.RawServer.good(server, message)

    raw.answer = answer
    bound(lab)
    told = status_of(lab)
    assert told["offers_refused"] == 1
    assert told["naks"] == 1
    assert told["dropped_foreign"] == 1
    assert told["dropped_options"] == 1
    assert told["sent_discover"] == 2
    assert "1 foreign" in status(lab, "cli0")[1]


def test_retransmissions(lab, raw):
    raw.mute = True
    lab.client(*QUICK)
    lab.wait_sent(wire.DISCOVER, 2)
    raw.mute = False
    lab.script.wait("BOUND")
    labs.wait_for("the counter", lambda: status_of(lab).get(
        "retransmissions", 0) >= 1)


def test_all_interfaces(lab, raw):
    lab.add_interface("cli1")
    lab.client(*QUICK, interfaces=("cli0", "cli1"))
    for name in ("cli0", "cli1"):
        lab.script.wait("BOUND", interface=name)
    code, out, _ = status(lab, "--json")
    assert code == 0
    assert [told["interface"] for told in json.loads(out)] == ["cli0", "cli1"]
    code, out, _ = status(lab)
    assert code == 0
    assert "cli0: " in out and "cli1: " in out


def test_a_missing_link_is_absent(lab):
    lab.client(*QUICK, "-w", interfaces=("cli1",))
    labs.wait_for("status", (lab.state / "cli1.status").exists)
    told = status_of(lab, "cli1")
    assert told["state"] == "ABSENT"
    assert "address" not in told and "sandbox" not in told


def test_given_up_is_no_absence(lab, raw):
    """Five dead workers; another interface, which is not there, keeps the
    program running."""
    client = lab.client(*QUICK, "-w", interfaces=("cli0", "cli1"))
    dead = []
    for failures in range(1, 6):
        worker, = labs.wait_for("a worker", lambda: [
            pid for pid in labs.workers(client.pid) if pid not in dead])
        dead.append(worker)
        os.kill(worker, signal.SIGKILL)
        labs.wait_for("its end in the file", lambda: status_of(lab)[
            "workers_failed"] == failures)
    told = labs.wait_for("given up", lambda: status_of(lab)["state"] ==
                         "GIVEN_UP" and status_of(lab))
    assert 3000 < told["retry"] <= 3600
    assert "GIVEN_UP since" in status(lab, "cli0")[1]
    assert "again in" in status(lab, "cli0")[1]


def test_nobody_runs(lab):
    code, out, errors = status(lab)
    assert (code, out) == (3, "")
    assert "no client of ours" in errors
    code, out, errors = status(lab, "cli0", "--json")
    assert code == 3
    assert json.loads(out) == []
    assert "cli0" in errors


def test_what_a_dead_client_left(lab, raw):
    client = bound(lab)
    client.signal(signal.SIGKILL)
    client.wait()
    code, out, _ = status(lab, "cli0")
    assert code == 3
    assert f"NOT RUNNING: process {client.pid} has gone" in out
    code, out, _ = status(lab, "cli0", "--json")
    assert code == 3
    assert json.loads(out)[0]["running"] is False


def test_what_is_not_ours_is_not_shown(lab, raw):
    """The file is another user's text: nothing of a wrong one is shown."""
    bound(lab)
    path = lab.state / "cli0.status"
    good = path.read_text()
    for bad in (good.replace("state=BOUND", "state=\033]0;owned\a"),
                good.replace("interface=cli0", "interface=cli9"),
                good.replace("pid=", "pid=x"), good + "no line",
                good * 20, good.replace("\n", "\0", 1), ""):
        path.write_text(bad)
        code, out, errors = status(lab, "cli0")
        assert code == 1
        assert out == ""
        assert len(errors.splitlines()) == 1 and "cli0.status" in errors
    path.unlink()
    path.symlink_to("/etc/passwd")
    code, out, errors = status(lab, "cli0")
    assert (code, out) == (1, "")


def test_times_are_what_is_left_of_them(lab, raw):
    """They are counted from when the file was written, long ago here."""
    bound(lab)
    path = lab.state / "cli0.status"
    path.write_text(re.sub("written=.*", "written=2020-01-01T00:00:00Z",
                           path.read_text()))
    told = status_of(lab)
    assert told["t1"] == told["t2"] == told["expiry"] == 0


def test_json_is_for_what_is_printed(lab):
    code, _, errors = lab.command("--json", "cli0")
    assert code == 1
    assert "--json" in errors
