"""The real servers: how each is configured, started and known to be ready."""

import ipaddress
import string
from pathlib import Path

import lab as labs

KINDS = ("dnsmasq", "dhcpd", "kea", "udhcpd")
TEMPLATES = Path(__file__).resolve().parent / "servers"

# What the log says when the server answers.
READY = {
    "dnsmasq": r"sockets bound exclusively to interface",
    "dhcpd": r"^Server starting service",
    "kea": r"DHCP4_STARTED",
    "udhcpd": r"^udhcpd: started",
}

SHORTEST = {"dnsmasq": 120}  # seconds of lease


class Server:
    """One server on srv0 of a namespace (the wire's own by default), with
    the configuration of that kind and style: servers/KIND-STYLE.*."""

    def __init__(self, lab, kind, namespace=None, style=None, **settings):
        self.lab, self.kind = lab, kind
        self.template = kind + (f"-{style}" if style else "")
        self.namespace = namespace or lab.wire
        self.starts = 0
        self.settings = {}
        self.start(**settings)

    def start(self, network="10.77.0.0/24", first=None, last=None,
              lease=600, t1=None, t2=None, router="10.77.0.1",
              dns="10.77.0.53"):
        """Starts it; it remembers the leases that it put on file."""
        net = ipaddress.ip_network(network)
        lease = max(lease, SHORTEST.get(self.kind, 0))
        t1, t2 = t1 or lease // 2, t2 or lease * 7 // 8
        self.settings = {
            "network": str(net.network_address), "netmask": str(net.netmask),
            "width": net.prefixlen, "router": router, "dns": dns,
            "first": first or str(net[100]), "last": last or str(net[150]),
            "lease": lease, "t1": t1, "t2": t2, "t1_hex": f"{t1:08x}",
            "t2_hex": f"{t2:08x}", "leases": str(self.path("leases"))}
        template = next(TEMPLATES.glob(self.template + ".*"))
        configuration = self.path("conf")
        configuration.write_text(string.Template(
            template.read_text()).substitute(self.settings))
        self.path("leases").touch()
        self.starts += 1
        self.process = self.lab.spawn(
            self.namespace, self.argv(configuration),
            f"{self.kind}-{self.namespace}-{self.starts}.log",
            {**labs.CLEAN, "KEA_PIDFILE_DIR": str(self.lab.folder),
             "KEA_LOCKFILE_DIR": "none",
             "KEA_LOGGER_DESTINATION": "stderr"})
        self.process.wait_log(READY[self.kind])

    def path(self, what):
        return self.lab.folder / f"{self.kind}-{self.namespace}.{what}"

    def argv(self, configuration):
        configuration = str(configuration)
        leases = self.settings["leases"]
        return {
            "dnsmasq": ["dnsmasq", "-k", "-d", "-C", configuration,
                        "--interface=srv0", "--bind-interfaces",
                        "--user=root", "--pid-file=",
                        f"--dhcp-leasefile={leases}"],
            "dhcpd": ["dhcpd", "-4", "-f", "-d", "-cf", configuration,
                      "-lf", leases, "--no-pid", "srv0"],
            "kea": ["kea-dhcp4", "-c", configuration],
            "udhcpd": ["udhcpd", "-f", "-a", "1", configuration],
        }[self.kind]

    def stop(self):
        self.process.stop()

    def restart(self, leases=None, **settings):
        """Stops and starts it again, with other settings, and with other
        leases on file if they are given."""
        self.stop()
        if leases is not None:
            self.path("leases").write_text(leases)
        self.start(**settings)

    @property
    def lease(self):
        return self.settings["lease"]
