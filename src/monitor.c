/*
 * One loop: signals, workers' pipes, links coming back, time.  What an
 * interface makes of it is interface.c's; what is the whole program's is
 * here.
 */
#include "monitor.h"

#include "background.h"
#include "clock.h"
#include "files.h"
#include "log.h"
#include "privilege.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static struct {
	const struct monitor_start *start;
	struct monitor_context context;
	struct interface *interface; /* `count` of them */
	size_t count;
	struct pollfd *polled; /* theirs, and one for links */
	int links;             /* rtnetlink, while one is absent; else -1 */
	int parent;
	bool stopping;
} monitor;

static volatile sig_atomic_t caught[NSIG];

static void catch (int signal)
{
	caught[signal] = 1;
}

static bool take(int signal)
{
	const bool was = caught[signal] != 0;

	caught[signal] = 0;
	return was;
}

/* Delivered in ppoll only; a worker or script gets none of this. */
static void settle_signals(sigset_t *while_waiting)
{
	static const int handled[] = {SIGCHLD, SIGTERM, SIGINT,
				      SIGHUP,  SIGUSR1, SIGALRM};
	static const int ignored[] = {SIGUSR2, SIGPIPE};
	struct sigaction action = {.sa_handler = catch};
	sigset_t blocked;
	size_t i;

	sigemptyset(&blocked);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++)
		sigaddset(&blocked, handled[i]);
	sigprocmask(SIG_BLOCK, &blocked, while_waiting);
	for (i = 0; i < sizeof(handled) / sizeof(handled[0]); i++) {
		sigaction(handled[i], &action, NULL);
		sigdelset(while_waiting, handled[i]);
	}
	for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
}

/* Lets the command's parent go, when there is something to tell it. */
static void release_parent(int status)
{
	if (monitor.parent < 0)
		return;
	log_to_stderr(false);
	background_release(&monitor.parent, status);
}

/* While an interface is away, any change of links may bring it back. */
static void watch_links(bool wanted)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
				      .nl_groups = RTMGRP_LINK};

	if (!wanted && monitor.links >= 0) {
		close(monitor.links);
		monitor.links = -1;
	}
	if (!wanted || monitor.links >= 0)
		return;
	monitor.links =
		socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK,
		       NETLINK_ROUTE);
	if (monitor.links < 0 ||
	    bind(monitor.links, (struct sockaddr *)&address, sizeof(address)) <
		    0)
		log_line(LOG_ERR, "rtnetlink: %s", strerror(errno));
}

/* What came says nothing that asking for the name does not. */
static void on_links(void)
{
	char unread[1];
	size_t i;

	while (recv(monitor.links, unread, sizeof(unread), 0) >= 0 ||
	       errno == ENOBUFS)
		;
	for (i = 0; i < monitor.count; i++)
		interface_on_links(&monitor.interface[i]);
}

static void reap(void)
{
	pid_t child;
	int status;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
		size_t i;

		for (i = 0; i < monitor.count; i++)
			if (interface_on_child(&monitor.interface[i], child,
					       status))
				break;
	}
}

/* At once, without a script: the workers end with us. */
static void leave(void)
{
	files_remove_status(monitor.interface, monitor.count);
	exit(EXIT_SUCCESS);
}

static void stop_all(void)
{
	size_t i;

	/* asked twice, or the manager takes everything down itself */
	if (monitor.stopping || monitor.context.manager_decides ||
	    monitor.start->options->quiet_stop)
		leave();
	monitor.stopping = true;
	for (i = 0; i < monitor.count; i++)
		interface_stop(&monitor.interface[i]);
}

static void on_signals(void)
{
	const struct options *options = monitor.start->options;
	bool stop;
	size_t i;

	if (take(SIGCHLD))
		reap();
	stop = take(SIGTERM);
	stop = take(SIGINT) || stop;
	if (stop)
		stop_all();
	if (take(SIGALRM) && options->alarm_exits)
		leave();
	if (take(SIGHUP)) {
		if (options->hup_exits)
			leave();
		for (i = 0; i < monitor.count; i++)
			interface_renew(&monitor.interface[i]);
	}
	if (take(SIGUSR1))
		for (i = 0; i < monitor.count; i++)
			interface_report(&monitor.interface[i]);
}

/* Files and the parent follow what became of the interfaces. */
static void follow(struct interface *interface)
{
	if (interface->leases_changed) {
		interface->leases_changed = false;
		files_write_leases(monitor.interface, monitor.count, interface);
	}
	if (interface->status_changed) {
		interface->status_changed = false;
		files_write_status(interface);
	}
	/* contract of dhclient: 0 after a first lease, and after FAIL too */
	if (interface->was_bound ||
	    (interface->had_no_lease && !monitor.start->options->once))
		release_parent(EXIT_SUCCESS);
}

