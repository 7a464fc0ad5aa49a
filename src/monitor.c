/*
 * One loop: signals, workers' pipes, links that come and go, time.  What an
 * interface makes of it is sequel.c's, which interfaces there are roster.c's;
 * what is the whole program's is here.
 */
#include "monitor.h"

#include "background.h"
#include "clock.h"
#include "files.h"
#include "hearing.h"
#include "log.h"
#include "moment.h"
#include "nbi.h"
#include "privilege.h"
#include "room.h"
#include "roster.h"
#include "script.h"
#include "sequel.h"
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#define PIPES_AT_ONCE 64 /* before signals have their turn */

/* What is polled; the pipes of all interfaces as one. */
enum {
	POLLED_LINKS,
	POLLED_UDEV,
	POLLED_PIPES,
	POLLED_COUNT,
};

/* When no interface is named. */
enum search {
	SEARCH_BEGUN,  /* there may be one */
	SEARCH_FAILED, /* there is none, which the script is being told */
	SEARCH_OVER,
};

static ROOM struct {
	const struct monitor_start *start;
	struct monitor_context context;
	int parent;
	uint64_t patience_ms; /* with no interface and no lease, until then */
	bool was_bound;       /* one of the interfaces */
	enum search search;
	bool stopping;
	bool is_finished; /* for want of an interface, with that status */
	int exit_status;
	struct pollfd polled[POLLED_COUNT];
	struct roster roster; /* last: its room for interfaces is large */
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
	static const int handled[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP,
				      SIGUSR1, SIGUSR2, SIGALRM};
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
	signal(SIGPIPE, SIG_IGN);
	script_note_signals();
}

/* Whoever started us is told when there is something to tell, once. */
static void report_start(void)
{
	service_ready();
	if (monitor.parent < 0)
		return;
	log_to_stderr(false);
	background_release(&monitor.parent);
}

static void reap(void)
{
	pid_t child;
	int status;

	while ((child = waitpid(-1, &status, WNOHANG)) > 0) {
		size_t i;

		if (nbi_on_child(child))
			continue;
		for (i = 0; i < monitor.roster.count; i++)
			if (sequel_on_child(monitor.roster.interface[i], child,
					    status))
				break;
	}
}

static void remove_status(void)
{
	size_t i;

	for (i = 0; i < monitor.roster.count; i++)
		files_remove_status(monitor.roster.interface[i]);
}

static void forget_leases(void)
{
	const struct options *options = monitor.start->options;
	size_t i;

	files_forget_shared_leases(options, monitor.roster.interface,
				   monitor.roster.count);
	for (i = 0; i < monitor.roster.count; i++)
		files_forget_leases(options, monitor.roster.interface[i]->name);
}

