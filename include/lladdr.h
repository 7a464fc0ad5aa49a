/*
 * The link-layer address: what it tells of the machine, and a fresh one that
 * tells nothing.  Whether one is wanted is the caller's to know.
 */
#ifndef DHCPCANON_LLADDR_H
#define DHCPCANON_LLADDR_H

#include "mac.h"

/*
 * Asks the kernel about interface `name`, whose address is `current`.  Needs
 * no privilege.  What can't be asked is MAC_UNKNOWN.
 */
enum mac_kind lladdr_kind_of(const char *name, const struct mac *current);

/*
 * True if the hardware of interface `name` has an address of its own, current
 * or not.  Needs no privilege.
 */
bool lladdr_has_permanent(const char *name);

/*
 * Gives `name` a fresh address, written to `*mac`: unicast, locally
 * administered, its 46 other bits uniform from the kernel's generator.  A link
 * that is up is taken down for that and brought up again: many drivers ask for
 * it, and the IPv6 addresses that were made from the old one go with it.
 * Needs CAP_NET_ADMIN.  Returns 0; or -errno with `*what` naming the step.
 */
int lladdr_randomize(const char *name, struct mac *mac, const char **what);

#endif
