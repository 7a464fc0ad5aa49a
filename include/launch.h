/*
 * Starts a worker: executes this program anew with a pipe and nothing else,
 * opens its interface's sockets, and hands them over with what it is to do.
 */
#ifndef DHCPCANON_LAUNCH_H
#define DHCPCANON_LAUNCH_H

#include "notice.h"

#include <net/if.h>

/* What all workers have in common. */
struct launch {
	const char *argv0; /* kept by the worker too */
	uid_t uid;         /* that workers become; 0: as we are */
	gid_t gid;
	bool is_verbose; /* debug lines */
	bool surveys;    /* they only ask (survey.h) */
};

/*
 * The Ethernet address of interface `name`; 0, or -errno: -ENODEV when there
 * is none, -EPROTONOSUPPORT when it is not Ethernet.
 */
int launch_find(const char *name, uint32_t *ifindex, struct mac *mac);

/* What its -errno is to whoever named the interface. */
const char *launch_find_error(int result);

/*
 * Starts a worker for interface `name`, `ifindex`, whose address `config->mac`
 * its sockets are filtered for.  Returns its process id with `*pipe` open for
 * its notices (non-blocking, close-on-exec) and `*udp`, the socket on port 68
 * that its renewals are sent by, or -1 when the port is taken; or -errno with
 * `*what` naming the step that failed.
 */
pid_t launch_worker(const struct launch *launch, const char *name,
		    uint32_t ifindex, const struct client_config *config,
		    const struct definitions *definitions, int *pipe, int *udp,
		    const char **what);

#endif
