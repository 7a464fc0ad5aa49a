/*
 * What this machine shows a network besides DHCP, as far as can be seen
 * without privilege and without asking anybody: the kind of its link-layer
 * address, other DHCP clients, responders that tell its name, IPv6 addresses
 * made of the link-layer address, whether a random address is set in time.
 */
#ifndef DHCPCANON_MACHINE_H
#define DHCPCANON_MACHINE_H

#include "mac.h"

#include <stddef.h>

enum weight {
	WEIGHT_GOOD,
	WEIGHT_NOTE, /* worth knowing */
	WEIGHT_LEAK, /* tells who this machine is, or may do so */
	WEIGHT_COUNT,
};

#define FINDINGS_MAX 48
#define FINDING_TEXT_MAX 256 /* octets, the NUL included */

struct finding {
	enum weight weight;
	const char *subject;         /* one word for scripts: "dhcp_client" */
	char text[FINDING_TEXT_MAX]; /* a sentence, printable ASCII */
};

struct findings {
	size_t count; /* what does not fit is left out, notes first */
	struct finding item[FINDINGS_MAX];
};

/* Adds a finding, with printf's format. */
void findings_add(struct findings *findings, enum weight weight,
		  const char *subject, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * Looks at interface `name`, of index `ifindex`, whose address is `mac`, and
 * adds what it finds.  What can't be read is passed over.
 */
void machine_look(const char *name, uint32_t ifindex, const struct mac *mac,
		  struct findings *out);

#endif
