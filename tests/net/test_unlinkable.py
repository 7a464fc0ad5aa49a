"""Two visits under two link-layer addresses can't be tied together.

One machine visits twice, another machine once.  Without the addresses, which
are the visit's own, and the transaction IDs, which never come again, the
frames of all three are the same.
"""

import hashlib
import signal

import lab as labs
import wire

MAC = ["02:11:11:11:11:11", "06:22:22:22:22:22", "0a:33:33:33:33:33"]
ADDRESS = ["10.77.0.150", "10.77.0.171", "10.77.0.192"]
FOREIGN = wire.mac_octets("02:00:00:00:00:66")

# A machine's own: nothing that comes of it may be sent.
MACHINE = """#!/bin/sh
exec unshare --uts sh -c 'hostname "$0"; exec "$@"' NAME PROGRAM "$@"
"""


def machine(lab, name):
    """The program on a machine that is called so."""
    (lab.etc / "hostname").write_text(name + "\n")
    (lab.etc / "machine-id").write_text(f"{hashlib.md5(name.encode()).hexdigest()}\n")
    path = lab.folder / f"on-{name}"
    path.write_text(MACHINE.replace("NAME", name)
                    .replace("PROGRAM", labs.PROGRAM))
    path.chmod(0o755)
    return str(path)


def answer(server, message):
    """A good server's, but that it may refuse to renew."""
    renewal = message.type == wire.REQUEST and message.ciaddr != wire.ANY
    if renewal and server.refuses:
        return [server.refuse(message)]
    return labs.RawServer.good(server, message)


def visit(lab, raw, program, number):
    """All that happens to a lease; the frames of the client."""
    lab.ip(lab.inside, "link set cli0 down")
    lab.set_mac("cli0", MAC[number])
    lab.ip(lab.inside, "link set cli0 up")
    raw.address, raw.refuses = ADDRESS[number], False
    mark = lab.mark()
    script = labs.Recorder(lab.folder / f"visit{number}", labs.OWN_SCRIPT)

    def start():
        return lab.client("--arp-wait", "40", program=program,
                          script=script.path)

    client = start()
    bound = script.wait("BOUND")
    labs.wait_for("announcement", lambda: any(
        f.is_announcement() for f in lab.sent(since=mark)))
    client.signal(signal.SIGHUP)
    renewed = script.wait("RENEW")
    # the server changes its mind
    raw.refuses = True
    client.signal(signal.SIGHUP)
    refused = script.wait("EXPIRE", after=renewed)
    bound = script.wait("BOUND", after=refused)
    # another network, for all that the client knows
    lab.ip(lab.wire, "link set port0 down")
    gone = script.wait("EXPIRE", after=bound)
    lab.ip(lab.wire, "link set port0 up")
    bound = script.wait("BOUND", after=gone)
    # somebody else has the address
    for _ in range(2):
        lab.inject(wire.build_arp(1, FOREIGN, ADDRESS[number],
                                  ADDRESS[number]))
    script.wait("EXPIRE", after=bound)
    lab.wait_sent(wire.DECLINE, since=mark)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    # and once more from the beginning
    stopped = script.wait("STOP")
    client = start()
    script.wait("BOUND", after=stopped)
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    return lab.sent(since=mark)


def masked(frame, number):
    """Without what has to be the visit's own, what is drawn anew for it, and
    what follows from these; options in any order."""
    data = bytearray(frame.data)
    message = frame.dhcp
    if message:
        data[24:26] = data[40:42] = bytes(2)  # checksums
        data[46:50] = bytes(4)                # xid
        data[50:52] = bytes(2)                # secs, of the clock
        data[282:] = b"".join(bytes([code, len(value)]) + value
                              for code, value in sorted(message.options))
        data += message.after_end
    return bytes(data).replace(wire.mac_octets(MAC[number]), b"<mac>").replace(
        wire.ip(ADDRESS[number]), b"<address>")


def xids(frames):
    return {frame.dhcp.xid for frame in frames if frame.dhcp}


def test_two_visits_of_one_machine(lab, raw):
    raw.answer = answer
    first_name, second_name = machine(lab, "alice"), machine(lab, "bob")
    one = visit(lab, raw, first_name, 0)
    two = visit(lab, raw, first_name, 1)
    stranger = visit(lab, raw, second_name, 2)

    # the same frames, whoever it is
    kinds = [{masked(frame, n) for frame in frames}
             for n, frames in enumerate((one, two, stranger))]
    assert kinds[0] == kinds[1] == kinds[2]
    types = {f.dhcp.type for f in one if f.dhcp}
    assert types == {wire.DISCOVER, wire.REQUEST, wire.DECLINE}

    # each exchange by itself: also after a restart, a NAK, a lost carrier
    assert not xids(one) & xids(two)
    assert len(xids(one)) == 7
    for frames, others in ((two, 0), (one, 1)):
        heard = b"".join(frame.data for frame in frames)
        assert wire.mac_octets(MAC[others]) not in heard
        assert wire.ip(ADDRESS[others]) not in heard
