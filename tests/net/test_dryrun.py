"""--dry-run: what is offered, in full; nothing is requested or configured."""

import json

import pytest

import lab as labs
import servers
import wire

QUICK = ("--timeout", "1")


def dry_run(lab, *argv, wait=QUICK):
    """Exit status, output, errors, but for what a test build says."""
    status, out, errors = lab.command("--dry-run", "cli0", *wait, *argv,
                                      "-sf", lab.script.path)
    return status, out, "".join(
        line for line in errors.splitlines(keepends=True)
        if "this is a test build" not in line)


def told(lab, *argv):
    """Exit status and what it says as JSON."""
    status, out, errors = dry_run(lab, "--json", *argv)
    assert errors == ""
    return status, json.loads(out)


def option(offer, code):
    return {entry["code"]: entry["value"] for entry in offer["options"]
            }.get(code)


def expect_nothing_changed(lab):
    """One DISCOVER was sent, and that was all."""
    assert [frame.dhcp.type for frame in lab.sent()] == [wire.DISCOVER]
    assert lab.script.runs() == []
    assert lab.addresses() == []
    assert not list(lab.state.iterdir()) if lab.state.exists() else True


def test_an_offer_in_full(lab, raw):
    raw.options += [(12, b"your-name"), (15, b"example.org"),
                    (26, b"\x05\xdc"), (42, b"\x0a"),
                    (121, bytes([0, 10, 77, 0, 1, 8, 10, 10, 77, 0, 5]))]
    status, report = told(lab)
    assert status == 0
    assert (report["interface"], report["waited"]) == ("cli0", 1)
    assert (report["count"], report["acceptable"]) == (1, 1)
    offer, = report["offers"]
    assert (offer["address"], offer["server"]) == (raw.address, labs.SERVER)
    assert offer["acceptable"] is True and offer["reason"] is None
    assert option(offer, 1) == "255.255.255.0"
    assert option(offer, 15) == "example.org"
    assert option(offer, 26) == "1500"
    assert option(offer, 51) == "3600"
    assert option(offer, 121) == "0 10 77 0 1 8 10 10 77 0 5"
    refused = {entry["code"]: entry["reason"]
               for entry in offer["refused_options"]}
    assert refused == {12: "given to no script", 42: "wrong length"}
    assert offer["refused_routes"] == [
        {"destination": "10.0.0.0", "prefix_length": 8}]
    expect_nothing_changed(lab)


def test_in_words(lab, raw):
    raw.options += [(12, b"your-name"), (15, b"example.org")]
    status, out, errors = dry_run(lab)
    assert (status, errors) == (0, "")
    assert out.startswith("One DHCPDISCOVER on cli0; offers of the next 1 ")
    assert "Offer 1: 10.77.0.150 from 10.77.0.1: acceptable" in out
    assert "domain-name " in out and "example.org" in out
    assert "refused     option 12 host-name: given to no script" in out
    assert "your-name" not in out
    assert out.endswith("1 offer, 1 acceptable\n")
    expect_nothing_changed(lab)


def test_every_offer(lab, raw):
    """A refused one does not hide the others."""
    def answer(server, message):
        return [server.offer(message, lease=None),
                server.offer(message, server=None),
                server.offer(message, yiaddr="127.0.0.1"),
                server.offer(message, xid=message.xid ^ 1),
                server.offer(message, yiaddr="10.77.0.151"),
                *[server.offer(message)] * 40]

    raw.answer = answer
    status, report = told(lab)
    assert status == 0
    assert (report["count"], report["acceptable"]) == (44, 41)
    assert [offer["reason"] for offer in report["offers"][:4]] == [
        "no usable lease time", "no usable server identifier",
        "no address that a host can have", None]
    expect_nothing_changed(lab)


@pytest.mark.parametrize("kind", ["dnsmasq", "dhcpd", "kea", "udhcpd"])
def test_real_servers(lab, kind):
    servers.Server(lab, kind)
    status, report = told(lab, "--timeout", "3")
    assert status == 0
    assert report["offers"][0]["address"].startswith("10.77.0.")
    assert option(report["offers"][0], 3) == labs.SERVER
    expect_nothing_changed(lab)


