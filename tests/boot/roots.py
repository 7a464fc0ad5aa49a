"""Debian 12 as directories: a plain root, and layers of packages over it.

Made when absent, kept outside of the tree, never written to afterwards: a
machine boots from an overlay.  The name of each has a digest of what it was
made of, so that a changed list makes a new one and old ones stay valid.
Nothing is started while packages are configured, and they have no network
then.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

CACHE = Path(os.environ.get("DHCPCANON_TEST_CACHE",
                            "/var/cache/dhcpcanon-tests"))
MIRROR = os.environ.get("DHCPCANON_TEST_MIRROR",
                        "http://deb.debian.org/debian")
SUITE = "bookworm"

PLAIN = ["dbus", "iproute2", "libcap-ng0", "libcap2-bin", "systemd-sysv",
         "udev"]

# What a flavour has that the plain root has not.
FLAVOURS = {
    "plain": [],
    "resolved": ["systemd-resolved", "libnss-resolve", "polkitd"],
    "networkmanager": ["network-manager"],
    "ifupdown": ["ifupdown", "isc-dhcp-client"],
    "resolvconf": ["resolvconf"],
    "openresolv": ["openresolv"],
    "resolvconf-admin": ["resolvconf-admin"],
    "make": ["make"],
}

# Nothing of these is a test's business, and each would cost time at boot.
MASKED = ["apt-daily.timer", "apt-daily-upgrade.timer",
          "dpkg-db-backup.timer", "e2scrub_all.timer", "e2scrub_reap.service",
          "fstrim.timer", "console-getty.service", "getty-static.service",
          "getty.target"]

# In the plain root; then whoever runs a test looks like any other machine.
RECIPE = """
cd "$0"
rm -f etc/hostname var/lib/dbus/machine-id
: >etc/machine-id
echo 'nameserver 192.0.2.53' >etc/resolv.conf
chmod 644 etc/resolv.conf
printf '127.0.0.1 localhost\\n' >etc/hosts
for unit in {masked}; do ln -sf /dev/null "etc/systemd/system/$unit"; done
rm -rf var/lib/apt/lists/* var/cache/apt/* var/cache/debconf/*-old
"""

# $0 is a root; $1 is mounted there with what is written going to $2 ($3 is
# scratch); the rest are packages.  Their scripts see no process and no link.
INSTALL = """
root=$0
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2,workdir=$3" "$root"
shift 3
mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
mount -t tmpfs tmpfs "$root/tmp"
quiet='-qq -o Dpkg::Use-Pty=0 -o APT::Install-Recommends=false
    -o Acquire::Check-Valid-Until=false -o Acquire::Check-Date=false'
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
chroot "$root" apt-get $quiet update
chroot "$root" apt-get $quiet --download-only install "$@"
umount "$root/etc/resolv.conf"
printf '#!/bin/sh\\nexit 101\\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
unshare --net --pid --fork --mount-proc="$root/proc" \\
    chroot "$root" apt-get $quiet --no-download install "$@"
rm "$root/usr/sbin/policy-rc.d"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*
"""


def run(what, argv):
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise RuntimeError(f"{what}: {argv[0]} ended with {done.returncode}"
                           f":\n{done.stdout[-4000:]}")


def make_plain(folder):
    run("plain root", [
        "debootstrap", "--variant=minbase", "--include=" + ",".join(PLAIN),
        SUITE, str(folder), MIRROR])
    run("plain root", ["sh", "-ec", RECIPE.format(masked=" ".join(MASKED)),
                       str(folder)])


def make_layer(folder, below, packages):
    """What installing `packages` over `below` changes."""
    with tempfile.TemporaryDirectory(dir=CACHE) as name:
        scratch = Path(name)
        for part in ("work", "root"):
            (scratch / part).mkdir()
        folder.mkdir()
        run(f"layer {folder.name}", [
            "unshare", "--mount", "--propagation", "private", "sh", "-ec",
            INSTALL, str(scratch / "root"), str(below), str(folder),
            str(scratch / "work"), *packages])


def digest(*parts):
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def cached(name, make, *arguments):
    """The directory CACHE/name, whole: made under another name first."""
    done = CACHE / name
    if not done.is_dir():
        partial = CACHE / (name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        make(partial, *arguments)
        partial.rename(done)
    return done


def layers(flavour):
    """The directories that make up a flavour's root, uppermost first.  One
    process makes them while the others wait."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        recipe = digest(SUITE, MIRROR, PLAIN, MASKED, RECIPE)
        plain = cached(f"plain-{recipe}", make_plain)
        packages = FLAVOURS[flavour]
        if not packages:
            return [plain]
        recipe = digest(recipe, packages, INSTALL)
        return [cached(f"{flavour}-{recipe}", make_layer, plain, packages),
                plain]
