/* An Ethernet address, in the order of its octets on the wire. */
#ifndef DHCPCANON_MAC_H
#define DHCPCANON_MAC_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define MAC_LENGTH 6

/* Of the first octet (IEEE 802, 8.2). */
#define MAC_GROUP_BIT 0x01U /* multicast */
#define MAC_LOCAL_BIT 0x02U /* locally administered */

struct mac {
	uint8_t octet[MAC_LENGTH];
};

/* True if `a` and `b` are the same address. */
static inline bool mac_equal(const struct mac *a, const struct mac *b)
{
	return memcmp(a->octet, b->octet, MAC_LENGTH) == 0;
}

enum mac_kind {
	MAC_UNKNOWN,   /* the kernel can't say */
	MAC_PERMANENT, /* the hardware's: it identifies the machine */
	MAC_RANDOM,    /* another one, locally administered */
	MAC_FOREIGN,   /* another one, of a manufacturer's */
	MAC_KIND_COUNT
};

/* Lower-case words for logs, the status file and --audit. */
const char *mac_kind_name(enum mac_kind kind);

/* True if an address of that kind is known not to be the hardware's. */
bool mac_kind_is_changed(enum mac_kind kind);

/*
 * What kind of address `current` is: `permanent` is the hardware's, or NULL
 * when it has told none; then `assigned`, the kernel's addr_assign_type (-1:
 * unknown), and the local bit (IEEE 802, 8.4) decide.
 */
enum mac_kind mac_judge(const struct mac *current, const struct mac *permanent,
			int assigned);

#endif
