/*
 * The text of the leases file (dhclient.leases(5)): a block for each
 * interface held, and back for -r and -x alone.  Opens nothing.
 */
#ifndef DHCPCANON_LEASEFILE_H
#define DHCPCANON_LEASEFILE_H

#include "link.h"
#include "variables.h"

#define LEASEFILE_BLOCK_MAX 65536 /* octets of one block */
#define LEASEFILE_NEVER INT64_MAX /* of a time: never */

/* A lease on file; times are seconds since the epoch. */
struct lease_record {
	char interface[LINK_NAME_MAX];
	struct variables variables;
	int64_t renew, rebind, expire;
};

/*
 * Appends one `lease { … }` block: two-space indent, interface, fixed-address,
 * filename, server-name, options (text quoted, lists by commas), renew,
 * rebind, expire in UTC or `never`.
 */
void leasefile_write(const struct lease_record *record, struct text *out);

/*
 * Finds the last block of `interface` in a leases file of `length` octets.
 * Reads what leasefile_write writes, tolerant of other blanks and statements;
 * every value is checked like a notice's.  Returns false when there is no
 * such block or it does not give a valid lease; `*out` is then undefined.
 */
bool leasefile_read(const char *file, size_t length, const char *interface,
		    struct lease_record *out);

#endif
