/* What rtnetlink says of one interface (rtnetlink(7)).  Knows no socket. */
#include "link.h"

#include "netlink.h"

#include <errno.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

_Static_assert(LINK_NAME_MAX == IFNAMSIZ, "the kernel's length of a name");

/* Only Ethernet's addresses have six octets; no other can be ours. */
static void take_mac(struct reader value, struct link *link)
{
	link->is_ethernet = reader_left(&value) == MAC_LENGTH &&
			    reader_copy(&value, MAC_LENGTH, link->mac.octet);
}

/* RFC 2863: drivers that don't report a state leave it at UNKNOWN. */
static bool take_operstate(struct reader value, struct link *link)
{
	uint8_t state;

	if (!reader_u8(&value, &state))
		return false;
	link->oper_up = state == IF_OPER_UP || state == IF_OPER_UNKNOWN;
	return true;
}

static bool take_attribute(uint16_t type, struct reader value,
			   struct link *link)
{
	switch (type) {
	case IFLA_IFNAME:
		return netlink_read_name(value, link->name);
	case IFLA_ADDRESS:
		take_mac(value, link);
		return true;
	case IFLA_MTU:
		return reader_copy(&value, sizeof(link->mtu), &link->mtu);
	case IFLA_OPERSTATE:
		return take_operstate(value, link);
	}
	return true;
}

static bool take_attributes(struct reader in, struct link *link)
{
	struct reader value;
	uint16_t type;

	while (reader_left(&in) > 0) {
		if (!netlink_take_attribute(&in, &type, &value) ||
		    !take_attribute(type, value, link))
			return false;
	}
	return true;
}

static bool same_name(const struct link *a, const struct link *b)
{
	const size_t length = strlen(a->name);

	return length > 0 && memcmp(a->name, b->name, length + 1) == 0;
}

/* RTM_NEWLINK or RTM_DELLINK: struct ifinfomsg and attributes. */
static bool take_link(struct reader in, bool deleted, struct link *link,
		      bool *changed)
{
	const bool by_name = link->ifindex == 0;
	struct link said = *link;
	struct ifinfomsg info;

	if (!reader_copy(&in, sizeof(info), &info))
		return false;
	if (info.ifi_family != AF_UNSPEC)
		return true;
	if (!by_name && (uint32_t)info.ifi_index != link->ifindex)
		return true;
	if (by_name) /* then the message has to name it */
		memset(said.name, 0, sizeof(said.name));
	if (!take_attributes(in, &said))
		return false;
	if (by_name && !same_name(&said, link))
		return true;
	*changed = true;
	if (deleted) {
		link->present = false;
		return true;
	}
	said.ifindex = (uint32_t)info.ifi_index;
	said.present = true;
	said.up = info.ifi_flags & IFF_UP;
	said.running = info.ifi_flags & IFF_RUNNING;
	if (info.ifi_type != ARPHRD_ETHER)
		said.is_ethernet = false;
	*link = said;
	return true;
}

/* NLMSG_ERROR: the link that was asked about is not there. */
static bool take_error(struct reader in, struct link *link, bool *changed)
{
	int32_t error;

	if (!reader_copy(&in, sizeof(error), &error))
		return false;
	if (error == -ENODEV) {
		link->present = false;
		*changed = true;
	}
	return true;
}

static bool take_message(uint16_t type, struct reader body, struct link *link,
			 bool *changed)
{
	switch (type) {
	case NLMSG_ERROR:
		return take_error(body, link, changed);
	case RTM_NEWLINK:
	case RTM_DELLINK:
		return take_link(body, type == RTM_DELLINK, link, changed);
	}
	return true;
}

enum decode link_decode(const uint8_t *bytes, size_t length, struct link *link,
			bool *changed)
{
	struct reader in = reader_of(bytes, length);
	struct link said = *link;
	bool is_about_it = false;
	struct reader body;
	uint16_t type;

	while (reader_left(&in) > 0) {
		if (!netlink_take_message(&in, &type, &body) ||
		    !take_message(type, body, &said, &is_about_it))
			return DECODE_NOT_LINK;
	}
	*link = said;
	*changed = is_about_it;
	return DECODE_OK;
}

bool link_is_usable(const struct link *link)
{
	return link->present && link->up && link->running && link->oper_up;
}
