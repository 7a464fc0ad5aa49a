/*
 * Ports that are bound and never listened on, and who has them.  Must not
 * know what for.
 */
#include "instance.h"

#include "frame.h"
#include "privilege.h"

#include <errno.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define LOOPBACK 1U /* its index in every namespace; no client serves it */

#define LINK_TRIES 3 /* a millisecond apart: somebody may only have asked */
#define LEASES_TRIES 50

static int bind_port(int descriptor)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(DHCP_CLIENT_PORT),
		.sin_addr = {htonl(INADDR_ANY)},
	};

	if (bind(descriptor, (const struct sockaddr *)&address,
		 sizeof(address)) < 0)
		return -errno;
	return 0;
}

/* A descriptor or -errno. */
static int take(uint32_t ifindex)
{
	const int index = (int)ifindex;
	const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = 0;

	if (descriptor < 0)
		return -errno;
	if (setsockopt(descriptor, SOL_SOCKET, SO_BINDTOIFINDEX, &index,
		       sizeof(index)) < 0)
		result = -errno;
	if (result == 0)
		result = bind_port(descriptor);
	if (result == -EACCES && privilege_raise(CAP_NET_BIND_SERVICE) == 0) {
		result = bind_port(descriptor);
		privilege_lower(CAP_NET_BIND_SERVICE);
	}
	if (result == 0)
		return descriptor;
	close(descriptor);
	return result;
}

static int take_in_time(uint32_t ifindex, int tries)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int descriptor = take(ifindex);

	for (int i = 1; i < tries && descriptor == -EADDRINUSE; i++) {
		nanosleep(&pause, NULL);
		descriptor = take(ifindex);
	}
	return descriptor;
}

int instance_take_link(uint32_t ifindex)
{
	return take_in_time(ifindex, LINK_TRIES);
}

bool instance_has_link(const char *name)
{
	const uint32_t ifindex = if_nametoindex(name);
	int descriptor;

	if (ifindex == 0)
		return false;
	descriptor = take(ifindex);
	if (descriptor >= 0)
		close(descriptor);
	return descriptor == -EADDRINUSE;
}

int instance_take_leases(void)
{
	return take_in_time(LOOPBACK, LEASES_TRIES);
}