def test_no_offer(lab):
    status, report = told(lab)
    assert status == 2
    assert report["offers"] == []
    expect_nothing_changed(lab)


def test_none_that_is_acceptable(lab, raw):
    raw.lease = None
    status, out, errors = dry_run(lab)
    assert (status, errors) == (3, "")
    assert "no usable lease time" in out
    assert "1 offer, 0 acceptable" in out


def test_rejected_by_the_configuration(lab, raw):
    conf = lab.folder / "dhclient.conf"
    conf.write_text("reject 10.77.0.1;\n")
    status, report = told(lab, "-cf", str(conf))
    assert status == 3
    assert "-cf" in report["offers"][0]["reason"]


def test_hostile_values_reach_no_terminal(lab, raw):
    raw.options += [(15, b"\x1b]0;owned\x07"), (67, b"a\nOffer 9: 1.2.3.4"),
                    (14, b"`id`"), (224, b"\x1b[31m")]
    status, out, _ = dry_run(lab)
    assert status == 0
    assert all(" " <= character <= "~" or character == "\n"
               for character in out)
    assert "Offer 9" not in out and "`" not in out


def test_a_flood_of_offers(lab, raw):
    raw.answer = lambda server, message: [server.offer(message)] * 150
    status, out, _ = dry_run(lab)
    assert status == 0
    assert out.count("\nOffer ") == 64
    assert "\nand " in out


def test_what_is_disclosed_is_the_users_choice(lab, raw):
    lab.audited = {"client_id": True, "request_options": True}
    status, _ = told(lab, "--client-id", "--request-options")
    assert status == 0
    assert set(lab.sent()[0].dhcp.codes) == {53, 55, 61}


def test_beside_a_client_that_holds_a_lease(lab, raw):
    client = lab.client("--arp-wait", "0")
    lab.script.wait("BOUND")
    status, report = told(lab)
    assert status == 0 and report["acceptable"] == 1
    assert client.is_alive()
    assert lab.script.reasons() == ["PREINIT", "BOUND"]


def test_without_carrier(lab):
    lab.ip(lab.wire, "link set port0 down")
    labs.wait_for("no carrier",
                  lambda: lab.link("cli0")["operstate"] != "UP")
    status, out, errors = dry_run(lab)
    assert status == 1
    assert "cli0: is down or has no carrier" in errors
    assert lab.sent() == []


def test_without_privilege(lab):
    status, out, errors = lab.command(
        "--reuid=65534", "--regid=65534", "--clear-groups",
        "--inh-caps=-all", "--bounding-set=-all", labs.PROGRAM, "--dry-run",
        "cli0", program="setpriv")
    assert (status, out) == (1, "")
    assert "CAP_NET_ADMIN" in errors
    assert lab.sent() == []


@pytest.mark.parametrize("argv, reason", [
    (["--dry-run"], "name one interface"),
    (["--dry-run", "cli0", "cli1"], "name one interface"),
    (["--dry-run", "--random-mac", "cli0"], "--random-mac"),
    (["--dry-run", "nosuch0"], "nosuch0: No such device"),
    (["--dry-run", "lo"], "lo: not an Ethernet interface"),
], ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_mistakes(lab, argv, reason):
    status, out, errors = lab.command(*argv)
    assert (status, out) == (1, "")
    assert reason in errors
    assert lab.sent() == []


def test_the_reader_of_packets_is_sandboxed(lab, raw):
    """While it listens, its worker has no capability, another user, and
    what else any worker has."""
    started = labs.Process(
        lab.enter([labs.PROGRAM, "--dry-run", "cli0", "--timeout", "30"]),
        lab.folder / "dry.log")
    lab.processes.append(started)
    started.wait_log("Offer 1")
    worker = labs.wait_worker(started.pid)
    status = labs.process_status(worker)
    assert int(status["CapEff"], 16) == int(status["CapPrm"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert not status["Uid"].startswith("0")
    if not labs.is_test_build():
        assert status["Seccomp"] == "2"
        # not even standard output
        assert min(labs.descriptors(worker)) == 3
