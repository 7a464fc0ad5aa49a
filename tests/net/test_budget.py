"""What the program may cost, in numbers that are the same on every run: the
instructions of the pure ring, and the system calls until BOUND.

The budgets are in tests/bench/budgets, a little above what was counted with
Debian 12's compiler.  A time is no budget: `make bench` reports those.
"""

import os
import re
import subprocess
import sys

import pytest

import lab as labs
import servers

BENCH = labs.TREE / "tests" / "bench"
BUDGETS = dict(line.rsplit(None, 1) for line in
               (BENCH / "budgets").read_text().splitlines()
               if line and not line.startswith("#"))
SYSTEM_CALLS = "system calls to BOUND"
CALLS = 500  # of each function: what is counted is exact

os.environ.setdefault("BUILD", os.path.dirname(labs.PROGRAM))
sys.path.insert(0, str(BENCH))

import clients  # noqa: E402
import measure  # noqa: E402


@pytest.mark.parametrize("call", sorted(set(BUDGETS) - {SYSTEM_CALLS}))
def test_instructions(call):
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--toggle-collect=measured",
         clients.BUILD / "tests" / "bench" / "pure",
         labs.TREE / "tests" / "packets", str(CALLS), call],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    counted = re.search(r"Collected : (\d+)", done.stdout)
    assert done.returncode == 0 and counted, done.stdout
    instructions = int(counted.group(1)) / CALLS
    print(f"{call}: {instructions:.0f} instructions of {BUDGETS[call]}")
    assert 0 < instructions <= int(BUDGETS[call])


def test_system_calls(lab):
    servers.Server(lab, "dnsmasq")
    [client] = [c for c in clients.ALL if c.name == "dhcpcanon --arp-wait 0"]
    counted = measure.system_calls(lab, client)
    print(f"{counted} system calls of {BUDGETS[SYSTEM_CALLS]}")
    assert 0 < counted <= int(BUDGETS[SYSTEM_CALLS])
