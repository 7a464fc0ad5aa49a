/*
 * What an interface has, each with its beginning and its end: the link, which
 * nobody else may hold; the worker on it, with an address that may be sent; the
 * script.  What follows from an end is sequel.c's.
 */
#include "interface.h"

#include "clock.h"
#include "configuration.h"
#include "instance.h"
#include "lladdr.h"
#include "log.h"
#include "privilege.h"
#include "room.h"
#include "script.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static ROOM struct env environment; /* too large for the stack */

/* The link. */

static void unlock(struct interface *interface)
{
	if (interface->lock >= 0)
		close(interface->lock);
	interface->lock = -1;
}

void interface_become_absent(struct interface *interface)
{
	unlock(interface);
	interface->ifindex = 0;
	interface->phase = PHASE_ABSENT;
	interface->state_since = clock_epoch_s();
	interface->status_changed = true;
}

const char *interface_current_name(const struct interface *interface,
				   char buffer[IF_NAMESIZE])
{
	const char *name = if_indextoname(interface->ifindex, buffer);

	return name != NULL ? name : interface->name;
}

/*
 * Takes the link of that name, of today for the one that is held; 0, or -errno
 * with a line logged.
 */
static int find_link(struct interface *interface, const char *name,
		     struct mac *mac)
{
	const uint32_t locked = interface->ifindex;
	int result = launch_find(name, &interface->ifindex, mac);

	if (result < 0) {
		log_line(LOG_ERR, "%s: %s", name, launch_find_error(result));
		return result;
	}
	if (interface->lock >= 0 && interface->ifindex == locked)
		return 0;
	unlock(interface);
	result = instance_take_link(interface->ifindex);
	if (result == -EADDRINUSE)
		log_line(LOG_ERR,
			 "%s: another dhcpcanon runs on this interface", name);
	else if (result < 0)
		log_line(LOG_ERR, "%s: lock: %s", name, strerror(-result));
	if (result < 0)
		return result;
	interface->lock = result;
	return 0;
}

int interface_hold(struct interface *interface, const char *name,
		   const struct monitor_context *context)
{
	struct mac mac;
	int result;

	interface->context = context;
	interface->pipe = interface->udp = interface->lock = -1;
	interface->phase = PHASE_HELD;
	snprintf(interface->name, sizeof(interface->name), "%s", name);
	configuration_for(context->options, name, &interface->conf);
	interface->script_path =
		configuration_script(context->options, &interface->conf);
	result = find_link(interface, interface->name, &mac);
	if (result != -ENODEV || !context->options->wait_for_interface)
		return result;
	log_line(LOG_NOTICE, "%s: waiting for it", name);
	interface_become_absent(interface);
	return 0;
}

void interface_end(struct interface *interface, int exit_status)
{
	interface->phase = PHASE_ENDED;
	interface->exit_status = exit_status;
	interface->status_changed = true;
	unlock(interface);
}

bool interface_is_gone(const struct interface *interface)
{
	return interface->phase == PHASE_ABSENT && interface->worker == 0 &&
	       interface->script == 0 && !interface->has_lease;
}

/* The script. */

