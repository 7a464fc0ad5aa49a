/*
 * The sockets of a worker.  The monitor opens them, with the privilege that
 * takes; the worker uses them and can open none.  Packet sockets are created
 * with protocol 0, filtered, then bound with the protocol once: nothing
 * queues before the filter is there, and neither bind nor close waits for an
 * RCU grace period.
 */
#ifndef DHCPCANON_TRANSPORT_H
#define DHCPCANON_TRANSPORT_H

#include "frame.h"
#include "link.h"

/* Descriptors; -1: none. */
struct transport {
	int packet;   /* AF_PACKET, IPv4: receives all, sends broadcasts */
	int arp;      /* AF_PACKET, ARP */
	int udp;      /* port 68: sends unicast, receives nothing */
	int netlink;  /* rtnetlink, this link only */
	int deadline; /* timerfd, CLOCK_BOOTTIME */
	int resumed;  /* timerfd, CLOCK_REALTIME, cancelled when set */
};

/*
 * Opens all for the interface `ifindex` with address `mac`, close-on-exec and
 * non-blocking: the IPv4 filter (UDP to port 68, no later fragment, op 2,
 * htype 1, hlen 6, chaddr `mac`, not of a VLAN or bond on top of the
 * interface) is locked, the ARP filter drops all and is not, netlink is
 * filtered to the ifindex and locked.  Takes CAP_NET_RAW and
 * CAP_NET_BIND_SERVICE in effect.  Returns 0; or -errno with `*what` naming
 * what could not be opened, and nothing left open.  A taken UDP port is no
 * error: `udp` is then -1.
 */
int transport_open(struct transport *transport, uint32_t ifindex,
		   const struct mac *mac, const char **what);

/* Closes what is open and leaves -1 for each. */
void transport_close(struct transport *transport);

/*
 * Receives one frame into `buffer`; returns its length, 0 when it is none for
 * us (not to this host or broadcast, of a VLAN, longer than the buffer),
 * -EAGAIN when nothing is queued, -errno otherwise (ENETDOWN once after the
 * link went down, before what is queued).
 * `*checksum_ready` as frame_decode wants it (PACKET_AUXDATA).
 */
ssize_t transport_receive(int packet, uint8_t *buffer, size_t size,
			  bool *checksum_ready);

/* Writes one whole frame to a packet socket; 0 or -errno. */
int transport_send_frame(int packet, const uint8_t *frame, size_t length);

/*
 * Sends a message to port 67 of `destination` from `source` by UDP on
 * interface `ifindex`, the source named so that no other address can leave
 * (RFC 2131 §4.4.5); 0 or -errno, -EBADF when `udp` is -1.
 */
int transport_send_udp(int udp, uint32_t ifindex, struct in_addr source,
		       struct in_addr destination, const uint8_t *message,
		       size_t length);

/*
 * Sets the ARP filter: frames on interface `ifindex` with sender or, in a
 * probe, target `address` that come from another MAC than `mac`; drop-all when
 * `address` is 0.  Frames that the filter before it let in may still be
 * queued.  Returns 0 or -errno.
 */
int transport_watch_arp(int arp, uint32_t ifindex, struct in_addr address,
			const struct mac *mac);

/* Asks rtnetlink to describe the link `ifindex`; 0 or -errno. */
int transport_ask_link(int netlink, uint32_t ifindex);

/*
 * Reads from rtnetlink and brings `*link` up to date; `*changed` says whether
 * anything about it was there.  Reads until nothing is queued; after an
 * overflow (ENOBUFS) asks again.  Returns 0 or -errno (EBADMSG: something that
 * does not parse was passed over).
 */
int transport_read_link(int netlink, struct link *link, bool *changed);

/*
 * Arms the deadline timer at CLOCK_BOOTTIME `deadline_ms`, a past one to fire
 * at once; TIME_NEVER (moment.h) disarms it.  Until then a timer that fired
 * stays readable; no read is needed.  Returns 0 or -errno.
 */
int transport_arm_deadline(int deadline, uint64_t deadline_ms);

/*
 * Arms the timer that becomes readable when CLOCK_REALTIME is set, as it is
 * on resume from suspend; to be called once at first and again each time it
 * fired (no read needed).  Returns 0 or -errno.
 */
int transport_arm_resumed(int resumed);

#endif
