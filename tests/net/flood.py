"""Puts frames on an interface at a rate, each in its turn:

    flood.py INTERFACE COUNT RATE FILE

FILE has one frame a line, in hexadecimal.  Nobody who captures on INTERFACE
sees them (PACKET_QDISC_BYPASS), only who is at the other end of the wire.  A
busy machine is late for a while; what it owes it sends afterwards.
"""

import itertools
import socket
import sys
import time

SOL_PACKET, PACKET_QDISC_BYPASS = 263, 20


def main(interface, count, rate, path):
    with open(path, encoding="ascii") as lines:
        frames = itertools.cycle([bytes.fromhex(line) for line in lines])
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    opened.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
    opened.bind((interface, 0))
    send, begun, sent = opened.send, time.monotonic(), 0
    print("flood begins", flush=True)
    while sent < count:
        due = min(count, int((time.monotonic() - begun) * rate))
        for frame in itertools.islice(frames, due - sent):
            send(frame)
        sent = due
        time.sleep(0.001)  # a thousand bursts a second
    print(f"{sent} frames in {time.monotonic() - begun:.3f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
