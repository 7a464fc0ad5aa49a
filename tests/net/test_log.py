"""What the log says, how often, and to whom."""

import os
import re
import socket
import stat

import pytest

import lab as labs
import wire

QUICK = ("--arp-wait", "0")


def bound(lab, *flags, **more):
    client = lab.client(*QUICK, *flags, **more)
    lab.script.wait("BOUND")
    client.wait_log("^(<6>)?bound to ")
    return client


def test_the_lines_that_scripts_look_for(lab, raw):
    log = bound(lab).log
    address = "10\\.77\\.0\\.150"
    for line in (r"DHCPDISCOVER on cli0 to 255\.255\.255\.255 port 67 "
                 r"interval \d+",
                 f"DHCPOFFER of {address} from 10\\.77\\.0\\.1 on cli0",
                 rf"DHCPREQUEST for {address} on cli0 to "
                 r"255\.255\.255\.255 port 67",
                 f"DHCPACK of {address} from 10\\.77\\.0\\.1 on cli0",
                 rf"bound to {address} -- renewal in \d+ seconds\. "
                 r"\(cli0\)"):
        assert len(re.findall(f"^{line}$", log, re.MULTILINE)) == 1, line


def test_a_nak_and_silence(lab, raw):
    raw.nak = True
    client = lab.client(*QUICK, "--timeout", "3")
    client.wait_log(r"^DHCPNAK from 10\.77\.0\.1 on cli0$")
    raw.mute = True
    client.wait_log(r"^No DHCPOFFERS received\. \(cli0\)$")


def test_no_line_names_an_address_of_a_link(lab, raw):
    """A conflict and a changed address are told without either's MAC."""
    client = lab.client("--arp-wait", "90")
    lab.script.wait("BOUND")
    labs.wait_for("an announcement", lambda: [
        frame for frame in lab.sent() if frame.is_announcement()])
    other = bytes.fromhex("020000000099")
    for _ in range(2):
        lab.inject(wire.build_arp(2, other, raw.address, raw.address))
    client.wait_log("declined")
    lab.set_mac("cli0", "02:00:00:00:00:77")
    client.wait_log("link-layer address changed")
    assert not re.search(r"([0-9a-f]{1,2}:){5}[0-9a-f]{1,2}", client.log, re.I)


def test_dropped_frames_are_told_with_kind_source_and_length(lab, raw):
    raw.mute = True
    client = lab.client()
    server = "02:00:0a:4d:00:01"
    discover = lab.wait_sent(wire.DISCOVER).dhcp
    raw.socket.send(raw.frame(b"\x02\x01\x06" + raw.offer(discover)[3:100],
                              "10.77.0.150"))
    client.wait_log(f"^cli0: dropped a frame: short, 142 octets from {server}")
    raw.socket.send(raw.frame(raw.ack(discover), "10.77.0.150"))
    client.wait_log("^cli0: dropped a reply from 10.77.0.1: unexpected, "
                    f"342 octets from {server}")


def test_refused_offers_are_counted_rather_than_repeated(lab, raw):
    """A hundred offers that can't be taken make six lines; the next one
    that there may be says how many there were."""
    def answer(server, message):
        if message.type == wire.DISCOVER and len(server.heard) == 1:
            return [server.offer(message, lease=None)] * 100
        return labs.RawServer.good(server, message)

    raw.answer = answer
    client = bound(lab)
    refused = re.findall("offer of .* refused", client.log)
    # six, or twelve if a minute ended meanwhile
    assert 6 <= len(refused) <= 12
    labs.wait_for("the counter", lambda: "offers_refused=100\n" in (
        lab.state / "cli0.status").read_text())


def test_under_systemd_lines_have_their_level(lab, raw):
    path = lab.folder / "journal.log"
    path.touch()
    named = os.stat(path)
    client = bound(lab, log="journal.log", env={
        "JOURNAL_STREAM": f"{named.st_dev}:{named.st_ino}"})
    lines = client.log.splitlines()
    assert lines
    for line in lines:
        assert re.match("<[3-7]>[^<]", line), line


def test_taken_port_is_told_with_the_time_that_is_true(lab, raw):
    """Without the socket a renewal waits for T2: that is what is told."""
    taken = labs.in_namespace(lab.inside, take_port)
    with taken:
        client = lab.client(*QUICK)
        lab.script.wait("BOUND")
        seconds = client.wait_log(r"renewal in (\d+) seconds")[1]
    assert "renewal waits for T2" in client.log
    assert 3148 <= int(seconds) <= 3151


def take_port():
    taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    taken.bind(("0.0.0.0", 68))
    return taken


@pytest.mark.parametrize("mode", [(), ("-d",)], ids=["background", "-d"])
def test_the_system_log_has_it_always(lab, raw, mode):
    """With /dev/log of the test's own: facility daemon, each line once; by
    default neither debug lines nor anybody's link-layer address."""
    dev = lab.folder / "dev"
    dev.mkdir()
    os.mknod(dev / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    os.mknod(dev / "urandom", 0o666 | stat.S_IFCHR, os.makedev(1, 9))
    log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    log.bind(str(dev / "log"))
    (dev / "log").chmod(0o666)
    wrapper = lab.folder / "wrapper"
    wrapper.write_text(f'#!/bin/sh\nmount --bind {dev} /dev\n'
                       f'exec {labs.PROGRAM} "$@"\n')
    wrapper.chmod(0o755)
    lines = []

    def logged():
        try:
            while True:
                lines.append(log.recv(4096, socket.MSG_DONTWAIT).decode())
        except BlockingIOError:
            return [line for line in lines if "bound to" in line]

    with log:
        lab.client("--arp-wait", "90", mode=mode, program=str(wrapper))
        lab.script.wait("BOUND")
        other = bytes.fromhex("020000000099")
        labs.wait_for("announcements", lambda: [
            frame for frame in lab.sent() if frame.is_announcement()])
        lab.inject(wire.build_arp(2, other, raw.address, raw.address))
        labs.wait_for("the conflict", lambda: logged() and [
            line for line in lines if "claimed by another host" in line])
    text = "\n".join(lines)
    for line in lines:
        assert re.match(r"<(2[4-9]|3[01])>... [ \d]\d \d\d:\d\d:\d\d "
                        r"dhcpcanon\[\d+\]: .", line), line
    assert len(re.findall("DHCPOFFER of", text)) == 1
    assert len(re.findall("bound to", text)) == 1
    if not mode:
        assert "<31>" not in text
        assert not re.search(r"([0-9a-f]{2}:){5}[0-9a-f]{2}", text, re.I)
