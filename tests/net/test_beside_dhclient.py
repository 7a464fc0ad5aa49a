"""Side by side with the real dhclient: the same server, the same
configuration file with an empty request list, and what both tell the script
compared reason by reason.  Every wanted difference is written down here;
another one is a fault."""

import calendar
import re
import time

import pytest

import dropin
import lab as labs
import servers
import wire
from dropin import QUICK

CONFIGURATION = """option rfc3442-classless-static-routes code 121 =
  array of unsigned integer 8;
option ms-classless-static-routes code 249 = array of unsigned integer 8;
option wpad code 252 = string;
request;
timeout 3;
retry 1;
"""


class Pair:
    """Our program on cli0; dhclient on a host of its own, which has one
    interface, srv0, and no judge."""

    def __init__(self, lab, *flags):
        self.lab, self.flags = lab, flags
        self.place = dropin.DropIn(lab)
        self.host = lab.add_host()
        self.ours = lab.script
        self.theirs = labs.Recorder(lab.folder / "theirs")
        for recorder in (self.ours, self.theirs):
            for reason in ("BOUND", "RENEW", "REBIND"):
                recorder.on(reason, "ip addr replace $new_ip_address/24 "
                            "dev $interface")
            recorder.on("EXPIRE", "ip addr flush dev $interface")
        (lab.folder / "client.conf").write_text(CONFIGURATION)

    def argv(self, recorder, *flags, interface):
        folder = self.lab.folder
        return ["-v", *flags, "-cf", str(folder / "client.conf"),
                "-lf", str(folder / f"{interface}.leases"),
                "-pf", str(folder / f"{interface}.pid"),
                "-sf", recorder.path, interface]

    def start(self):
        """Both in the foreground."""
        return (self.place.start(*self.argv(
            self.ours, "-d", *QUICK, *self.flags, interface="cli0")),
            self.spawn("-d"))

    def spawn(self, flag):
        """The real one."""
        return self.lab.spawn(self.host, [dropin.REAL, *self.argv(
            self.theirs, flag, interface="srv0")], "dhclient.log")

    def stop(self, flag):
        """-r or -x with both."""
        status, _, errors = self.place.run(*self.argv(
            self.ours, flag, interface="cli0"))
        assert status == 0, errors
        assert self.spawn(flag).wait() == 0

    def leases(self):
        """Both lease files, once both are whole."""
        paths = [self.lab.folder / f"{name}.leases"
                 for name in ("cli0", "srv0")]
        texts = [path.read_text() for path in paths if path.exists()]
        return texts if len([text for text in texts
                             if text.endswith("}\n")]) == 2 else None

    def wait(self, reason, after=(None, None), timeout=labs.PATIENCE):
        """The runs of both for a reason."""
        return (self.ours.wait(reason, after[0], timeout=timeout),
                self.theirs.wait(reason, after[1], timeout=timeout))


def comparable(run):
    """Without what must differ: the process, the interface, the address and
    the moment."""
    env = dict(run.env)
    env["pid"] = "PID" if env["pid"].isdigit() else env["pid"]
    env["interface"] = "IF" if env["interface"] in ("cli0", "srv0") else "?"
    for prefix in ("new_", "old_"):
        if re.fullmatch(r"10\.77\.0\.1\d\d", env.get(prefix + "ip_address",
                                                     "")):
            env[prefix + "ip_address"] = "ADDRESS"
        env.pop(prefix + "expiry", None)
    return env


def is_as_far(name, ours, theirs):
    """True if both name about the same moment, or one that is about as far
    away from the run of the script."""
    if name not in ours.env or name not in theirs.env:
        return False
    apart = int(ours[name]) - int(theirs[name])
    return min(abs(apart), abs(apart - ours.time + theirs.time)) <= 3


def differences(ours, theirs):
    """{name: what we say}, None for nothing, where dhclient says another
    thing."""
    a, b = comparable(ours), comparable(theirs)
    found = {name: a.get(name) for name in {*a, *b}
             if a.get(name) != b.get(name)}
    for name in ("new_expiry", "old_expiry"):
        if ours.get(name) != theirs.get(name) \
                and not is_as_far(name, ours, theirs):
            found[name] = ours.get(name)
    return found


def with_old(wanted):
    """The same differences in what was new and now is old."""
    return {**wanted, **{name.replace("new_", "old_"): value
                         for name, value in wanted.items()}}