/* A worker that does not hear is about to end. */
static void tell_worker(const struct interface *interface,
			const struct command *command)
{
	if (interface->pipe >= 0)
		send(interface->pipe, command, sizeof(*command),
		     MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void script_ended(struct interface *interface,
			 enum script_outcome outcome)
{
	const enum reason reason = interface->script_reason;

	interface->script = 0;
	switch (reason) {
	case REASON_BOUND:
	case REASON_RENEW:
	case REASON_REBIND:
		if (outcome != SCRIPT_REFUSED) {
			interface->was_bound = true;
			interface->is_on_file = interface->has_lease;
		} else if (interface->context->manager_decides) {
			interface->has_lease = false; /* it has none either */
		}
		interface->leases_changed = true;
		break;
	case REASON_FAIL:
		interface->had_no_lease = true;
		break;
	case REASON_STOP:
		interface->stop_told = true;
		interface->is_on_file = false;
		interface->leases_changed = true;
		break;
	case REASON_EXPIRE: /* until then -x has something to take down */
		interface->is_on_file = false;
		interface->leases_changed = true;
		break;
	case REASON_PREINIT:
	case REASON_RELEASE:
	case REASON_NBI:
	case REASON_COUNT:
		break;
	}
	if (!interface->script_for_worker)
		return;
	interface->script_for_worker = false;
	tell_worker(interface, &(struct command){.type = COMMAND_SCRIPT_DONE,
						 .outcome = outcome});
}

static struct announced announced(const struct lease_record *record)
{
	return (struct announced){
		.variables = &record->variables,
		.expiry = lease_record_expiry(record, clock_epoch_s()),
	};
}

static void run_script(struct interface *interface, const char *name,
		       enum reason reason, const struct lease_record *fresh)
{
	const struct monitor_context *context = interface->context;
	struct env_input input = {
		.reason = reason,
		.interface = name,
		.definitions = &interface->conf.definitions,
		.pid = getpid(),
		.extra = context->options->extra,
		.extra_count = context->options->extra_count,
	};
	pid_t script;

	if (fresh != NULL)
		input.new_lease = announced(fresh);
	/* PREINIT and FAIL are about no lease, as in dhclient-script(8) */
	if (interface->has_lease && reason != REASON_PREINIT &&
	    reason != REASON_FAIL)
		input.old_lease = announced(&interface->lease);
	env_render(&input, &environment);
	if (fresh != NULL) {
		/* from here on that is what has to be taken down again */
		lease_record_copy(&interface->lease, fresh);
		interface->has_lease = true;
	}
	interface->was_told = true;
	interface->script_reason = reason;
	interface->script_timed_out = false;
	script = script_start(interface->script_path, environment.entry);
	if (script < 0) {
		log_line(LOG_ERR, "%s: script %s for %s: %s", interface->name,
			 interface->script_path, reason_name(reason),
			 strerror(-script));
		script_ended(interface, SCRIPT_FAILED);
		return;
	}
	interface->script = script;
	interface->script_deadline_ms =
		clock_boottime_ms() + SCRIPT_TIME_LIMIT_MS;
}

void interface_run_script(struct interface *interface, enum reason reason)
{
	char buffer[IF_NAMESIZE];

	run_script(interface, interface_current_name(interface, buffer), reason,
		   NULL);
}

void interface_announce(struct interface *interface, enum reason reason,
			const struct lease_record *fresh)
{
	run_script(interface, fresh->interface, reason, fresh);
}

void interface_take_down(struct interface *interface, enum reason reason)
{
	interface_run_script(interface, reason);
	interface->has_lease = false;
}

void interface_on_script_exit(struct interface *interface, int status)
{
	const char *name = interface->name;
	const char *reason = reason_name(interface->script_reason);

	if (WIFSIGNALED(status))
		log_line(LOG_ERR, "%s: script for %s killed by signal %d%s",
			 name, reason, WTERMSIG(status),
			 interface->script_timed_out ? " after its time limit"
						     : "");
	else if (WEXITSTATUS(status) != 0)
		log_line(LOG_WARNING, "%s: script for %s exited with status %d",
			 name, reason, WEXITSTATUS(status));
	script_ended(interface, script_outcome(status));
}

/* The worker. */

static void fill_config(const struct interface *interface,
			const struct mac *mac, struct client_config *out)
{
	const struct options *options = interface->context->options;

	*out = (struct client_config){
		.mac = *mac,
		.disclosure = options->disclosure,
		.reject = interface->conf.reject,
		.timeout_ms = options->timeout_given ||
					      interface->conf.timeout_ms == 0
				      ? options->timeout_ms
				      : interface->conf.timeout_ms,
		.arp_wait_ms = options->arp_wait_ms,
		.carrier_grace_ms = options->carrier_grace_ms,
		.decline_pause_ms = options->decline_pause_ms,
		.once = options->once && !interface->was_bound,
		.delay_selecting = options->delay_selecting,
		.manager_decides = interface->context->manager_decides,
		/* whoever changed the address may not be done with the link */
		.preinit_owed = interface->mac_changed,
	};
}

/* What the log says of an address, once for each. */
static void log_kind(struct interface *interface, const char *name,
		     const struct mac *mac, bool is_refused)
{
	const bool is_known = mac_equal(mac, &interface->judged);

	interface->judged = *mac;
	if (is_known)
		return;
	if (is_refused)
		log_line(LOG_ERR,
			 "%s: refused, its link-layer address is %s "
			 "(--require-random-mac)",
			 name, mac_kind_name(interface->mac_kind));
	else if (interface->mac_kind == MAC_PERMANENT)
		log_line(LOG_WARNING,
			 "%s: its link-layer address is the hardware's own, by "
			 "which this machine can be tracked (--random-mac sets "
			 "another)",
			 name);
}

/*
 * Before any worker's first frame, be it after a replug or a reset: the
 * address that it will send, `*mac`, is a fresh one, or not the hardware's, if
 * that is asked for.  -EADDRNOTAVAIL: it may not be used.
 */
static int settle_address(struct interface *interface, const char *name,
			  struct mac *mac)
{
	const struct options *options = interface->context->options;
	const char *what;
	bool is_refused;
	int result;

	if (options->random_mac) {
		interface->mac_kind = MAC_RANDOM;
		result = lladdr_randomize(name, mac, &what);
		if (result < 0)
			log_line(LOG_ERR, "%s: %s: %s", name, what,
				 strerror(-result));
		return result;
	}
	interface->mac_kind = lladdr_kind_of(name, mac);
	is_refused = options->require_random_mac &&
		     !mac_kind_is_changed(interface->mac_kind);
	log_kind(interface, name, mac, is_refused);
	if (!is_refused)
		return 0;
	interface->phase = PHASE_REFUSED;
	interface->status_changed = true;
	return -EADDRNOTAVAIL;
}

/* Its descriptor leaves the set by itself when it is closed. */
static void watch_pipe(struct interface *interface)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = interface};

	if (epoll_ctl(interface->context->pipes, EPOLL_CTL_ADD, interface->pipe,
		      &event) == 0)
		return;
	log_line(LOG_ERR, "%s: epoll: %s", interface->name, strerror(errno));
	interface_kill_worker(interface); /* one that can't be heard */
}

