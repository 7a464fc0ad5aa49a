/*
 * The birth of a worker: a fresh execution of this program has a layout and a
 * canary of its own and nothing of an earlier lease in its memory.
 */
#include "launch.h"

#include "handover.h"
#include "privilege.h"
#include "process.h"
#include "transport.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if_arp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

int launch_find(const char *name, uint32_t *ifindex, struct mac *mac)
{
	struct ifreq request = {0};
	const int asked = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int result = 0;

	if (asked < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(asked, SIOCGIFINDEX, &request) < 0)
		result = -errno;
	*ifindex = (uint32_t)request.ifr_ifindex;
	if (result == 0 && ioctl(asked, SIOCGIFHWADDR, &request) < 0)
		result = -errno;
	close(asked);
	if (result == 0 && request.ifr_hwaddr.sa_family != ARPHRD_ETHER)
		return -EPROTONOSUPPORT;
	memcpy(mac->octet, request.ifr_hwaddr.sa_data, MAC_LENGTH);
	return result;
}

const char *launch_find_error(int result)
{
	return result == -EPROTONOSUPPORT ? "not an Ethernet interface"
					  : strerror(-result);
}

/* With the two capabilities that sockets need, and only for that long. */
static int open_sockets(struct transport *transport, uint32_t ifindex,
			const struct mac *mac, const char **what)
{
	int result;

	*what = "raising CAP_NET_RAW and CAP_NET_BIND_SERVICE";
	result = privilege_raise(CAP_NET_RAW);
	if (result == 0)
		result = privilege_raise(CAP_NET_BIND_SERVICE);
	if (result == 0)
		result = transport_open(transport, ifindex, mac, what);
	privilege_lower(CAP_NET_RAW);
	privilege_lower(CAP_NET_BIND_SERVICE);
	return result;
}

/*
 * Executes the worker; its process id or -errno.  Signals stay blocked until
 * it has settled what becomes of them.
 */
static pid_t execute(const char *argv0, int pipe)
{
	const struct process_descriptor given = {pipe, WORKER_PIPE};
	char *const argv[] = {(char *)argv0, (char *)"--worker", NULL};
#ifdef TEST_BUILD
	char **const env = environ; /* the sanitizers' options */
#else
	char *env[] = {NULL};
#endif
	const struct process process = {
		.path = "/proc/self/exe",
		.argv = argv,
		.env = env,
		.given = &given,
		.close_from = WORKER_PIPE + 1,
	};

	return process_start(&process);
}

/* One that waits for its start command has seen no network and owns nothing. */
static void take_back(pid_t worker)
{
	kill(worker, SIGKILL);
	waitpid(worker, NULL, 0);
}

static int send_start(const struct launch *launch, const char *name,
		      uint32_t ifindex, const struct client_config *config,
		      const struct definitions *definitions, int pipe,
		      const struct transport *transport)
{
	struct command command = {.type = COMMAND_START};
	int result;

	command.start.client = *config;
	command.start.client.udp_missing = transport->udp < 0;
	command.start.definitions = *definitions;
	command.start.ifindex = ifindex;
	snprintf(command.start.name, sizeof(command.start.name), "%s", name);
	command.start.uid = launch->uid;
	command.start.gid = launch->gid;
	command.start.is_verbose = launch->is_verbose;
	command.start.surveys = launch->surveys;
	result = handover_send(pipe, transport, &command, sizeof(command));
	/* one that has died meanwhile is found out like any other */
	return result == -EPIPE ? 0 : result;
}

pid_t launch_worker(const struct launch *launch, const char *name,
		    uint32_t ifindex, const struct client_config *config,
		    const struct definitions *definitions, int *pipe, int *udp,
		    const char **what)
{
	struct transport transport = {-1, -1, -1, -1, -1, -1};
	int ends[2], result;
	pid_t worker;

	*what = "pipe to the worker";
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*what = "executing the worker";
	worker = execute(launch->argv0, ends[1]);
	close(ends[1]);
	if (worker < 0) {
		close(ends[0]);
		return worker;
	}
	/* while it loads */
	result = open_sockets(&transport, ifindex, &config->mac, what);
	if (result == 0) {
		*what = "telling the worker to start";
		result = send_start(launch, name, ifindex, config, definitions,
				    ends[0], &transport);
	}
	if (result < 0) {
		transport_close(&transport);
		close(ends[0]);
		take_back(worker);
		return result;
	}
	*udp = transport.udp;
	transport.udp = -1; /* the caller's */
	transport_close(&transport);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	*pipe = ends[0];
	return worker;
}
