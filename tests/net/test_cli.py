"""The command line as a caller meets it: exit statuses, one clear sentence,
and nothing changed by a mistake."""

import os
import signal
from pathlib import Path

import pytest

import lab as labs
import wire

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
    (["-6", "cli0"], "DHCPv6"),
    (["-4o6", "67", "cli0"], "DHCPv6"),
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
], ids=" ".join)
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
    """The reason comes first and alone, not below a screen of usage."""
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
    if not os.access(lab.script.path, os.X_OK):
        pytest.fail("the script is not there")
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


def test_command_line_of_ifupdown(lab, raw):
    """Its -i, -I and -df are accepted, -e comes last; down is -r -i."""
    common = ["-pf", "/run/dhclient.cli0.pid", "-lf",
              "/run/dhclient.cli0.leases", "-I", "-df",
              "/run/dhclient6.cli0.leases"]
    script = ["-sf", lab.script.path]
    status, out, errors = lab.command(
        "-4", "-v", "-i", *common, *script, *QUICK, "cli0", "-e",
        "IF_METRIC=5")
    assert status == 0 and out == ""
    assert lab.script.wait("BOUND")["IF_METRIC"] == "5"
    assert (lab.run / "dhclient.cli0.leases").exists()
    pid = int((lab.run / "dhclient.cli0.pid").read_text())
    status, _, errors = lab.command("-4", "-v", "-r", "-i", *common, *script,
                                    "cli0")
    assert status == 0, errors
    assert not labs.is_running(pid)
    assert not (lab.run / "dhclient.cli0.pid").exists()


@pytest.mark.parametrize("flags", [
    ("-s", "10.77.0.9"), ("-i",), ("-I",), ("-D", "LL"),
    ("-df", "/nowhere"), ("-B",), ("-timeout", "60"), ("-w",), ("-4",)],
    ids=" ".join)
def test_flags_without_effect_on_the_wire(lab, raw, flags):
    """Accepted; the judge sees that the frames are the same."""
    lab.client(*QUICK, *flags)
    lab.script.wait("BOUND")
    assert lab.sent(wire.DISCOVER)[0].ip_destination == wire.EVERYONE


def test_quiet_in_the_foreground(lab, raw):
    client = lab.client(*QUICK, mode=("-d", "-q"))
    lab.script.wait("BOUND")
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert client.log == ""


def test_no_interface_at_all(lab):
    """A veth is no physical interface, so there is none: NBI."""
    status, _, _ = lab.command("-1", "-sf", lab.script.path)
    assert status == 2
    nbi, = lab.script.runs()
    assert nbi.reason == "NBI"
    assert set(nbi.env) == {"REASON", "PATH"}
    assert lab.sent() == []


def test_called_as_dhclient(lab, raw):
    """SIGTERM ends it at once, without the script."""
    link = lab.folder / "dhclient"
    link.symlink_to(labs.PROGRAM)
    client = lab.client(*QUICK, program=str(link))
    lab.script.wait("BOUND")
    assert Path(f"/proc/{client.pid}/comm").read_text() == "dhclient\n"
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.script.reasons() == ["PREINIT", "BOUND"]
