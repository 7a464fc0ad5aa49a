/*
 * Routes from the network (option 33; RFC 3442's 121 and its twin 249) and
 * the policy which of them the script is told (--routes).  A server that may
 * set routes can pull traffic out of a VPN (TunnelVision, CVE-2024-3661), so
 * by default only the way to the gateway is taken.  Works on the final text,
 * in the monitor, where a subverted worker can't lift it.
 */
#ifndef DHCPCANON_ROUTE_H
#define DHCPCANON_ROUTE_H

#include "variables.h"

enum route_policy {
	ROUTES_GATEWAY, /* the default route and the host routes it needs */
	ROUTES_ALL,     /* RFC 3442 as it is */
	ROUTES_NONE,    /* not even a default route */
};

struct route {
	struct in_addr destination; /* network order, host bits zero */
	uint8_t prefix_length;      /* 0 to 32 bits */
	struct in_addr gateway;     /* network order; 0.0.0.0: on the link */
};

/*
 * Reads the next route of RFC 3442's encoding; false at the end or when it
 * does not parse (`in` is then not at its end): a width above 32, or too short.
 * Host bits of the destination are cleared, as RFC 3442 demands.
 */
bool route_take(struct reader *in, struct route *out);

/*
 * Appends `route` as the script is given it: RFC 3442's octets in decimal,
 * the destination's significant ones only, separated by one blank, as in
 * "24 192 168 50 10 77 0 5".
 */
void route_add_text(const struct route *route, struct text *out);

/*
 * Reads the next route of such text and moves `*at` behind it and the blank
 * between it and another; false, moving nothing, at the end or when it does
 * not parse (`**at` is then not NUL).
 */
bool route_take_text(const char **at, struct route *out);

/*
 * Applies `policy` to the routes among `variables`: options 33, 121, 249 and,
 * with ROUTES_NONE, 3.  A value with no route left is taken out.  ROUTES_
 * GATEWAY keeps of 121 and 249, each by itself, the default routes and the
 * routes with a /32 prefix to one of their gateways; of 33 nothing.  Routes
 * taken out are written to `refused`, at most `max_refused` (those of 33 with
 * a /32 prefix, routers as default routes); returns how many there were,
 * which may be more.  `variables` must be valid.
 */
size_t route_policy_apply(enum route_policy policy, struct variables *variables,
			  struct route *refused, size_t max_refused);

#endif
