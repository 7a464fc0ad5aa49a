/*
 * What an Ethernet address tells of the machine that has it.  Knows the bits
 * of an address and the kernel's word for where it came from.
 */
#include "mac.h"

#include <assert.h>
#include <linux/netdevice.h>
#include <stddef.h>

const char *mac_kind_name(enum mac_kind kind)
{
	static const char names[MAC_KIND_COUNT][12] = {
		[MAC_UNKNOWN] = "unknown",
		[MAC_PERMANENT] = "permanent",
		[MAC_RANDOM] = "random",
		[MAC_FOREIGN] = "foreign",
	};

	assert(kind < MAC_KIND_COUNT);
	return names[kind];
}

bool mac_kind_is_changed(enum mac_kind kind)
{
	return kind == MAC_RANDOM || kind == MAC_FOREIGN;
}

enum mac_kind mac_judge(const struct mac *current, const struct mac *permanent,
			int assigned)
{
	const bool is_local = (current->octet[0] & MAC_LOCAL_BIT) != 0;

	if (permanent != NULL && mac_equal(current, permanent))
		return MAC_PERMANENT;
	if (permanent != NULL)
		return is_local ? MAC_RANDOM : MAC_FOREIGN;
	switch (assigned) {
	case NET_ADDR_RANDOM:
		return MAC_RANDOM;
	case NET_ADDR_SET:
		return is_local ? MAC_RANDOM : MAC_UNKNOWN;
	case NET_ADDR_PERM:
		return is_local ? MAC_UNKNOWN : MAC_PERMANENT;
	}
	return MAC_UNKNOWN;
}
