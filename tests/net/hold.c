/*
 * A monitor's part, as small as it can be, so that a worker can be run under
 * a tool that does not follow an exec of /proc/self/exe:
 *
 *	hold INTERFACE RENEWALS COMMAND...
 *
 * executes COMMAND, hands it the sockets of INTERFACE, says that every script
 * went well, prints the reasons, asks for RENEWALS renewals once bound, then
 * for the end.  Exit status: the worker's.
 */
#include "handover.h"
#include "launch.h"
#include "transport.h"
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void fail(const char *what, int error)
{
	fprintf(stderr, "hold: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}

static void send_command(int pipe, const struct command *command)
{
	if (send(pipe, command, sizeof(*command), MSG_NOSIGNAL) < 0)
		fail("pipe", errno);
}

static pid_t execute(int pipe, char *const argv[])
{
	const pid_t worker = fork();

	if (worker != 0)
		return worker;
	/* the monitor's end is close-on-exec, and so is ours but for this */
	if (pipe == WORKER_PIPE ? fcntl(pipe, F_SETFD, 0) < 0
				: dup2(pipe, WORKER_PIPE) < 0)
		fail("pipe", errno);
	execvp(argv[0], argv);
	fail(argv[0], errno);
	return -1;
}

static void start(int pipe, const struct transport *transport, const char *name,
		  uint32_t ifindex, const struct mac *mac)
{
	struct command command = {
		.type = COMMAND_START,
		.start = {.client = {.mac = *mac,
				     .timeout_ms = 60000,
				     .arp_wait_ms = 50,
				     .decline_pause_ms = 10000},
			  .ifindex = ifindex,
			  .is_verbose = 1},
	};
	int result;

	snprintf(command.start.name, sizeof(command.start.name), "%s", name);
	result = handover_send(pipe, transport, &command, sizeof(command));
	if (result < 0)
		fail("pipe", -result);
}

/* All of a script's work that a renewal by unicast needs. */
static void configure(const char *name, const struct variables *variables)
{
	const char *address = variables_find(variables, FIELD_IP_ADDRESS);
	char command[128];

	if (address == NULL)
		return;
	snprintf(command, sizeof(command), "ip addr replace %s/24 dev %s",
		 address, name);
	if (system(command) != 0)
		fail(command, EINVAL);
}

/* To the server of the lease, from its address. */
static void renew(int udp, uint32_t ifindex, const struct variables *variables,
		  const struct notice_renewal *renewal)
{
	struct in_addr address, server;
	int result = -EINVAL;

	if (variables_address(variables, FIELD_IP_ADDRESS, &address) &&
	    variables_address(variables, OPTION_SERVER_IDENTIFIER, &server))
		result = transport_send_udp(udp, ifindex, address, server,
					    renewal->message,
					    sizeof(renewal->message));
	if (result < 0)
		fail("renewal", -result);
}

/* Answers until the worker has ended. */
static void serve(int pipe, int udp, const char *name, uint32_t ifindex,
		  int renewals)
{
	static union notice notice;
	static struct variables variables;
	ssize_t length;

	while ((length = recv(pipe, &notice, sizeof(notice), 0)) > 0) {
		struct command command = {.type = COMMAND_SCRIPT_DONE,
					  .outcome = SCRIPT_OK};

		switch (notice_check(&notice, (size_t)length)) {
		case NOTICE_SCRIPT:
			puts(reason_name((enum reason)notice.script.reason));
			variables_copy(&variables, &notice.script.variables);
			configure(name, &variables);
			send_command(pipe, &command);
			command.type =
				renewals-- > 0 ? COMMAND_RENEW : COMMAND_STOP;
			send_command(pipe, &command);
			break;
		case NOTICE_LOG:
			fprintf(stderr, "%s\n", notice.log.text);
			break;
		case NOTICE_STATE:
			break;
		case NOTICE_RENEWAL:
			renew(udp, ifindex, &variables, &notice.renewal);
			break;
		case NOTICE_OFFER:
		case NOTICE_INVALID:
			fail("notice", EBADMSG);
		}
	}
}

int main(int argc, char *argv[])
{
	const struct command preinit_done = {.type = COMMAND_SCRIPT_DONE};
	struct transport transport;
	const char *what = "";
	uint32_t ifindex;
	struct mac mac;
	int ends[2], status, error;
	pid_t worker;

	if (argc < 4)
		fail("usage", EINVAL);
	error = launch_find(argv[1], &ifindex, &mac);
	if (error == 0)
		error = transport_open(&transport, ifindex, &mac, &what);
	if (error != 0)
		fail(what, -error);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		fail("socketpair", errno);
	worker = execute(ends[1], &argv[3]);
	if (worker < 0)
		fail("fork", errno);
	close(ends[1]);
	start(ends[0], &transport, argv[1], ifindex, &mac);
	send_command(ends[0], &preinit_done);
	serve(ends[0], transport.udp, argv[1], ifindex, atoi(argv[2]));
	if (waitpid(worker, &status, 0) < 0 || !WIFEXITED(status))
		fail("worker", ECHILD);
	return WEXITSTATUS(status);
}