# -- real servers -------------------------------------------------------------

# The network does not name the machine.
NAME = {"new_host_name": None}
# --routes gateway, the default: only the default route and the way to its
# gateway are passed on.
DEFAULT_ROUTE = {"new_rfc3442_classless_static_routes": "0 10 77 0 1"}
NO_STATIC = {"new_static_routes": None}
NO_MICROSOFT = {"new_ms_classless_static_routes": None}

# What each server's configuration makes different, besides with --routes all.
SERVERS = {
    ("dhcpd", None): ({}, {}),
    ("dhcpd", "rich"): (NAME, NO_STATIC),
    ("dhcpd", "overload"): (NAME, {**DEFAULT_ROUTE, **NO_STATIC}),
    ("dnsmasq", None): ({}, {}),
    ("dnsmasq", "rich"): (NAME, {**DEFAULT_ROUTE, **NO_STATIC,
                                 **NO_MICROSOFT}),
    ("kea", None): ({}, {}),
    ("kea", "rich"): ({}, {**DEFAULT_ROUTE, **NO_STATIC}),
    ("udhcpd", None): ({}, {}),
    ("udhcpd", "rich"): (NAME, DEFAULT_ROUTE),
}


def lines_of(block):
    """The statements of the file's one lease, sorted, without what must
    differ; and its times."""
    assert re.fullmatch(r"lease \{\n(  [^\n]+;\n)+\}\n", block)
    lines, times = [], {}
    for line in block.splitlines()[1:-1]:
        line = re.sub(r'^  interface "(cli0|srv0)";', "  interface;", line)
        line = re.sub(r"^  fixed-address 10\.77\.0\.1\d\d;", "  address;",
                      line)
        moment = re.fullmatch(r"  (renew|rebind|expire) (\d) (\d{4}/\d\d/\d\d "
                              r"\d\d:\d\d:\d\d);", line)
        if moment:
            parsed = time.strptime(moment[3], "%Y/%m/%d %H:%M:%S")
            assert moment[2] == time.strftime("%w", parsed)
            times[moment[1]] = calendar.timegm(parsed)
        else:
            lines.append(line)
    assert list(times) == ["renew", "rebind", "expire"]
    assert lines[0] == "  interface;" and lines[1] == "  address;"
    return sorted(lines), times


def option_line(name, value):
    """As a line of the file: routes are all that we give otherwise."""
    option = name.removeprefix("new_").replace("_", "-")
    return f"  option {option} {value.replace(' ', ',')};"


def compare_leases(pair, wanted):
    """The files say the same, line by line; the order of options is not
    dhclient's, which is that of its hash table."""
    texts = labs.wait_for("lease files", pair.leases)
    (ours, times), (theirs, their_times) = map(lines_of, texts)
    names = {name.removeprefix("new_").replace("_", "-") for name in wanted}
    assert set(ours) == set(
        [line for line in theirs
         if not line.startswith("  option ") or line.split()[1] not in names]
        + [option_line(name, value) for name, value in wanted.items()
           if value])
    assert len(ours) == len(set(ours))
    assert abs(times["expire"] - their_times["expire"]) <= 3
    assert times["renew"] < times["rebind"] < times["expire"]


@pytest.mark.parametrize("routes", ["gateway", "all"])
@pytest.mark.parametrize("kind, style", SERVERS)
def test_real_servers(lab, kind, style, routes):
    always, by_routes = SERVERS[kind, style]
    wanted = {**always, **(by_routes if routes == "gateway" else {})}
    servers.Server(lab, kind, style=style, t1=4, t2=500)
    pair = Pair(lab, "--routes", routes)
    pair.start()
    assert differences(*pair.wait("PREINIT")) == {}
    assert differences(*pair.wait("BOUND")) == wanted
    compare_leases(pair, wanted)
    assert differences(*pair.wait("RENEW")) == with_old(wanted)


# -- the life of a lease ------------------------------------------------------

T1, T2 = 3, 6


