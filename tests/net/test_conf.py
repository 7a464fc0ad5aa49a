"""-cf: what of dhclient.conf is honoured, seen by the script and the wire."""

import signal

from lab import wait_for

QUICK = ("--arp-wait", "0")

LOCAL = """
timeout 5;
option site-servers code 224 = array of ip-address;
supersede domain-name-servers 127.0.0.1;
append domain-name "home.example";
default ntp-servers 10.77.0.123;
send host-name "tells-who-i-am";
send dhcp-client-identifier 01:02:03;
request subnet-mask, routers;
retry 1;
interface "cli0" { prepend time-servers 192.0.2.1; }
interface "other0" { supersede domain-name-servers 192.0.2.9; }
supersede routers a.b.c.d;
"""


def write(lab, text, name="dhclient.conf"):
    path = lab.folder / name
    path.write_text(text)
    return str(path)


def test_local_changes_reach_the_script(lab, raw):
    raw.options += [(6, b"\x0a\x4d\x00\x35"), (15, b"lan.example"),
                    (4, b"\x0a\x4d\x00\x0b"),
                    (224, b"\x0a\x4d\x00\x01\x0a\x4d\x00\x02")]
    client = lab.client(*QUICK, "-cf", write(lab, LOCAL))
    bound = lab.script.wait("BOUND")
    assert bound["new_domain_name_servers"] == "127.0.0.1"
    assert bound["new_domain_name"] == "lan.example home.example"
    assert bound["new_ntp_servers"] == "10.77.0.123"
    assert bound["new_time_servers"] == "192.0.2.1 10.77.0.11"
    assert bound["new_site_servers"] == "10.77.0.1 10.77.0.2"
    assert "send host-name" in client.log
    assert "retry" in client.log
    assert "a.b.c.d" not in bound.env.values()
    # the lease file and old_* have the user's values too
    leases = wait_for("leases file", lambda: (
        lab.state / "cli0.leases").exists()
        and (lab.state / "cli0.leases").read_text())
    assert "127.0.0.1" in leases
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    assert lab.script.wait("STOP")["old_domain_name_servers"] == "127.0.0.1"


def test_nothing_of_the_file_is_sent(lab, raw):
    """The auditor sees every frame; the name must be in none."""
    lab.client(*QUICK, "-cf", write(lab, LOCAL))
    lab.script.wait("BOUND")
    assert lab.sent()
    for frame in lab.sent():
        assert b"tells-who-i-am" not in frame.data


def test_timeout_of_the_file(lab):
    """No server: FAIL comes after its seconds, not after 60."""
    conf = write(lab, "timeout 2;")
    status, _, _ = lab.command("-1", "-cf", conf, "-sf", lab.script.path,
                               *QUICK, "cli0")
    assert status == 2
    assert lab.script.wait("FAIL")


def test_timeout_of_the_command_line_comes_first(lab):
    conf = write(lab, "timeout 3600;")
    status, _, _ = lab.command("-1", "-cf", conf, "-sf", lab.script.path,
                               "--timeout", "2", *QUICK, "cli0")
    assert status == 2
    assert lab.script.wait("FAIL")


def test_rejected_server(lab, raw):
    client = lab.client(*QUICK, "-cf",
                        write(lab, "reject 10.77.0.0/24; timeout 3;"))
    lab.script.wait("FAIL")
    assert "rejected" in client.log
    assert lab.script.runs("BOUND") == []


def test_script_of_the_file(lab, raw):
    conf = write(lab, f'script "{lab.script.path}";')
    status, _, errors = lab.command(*QUICK, "-cf", conf, "cli0")
    assert status == 0, errors
    assert lab.script.wait("BOUND")


def test_script_of_the_command_line_comes_first(lab, raw):
    conf = write(lab, """script "/bin/false";
interface "cli0" { script "/bin/false"; }
""")
    lab.client(*QUICK, "-cf", conf)
    lab.script.wait("BOUND")


def test_missing_file_is_an_empty_one(lab, raw):
    lab.client(*QUICK, "-cf", str(lab.folder / "nowhere.conf"))
    assert lab.script.wait("BOUND")


def test_the_file_may_be_a_link_or_a_device(lab, raw):
    """As /etc/dhcp/dhclient.conf often is; /dev/null is an empty one."""
    link = lab.folder / "link.conf"
    link.symlink_to(write(lab, "supersede domain-name-servers 127.0.0.1;"))
    client = lab.client(*QUICK, "-cf", str(link))
    bound = lab.script.wait("BOUND")
    assert bound["new_domain_name_servers"] == "127.0.0.1"
    client.signal(signal.SIGTERM)
    assert client.wait() == 0
    client = lab.client(*QUICK, "-cf", "/dev/null")
    assert lab.script.wait("BOUND", after=bound)
    assert "/dev/null" not in client.log


def test_no_interfaces_is_said(lab):
    status, _, errors = lab.command("-n", "-v")
    assert status == 0
    assert "-n: " in errors
