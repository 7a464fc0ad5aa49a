"""What an AppArmor profile permits, and what strace(1) saw being done.

There need be no AppArmor in the kernel: apparmor_parser(8) reads the profile
with all that it includes, and each access that a trace shows is looked up in
it as the kernel would.
"""

import re
import subprocess
from pathlib import Path

PROFILE = (Path(__file__).resolve().parents[2] / "apparmor"
           / "usr.sbin.dhcpcanon")
ABI = "/etc/apparmor.d/abi/3.0"  # of Debian 12's kernel

STRACE = ["strace", "-f", "-y", "-qq", "-s", "256", "-e", "signal=none",
          "-e", "trace=%file,%network,mmap,mprotect,flock,fcntl,fchmod,"
          "fchown,ftruncate,capset,fchdir,clone,clone3,fork,vfork,"
          "setresuid,setresgid,setgroups,prctl", "-o"]


def parse(*options):
    return subprocess.run(
        ["apparmor_parser", "--skip-cache", "--skip-kernel-load",
         "--policy-features", ABI, "--kernel-features", ABI, *options,
         str(PROFILE)], capture_output=True, check=False)


def brace_end(glob, start):
    depth = 0
    for i in range(start, len(glob)):
        depth += {"{": 1, "}": -1}.get(glob[i], 0)
        if depth == 0:
            return i
    raise ValueError(glob)


def regex(glob):
    """apparmor.d(5), globbing."""
    out, i = "", 0
    while i < len(glob):
        c = glob[i]
        if glob.startswith("**", i):
            out, i = out + ".*", i + 1
        elif c == "*":
            out += "[^/]*"
        elif c == "?":
            out += "[^/]"
        elif c == "[":
            end = glob.index("]", i)
            out, i = out + glob[i:end + 1].replace("[^", "[^/"), end
        elif c == "{":
            end = brace_end(glob, i)
            parts, depth, part = [], 0, ""
            for d in glob[i + 1:end]:
                depth += {"{": 1, "}": -1}.get(d, 0)
                if d == "," and depth == 0:
                    parts, part = [*parts, part], ""
                else:
                    part += d
            out += "(?:" + "|".join(map(regex, [*parts, part])) + ")"
            i = end
        else:
            out += re.escape(c)
        i += 1
    return out


class Rule:
    """`own`: it is in our file, not in one that that includes."""

    def __init__(self, text, pattern, permissions, own):
        self.text, self.permissions, self.own = text, permissions, own
        self.pattern = re.compile(pattern + r"\Z")
        self.used = set()


class Profile:
    def __init__(self):
        text = parse("--preprocess").stdout.decode()
        variables = {}
        for name, values in re.findall(
                r"^\s*@\{(\w+)\}\s*\+?=\s*(.*)$", text, re.MULTILINE):
            variables.setdefault(name, []).extend(
                value.strip('"').rstrip("/") for value in values.split())
        own = set(re.sub(r"#.*", "", PROFILE.read_text()).split("\n"))
        self.files, self.capabilities, self.networks = [], {}, {}
        for line in text[text.index("\nprofile "):].splitlines():
            self.add(line, variables, line in own)

    def expand(self, glob, variables):
        while "@{" in glob:
            glob = re.sub(
                r"@\{(\w+)\}", lambda match: "{" + ",".join(
                    variables.get(match.group(1), ["[0-9]*"])) + "}",
                glob, count=1)
        return re.sub(r"//+", "/", glob)

    def add(self, line, variables, own):
        rule = line.split("#")[0].strip().removesuffix(",")
        words = rule.split()
        if words[:1] == ["capability"]:
            for name in words[1:]:
                self.capabilities["CAP_" + name.upper()] = set()
        elif words[:1] == ["network"]:
            self.networks[tuple(words[1:3])] = set()
        elif re.match(r"(owner )?[/@]", rule):
            glob, permissions = rule.removeprefix("owner ").rsplit(None, 1)
            self.files.append(Rule(rule, regex(
                self.expand(glob, variables)), permissions, own))

    def look_up(self, path, permissions):
        """Which of `permissions` no rule has for this path."""
        missing = set(permissions)
        for rule in self.files:
            if rule.pattern.match(path):
                found = missing & set(rule.permissions)
                rule.used |= set(permissions) & set(rule.permissions)
                missing -= found
        return missing

    def unused(self):
        """Our own rules, not those of abstractions, that nothing needed."""
        names = [f"capability {name[4:].lower()}"
                 for name, used in self.capabilities.items() if not used]
        names += [" ".join(("network", *key))
                  for key, used in self.networks.items() if not used]
        for rule in self.files:
            left = set(rule.permissions) - rule.used - {"i"}
            if "x" in rule.used:
                left -= set("mr")  # execve(2) itself needs them
            if rule.own and left:
                names.append(f"{rule.text}: {''.join(sorted(left))}")
        return names


