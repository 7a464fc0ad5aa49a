/*
 * What one instance has and no other may have at the same time, whatever its
 * pid file is: TCP port 68 of a link, bound and not listened on.  It lives in
 * the network namespace, dies with its process, and is nobody's to take who
 * may not be a DHCP client: an abstract socket could be anybody's.
 */
#ifndef DHCPCANON_INSTANCE_H
#define DHCPCANON_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Each takes CAP_NET_BIND_SERVICE, which is raised for that long if need be.
 *
 * Takes the link `ifindex` until the descriptor that is returned is closed;
 * or -errno, -EADDRINUSE if an instance has it.
 */
int instance_take_link(uint32_t ifindex);

/* True if an instance, this one or another, has the link of that name. */
bool instance_has_link(const char *name);

/*
 * Takes the right to change a lease file that others may change too, likewise.
 * Waits for it, but not longer than 50 ms: whoever keeps it longer must not
 * keep us from the network, and -EADDRINUSE is returned.
 */
int instance_take_leases(void);

#endif
