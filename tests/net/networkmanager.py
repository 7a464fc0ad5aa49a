"""NetworkManager as the caller, and who plays its part where a test is about
the helper's conversation alone.

Knows nmcli, NetworkManager's log and the D-Bus interface of nm-dhcp-helper;
nothing of the program but that it stands in a client's place.
"""

import re
import shutil
import subprocess
import threading
from pathlib import Path

import gi

import lab as labs

gi.require_version("Gio", "2.0")
from gi.repository import Gio, GLib  # noqa: E402

HELPER = "/usr/lib/NetworkManager/nm-dhcp-helper"
IN_NETNS = labs.TREE / "tests" / "net" / "nm-in-netns"
DEBIAN_CONF = labs.TREE / "tests" / "conf" / "debian.conf"
CONNECT_S = 30  # the longest that a test lets NetworkManager try


class Manager:
    """NetworkManager 1.42 with dhcp=dhclient, and a profile `lab` for
    cli0."""

    def __init__(self, lab, **profile):
        self.lab = lab
        self.state = lab.folder / "nm"
        shutil.copy(DEBIAN_CONF, lab.etc / "dhcp" / "dhclient.conf")
        self.process = labs.Process(
            lab.enter(["unshare", "--uts", str(IN_NETNS), str(lab.folder),
                       labs.PROGRAM]), lab.folder / "networkmanager.log")
        lab.processes.append(self.process)
        self.process.wait_log(r"manager: startup complete")
        settings = {
            "connection.autoconnect": "no", "ipv4.method": "auto",
            "ipv6.method": "disabled", "ipv4.dhcp-timeout": str(CONNECT_S),
            **{name.replace("__", ".").replace("_", "-"): value
               for name, value in profile.items()}}
        self.nmcli("con", "add", "type", "ethernet", "ifname", "cli0",
                   "con-name", "lab",
                   *(word for pair in settings.items() for word in pair))

    def nmcli(self, *argv, check=True):
        done = subprocess.run(
            ["nsenter", "-t", str(self.process.pid), "-n", "-m", "nmcli",
             *argv], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=labs.CLEAN)
        assert not check or done.returncode == 0, f"{argv}: {done.stdout}"
        return done.stdout

    def up(self):
        """Connects; the pid of the client that NetworkManager started."""
        self.nmcli("-w", str(CONNECT_S), "con", "up", "lab")
        return self.client()

    def begin(self):
        """Begins to connect; the client's pid."""
        clients = len(self.clients())
        self.nmcli("-w", "0", "con", "up", "lab")
        labs.wait_for("client", lambda: len(self.clients()) > clients)
        return self.client()

    def down(self):
        self.nmcli("-w", str(CONNECT_S), "dev", "disconnect", "cli0")

    def show(self):
        """What nmcli says of the interface: {'IP4.ADDRESS[1]': …}."""
        lines = self.nmcli("-t", "-e", "no", "-f", "GENERAL,IP4,DHCP4", "dev",
                           "show", "cli0").splitlines()
        return dict(line.split(":", 1) for line in lines if ":" in line)

    def every(self, name):
        """The values of NAME[1], NAME[2], …"""
        return [value for key, value in self.show().items()
                if key.split("[")[0] == name]

    def address(self):
        return " ".join(self.every("IP4.ADDRESS"))

    def options(self):
        """DHCP4.OPTION: {'ip_address': …}."""
        return dict(option.split(" = ", 1)
                    for option in self.every("DHCP4.OPTION"))

    def is_connected(self):
        return self.show()["GENERAL.STATE"] == "100 (connected)"

    def wait_address(self, address):
        labs.wait_for(f"{address} in nmcli and in the kernel",
                      lambda: self.address() == address
                      and self.lab.address() == address)

    # -- its log

    def logged(self, pattern):
        return re.findall(pattern, self.process.log, re.MULTILINE)

    def clients(self):
        """The pids of all clients so far."""
        return [int(pid) for pid in
                self.logged(r"dhclient started with pid (\d+)")]

    def client(self):
        return self.clients()[-1]

    def events(self):
        """The reasons that it was told."""
        return self.logged(r"DHCP event \(reason: '(\w+)'\)")

    def wait_event(self, reason, count=1):
        labs.wait_for(f"{count} times {reason}",
                      lambda: self.events().count(reason) >= count)

    def stops(self):
        """How each client that was stopped ended; NetworkManager waits for
        500 ms, then sends SIGKILL."""
        return self.logged(
            r"kill child process 'dhcp-client-cli0' \(\d+\): after sending "
            r"SIGTERM.*?, process \d+ exited (.+?)"
            r"(?: \(\d+ usec elapsed\))?$")


class Listener:
    """NetworkManager's end of its private socket: keeps what nm-dhcp-helper
    tells, and answers."""

    INTERFACE = Gio.DBusNodeInfo.new_for_xml("""
        <node><interface name="org.freedesktop.nm_dhcp_server">
          <method name="Notify"><arg type="a{sv}" direction="in"/></method>
        </interface></node>""").interfaces[0]
    PATH = "/org/freedesktop/nm_dhcp_server"
    FAILED = "org.freedesktop.NetworkManager.Device.Failed"

    def __init__(self, lab):
        self.refused = set()  # reasons answered with an error
        self.held = set()     # reasons not answered at all
        self.told, self.errors = [], []
        self.kept = []        # connections and invocations
        folder = lab.run / "NetworkManager"
        folder.mkdir()
        self.context = GLib.MainContext()
        self.loop = GLib.MainLoop(self.context)
        ready = threading.Event()
        self.thread = threading.Thread(
            target=self.serve, args=(folder / "private-dhcp", ready))
        self.thread.start()
        lab.closers.append(self.close)
        assert ready.wait(labs.PATIENCE)

    def close(self):
        self.loop.quit()
        self.thread.join()

    def serve(self, path, ready):
        self.context.push_thread_default()
        server = Gio.DBusServer.new_sync(
            f"unix:path={path}", Gio.DBusServerFlags.NONE,
            Gio.dbus_generate_guid(), None, None)
        server.connect("new-connection", self.on_connection)
        server.start()
        ready.set()
        self.loop.run()
        server.stop()
        self.context.pop_thread_default()

    def on_connection(self, _, connection):
        connection.register_object(self.PATH, self.INTERFACE, self.on_call,
                                   None, None)
        self.kept.append(connection)
        return True

    def on_call(self, connection, sender, path, interface, method, arguments,
                invocation):
        try:
            told = {name: bytes(value).decode("latin-1")
                    for name, value in arguments.unpack()[0].items()}
            self.told.append(told)
            reason = told["reason"]
            if reason in self.held:
                self.kept.append(invocation)
            elif reason in self.refused:
                invocation.return_dbus_error(self.FAILED, "refused")
            else:
                invocation.return_value(None)
        except Exception as error:  # shown with the test's failure
            self.errors.append(error)

    def wait(self, reason, count=1):
        """What it was told the `count`th time for `reason`."""
        return labs.wait_for(
            f"{count} times {reason}",
            lambda: [told for told in self.told
                     if told["reason"] == reason][count - 1:])[0]

    def reasons(self):
        return [told["reason"] for told in self.told]