class Life(labs.RawServer):
    """A good server for both clients, until it is told otherwise."""

    def __init__(self, lab, lease=600):
        super().__init__(lab, Life.answer_each, lease=lease)
        self.addresses = {}
        self.broadcast_only = False
        self.options += [
            (15, b"example.org"), (26, b"\x05\x78"),
            (42, wire.ip("10.77.0.123")), (58, T1.to_bytes(4, "big")),
            (59, T2.to_bytes(4, "big")), (224, b"hello"),
            (225, b"\0\1\xff"), (252, b"http://wpad.example.org/wpad.dat")]

    @staticmethod
    def answer_each(self, message):
        known = self.addresses
        address = known.setdefault(message.chaddr,
                                   f"10.77.0.{150 + len(known)}")
        if message.type == wire.DISCOVER:
            return [self.offer(message, yiaddr=address, file=b"boot/file",
                               sname=b"boot.example.org", siaddr="10.77.0.9")]
        if message.type != wire.REQUEST:
            return []
        if message.ciaddr != wire.ANY:
            if self.nak:
                return [self.refuse(message)]
            if self.broadcast_only and not message.is_broadcast:
                return []
        return [self.ack(message, yiaddr=address, file=b"boot/file",
                         sname=b"boot.example.org", siaddr="10.77.0.9")]


def test_renewed_then_refused(lab):
    server = Life(lab)
    pair = Pair(lab)
    pair.start()
    assert differences(*pair.wait("BOUND")) == {}
    renewed = pair.wait("RENEW")
    assert differences(*renewed) == {}
    server.nak = True
    expired = pair.wait("EXPIRE")
    assert differences(*expired) == {}
    assert differences(*pair.wait("PREINIT", expired)) == {}
    assert differences(*pair.wait("BOUND", expired)) == {}


def test_rebound(lab):
    """What dhclient does not know: that it is rebinding."""
    server = Life(lab)
    server.broadcast_only = True
    pair = Pair(lab)
    pair.start()
    assert differences(pair.ours.wait("REBIND"), pair.theirs.wait("RENEW")) \
        == {"reason": "REBIND"}


def test_no_server_any_more(lab):
    server = Life(lab, lease=10)
    pair = Pair(lab)
    pair.start()
    pair.wait("BOUND")
    server.mute = True
    expired = pair.wait("EXPIRE", timeout=40)
    assert differences(*expired) == {}
    assert differences(*pair.wait("PREINIT", expired)) == {}
    failed = pair.wait("FAIL", timeout=40)
    assert differences(*failed) == {}
    server.mute = False
    assert differences(*pair.wait("BOUND", failed, timeout=90)) == {}
    assert pair.ours.reasons()[:6] == ["PREINIT", "BOUND", "EXPIRE",
                                       "PREINIT", "FAIL", "BOUND"]


def test_no_interface(lab):
    """Both are told of none, and end with 0."""
    pair = Pair(lab)
    lab.remove_interface("cli0")
    lab.ip(pair.host, "link del srv0")
    status, _, errors = pair.place.run("-sf", pair.ours.path)
    assert status == 0, errors
    assert lab.spawn(pair.host, [
        dropin.REAL, "-lf", str(lab.folder / "leases"), "-pf",
        str(lab.folder / "pid"), "-sf", pair.theirs.path],
        "dhclient.log").wait() == 0
    ours, theirs = pair.wait("NBI")
    assert list(ours.env.items()) == list(theirs.env.items()) == [
        ("REASON", "NBI"), ("PATH", "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin")]
    assert pair.ours.reasons() == pair.theirs.reasons() == ["NBI"]


@pytest.mark.parametrize("flag, reason", [("-x", "STOP"), ("-r", "RELEASE")])
def test_ended(lab, flag, reason):
    """From the lease file, which does not have next-server."""
    server = Life(lab)
    pair = Pair(lab)
    pair.start()
    pair.wait("BOUND")
    compare_leases(pair, {})
    mark = lab.mark()
    pair.stop(flag)
    ended = pair.wait(reason)
    assert differences(*ended) == {}
    assert ended[0]["old_ip_address"] == server.addresses[lab.mac()]
    assert ended[0].get("old_next_server") is None
    # dhclient sends: a RELEASE, and with -x, by mistake, a REQUEST
    assert [frame for frame in lab.sent(since=mark) if frame.dhcp] == []


def test_each_reads_the_others_leases(lab):
    """What dhclient tells of our file, and we of dhclient's."""
    servers.Server(lab, "dhcpd", style="overload")
    pair = Pair(lab, "--routes", "all")
    clients = pair.start()
    pair.wait("BOUND")
    ours, theirs = labs.wait_for("lease files", pair.leases)
    for client in clients:
        client.stop()
    (lab.folder / "cli0.leases").write_text(theirs.replace("srv0", "cli0"))
    (lab.folder / "srv0.leases").write_text(ours.replace("cli0", "srv0"))
    pair.stop("-x")
    ended = pair.wait("STOP")
    assert differences(*ended) == {}
    assert len(ended[0].env) > 50


