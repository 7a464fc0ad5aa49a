/* An Ethernet address, in the order of its octets on the wire. */
#ifndef DHCPCANON_MAC_H
#define DHCPCANON_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MAC_LENGTH 6

struct mac {
	uint8_t octet[MAC_LENGTH];
};

/* True if `a` and `b` are the same address. */
static inline bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->octet, b->octet, MAC_LENGTH) == 0;
}

#endif
