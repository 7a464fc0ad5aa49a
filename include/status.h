/*
 * The text of /run/dhcpcanon/IFACE.status: one `key=value` a line, documented
 * in dhcpcanon(8).  Opens nothing.
 */
#ifndef DHCPCANON_STATUS_H
#define DHCPCANON_STATUS_H

#include "notice.h"

/* What the monitor adds to a worker's own words. */
struct status {
	const char *interface;
	int64_t pid;	/* the monitor's */
	int64_t now;	/* seconds since the epoch */
	int64_t since;	/* when the state was entered, likewise */
	uint32_t workers_failed;
	uint32_t routes_refused;
	uint32_t notices_dropped;
	const struct notice_state *worker; /* NULL: no worker runs */
};

/* Appends the status file's text. */
void status_write(const struct status *status, struct text *out);

#endif
