/* Names of abstract sockets, and who has them.  Must not know what for. */
#include "instance.h"

#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NAME_MAX_LENGTH 32
#define LEASES_TRIES 50 /* a millisecond apart */

/* Does `act`, bind or connect, for that name; a descriptor or -errno. */
static int open_and(int (*act)(int, const struct sockaddr *, socklen_t),
		    const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int length = snprintf(&address.sun_path[1], NAME_MAX_LENGTH,
				    "dhcpcanon/%s", name);
	const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (descriptor < 0)
		return -errno;
	if (act(descriptor, (struct sockaddr *)&address,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			    (size_t)length)) < 0) {
		const int error = errno;

		close(descriptor);
		return -error;
	}
	return descriptor;
}

int instance_take_link(uint32_t ifindex)
{
	char name[NAME_MAX_LENGTH];

	snprintf(name, sizeof(name), "%u", ifindex);
	return open_and(bind, name);
}

bool instance_has_link(const char *name)
{
	char index[NAME_MAX_LENGTH];
	int descriptor;

	snprintf(index, sizeof(index), "%u", if_nametoindex(name));
	descriptor = open_and(connect, index);
	if (descriptor < 0)
		return false;
	close(descriptor);
	return true;
}

int instance_take_leases(void)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int descriptor = open_and(bind, "leases");

	for (int i = 1; i < LEASES_TRIES && descriptor == -EADDRINUSE; i++) {
		nanosleep(&pause, NULL);
		descriptor = open_and(bind, "leases");
	}
	return descriptor;
}