/* True when no interface is left, or none that a worker will serve. */
static bool is_over(int *exit_status)
{
	bool given_up = false;
	size_t i;

	*exit_status = EXIT_SUCCESS;
	for (i = 0; i < monitor.count; i++) {
		const struct interface *interface = &monitor.interface[i];

		if (interface->worker != 0 || interface->script != 0)
			return false;
		if (interface->phase == PHASE_GIVEN_UP)
			given_up = true;
		else if (interface->phase != PHASE_ENDED)
			return false;
		else if (interface->exit_status != 0)
			*exit_status = interface->exit_status;
	}
	if (given_up)
		*exit_status = EXIT_FAILURE;
	return true;
}

static void wait_for_something(const sigset_t *mask)
{
	uint64_t deadline_ms = TIME_NEVER, now_ms;
	struct timespec left, *limit = NULL;
	bool is_absent = false;
	size_t i;

	for (i = 0; i < monitor.count; i++) {
		const struct interface *interface = &monitor.interface[i];
		const uint64_t its_ms = interface_deadline(interface);

		if (its_ms < deadline_ms)
			deadline_ms = its_ms;
		if (interface->phase == PHASE_ABSENT)
			is_absent = true;
		monitor.polled[i].fd = interface->pipe;
	}
	watch_links(is_absent);
	monitor.polled[monitor.count].fd = monitor.links;
	if (deadline_ms != TIME_NEVER) {
		now_ms = clock_boottime_ms();
		deadline_ms = deadline_ms > now_ms ? deadline_ms - now_ms : 0;
		left.tv_sec = (time_t)(deadline_ms / 1000);
		left.tv_nsec = (long)(deadline_ms % 1000) * 1000000;
		limit = &left;
	}
	if (ppoll(monitor.polled, monitor.count + 1, limit, mask) < 0)
		for (i = 0; i <= monitor.count; i++)
			monitor.polled[i].revents = 0;
}

static int serve(const sigset_t *mask)
{
	int exit_status;
	size_t i;

	while (!is_over(&exit_status)) {
		wait_for_something(mask);
		for (i = 0; i < monitor.count; i++)
			if (monitor.polled[i].revents != 0)
				interface_on_pipe(&monitor.interface[i]);
		if (monitor.polled[monitor.count].revents != 0)
			on_links();
		on_signals();
		for (i = 0; i < monitor.count; i++) {
			interface_on_time(&monitor.interface[i]);
			follow(&monitor.interface[i]);
		}
	}
	return exit_status;
}

/* Takes what is asked for, or says why not; nothing is changed before. */
static int hold_all(void)
{
	const struct options *options = monitor.start->options;
	size_t i;

	monitor.interface =
		calloc(options->interface_count, sizeof(*monitor.interface));
	monitor.polled =
		calloc(options->interface_count + 1, sizeof(*monitor.polled));
	if (monitor.interface == NULL || monitor.polled == NULL) {
		log_line(LOG_ERR, "no memory for %zu interfaces",
			 options->interface_count);
		return -ENOMEM;
	}
	for (i = 0; i <= options->interface_count; i++)
		monitor.polled[i].events = POLLIN;
	for (i = 0; i < options->interface_count; i++) {
		const int result =
			interface_hold(&monitor.interface[i],
				       options->interface[i], &monitor.context);

		if (result < 0)
			return result;
		monitor.count++;
	}
	return 0;
}

static int begin(void)
{
	const struct options *options = monitor.start->options;
	const char *what = NULL;
	int result = launch_reserve();
	size_t i;

	if (result < 0) {
		log_line(LOG_ERR, "/dev/null: %s", strerror(-result));
		return result;
	}
	result = hold_all();
	if (result < 0)
		return result;
	files_prepare();
	result = files_take_pid(options);
	if (result < 0)
		return result;
	files_forget_leases(options);
	result = privilege_reduce(&what);
	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", what, strerror(-result));
		return result;
	}
	for (i = 0; i < monitor.count && result == 0; i++)
		result = interface_start(&monitor.interface[i]);
	return result;
}

int monitor_run(const struct monitor_start *start)
{
	sigset_t mask;
	int exit_status;

	monitor.start = start;
	monitor.parent = start->parent;
	monitor.links = -1;
	monitor.context = (struct monitor_context){
		.options = start->options,
		.launch = {.argv0 = start->argv0,
			   .is_verbose = start->options->is_verbose},
		.manager_decides = start->manager_decides,
	};
	privilege_worker_user(&monitor.context.launch.uid,
			      &monitor.context.launch.gid);
	settle_signals(&mask);
	if (begin() < 0) {
		files_drop_pid(start->options);
		return EXIT_FAILURE;
	}
	/* until here what is wrong was for whoever called */
	log_to_stderr(start->options->to_stderr);
	if (start->options->background_at_once)
		release_parent(EXIT_SUCCESS);
	exit_status = serve(&mask);
	files_remove_status(monitor.interface, monitor.count);
	files_drop_pid(start->options);
	return exit_status;
}
