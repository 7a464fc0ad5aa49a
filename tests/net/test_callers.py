"""Those who call dhclient: Debian's ifupdown, cloud-init, dracut, and
whoever gives it Debian's own script."""

import os
import re
import signal
from pathlib import Path

import pytest

import dropin
import lab as labs
import servers
import wire
from dropin import DEBIAN_SCRIPT, QUICK

PID_FILE, LEASES = "dhclient.cli0.pid", "dhclient.cli0.leases"


@pytest.fixture
def place(lab):
    return dropin.DropIn(lab)


def default_routes(lab):
    return [(route.get("gateway"), route.get("metric"))
            for route in lab.routes() if route["dst"] == "default"]


def wait_gone(pid):
    labs.wait_for(f"end of {pid}", lambda: not labs.is_running(pid))


def parent_of(pid):
    return labs.process_status(pid)["PPid"]


def comm(pid):
    return Path(f"/proc/{pid}/comm").read_text()


def assert_is_ours(pid):
    """Called dhclient, as whoever looks for processes sees it."""
    assert os.path.samefile(f"/proc/{pid}/exe", labs.PROGRAM)
    assert comm(pid) == "dhclient\n"
    argv0 = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]
    assert os.path.basename(argv0) == b"dhclient"


def messages(lab, mark):
    return [frame for frame in lab.sent(since=mark) if frame.dhcp]


# -- ifupdown -----------------------------------------------------------------

def ifup(place, **more):
    status, out, errors = place.run("-v", "cli0", program="ifup", **more)
    return status, out + errors


def ifdown(place):
    status, out, errors = place.run("-v", "cli0", program="ifdown")
    return status, out + errors


@pytest.mark.parametrize("kind", servers.KINDS)
def test_ifup_and_ifdown(lab, place, kind):
    servers.Server(lab, kind)
    for times in (1, 2):
        status, said = ifup(place)
        assert status == 0, said
        pid = dropin.pid_in(lab.run / PID_FILE)
        assert_is_ours(pid)
        address = lab.address().split("/")[0]
        assert f"DHCPACK of {address} from {labs.SERVER}" in said
        assert f"bound to {address} -- renewal in" in said
        assert default_routes(lab) == [(labs.SERVER, None)]
        resolv = (lab.etc / "resolv.conf").read_text()
        assert "nameserver 10.77.0.53" in resolv
        assert "search example.org" in resolv
        lease, = dropin.read_leases((place.lib / LEASES).read_text())
        assert lease["fixed-address"] == [address]
        assert place.hooks("enter") == place.hooks("exit") == (
            times * ["PREINIT", "BOUND", "RELEASE"])[:-1]
        mark = lab.mark()
        status, said = ifdown(place)
        assert status == 0, said
        assert not labs.is_running(pid)
        assert "Killed old client process" in said
        assert messages(lab, mark) == []
        assert place.hooks()[-1] == "RELEASE"
        assert place.hook_env("RELEASE")["old_ip_address"] == address
        assert lab.addresses() == []
        assert not (lab.run / PID_FILE).exists()
        assert not (place.lib / LEASES).exists()
        assert "UP" not in lab.link("cli0")["flags"]


def test_ifup_with_every_line_of_a_stanza(lab, place, raw):
    """The metric reaches the script; what names the machine goes nowhere,
    which the judge of frames sees."""
    place.interfaces("hostname secret", "metric 7", "client no",
                     "leasetime 100", "vendor xx")
    status, said = ifup(place)
    assert status == 0, said
    assert place.hook_env("BOUND")["IF_METRIC"] == "7"
    assert default_routes(lab) == [(labs.SERVER, 7)]


def test_ifup_without_a_server(lab, place, raw):
    """dhclient returns 0 after its timeout and goes on; so ifup does."""
    raw.mute = True
    (lab.etc / "dhcp" / "dhclient.conf").write_text("timeout 1;\n")
    status, said = ifup(place)
    assert status == 0, said
    assert place.hooks() == ["PREINIT", "FAIL"]
    raw.mute = False
    labs.wait_for("BOUND", lambda: place.hooks()[2:] == ["BOUND"])
    status, said = ifdown(place)
    assert status == 0, said
    assert place.hooks()[3:] == ["RELEASE"]


def test_ifup_of_an_interface_that_is_not_there(lab, place):
    lab.remove_interface("cli0")
    status, said = ifup(place)
    assert status != 0
    assert "cli0" in said


