"""The command line as a caller meets it: exit statuses, one clear sentence,
and nothing changed by a mistake."""

import signal

import pytest

import lab as labs

QUICK = ("--arp-wait", "0")


def mistake(lab, *argv, **more):
    """Runs the program, which must refuse; its errors."""
    status, out, errors = lab.command(*argv, "-sf", lab.script.path, **more)
    assert status == 1
    assert out == ""
    assert errors.strip()
    assert lab.script.runs() == []
    assert lab.sent() == []
    assert lab.addresses() == []
    return errors


@pytest.mark.parametrize("argv, reason", [
    (["-zzz", "cli0"], "-zzz"),
    (["-dv", "cli0"], "-dv"),
    (["--frobnicate", "cli0"], "--frobnicate"),
    (["-6", "cli0"], "-6"),
    (["-g", "10.77.0.1", "cli0"], "-g"),
    (["--arp-wait", "soon", "cli0"], "soon"),
    (["--arp-wait", "-1", "cli0"], "--arp-wait"),
    (["--timeout", "0x3", "cli0"], "0x3"),
    (["--carrier-grace", "", "cli0"], "--carrier-grace"),
    (["--routes", "some", "cli0"], "some"),
    (["a-name-of-16-cha"], "a-name-of-16-cha"),
    (["../cli0"], "../cli0"),
    (["nosuch0"], "nosuch0"),
    (["cli0", "nosuch0"], "nosuch0"),
    (["lo"], "lo"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_mistakes(lab, argv, reason):
    assert reason in mistake(lab, *argv)


@pytest.mark.parametrize("flag", ["-lf", "-pf", "-e", "--timeout",
                                  "--arp-wait"])
def test_missing_argument(lab, flag):
    status, out, errors = lab.command("cli0", flag)
    assert status == 1
    assert out == ""
    assert flag in errors
    assert lab.sent() == []


def test_one_sentence(lab):
    """A reason that no usage text explains comes alone."""
    errors = mistake(lab, "nosuch0")
    assert len(errors.splitlines()) == 1


def test_version_and_help(lab):
    status, out, errors = lab.command("--version")
    assert (status, out) == (0, "")
    assert errors.startswith("dhcpcanon")
    for flag in ("-h", "--help"):
        status, out, errors = lab.command(flag)
        assert status == 0
        assert "usage" in (out + errors).lower()
        assert "--carrier-grace" in out + errors


def test_without_privilege(lab):
    """One sentence that says what is missing."""
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
               "--inh-caps=-all", "--bounding-set=-all"]
    status, out, errors = lab.command(
        *command[1:], labs.PROGRAM, "-d", "-sf", lab.script.path, "cli0",
        program=command[0])
    assert status == 1
    assert out == "" and errors.strip()
    assert lab.sent() == []


def test_worker_is_not_for_users(lab):
    """--worker without the monitor's pipe is a usage error."""
    status, _, errors = lab.command("--worker")
    assert status == 1
    assert errors.strip()


def test_quiet_in_the_foreground(lab, raw):
    client = lab.client(*QUICK, mode=("-d", "-q"))
    lab.script.wait("BOUND")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert client.log == ""
