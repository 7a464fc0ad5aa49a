/*
 * An interface as rtnetlink describes it (rtnetlink(7), RFC 2863): bytes to
 * present, up, carrier, MAC and name.  No sockets.
 */
#ifndef DHCPCANON_LINK_H
#define DHCPCANON_LINK_H

#include "decode.h"
#include "mac.h"

#include <stddef.h>

#define LINK_NAME_MAX 16 /* IFNAMSIZ: octets, NUL included */

struct link {
	uint32_t ifindex;
	char name[LINK_NAME_MAX];
	struct mac mac;   /* the current one */
	bool present;     /* false after RTM_DELLINK */
	bool up;          /* IFF_UP: administratively */
	bool running;     /* IFF_RUNNING */
	bool oper_up;     /* operstate UP or UNKNOWN (RFC 2863) */
	bool is_ethernet; /* ARPHRD_ETHER with a 6-octet address */
	uint32_t mtu;     /* octets */
};

/*
 * Brings `*link` up to date from `length` bytes read from an rtnetlink
 * socket, which may hold several messages; those about another ifindex than
 * link->ifindex, of another type, or of another address family (bridges
 * report their ports so) are passed over.  If link->ifindex is 0, messages
 * are matched by link->name instead and the index is taken from the first
 * RTM_NEWLINK.  An attribute that a message does not carry keeps its value
 * (wireless events bring only a few), and so does everything but `present`
 * when the link is deleted.  NLMSG_ERROR with ENODEV counts as deleted.
 * `*changed` says whether a message was about this link.  Numbers are in host
 * byte order, as the kernel writes them.  Returns DECODE_OK, or
 * DECODE_NOT_LINK, changing nothing, when the bytes don't parse.
 */
enum decode link_decode(const uint8_t *bytes, size_t length, struct link *link,
			bool *changed);

/*
 * True if frames can pass: present, up, running and oper_up.  IFF_LOWER_UP is
 * of no use: it comes before the Wi-Fi key handshake.
 */
bool link_is_usable(const struct link *link);

#endif
