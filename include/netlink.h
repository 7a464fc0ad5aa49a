/*
 * Netlink messages and their attributes taken apart (netlink(7)).  The kernel
 * writes in host byte order and pads everything to four octets; its structs
 * are copied out, never overlaid, and every length is the reader's to check.
 */
#ifndef DHCPCANON_NETLINK_H
#define DHCPCANON_NETLINK_H

#include "bytes.h"

#include <linux/if.h>
#include <linux/netlink.h>

/* Splits off a body that, with its header of that size, is `length` long. */
static inline bool netlink_take_body(struct reader *in, size_t length,
				     size_t header_length, struct reader *body)
{
	size_t padding = -length & (NLMSG_ALIGNTO - 1);

	if (length < header_length ||
	    !reader_split(in, length - header_length, body))
		return false;
	/* the last one's padding may be missing */
	if (padding > reader_left(in))
		padding = reader_left(in);
	reader_skip(in, padding);
	return true;
}

/* Takes the next message; false when there is none that is whole. */
static inline bool netlink_take_message(struct reader *in, uint16_t *type,
					struct reader *body)
{
	struct nlmsghdr header;

	if (!reader_copy(in, sizeof(header), &header))
		return false;
	*type = header.nlmsg_type;
	return netlink_take_body(in, header.nlmsg_len, sizeof(header), body);
}

/* Takes the next attribute; false when there is none that is whole. */
static inline bool netlink_take_attribute(struct reader *in, uint16_t *type,
					  struct reader *value)
{
	struct nlattr header;

	if (!reader_copy(in, sizeof(header), &header))
		return false;
	*type = (uint16_t)(header.nla_type & (unsigned)NLA_TYPE_MASK);
	return netlink_take_body(in, header.nla_len, sizeof(header), value);
}

/*
 * Reads an interface's name, zeros after it; false, writing nothing, when the
 * value is no string or does not fit.
 */
static inline bool netlink_read_name(struct reader value, char out[IFNAMSIZ])
{
	const size_t length = reader_left(&value);
	char name[IFNAMSIZ] = {0};

	if (length == 0 || length > sizeof(name))
		return false;
	/*@ split length; */
	reader_copy(&value, length, name);
	if (name[length - 1] != '\0')
		return false;
	memcpy(out, name, sizeof(name));
	return true;
}

#endif