def test_ifup_for_dhcpv6_fails_aloud(lab, place):
    dropin.forget_frames(lab, "cli0")  # of the kernel's IPv6
    labs.in_namespace(lab.inside, Path(
        "/proc/sys/net/ipv6/conf/cli0/disable_ipv6").write_text, "0")
    lab.ip(lab.inside, "addr add fe80::1/64 dev cli0 nodad")
    (lab.etc / "network" / "interfaces").write_text(
        "iface cli0 inet6 dhcp\n")
    status, said = ifup(place)
    assert status != 0
    assert "DHCPv6 is not done" in said
    assert place.hooks() == lab.addresses() == []


def test_ifdown_after_the_real_dhclient_was_replaced(lab, place, raw):
    """Installed while dhclient runs: it is that one's file, and ifdown is to
    end it."""
    (place.bin / "dhclient").unlink()
    status, said = ifup(place)
    assert status == 0, said
    pid = dropin.pid_in(lab.run / PID_FILE)
    dropin.kill_later(lab, pid)
    assert os.readlink(f"/proc/{pid}/exe") == dropin.REAL
    dropin.forget_frames(lab, "cli0")
    (place.bin / "dhclient").symlink_to(labs.PROGRAM)
    status, said = ifdown(place)
    assert status == 0, said
    assert not labs.is_running(pid)
    assert "Killed old client process" in said
    assert place.hooks() == ["PREINIT", "BOUND", "RELEASE"]
    assert lab.addresses() == []
    assert not (lab.run / PID_FILE).exists()
    assert raw.heard[-1].type == wire.REQUEST


# -- cloud-init and dracut ----------------------------------------------------

def wanted_by_cloud_init(text):
    """What cloud-init looks for in the last lease."""
    lease = dropin.read_leases(text)[-1]
    return {name: lease[name] for name in (
        "interface", "fixed-address", "subnet-mask", "routers",
        "broadcast-address", "rfc3442-classless-static-routes",
        "unknown-245") if name in lease}


CLOUD = [(28, wire.ip("10.77.0.255")), (245, bytes([168, 63, 129, 16])),
         (121, bytes([0, 10, 77, 0, 1, 32, 169, 254, 169, 254, 10, 77, 0, 1]))]


def test_cloud_init(lab, place, raw):
    raw.options += CLOUD
    lease_file, pid_file = "/run/dhclient.lease", "/run/dhclient.pid"
    status, out, errors = place.run(
        "-1", "-v", "-lf", lease_file, "-pf", pid_file, "-sf", "/bin/true",
        "cli0")
    assert (status, out) == (0, ""), errors
    assert f"bound to {raw.address} -- renewal in" in errors
    # both files are there when it returns
    text = (lab.run / "dhclient.lease").read_text()
    pid = dropin.pid_in(lab.run / "dhclient.pid")
    assert_is_ours(pid)
    assert parent_of(pid) == dropin.parent_of_orphans()
    assert os.getsid(pid) == pid
    assert wanted_by_cloud_init(text) == {
        "interface": ["cli0"], "fixed-address": [raw.address],
        "subnet-mask": ["255.255.255.0"], "routers": [labs.SERVER],
        "broadcast-address": ["10.77.0.255"], "unknown-245": ["a8:3f:81:10"],
        "rfc3442-classless-static-routes":
            ["0", "10", "77", "0", "1"]}
    # as cloud-init cuts it: from `lease {` to a brace alone on its line
    assert re.fullmatch(r"lease \{\n(  [^\n]+;\n)+\}\n", text)
    assert lab.addresses() == []
    # its end: SIGKILL, and `pkill dhclient`; then another start
    worker = labs.wait_worker(pid)
    assert comm(worker) == comm(pid) == "dhclient\n"
    os.kill(pid, signal.SIGKILL)
    wait_gone(pid), wait_gone(worker)
    status, _, errors = place.run(
        "-1", "-v", "-lf", lease_file, "-pf", pid_file, "-sf", "/bin/true",
        "cli0")
    assert status == 0, errors
    assert dropin.pid_in(lab.run / "dhclient.pid") != pid


def test_cloud_init_on_azure_gets_every_route_when_asked(lab, place, raw):
    """The wire server's own route is one that only `--routes all` keeps."""
    raw.options += CLOUD
    status, _, errors = place.run(
        "-1", "-v", "-lf", "/run/l", "-pf", "/run/p", "-sf", "/bin/true",
        "--routes", "all", "cli0")
    assert status == 0, errors
    found = wanted_by_cloud_init((lab.run / "l").read_text())
    assert found["rfc3442-classless-static-routes"] == [
        str(octet) for octet in CLOUD[2][1]]


