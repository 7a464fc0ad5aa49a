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
	int64_t renew, rebind, expire;
	struct variables variables;
};

/* Where a `lease { … }` block lies in a file. */
struct leasefile_block {
	char interface[LINK_NAME_MAX]; /* "" when it names none */
	size_t start, length;          /* octets, from `lease` to `}` */
};

/* Makes `*to` a copy of `*from`; see variables_copy. */
void lease_record_copy(struct lease_record *to,
		       const struct lease_record *from);

/*
 * The lease's end as scripts are told it, seconds since the epoch: for one
 * without end 0xffffffff seconds from `now`, as dhclient counts it.
 */
int64_t lease_record_expiry(const struct lease_record *record, int64_t now);

/*
 * Appends one `lease { … }` block: two-space indent, interface, fixed-address,
 * filename, server-name, options (text quoted, lists by commas) under the
 * names that `definitions` (or NULL) and the table have for them, renew,
 * rebind, expire in UTC or `never`.
 */
void leasefile_write(const struct lease_record *record,
		     const struct definitions *definitions, struct text *out);

/*
 * Finds the next block of a leases file of `length` octets; `*at` starts at 0
 * and moves behind it.  False after the last one; a block that the file ends
 * in is none.
 */
bool leasefile_next(const char *file, size_t length, size_t *at,
		    struct leasefile_block *out);

/*
 * Reads the last block of `interface` in a leases file of `length` octets.
 * Reads what leasefile_write writes, tolerant of other blanks and statements;
 * a value that is not clean (option_text_is_clean) is left out, as it would
 * be from a message.  The network number, which is not on file, and a missing
 * broadcast address are computed from address and mask.  Returns false when
 * there is no such block or it does not give a valid lease with its three
 * times; `*out` is then undefined.
 */
bool leasefile_read(const char *file, size_t length, const char *interface,
		    const struct definitions *definitions,
		    struct lease_record *out);

#endif