# -- options of one's own -------------------------------------------------------

TYPES = {
    "boolean": b"\2", "integer 8": b"\xff", "signed integer 16": b"\xff\xfe",
    "integer 32": b"\xff\xff\xff\xfd", "unsigned integer 8": b"\xff",
    "array of boolean": b"\0\1\2", "array of integer 8": b"\1\xff\x80",
    "array of integer 16": b"\0\1\x80\0",
    "array of signed integer 32": b"\0\0\0\1\x80\0\0\0",
    "array of unsigned integer 32": b"\0\0\0\1\x80\0\0\0",
    "array of ip-address": b"\1\2\3\4\5\6\7\x08", "text": b"some place",
    "string": b"\1\2\xff", "domain-name": b"\3foo\0",
    "domain-list": b"\3foo\0\3bar\0"}


def test_options_of_ones_own(lab):
    """The script and the file have them by the user's names and types; -r
    reads them from there.  Of a record the name alone is dhclient's."""
    server = Life(lab)
    text = CONFIGURATION
    server.options = [option for option in server.options
                      if option[0] < 200]
    for code, (kind, value) in enumerate(TYPES.items(), 224):
        text += f"option own-{code} code {code} = {kind};\n"
        server.options.append((code, value))
    text += "option own-record code 200 = { integer 8, ip-address };\n"
    server.options.append((200, b"\xff\1\2\3\4"))
    pair = Pair(lab)
    (lab.folder / "client.conf").write_text(text)
    client, _ = pair.start()
    record = {"new_own_record": "ff:1:2:3:4"}
    ours, theirs = pair.wait("BOUND")
    assert differences(ours, theirs) == record
    assert len([name for name in ours.env if "new_own_" in name]) == 16
    assert "own-record: values of this type are given as octets" in client.log
    texts = labs.wait_for("lease files", pair.leases)
    ours, theirs = (sorted(line for line in text.splitlines()
                           if " own-" in line) for text in texts)
    assert ours[:-1] == theirs[:-1]
    assert ours[-1] == "  option own-record ff:1:2:3:4;"
    # dhclient can't read what it has written of a domain-name
    pair.stop("-r")
    assert differences(*pair.wait("RELEASE")) == {
        "old_own_record": "ff:1:2:3:4", "old_own_237": "foo."}


# -- odd values ---------------------------------------------------------------

ODD = {
    "no mask: ours is the class's": ([(1, None)], {
        "new_subnet_mask": "255.0.0.0", "new_network_number": "10.0.0.0",
        "new_broadcast_address": "10.255.255.255"}),
    "a mask with a hole": ([(1, wire.ip("255.255.0.255"))], {
        "new_subnet_mask": "255.0.0.0", "new_network_number": "10.0.0.0",
        "new_broadcast_address": "10.255.255.255"}),
    "a mask that is too short": ([(1, b"\xff\xff")], {
        "new_subnet_mask": "255.0.0.0", "new_network_number": "10.0.0.0",
        "new_broadcast_address": "10.255.255.255"}),
    "a number that is too short": ([(2, b"\0\1")], {
        "new_time_offset": None}),
    "an MTU that no link may have": ([(26, b"\0\x44")], {
        "new_interface_mtu": None}),
    "text that a shell would read": ([
        (66, b"tftp;reboot"), (114, b"http://a/?b=`c`&d"), (252, b"$(id)")],
        {"new_tftp_server_name": None, "new_default_url": None,
         "new_wpad": "24:28:69:64:29"}),
    "names that dhclient refuses too": ([
        (15, b"a b;c"), (40, b"-x"), (47, b"a..b")], {}),
    "routes that do not parse": ([(121, bytes([33, 1, 2, 3, 4, 5]))], {
        "new_rfc3442_classless_static_routes": None}),
}


@pytest.mark.parametrize("what", ODD)
def test_odd_values(lab, what):
    options, wanted = ODD[what]
    server = Life(lab)
    codes = {code for code, _ in options}
    server.options = [option for option in server.options
                      if option[0] not in codes] + [
        option for option in options if option[1] is not None]
    pair = Pair(lab)
    pair.start()
    assert differences(*pair.wait("BOUND")) == wanted
