/*
 * Which links are held when none is named: the machine's own Ethernet-like
 * ones.  A link of a kind (IFLA_INFO_KIND: veth, bridge, vlan, tun …) was
 * made by software; one with a master (bridge, bond, VRF) is a part of
 * another.  Neither says which network the machine is in, so neither is held,
 * except in a container, whose way out is made by software: there `host0` and
 * `eth…` are held too, whatever their kind.  No sockets.
 */
#ifndef DHCPCANON_PHYSICAL_H
#define DHCPCANON_PHYSICAL_H

#include "bytes.h"
#include "link.h"

/* A link that is to be held. */
struct physical {
	uint32_t ifindex;
	char name[LINK_NAME_MAX];
};

/*
 * Steps to the next such link among the bytes read from an rtnetlink socket:
 * RTM_NEWLINK with broadcast, an Ethernet address, no kind unless
 * `in_container` and so named, and no master.  A message without an address
 * (wireless events) does not say enough and is passed over.  False when there
 * is none left; what does not parse is dropped with all after it.
 */
bool physical_next(struct reader *in, bool in_container, struct physical *out);

#endif