class Trace:
    """Looks all that a trace shows up.  `resolve` gives the real path of one
    that was named; the trace has it only of what was opened."""

    CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += +(-?\d+)(?:<(.*?)>)?")

    def __init__(self, profile, resolve):
        self.profile, self.resolve = profile, resolve
        self.refused = set()
        self.seen = 0
        self.folders = {}  # pid: where it is

    def need(self, what, path, permissions):
        path = re.sub(r" \(deleted\)$", "", path)
        if not path.startswith("/"):
            return  # a pipe, a socket
        path = re.sub(r"^/proc/self/", "/proc/1/", path)
        self.seen += 1
        missing = self.profile.look_up(path, permissions)
        if missing:
            self.refused.add(f"{path} {''.join(sorted(missing))} ({what})")

    def feed(self, text):
        begun, self.folders = {}, {}
        for line in text.splitlines():
            # calls that others interrupted are in two lines
            pid = line.split(None, 1)[0]
            if line.endswith("<unfinished ...>"):
                begun[pid] = line.removesuffix("<unfinished ...>")
                continue
            resumed = re.match(r"\d+ +<\.\.\. \w+ resumed>(.*)", line)
            if resumed and pid in begun:
                line = begun.pop(pid).rstrip() + resumed.group(1)
            call = self.CALL.match(line)
            if call and int(call.group(4)) >= 0:
                self.take(*call.groups())

    def take(self, pid, what, arguments, result, opened):
        self.folder = self.folders.setdefault(pid, "/")
        if what in ("clone", "clone3", "fork", "vfork"):
            self.folders[result] = self.folder
        elif what == "chdir":
            [self.folders[pid]] = self.named(arguments)
        elif what == "fchdir":
            self.folders[pid] = re.match(r"\d+<(.*?)>", arguments).group(1)
        else:
            handler = getattr(self, "on_" + what, None)
            if handler:
                handler(what, arguments, opened)

    def named(self, arguments):
        """Paths among the arguments, made absolute."""
        found = []
        for folder, path in re.findall(
                r'(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"',
                arguments):
            found.append(path if path.startswith("/")
                         else f"{folder or self.folder}/{path}")
        return found

    # files

    def on_openat(self, what, arguments, opened):
        flags = arguments.split('", ', 1)[-1]
        if "O_PATH" in flags:
            return
        permissions = ("rw" if "O_RDWR" in flags else
                       "w" if "O_WRONLY" in flags else "r")
        self.need(what, self.as_folder(opened or ""), permissions)

    on_open = on_openat

    def as_folder(self, path):
        """With a slash at its end, if it is one."""
        if path.startswith("/") and self.resolve(path).endswith("/"):
            return path.rstrip("/") + "/"
        return path

    def on_execve(self, what, arguments, _):
        [path, *_] = self.named(arguments)
        self.need(what, self.resolve(path), "x")

    def change(self, what, arguments, _):
        for path in self.named(arguments):
            self.need(what, self.as_folder(self.parent(path)), "w")

    on_unlink = on_unlinkat = on_chmod = on_fchmodat = change
    on_utimensat = on_truncate = change

    def on_fchownat(self, what, arguments, _):
        self.change(what, arguments, _)
        self.capability(what, "CAP_CHOWN")

    on_chown = on_lchown = on_fchownat

    def on_symlink(self, what, arguments, _):
        self.change(what, arguments.split(", ", 1)[1], _)

    on_symlinkat = on_symlink

    def on_mkdir(self, what, arguments, _):
        for path in self.named(arguments):
            self.need(what, self.parent(path) + "/", "w")

    on_mkdirat = on_rmdir = on_mkdir

    def on_rename(self, what, arguments, _):
        [old, new] = self.named(arguments)
        self.need(what, self.parent(old), "rw")
        self.need(what, self.parent(new), "w")

    on_renameat = on_renameat2 = on_rename

    def parent(self, path):
        """The real path of something that may be gone."""
        folder, _, name = path.rstrip("/").rpartition("/")
        return self.resolve(folder or "/").rstrip("/") + "/" + name

    def of_descriptor(self, what, arguments, permissions):
        opened = re.match(r"\d+<(.*?)>", arguments)
        if opened:
            self.need(what, self.as_folder(opened.group(1)), permissions)

    def on_flock(self, what, arguments, _):
        self.of_descriptor(what, arguments, "k")

    def on_fcntl(self, what, arguments, _):
        if "F_SETLK" in arguments or "F_OFD_SETLK" in arguments:
            self.of_descriptor(what, arguments, "k")

    def on_fchmod(self, what, arguments, _):
        self.of_descriptor(what, arguments, "w")

    on_ftruncate = on_fchmod

    def on_fchown(self, what, arguments, _):
        self.on_fchmod(what, arguments, _)
        self.capability(what, "CAP_CHOWN")

    def on_mmap(self, what, arguments, _):
        mapped = re.search(r"PROT_EXEC.*, \d+<(/.*?)>", arguments)
        if mapped:
            self.need(what, mapped.group(1), "m")

    # sockets and capabilities

    def on_socket(self, what, arguments, _):
        family, kind = re.match(r"[AP]F_(\w+), SOCK_(\w+)", arguments).groups()
        key = (family.lower(), kind.lower())
        if key in self.profile.networks:
            self.profile.networks[key].add(what)
        else:
            self.refused.add(" ".join(("network", *key)))

    on_socketpair = on_socket

    def on_connect(self, what, arguments, _):
        address = re.search(r'sun_path="([^"@]+)"', arguments)
        if address:
            self.need(what, self.resolve(address.group(1)), "w")

    on_sendto = on_connect

    def capability(self, what, name):
        if name in self.profile.capabilities:
            self.profile.capabilities[name].add(what)
        else:
            self.refused.add(f"capability {name}")

    def on_capset(self, what, arguments, _):
        effective = re.search(r"effective=([^,]*)", arguments).group(1)
        for name in re.findall(r"CAP_\w+", effective):
            self.capability(what, name)

    def on_setresuid(self, what, _, __):
        self.capability(what, "CAP_SETUID")

    def on_setresgid(self, what, _, __):
        self.capability(what, "CAP_SETGID")

    on_setgroups = on_setresgid

    def on_prctl(self, what, arguments, _):
        if arguments.startswith("PR_CAPBSET_DROP"):
            self.capability(what, "CAP_SETPCAP")