static int start_worker(struct interface *interface, const char *name)
{
	const struct monitor_context *context = interface->context;
	struct client_config config;
	const char *what = NULL;
	struct mac mac;
	pid_t worker = find_link(interface, name, &mac);

	if (worker < 0)
		return worker;
	worker = settle_address(interface, name, &mac);
	if (worker < 0)
		return worker;
	fill_config(interface, &mac, &config);
	worker = launch_worker(&context->launch, name, interface->ifindex,
			       &config, &interface->conf.definitions,
			       &interface->pipe, &interface->udp, &what);
	if (worker < 0) {
		log_line(LOG_ERR, "%s: %s: %s", interface->name, what,
			 strerror(-worker));
		return worker;
	}
	if (interface->udp < 0)
		log_line(LOG_WARNING,
			 "%s: UDP port 68 is taken by another program: renewal "
			 "waits for T2",
			 interface->name);
	interface->worker = worker;
	watch_pipe(interface);
	interface->owes_state = false;
	interface->condemned = false;
	interface->mac = mac;
	memset(&interface->state, 0, sizeof(interface->state));
	interface->state_since = clock_epoch_s();
	return 0;
}

int interface_check(struct interface *interface)
{
	const struct options *options = interface->context->options;
	char buffer[IF_NAMESIZE];
	const char *name;
	struct mac mac;
	int result;

	if (interface->phase != PHASE_HELD || options->random_mac ||
	    !options->require_random_mac)
		return 0;
	name = interface_current_name(interface, buffer);
	result = find_link(interface, name, &mac);
	return result < 0 ? result : settle_address(interface, name, &mac);
}

int interface_start(struct interface *interface)
{
	char buffer[IF_NAMESIZE];
	const char *name = interface_current_name(interface, buffer);
	const int result = start_worker(interface, name);

	if (result < 0)
		return result;
	if (!interface->mac_changed) {
		interface->script_for_worker = true;
		run_script(interface, name, REASON_PREINIT, NULL);
	}
	interface->mac_changed = false;
	return 0;
}

void interface_kill_worker(const struct interface *interface)
{
	/* it runs as another user */
	privilege_raise(CAP_KILL);
	kill(interface->worker, SIGKILL);
	privilege_lower(CAP_KILL);
}

void interface_renew(struct interface *interface)
{
	tell_worker(interface, &(struct command){.type = COMMAND_RENEW});
}

void interface_report(struct interface *interface)
{
	interface->status_changed = true;
	tell_worker(interface, &(struct command){.type = COMMAND_REPORT});
}

void interface_ask(struct interface *interface)
{
	interface->owes_state = true;
	tell_worker(interface, &(struct command){.type = COMMAND_REPORT});
}

bool interface_has_answered(const struct interface *interface)
{
	return interface->worker == 0 || !interface->owes_state;
}

void interface_stop_worker(const struct interface *interface)
{
	tell_worker(interface, &(struct command){.type = COMMAND_STOP});
}
