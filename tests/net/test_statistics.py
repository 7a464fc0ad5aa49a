"""What is drawn at random is as random as the profile says, counted on the
wire.  Each test's chance of failing with a sound program is 1e-6 at most:
half of it is shared among its p-values (Bonferroni), half is left for repeats
and because chi-square's p-values are approximate.  `-s` shows them.
"""

import itertools
import os
import signal
from collections import Counter

import pytest
from scipy import stats

import lab as labs
import wire

FALSE_ALARM = 1e-6
TRANSACTIONS = 10_000
CLIENTS = 256


class Verdict:
    """The p-values of one test."""

    def __init__(self):
        self.p = {}

    def bits(self, what, numbers, positions):
        """Each bit is 1 in half of the numbers."""
        for position in positions:
            ones = sum(number >> position & 1 for number in numbers)
            self.p[f"{what}, bit {position}"] = stats.binomtest(
                ones, len(numbers)).pvalue

    def equal(self, what, found, possible):
        """Each of the possible values is as frequent as any other."""
        counted = Counter(found)
        assert set(counted) <= set(possible), what
        self.p[what] = stats.chisquare(
            [counted[value] for value in possible]).pvalue

    def uniform(self, what, sample, low, high):
        self.p[what] = stats.kstest(sample, "uniform",
                                    args=(low, high - low)).pvalue

    def unrelated(self, what, some, others):
        self.p[what] = stats.spearmanr(some, others).pvalue

    def give(self):
        print("\n" + "\n".join(f"{what:40} p = {p:.3g}" for what, p in sorted(
            self.p.items(), key=lambda item: item[1])[:12]))
        limit = FALSE_ALARM / 2 / len(self.p)
        assert {what: p for what, p in self.p.items() if not p > limit} == {}


def allowed_repeats(count, bits):
    """How many of that many drawn values may have been there before: more
    happen with a chance of less than FALSE_ALARM / 10."""
    expected = count * (count - 1) / 2 / 2 ** bits
    return int(stats.poisson.isf(FALSE_ALARM / 10, expected))


# -- ten thousand transactions ----------------------------------------------

def converse(lab, *flags):
    """DISCOVER, OFFER, REQUEST, and at once a fresh start by SIGHUP."""
    pid = []

    def answer(server, message):
        if message.type == wire.DISCOVER:
            return [server.offer(message)]
        os.kill(pid[0], signal.SIGHUP)
        return []

    server = labs.RawServer(lab, answer)
    server.mute = True
    client = lab.client(*flags, script="/bin/true", mode=("-d", "-q"))
    labs.wait_worker(client.pid)
    pid.append(client.pid)
    server.mute = False
    # from now on each REQUEST brings the next; the first DISCOVER is lost
    client.signal(signal.SIGHUP)

    def enough():
        lab.frames()  # before the kernel's buffer is full
        return sum(m.type == wire.REQUEST
                   for m in server.heard[-1:]) and len(
                       server.heard) >= 2 * TRANSACTIONS + 2

    labs.wait_for("transactions", enough, timeout=300)
    client.signal(signal.SIGTERM)
    client.wait()
    assert server.errors == []
    sent = [frame.dhcp for frame in lab.sent()]
    return ([m for m in sent if m.type == wire.DISCOVER],
            [m for m in sent if m.type == wire.REQUEST])


def judge_xids(verdict, xids):
    verdict.bits("xid", xids, range(32))
    verdict.bits("xid against the one before",
                 [a ^ b for a, b in itertools.pairwise(xids)], range(32))
    for octet in range(4):
        verdict.equal(f"octet {octet} of xid",
                      [xid >> 8 * octet & 0xff for xid in xids], range(256))
    repeats = len(xids) - len(set(xids))
    assert repeats <= allowed_repeats(len(xids), 32)


def judge_orders(verdict, what, orders):
    """All permutations alike, and the next says nothing of the last."""
    possible = list(itertools.permutations(sorted(orders[0])))
    verdict.equal(f"order of {what}", orders, possible)
    if len(possible) <= 6:
        verdict.equal(f"order of {what} after another",
                      zip(orders[::2], orders[1::2]),
                      list(itertools.product(possible, repeat=2)))


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--client-id", "--request-options")],
                         ids=["plain", "disclosing"])
def test_ten_thousand_transactions(lab, flags):
    lab.audited = {"repeats": allowed_repeats(TRANSACTIONS, 32)}
    if flags:
        lab.audited |= {"client_id": True, "request_options": True}
    discovers, requests = converse(lab, *flags)
    verdict = Verdict()
    judge_xids(verdict, [m.xid for m in discovers])
    judge_orders(verdict, "a REQUEST", [m.codes for m in requests])
    if flags:
        judge_orders(verdict, "a DISCOVER", [m.codes for m in discovers])
        judge_orders(verdict, "a request list",
                     [tuple(m.option(55)) for m in discovers])
        discover = {m.xid: m for m in discovers}
        verdict.unrelated("order of a DISCOVER and of its REQUEST",
                          [discover[m.xid].codes.index(53) for m in requests],
                          [m.codes.index(53) for m in requests])
    verdict.give()


