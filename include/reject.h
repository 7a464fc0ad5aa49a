/* Servers that the user does not want, by address (dhclient's `reject`). */
#ifndef DHCPCANON_REJECT_H
#define DHCPCANON_REJECT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REJECT_MAX 32

/* No pointer: this goes to the worker with its configuration. */
struct reject_list {
	uint32_t count;
	struct {
		struct in_addr network, mask; /* network order */
	} item[REJECT_MAX];
};

/* True if an OFFER of `server`, the server identifier, is to be refused. */
static inline bool reject_matches(const struct reject_list *list,
				  struct in_addr server)
{
	for (size_t i = 0; i < list->count && i < REJECT_MAX; i++)
		if ((server.s_addr & list->item[i].mask.s_addr) ==
		    list->item[i].network.s_addr)
			return true;
	return false;
}

#endif
