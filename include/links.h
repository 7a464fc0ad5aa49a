/*
 * The links of this network namespace as the monitor sees them: told by
 * rtnetlink of every change, asked which ones are to be held.  On a machine
 * with udev a link that just appeared is left to it first: it may be about to
 * rename it, which an interface that is up does not permit (Linux before 6.2).
 */
#ifndef DHCPCANON_LINKS_H
#define DHCPCANON_LINKS_H

#include "physical.h"

#define LINKS_UDEV_MS                                                          \
	3000 /* a link that udev passes over is held after that                \
	      */

struct links {
	int watch;            /* rtnetlink; -1: not open */
	int udev;             /* inotify, while a link waits for udev; or -1 */
	uint64_t patience_ms; /* CLOCK_BOOTTIME; it waits until then */
	bool is_impatient;    /* that has passed */
	bool has_lost;        /* some of what rtnetlink had to say */
	bool in_container;
	struct reader unread;
};

/* Nothing open. */
void links_reset(struct links *links);

/*
 * Begins to watch, close-on-exec and non-blocking; 0 or -errno.  We are in a
 * container if /run/systemd/container exists, which systemd makes in one, or
 * `container` is in our environment, which container managers set.
 */
int links_open(struct links *links);

/* Ends that. */
void links_close(struct links *links);

/* Asks for all links to be described, now; 0 or -errno. */
int links_ask(struct links *links);

/*
 * Steps through what rtnetlink has said since, to the next link that is to be
 * held when none is named (physical.h); false when nothing is left.  What got
 * lost (ENOBUFS) is asked for again.
 */
bool links_next(struct links *links, struct physical *out);

/*
 * True if udev has done with the link, or there is no udev.  Otherwise
 * `udev` is readable once it may have, or links_deadline is due: then
 * links_look_again.
 */
bool links_is_settled(struct links *links, uint32_t ifindex);

/* Asks for all links to be described, for those that had to wait. */
void links_look_again(struct links *links);

/* When links_look_again is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t links_deadline(const struct links *links);

#endif