# -- timers and link-layer addresses ----------------------------------------

T1, T2, LEASE = 10, 20, 240
ADDRESS = """#!/bin/sh
[ "$reason" != BOUND ] ||
	exec ip addr add "$new_ip_address/16" dev "$interface"
"""


def add_clients(lab):
    """Interfaces that do not hear each other."""
    lab.remove_interface("cli0")
    names = [f"many{n}" for n in range(CLIENTS)]
    lab.ip(lab.wire, *itertools.chain.from_iterable(
        (f"link add far{n} type veth peer name {name} netns {lab.inside}",
         f"link set far{n} master srv0 up",
         f"link set far{n} type bridge_slave isolated on")
        for n, name in enumerate(names)), "addr add 10.77.0.1/16 dev srv0")
    lab.ip(lab.inside, *(f"link set {name} up" for name in names))
    return names


class Crowd:
    """A server for many, which answers nothing at first."""

    def __init__(self, lab):
        self.answers_discover = self.answers_request = False
        self.ever = {}  # chaddr: address
        self.server = labs.RawServer(lab, self.answer, lease=LEASE, options=[
            (1, wire.ip("255.255.0.0")), (58, T1.to_bytes(4, "big")),
            (59, T2.to_bytes(4, "big"))])

    def answer(self, server, message):
        number = self.ever.setdefault(message.chaddr, len(self.ever))
        address = f"10.77.{1 + number // 250}.{1 + number % 250}"
        if message.type == wire.DISCOVER and self.answers_discover:
            return [server.offer(message, yiaddr=address)]
        if (message.type == wire.REQUEST and self.answers_request
                and message.ciaddr == wire.ANY):
            return [server.ack(message, yiaddr=address)]
        return []


def by_client(capture, kind, since=0):
    """The times of the messages of `kind`, first to last, by client."""
    found = {}
    for frame in capture.drain()[since:]:
        message = frame.dhcp
        if frame.from_client and message and kind(message):
            found.setdefault(message.chaddr, []).append(frame.time)
    return found


def wait_each(capture, kind, count, since=0, timeout=60):
    def all_there():
        found = by_client(capture, kind, since)
        return len(found) == CLIENTS and min(
            map(len, found.values())) >= count and found

    return labs.wait_for(f"{count} of each client", all_there, timeout)


def differences(some, n, others, m):
    """From each client's m-th of the others to its n-th of some."""
    return [some[client][n] - others[client][m] for client in sorted(some)]


def is_discover(message):
    return message.type == wire.DISCOVER


def is_selecting(message):
    return message.type == wire.REQUEST and message.ciaddr == wire.ANY


def is_renewal(message):
    return message.type == wire.REQUEST and message.ciaddr != wire.ANY


@pytest.mark.slow
def test_timers_and_addresses(lab):
    names = add_clients(lab)
    crowd = Crowd(lab)
    capture = labs.Capture(lab.wire, "srv0")
    lab.closers.append(capture.socket.close)
    script = lab.folder / "address"
    script.write_text(ADDRESS)
    script.chmod(0o755)
    verdict = Verdict()

    client = lab.client("--arp-wait", "0", "--random-mac", interfaces=names,
                        mode=("-d", "-q"), script=str(script))
    found = wait_each(capture, is_discover, 2)
    verdict.uniform("second DISCOVER", differences(found, 1, found, 0), 3, 5)
    macs = [int.from_bytes(mac, "big") for mac in found]
    assert all(mac >> 40 & 3 == 2 for mac in macs)
    verdict.bits("link-layer address", macs,
                 [n for n in range(48) if n not in (40, 41)])

    crowd.answers_discover = True
    since = len(capture.frames)
    client.signal(signal.SIGHUP)
    found = wait_each(capture, is_selecting, 2, since)
    second = differences(found, 1, found, 0)
    verdict.uniform("second REQUEST", second, 3, 5)

    crowd.answers_request = True
    renewals = wait_each(capture, is_renewal, 2, since)
    requests = by_client(capture, is_selecting, since)
    t1 = differences(renewals, 0, requests, -1)
    t2 = differences(renewals, 1, requests, -1)
    verdict.uniform("T1", t1, T1 - 1, T1 + 1)
    verdict.uniform("T2", t2, T2 - 1, T2 + 1)
    verdict.unrelated("T1 and T2", t1, t2)
    verdict.unrelated("T1 and the second REQUEST", t1, second)
    verdict.give()
