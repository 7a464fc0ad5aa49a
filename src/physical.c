/* The machine's own links, told from all others (rtnetlink(7)). */
#include "physical.h"

#include "netlink.h"

#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

/* What a message says of a link. */
struct description {
	struct physical link;
	bool is_ethernet; /* by its type */
	bool has_address; /* of six octets */
	bool has_kind;
	bool has_master;
};

/* IFLA_LINKINFO, which the port of a bridge has too, without a kind. */
static bool take_info(struct reader in, struct description *out)
{
	struct reader value;
	uint16_t type;

	while (reader_left(&in) > 0) {
		if (!netlink_take_attribute(&in, &type, &value))
			return false;
		if (type == IFLA_INFO_KIND)
			out->has_kind = true;
	}
	return true;
}

static bool take_attribute(uint16_t type, struct reader value,
			   struct description *out)
{
	switch (type) {
	case IFLA_IFNAME:
		return netlink_read_name(value, out->link.name);
	case IFLA_ADDRESS:
		out->has_address = reader_left(&value) == MAC_LENGTH;
		return true;
	case IFLA_MASTER:
		out->has_master = true;
		return true;
	case IFLA_LINKINFO:
		return take_info(value, out);
	}
	return true;
}

/* RTM_NEWLINK: struct ifinfomsg and attributes. */
static bool take_link(struct reader in, struct description *out)
{
	struct ifinfomsg info;
	struct reader value;
	uint16_t type;

	*out = (struct description){0};
	if (!reader_copy(&in, sizeof(info), &info))
		return false;
	out->link.ifindex = (uint32_t)info.ifi_index;
	/* bridges report their ports as another family */
	out->is_ethernet = info.ifi_family == AF_UNSPEC &&
			   info.ifi_type == ARPHRD_ETHER &&
			   (info.ifi_flags & IFF_BROADCAST) != 0;
	while (reader_left(&in) > 0) {
		if (!netlink_take_attribute(&in, &type, &value) ||
		    !take_attribute(type, value, out))
			return false;
	}
	return true;
}

/* host0 is systemd-nspawn's, eth0 everybody else's. */
static bool leads_out_of_container(const char name[LINK_NAME_MAX])
{
	return memcmp(name, "host0", sizeof("host0")) == 0 ||
	       memcmp(name, "eth", 3) == 0;
}

static bool is_wanted(const struct description *said, bool in_container)
{
	if (!said->is_ethernet || !said->has_address || said->has_master ||
	    said->link.name[0] == '\0')
		return false;
	return !said->has_kind ||
	       (in_container && leads_out_of_container(said->link.name));
}

bool physical_next(struct reader *in, bool in_container, struct physical *out)
{
	struct description said;
	struct reader body;
	uint16_t type;

	while (netlink_take_message(in, &type, &body)) {
		if (type != RTM_NEWLINK)
			continue;
		if (!take_link(body, &said))
			return false;
		if (!is_wanted(&said, in_container))
			continue;
		*out = said.link;
		return true;
	}
	return false;
}
