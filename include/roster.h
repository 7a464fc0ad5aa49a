/*
 * The interfaces that are held: those named, or, when none is, all that are
 * to be held (physical.h), as they come and go.
 */
#ifndef DHCPCANON_ROSTER_H
#define DHCPCANON_ROSTER_H

#include "interface.h"
#include "links.h"

#define ROSTER_FOREIGN_MAX 256

struct roster {
	const struct monitor_context *context;
	size_t count;
	bool takes_all;     /* none was named */
	uint64_t start_ms;  /* roster_start_next is due; TIME_NEVER */
	uint64_t silent_ms; /* what got no lease until then is not waited for */
	size_t may_wait;    /* for a first lease, when one more is started */
	struct links links;
	/* that others hold: said once, and left to them */
	uint32_t foreign[ROSTER_FOREIGN_MAX];
	size_t foreign_count;
	struct interface *interface[CLI_INTERFACES_MAX]; /* mapped */
};

/*
 * Holds what is asked for: all that is named, or what there is.  Returns 0,
 * also if there is none; or -errno with a sentence logged.  `*roster` is all
 * zero; `context` must stay.
 */
int roster_hold(struct roster *roster, const struct monitor_context *context);

/*
 * Sees that all may be started, and starts the first worker; 0, or -errno with
 * a sentence logged.
 */
int roster_start(struct roster *roster);

/*
 * Starts one more worker if it is time to: to be called in between all else.
 * Were all started first, none would be served meanwhile; then all would send
 * at once, for which the queue of a server has no room.
 */
void roster_start_next(struct roster *roster);

/*
 * To be called before each wait: watches links if any may be waited for, and
 * forgets those that have gone and were not named.
 */
void roster_settle(struct roster *roster);

/* rtnetlink has something to say. */
void roster_on_links(struct roster *roster);

/* udev may have done with a link; or roster_deadline is due. */
void roster_on_udev(struct roster *roster);

/* When that is due, CLOCK_BOOTTIME ms; TIME_NEVER. */
uint64_t roster_deadline(const struct roster *roster);

/* True if no interface is there: all that are held are absent. */
bool roster_is_empty(const struct roster *roster);

#endif
