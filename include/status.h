/*
 * The text of /run/dhcpcanon/IFACE.status: one `key=value` a line.  Opens
 * nothing.  The keys, in this order; those in brackets may be absent:
 *
 *   interface        its name
 *   pid              the monitor's
 *   written          when this was written, UTC (2026-11-22T18:00:00Z)
 *   state            INIT, SELECTING, REQUESTING, PROBING, BOUND, RENEWING,
 *                    REBINDING, DECLINED, STOPPED; while no worker runs one
 *                    of enum status_idle: STARTING, ABSENT, REFUSED, PAUSED,
 *                    GIVEN_UP, ENDING
 *   since            when that state was entered, UTC
 *   [retry]          seconds from `written` until there is a new worker
 *   [lladdr]         what kind of link-layer address it uses: permanent,
 *                    random, foreign, unknown
 *   [address]        leased
 *   [server]         that leased it
 *   [t1]             seconds from `written` until it is renewed,
 *   [t2]             rebound,
 *   [expiry]         over; absent for a lease without end
 *   [sandbox]        full; or partial: part of it is not in force
 *   [sandbox_parts]  what of it is: own_user no_capabilities
 *                    bounding_emptied no_new_privileges landlock seccomp
 *   [sent_…]         messages since the worker started: discover,
 *                    request_selecting, request_renewing,
 *                    request_rebinding, decline
 *   [retransmissions] how many of them were not sent for the first time
 *   [dropped_…]      frames since then that were not taken, by kind: the
 *                    names of decode_name(), which are words with `_`
 *   [naks]           DHCPNAKs since then
 *   [conflicts]      ARP conflicts
 *   [declines]       DHCPDECLINEs, whatever for
 *   [offers_refused] OFFERs that were not acceptable
 *   workers_failed   since the monitor started
 *   routes_refused   by the route policy, since then
 *   notices_dropped  notices over their rate, since then
 */
#ifndef DHCPCANON_STATUS_H
#define DHCPCANON_STATUS_H

#include "mac.h"
#include "notice.h"

/* Why there is no worker. */
enum status_idle {
	STATUS_STARTING, /* there will be one when the script has ended */
	STATUS_ABSENT,   /* there is no such link */
	STATUS_REFUSED,  /* --require-random-mac: its address is no such */
	STATUS_PAUSED,   /* the last one failed */
	STATUS_GIVEN_UP, /* too many failed */
	STATUS_ENDING,
	STATUS_IDLE_COUNT,
};

/* What the monitor adds to a worker's own words. */
struct status {
	const char *interface;
	int64_t pid;           /* the monitor's */
	int64_t now;           /* seconds since the epoch */
	int64_t since;         /* when the state was entered, likewise */
	enum status_idle idle; /* without a worker */
	uint32_t retry_s;      /* PAUSED and GIVEN_UP: seconds */
	uint32_t workers_failed;
	uint32_t routes_refused;
	uint32_t notices_dropped;
	enum mac_kind mac_kind;
	const struct notice_state *worker; /* NULL: no worker runs */
};

/*
 * Appends the status file's text.  `worker` has passed notice_check; its
 * times are counted from `now`.
 */
void status_write(const struct status *status, struct text *out);

#endif