def test_cloud_init_without_a_server(lab, place):
    """Exit 2, no lease: it looks for another way then."""
    status, _, _ = place.run(
        "-1", "-v", "-lf", "/run/dhclient.lease", "-pf", "/run/dhclient.pid",
        "-sf", "/bin/true", "--timeout", "1", "cli0")
    assert status == 2
    assert not (lab.run / "dhclient.lease").exists()
    assert labs.sh("ip", "netns", "pids", lab.inside) == ""


def test_dracut(lab, place, raw):
    """Its files are in a folder of its own, and the configuration file need
    not be there."""
    folder = lab.run / "dracut"
    folder.mkdir()
    status, out, errors = place.run(
        "-4", "--timeout", "30", "-q", "-1", "-cf", "/etc/dhclient.conf",
        "-pf", "/run/dracut/dhclient.cli0.pid", "-lf",
        "/run/dracut/dhclient.cli0.lease", "cli0")
    assert (status, out, errors) == (0, "", "")
    assert lab.address() == f"{raw.address}/24"
    assert_is_ours(dropin.pid_in(folder / "dhclient.cli0.pid"))
    lease, = dropin.read_leases((folder / "dhclient.cli0.lease").read_text())
    assert lease["fixed-address"] == [raw.address]


# -- Debian's script ----------------------------------------------------------

def test_debians_script_through_a_life(lab, place, raw):
    """PREINIT to RELEASE, as a client of our own name."""
    raw.options += [(15, b"example.org"), (26, b"\x05\x78"),
                    (28, wire.ip("10.77.0.255"))]
    client = place.start("-d", "-v", *QUICK, "-sf", DEBIAN_SCRIPT, "cli0",
                         program=labs.PROGRAM)
    labs.wait_for("BOUND", lambda: place.hooks()[-1:] == ["BOUND"])
    assert lab.address() == f"{raw.address}/24"
    info, = lab.addresses()
    assert info["broadcast"] == "10.77.0.255"
    assert 0 < info["valid_life_time"] <= raw.lease
    assert default_routes(lab) == [(labs.SERVER, None)]
    assert lab.link("cli0")["mtu"] == 1400
    assert (lab.etc / "resolv.conf").read_text() == (
        "domain example.org\nsearch example.org\nnameserver 10.77.0.53\n")
    client.signal(signal.SIGHUP)
    labs.wait_for("RENEW", lambda: place.hooks()[-1:] == ["RENEW"])
    raw.nak = True
    client.signal(signal.SIGHUP)
    labs.wait_for("EXPIRE", lambda: "EXPIRE" in place.hooks())
    raw.nak = False
    labs.wait_for("BOUND", lambda: place.hooks()[-1:] == ["BOUND"])
    assert lab.address() == f"{raw.address}/24"
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert place.hooks("enter") == place.hooks("exit") == [
        "PREINIT", "BOUND", "RENEW", "EXPIRE", "PREINIT", "BOUND", "STOP"]
    assert lab.addresses() == []


def test_debians_script_and_classless_routes(lab, place, raw):
    """Its hook reads them; with them it ignores the routers."""
    raw.options += [(121, bytes([24, 192, 168, 50, 10, 77, 0, 5,
                                 0, 10, 77, 0, 9]))]
    place.start("-d", "-v", *QUICK, "--routes", "all", "-sf", DEBIAN_SCRIPT,
                "cli0")
    labs.wait_for("BOUND", lambda: place.hooks()[-1:] == ["BOUND"])
    routes = {route["dst"]: route.get("gateway") for route in lab.routes()}
    assert routes["192.168.50.0/24"] == "10.77.0.5"
    assert default_routes(lab) == [("10.77.0.9", None)]


def test_a_hook_that_exits_declines(lab, place, raw):
    """Hooks are sourced: `exit 1` is the script's exit status."""
    hook = lab.etc / "dhcp" / "dhclient-enter-hooks.d" / "zzz-refuse"
    hook.write_text('[ "$reason" != BOUND ] || exit 1\n')
    status, _, errors = place.run("-1", *QUICK, "cli0")
    assert status == 2, errors
    assert [message.type for message in raw.heard] == [
        wire.DISCOVER, wire.REQUEST, wire.DECLINE]
    assert lab.addresses() == []
    assert not (place.lib / "dhclient.leases").exists()


def test_the_host_keeps_its_name(lab, place, raw):
    """Debian's script would take one from the network."""
    raw.options += [(12, b"given-name")]
    place.start("-d", "-v", *QUICK, "cli0")
    labs.wait_for("BOUND", lambda: place.hooks()[-1:] == ["BOUND"])
    assert "new_host_name" not in place.hook_env("BOUND")