/* Whoever waits for a lease must not take the end of the search for one. */
static int status_when_stopped(void)
{
	const bool is_awaited =
		monitor.parent >= 0 || monitor.start->options->once;

	return is_awaited && !monitor.was_bound ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* At once, without a script: the workers end with us. */
static void leave(void)
{
	service_stopping();
	remove_status();
	/* a manager keeps no leases of ours; dhclient's -r looks for them */
	if (monitor.context.manager_decides)
		forget_leases();
	if (monitor.stopping)
		files_drop_pid(monitor.start->options);
	exit(status_when_stopped());
}

static void stop_all(void)
{
	size_t i;

	/* asked twice, or the manager takes everything down itself */
	if (monitor.stopping || monitor.context.manager_decides ||
	    monitor.start->options->quiet_stop)
		leave();
	monitor.stopping = true;
	service_stopping();
	for (i = 0; i < monitor.roster.count; i++)
		sequel_stop(monitor.roster.interface[i]);
}

/* As dhclient, which handles none of these, and dhcpcd, which does. */
static bool is_to_leave(void)
{
	const struct options *options = monitor.start->options;

	return (caught[SIGALRM] != 0 && options->alarm_exits) ||
	       (options->any_exits &&
		(caught[SIGHUP] != 0 || caught[SIGUSR1] != 0 ||
		 caught[SIGUSR2] != 0));
}

static void on_signals(void)
{
	bool stop;
	size_t i;

	if (take(SIGCHLD))
		reap();
	stop = take(SIGTERM);
	stop = take(SIGINT) || stop;
	if (stop)
		stop_all();
	if (is_to_leave())
		leave();
	if (take(SIGHUP)) {
		service_reloading();
		for (i = 0; i < monitor.roster.count; i++)
			interface_renew(monitor.roster.interface[i]);
		service_reloaded();
	}
	if (take(SIGUSR1))
		for (i = 0; i < monitor.roster.count; i++)
			interface_report(monitor.roster.interface[i]);
}

/* Files and the parent follow what became of the interfaces. */
static void follow(struct interface *interface)
{
	if (interface->leases_changed) {
		interface->leases_changed = false;
		files_write_leases(monitor.roster.interface,
				   monitor.roster.count, interface);
	}
	if (interface->status_changed) {
		interface->status_changed = false;
		files_write_status(interface);
	}
	monitor.was_bound |= interface->was_bound;
	/* contract of dhclient: 0 after a first lease, and after FAIL too */
	if (interface->was_bound ||
	    (interface->had_no_lease && !monitor.start->options->once))
		report_start();
}

static void finish(int exit_status)
{
	monitor.is_finished = true;
	monitor.exit_status = exit_status;
}

/* No interface was named and none is there, as the script knows by now. */
static void accept_none(void)
{
	const struct options *options = monitor.start->options;
	const bool is_dhclient = options->personality == PERSONALITY_DHCLIENT;

	if (options->wait_for_interface || (!is_dhclient && !options->once)) {
		log_line(LOG_NOTICE, "No broadcast interfaces found: waiting");
		return;
	}
	log_line(LOG_NOTICE, "No broadcast interfaces found - exiting.");
	finish(is_dhclient ? EXIT_SUCCESS : EXIT_NONE);
}

/* The script is told once, and not before udev has had its time. */
static void search(void)
{
	if (monitor.search == SEARCH_BEGUN &&
	    roster_deadline(&monitor.roster) == TIME_NEVER) {
		monitor.search = SEARCH_OVER;
		if (monitor.roster.count == 0) {
			monitor.search = SEARCH_FAILED;
			nbi_start(monitor.start->options);
		}
	}
	if (monitor.search == SEARCH_FAILED && !nbi_is_running()) {
		monitor.search = SEARCH_OVER;
		if (monitor.roster.count == 0)
			accept_none();
	}
}

/* When the wait for an interface and a lease on it is over; TIME_NEVER. */
static uint64_t end_of_patience(void)
{
	return monitor.was_bound || !roster_is_empty(&monitor.roster)
		       ? TIME_NEVER
		       : monitor.patience_ms;
}

/* As after FAIL, for which there is no interface. */
static void lose_patience(void)
{
	if (clock_boottime_ms() < end_of_patience())
		return;
	monitor.patience_ms = TIME_NEVER;
	if (monitor.start->options->once)
		finish(EXIT_NONE);
	else
		report_start();
}

/* True when no interface is left, or none that a worker will serve. */
static bool is_over(int *exit_status)
{
	bool given_up = false;
	size_t i;

	*exit_status = monitor.exit_status;
	if (monitor.is_finished)
		return true;
	for (i = 0; i < monitor.roster.count; i++) {
		const struct interface *interface = monitor.roster.interface[i];

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
	if (monitor.stopping)
		*exit_status = status_when_stopped();
	/* where none was named there may be one yet */
	return monitor.roster.count > 0 || monitor.stopping;
}

static uint64_t next_deadline(void)
{
	uint64_t deadline_ms =
		moment_earlier(moment_earlier(roster_deadline(&monitor.roster),
					      nbi_deadline()),
			       end_of_patience());
	size_t i;

	for (i = 0; i < monitor.roster.count; i++)
		deadline_ms = moment_earlier(
			deadline_ms,
			sequel_deadline(monitor.roster.interface[i]));
	deadline_ms = moment_earlier(deadline_ms, monitor.roster.start_ms);
	return moment_earlier(deadline_ms, service_deadline());
}

static void prepare_poll(void)
{
	const struct roster *roster = &monitor.roster;
	size_t i;

	monitor.polled[POLLED_LINKS].fd = roster->links.watch;
	monitor.polled[POLLED_UDEV].fd = roster->links.udev;
	monitor.polled[POLLED_PIPES].fd = monitor.context.pipes;
	for (i = 0; i < POLLED_COUNT; i++) {
		monitor.polled[i].events = POLLIN;
		monitor.polled[i].revents = 0;
	}
}

static void wait_for_something(const sigset_t *mask)
{
	const uint64_t deadline_ms = next_deadline();
	struct timespec left, *limit = NULL;
	size_t i;

	prepare_poll();
	if (deadline_ms != TIME_NEVER) {
		const uint64_t now_ms = clock_boottime_ms();
		const uint64_t left_ms =
			deadline_ms > now_ms ? deadline_ms - now_ms : 0;

		left.tv_sec = (time_t)(left_ms / 1000);
		left.tv_nsec = (long)(left_ms % 1000) * 1000000;
		limit = &left;
	}
	if (ppoll(monitor.polled, POLLED_COUNT, limit, mask) < 0)
		for (i = 0; i < POLLED_COUNT; i++)
			monitor.polled[i].revents = 0;
}

static void on_pipes(void)
{
	struct epoll_event ready[PIPES_AT_ONCE];
	int count, i;

	if (monitor.polled[POLLED_PIPES].revents == 0)
		return;
	count = epoll_wait(monitor.context.pipes, ready, PIPES_AT_ONCE, 0);
	for (i = 0; i < count; i++)
		hearing_on_pipe(ready[i].data.ptr);
}

static void on_links(void)
{
	if (monitor.polled[POLLED_UDEV].revents != 0 ||
	    roster_deadline(&monitor.roster) <= clock_boottime_ms())
		roster_on_udev(&monitor.roster);
	else if (monitor.polled[POLLED_LINKS].revents != 0)
		roster_on_links(&monitor.roster);
}

static void on_interfaces(void)
{
	const uint64_t now_ms = clock_boottime_ms();
	size_t i;

	for (i = 0; i < monitor.roster.count; i++) {
		sequel_on_time(monitor.roster.interface[i], now_ms);
		follow(monitor.roster.interface[i]);
	}
}

static int serve(const sigset_t *mask)
{
	int exit_status;

	for (;;) {
		on_interfaces();
		nbi_on_time();
		roster_settle(&monitor.roster);
		search();
		lose_patience();
		service_follow(&monitor.roster);
		service_on_time(&monitor.roster);
		if (is_over(&exit_status))
			return exit_status;
		wait_for_something(mask);
		on_pipes();
		on_links();
		on_signals();
		if (monitor.roster.start_ms != TIME_NEVER)
			roster_start_next(&monitor.roster);
	}
}

/* Takes what is asked for, or says why not; nothing is changed before. */
static int begin(void)
{
	struct options *options = monitor.start->options;
	const char *what = NULL;
	int result = script_raise_descriptors();

	if (result < 0)
		log_line(LOG_WARNING, "limit of open files: %s",
			 strerror(-result));
	monitor.context.pipes = epoll_create1(EPOLL_CLOEXEC);
	if (monitor.context.pipes < 0) {
		result = -errno;
		log_line(LOG_ERR, "epoll: %s", strerror(-result));
		return result;
	}
	result = privilege_check(&what);
	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", what, strerror(-result));
		return result;
	}
	result = roster_hold(&monitor.roster, &monitor.context);
	if (result < 0)
		return result;
	files_prepare();
	result = files_take_pid(options);
	if (result < 0)
		return result;
	forget_leases();
	result = privilege_reduce(&what);
	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", what, strerror(-result));
		return result;
	}
	return roster_start(&monitor.roster);
}

int monitor_run(const struct monitor_start *start)
{
	sigset_t mask;
	int exit_status;

	monitor.start = start;
	monitor.parent = start->parent;
	monitor.patience_ms = clock_boottime_ms() + start->options->timeout_ms;
	monitor.search = start->options->interface_count == 0 ? SEARCH_BEGUN
							      : SEARCH_OVER;
	monitor.context = (struct monitor_context){
		.options = start->options,
		.launch = {.argv0 = start->argv0,
			   .is_verbose = start->options->is_verbose},
		.manager_decides = start->manager_decides,
	};
	privilege_worker_user(&monitor.context.launch.uid,
			      &monitor.context.launch.gid);
	settle_signals(&mask);
	if (start->is_service)
		service_open();
	if (begin() < 0) {
		files_drop_pid(start->options);
		return EXIT_FAILURE;
	}
	/* until here what is wrong was for whoever called */
	log_to_stderr(start->options->to_stderr);
	if (start->options->background_at_once)
		report_start();
	exit_status = serve(&mask);
	service_stopping();
	remove_status();
	files_drop_pid(start->options);
	return exit_status;
}
