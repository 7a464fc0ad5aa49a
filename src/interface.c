/*
 * Two things of an interface can end at any time: its worker and its script.
 * proceed() is the one place that says what follows, once no script runs; the
 * rest notes what happened.
 */
#include "interface.h"

#include "clock.h"
#include "configuration.h"
#include "instance.h"
#include "lladdr.h"
#include "log.h"
#include "moment.h"
#include "privilege.h"
#include "script.h"
#include "transport.h"
#include "worker.h"

#include <assert.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_MS 1000U
#define HOUR_MS (3600 * SECOND_MS)
#define NOTICES_A_SECOND 20
#define RENEWALS_A_SECOND 200 /* somebody may ask often, by SIGHUP */
#define NOTICES_AT_ONCE 32    /* before other interfaces have their turn */
#define WORKER_STOP_MS SECOND_MS
#define SCRIPT_STOP_MS (2 * SECOND_MS) /* for one that runs when we stop */
#define REFUSED_ROUTES_LOGGED 8

/* The one instance of what is too large for the stack. */
static union notice received;
static struct env environment;

static void proceed(struct interface *interface);

/* Holding. */

static void unlock(struct interface *interface)
{
	if (interface->lock >= 0)
		close(interface->lock);
	interface->lock = -1;
}

/* From here on its name is waited for. */
static void become_absent(struct interface *interface)
{
	unlock(interface);
	interface->ifindex = 0;
	interface->phase = PHASE_ABSENT;
	interface->state_since = clock_epoch_s();
	interface->status_changed = true;
}

/* The link may have been renamed since: its name of today. */
static const char *current_name(const struct interface *interface,
				char buffer[IF_NAMESIZE])
{
	const char *name = if_indextoname(interface->ifindex, buffer);

	return name != NULL ? name : interface->name;
}

/*
 * Takes the link that is held, whatever its name is now, or, if it has gone,
 * the one that has the name; 0, or -errno with a line logged.
 */
static int find_link(struct interface *interface, struct mac *mac)
{
	char buffer[IF_NAMESIZE];
	const char *name = current_name(interface, buffer);
	const uint32_t locked = interface->ifindex;
	int result = launch_find(name, &interface->ifindex, mac);

	if (result == -EPROTONOSUPPORT)
		log_line(LOG_ERR, "%s: not an Ethernet interface", name);
	else if (result < 0)
		log_line(LOG_ERR, "%s: %s", name, strerror(-result));
	if (result < 0)
		return result;
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
	result = find_link(interface, &mac);
	if (result != -ENODEV || !context->options->wait_for_interface)
		return result;
	log_line(LOG_NOTICE, "%s: waiting for it", name);
	become_absent(interface);
	return 0;
}

/* The script. */

static void to_announced(const struct lease_record *record,
			 struct announced *out)
{
	variables_copy(&out->variables, &record->variables);
	out->expiry = lease_record_expiry(record, clock_epoch_s());
}

static void script_ended(struct interface *interface,
			 enum script_outcome outcome);

/*
 * Runs the script for `reason`; `fresh` is the lease that it is to be told
 * of, or NULL.  What it was told before is old_*.
 */
static void run_script(struct interface *interface, enum reason reason,
		       const struct lease_record *fresh)
{
	static struct announced new_lease, old_lease;
	const struct monitor_context *context = interface->context;
	char name[IF_NAMESIZE];
	struct env_input input = {
		.reason = reason,
		.interface = current_name(interface, name),
		.definitions = &interface->conf.definitions,
		.pid = getpid(),
		.extra = context->options->extra,
		.extra_count = context->options->extra_count,
	};
	pid_t script;

	if (fresh != NULL) {
		to_announced(fresh, &new_lease);
		input.new_lease = &new_lease;
	}
	/* PREINIT and FAIL are about no lease, as in dhclient-script(8) */
	if (interface->has_lease && reason != REASON_PREINIT &&
	    reason != REASON_FAIL) {
		to_announced(&interface->lease, &old_lease);
		input.old_lease = &old_lease;
	}
	env_render(&input, &environment);
	if (fresh != NULL) {
		/* from here on that is what has to be taken down again */
		lease_record_copy(&interface->lease, fresh);
		interface->has_lease = true;
	}
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

/* The script is told that the lease is over; its old_* name it once more. */
static void take_down(struct interface *interface, enum reason reason)
{
	run_script(interface, reason, NULL);
	interface->has_lease = false;
}

static void on_script_exit(struct interface *interface, int status)
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

/* Pauses grow, and after some failures the interface is given up for long. */
static void worker_failed(struct interface *interface)
{
	const uint64_t now_ms = clock_boottime_ms();
	const uint32_t slot = interface->failures % WORKER_FAILURES_MAX;
	uint32_t recent = 1, i;

	for (i = 0; i < WORKER_FAILURES_MAX; i++)
		if (i != slot && interface->failed_ms[i] != 0 &&
		    now_ms - interface->failed_ms[i] < HOUR_MS)
			recent++;
	interface->failed_ms[slot] = now_ms;
	interface->state_since = clock_epoch_s();
	interface->status_changed = true;
	interface->failures++;
	interface->phase = PHASE_PAUSED;
	interface->resume_ms = now_ms + (SECOND_MS << (recent - 1));
	if (recent == WORKER_FAILURES_MAX) {
		interface->phase = PHASE_GIVEN_UP;
		interface->resume_ms = now_ms + HOUR_MS;
		log_line(LOG_ERR,
			 "%s: the worker failed %u times within an hour: given "
			 "up for an hour",
			 interface->name, recent);
		return;
	}
	log_line(LOG_NOTICE, "%s: a new worker in %u s", interface->name,
		 1U << (recent - 1));
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

static int start_worker(struct interface *interface)
{
	const struct monitor_context *context = interface->context;
	struct client_config config;
	const char *what = NULL;
	char name[IF_NAMESIZE];
	struct mac mac;
	pid_t worker = find_link(interface, &mac);

	if (worker < 0)
		return worker;
	worker = settle_address(interface, current_name(interface, name), &mac);
	if (worker < 0)
		return worker;
	fill_config(interface, &mac, &config);
	worker = launch_worker(&context->launch, current_name(interface, name),
			       interface->ifindex, &config,
			       &interface->conf.definitions, &interface->pipe,
			       &interface->udp, &what);
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
	interface->owes_state = false;
	interface->condemned = false;
	interface->mac = mac;
	memset(&interface->state, 0, sizeof(interface->state));
	interface->state_since = clock_epoch_s();
	return 0;
}

int interface_start(struct interface *interface)
{
	const int result = start_worker(interface);

	if (result < 0)
		return result;
	if (!interface->mac_changed) {
		interface->script_for_worker = true;
		run_script(interface, REASON_PREINIT, NULL);
	}
	interface->mac_changed = false;
	return 0;
}

static void kill_worker(const struct interface *interface)
{
	/* it runs as another user */
	privilege_raise(CAP_KILL);
	kill(interface->worker, SIGKILL);
	privilege_lower(CAP_KILL);
}

/* Whatever it sent, it does not send the like again. */
static void condemn(struct interface *interface, const char *why)
{
	log_line(LOG_ERR, "%s: the worker sent %s: killed", interface->name,
		 why);
	kill_worker(interface);
	close(interface->pipe);
	interface->pipe = -1;
	interface->condemned = true;
	interface->script_for_worker = false;
}

/* Notices. */

static void log_refused_routes(const struct interface *interface,
			       const struct route *refused, size_t count)
{
	size_t i;

	for (i = 0; i < count && i < REFUSED_ROUTES_LOGGED; i++) {
		char buffer[2 * INET_ADDRSTRLEN];
		struct text line = text_in(buffer, sizeof(buffer));

		text_add_address(&line, refused[i].destination);
		log_line(LOG_NOTICE, "%s: route to %s/%u refused (--routes)",
			 interface->name, buffer, refused[i].prefix_length);
	}
	if (count > REFUSED_ROUTES_LOGGED)
		log_line(LOG_NOTICE, "%s: and %zu more routes refused",
			 interface->name, count - REFUSED_ROUTES_LOGGED);
}

static int64_t epoch_in(uint32_t seconds)
{
	return seconds == NOTICE_FOREVER ? LEASEFILE_NEVER
					 : clock_epoch_s() + seconds;
}

/* BOUND, RENEW, REBIND: what the policy leaves of the lease. */
static void announce_lease(struct interface *interface,
			   const struct notice_script *notice)
{
	static struct lease_record fresh;
	struct route refused[REFUSED_ROUTES_LOGGED];
	char name[IF_NAMESIZE];
	size_t count;

	/* by that -r will look for it */
	snprintf(fresh.interface, sizeof(fresh.interface), "%s",
		 current_name(interface, name));
	variables_copy(&fresh.variables, &notice->variables);
	interface->server.s_addr = 0;
	variables_address(&fresh.variables, OPTION_SERVER_IDENTIFIER,
			  &interface->server);
	fresh.renew = epoch_in(notice->times.t1_s);
	fresh.rebind = epoch_in(notice->times.t2_s);
	fresh.expire = epoch_in(notice->times.expiry_s);
	count = route_policy_apply(interface->context->options->routes,
				   &fresh.variables, refused,
				   REFUSED_ROUTES_LOGGED);
	interface->routes_refused += (uint32_t)count;
	if (notice->reason == REASON_BOUND)
		log_refused_routes(interface, refused, count);
	/* the user's word is the last */
	count = amend_apply(&interface->conf.amendments, &fresh.variables);
	if (count > 0)
		log_line(LOG_WARNING,
			 "%s: %zu options left out for want of room beside "
			 "those of -cf",
			 interface->name, count);
	interface->script_for_worker = true;
	run_script(interface, (enum reason)notice->reason, &fresh);
}

static void on_script_notice(struct interface *interface,
			     const struct notice_script *notice)
{
	const enum reason reason = (enum reason)notice->reason;

	if (interface->script_for_worker) {
		condemn(interface, "a second script notice");
		return;
	}
	if ((reason == REASON_RENEW || reason == REASON_REBIND ||
	     reason == REASON_EXPIRE) &&
	    !interface->has_lease) {
		condemn(interface, "a notice about a lease that it never had");
		return;
	}
	if (interface->phase != PHASE_HELD || interface->script != 0)
		return; /* it is on its way out */
	if (reason == REASON_BOUND || reason == REASON_RENEW ||
	    reason == REASON_REBIND) {
		announce_lease(interface, notice);
		return;
	}
	interface->script_for_worker = true;
	if (reason == REASON_EXPIRE)
		take_down(interface, reason);
	else
		run_script(interface, reason, NULL);
}

static void on_state_notice(struct interface *interface,
			    const struct notice_state *notice)
{
	if (notice->state != interface->state.state)
		interface->state_since = clock_epoch_s();
	interface->state = *notice;
	interface->owes_state = false;
}

/*
 * Log and state notices: no more than so many a second, each counted by
 * itself, so that what a network makes us log hides no state.
 */
static bool may_speak(struct interface *interface, struct budget *budget,
		      uint32_t most)
{
	if (budget_spend(budget, clock_boottime_ms(), most))
		return true;
	interface->notices_dropped++;
	return false;
}

/* How many lines were left out, once there may be some again. */
static void log_omitted(struct interface *interface)
{
	if (interface->lines_omitted == 0)
		return;
	log_line(LOG_WARNING, "%s: %u lines left out, over %d a second",
		 interface->name, interface->lines_omitted, NOTICES_A_SECOND);
	interface->lines_omitted = 0;
}

/* Whether one more line about what a worker wants may be logged now. */
static bool may_log(struct interface *interface)
{
	if (!may_speak(interface, &interface->lines, NOTICES_A_SECOND)) {
		interface->lines_omitted++;
		return false;
	}
	log_omitted(interface);
	return true;
}

static void on_log_notice(struct interface *interface,
			  const struct notice_log *notice)
{
	if (may_log(interface))
		log_line((int)notice->level, "%s", notice->text);
}

/*
 * The worker says what, we know from where to whom: a lease that the script
 * was told is renewed by its server and nobody else.
 */
static void on_renewal_notice(struct interface *interface,
			      const struct notice_renewal *notice)
{
	struct in_addr source;
	char name[IF_NAMESIZE];
	int result;

	/* before the script was told nobody has the address */
	if (interface->phase != PHASE_HELD || !interface->has_lease ||
	    interface->server.s_addr == 0 ||
	    !variables_address(&interface->lease.variables, FIELD_IP_ADDRESS,
			       &source))
		return;
	if (!may_speak(interface, &interface->renewals, RENEWALS_A_SECOND))
		return;
	result = transport_send_udp(interface->udp, interface->ifindex, source,
				    interface->server, notice->message,
				    sizeof(notice->message));
	if (result < 0 && may_log(interface))
		log_line(LOG_WARNING, "%s: DHCPREQUEST could not be sent: %s",
			 current_name(interface, name), strerror(-result));
}

void interface_on_pipe(struct interface *interface)
{
	int notices;

	for (notices = 0; notices < NOTICES_AT_ONCE && interface->pipe >= 0;
	     notices++) {
		/* no control buffer: no descriptor is accepted */
		const ssize_t length = recv(interface->pipe, &received,
					    sizeof(received), MSG_TRUNC);

		if (length < 0)
			return;
		if (length == 0) { /* its end, or a datagram of no octets */
			if (interface->worker != 0)
				kill_worker(interface);
			close(interface->pipe);
			interface->pipe = -1;
			return;
		}
		switch (notice_check(&received, (size_t)length)) {
		case NOTICE_SCRIPT:
			on_script_notice(interface, &received.script);
			break;
		case NOTICE_LOG:
			on_log_notice(interface, &received.log);
			break;
		case NOTICE_STATE:
			on_state_notice(interface, &received.state);
			/* the last of too many is written a little later */
			if (may_speak(interface, &interface->states,
				      NOTICES_A_SECOND))
				interface->status_changed = true;
			else
				interface->status_late = true;
			break;
		case NOTICE_RENEWAL:
			on_renewal_notice(interface, &received.renewal);
			break;
		case NOTICE_OFFER: /* nobody asked */
		case NOTICE_INVALID:
			condemn(interface, "a malformed notice");
			break;
		}
	}
}

/* What comes next. */

static void end(struct interface *interface, int exit_status)
{
	interface->phase = PHASE_ENDED;
	interface->exit_status = exit_status;
	interface->status_changed = true;
	unlock(interface);
}

/* True if the link that is held, or one of its name, exists. */
static bool is_there(const struct interface *interface)
{
	char name[IF_NAMESIZE];

	return if_nametoindex(current_name(interface, name)) != 0;
}

void interface_restart(struct interface *interface)
{
	int result;

	interface->phase = PHASE_HELD;
	result = interface_start(interface);
	if (result == 0 || interface->phase == PHASE_REFUSED)
		return;
	if (!is_there(interface)) {
		become_absent(interface);
		return;
	}
	worker_failed(interface);
}

bool interface_is_gone(const struct interface *interface)
{
	return interface->phase == PHASE_ABSENT && interface->worker == 0 &&
	       interface->script == 0 && !interface->has_lease;
}

/*
 * No script runs.  First what was announced is taken down, if there is
 * nobody left to answer for it; then the phase decides.
 */
static void proceed(struct interface *interface)
{
	if (interface->script != 0 || interface->worker != 0)
		return;
	if (interface->has_lease && interface->phase != PHASE_STOPPING) {
		take_down(interface, REASON_EXPIRE);
		proceed(interface); /* if it could not be started at all */
		return;
	}
	switch (interface->phase) {
	case PHASE_HELD:
		interface_restart(interface);
		return;
	case PHASE_STOPPING:
		if (!interface->stop_told) {
			take_down(interface, REASON_STOP);
			proceed(interface);
			return;
		}
		end(interface, 0);
		return;
	case PHASE_ABSENT:
	case PHASE_REFUSED:
	case PHASE_PAUSED:
	case PHASE_GIVEN_UP:
	case PHASE_ENDED:
		return; /* interface_on_time, interface_on_links */
	}
}

/*
 * A worker that was taken over may lie about why it ends, to be started anew
 * without a pause: what can be seen from here is looked at.
 */
static bool is_plausible(const struct interface *interface,
			 enum client_exit why)
{
	char name[IF_NAMESIZE];
	uint32_t ifindex;
	struct mac mac;

	switch (why) {
	case EXIT_LINK_GONE:
		return if_indextoname(interface->ifindex, name) == NULL;
	case EXIT_MAC_CHANGED:
		return launch_find(current_name(interface, name), &ifindex,
				   &mac) < 0 ||
		       !mac_equal(&mac, &interface->mac);
	case EXIT_NO_LEASE:
		return interface->context->options->once &&
		       !interface->was_bound;
	case EXIT_STOPPED: /* the monitor asks for that, and is stopping then */
	case EXIT_REASONS:
		return false;
	}
	return false;
}

/* What follows if it ended for a reason; false if it failed. */
static bool has_reason(struct interface *interface, enum client_exit why)
{
	if (!is_plausible(interface, why))
		return false;
	switch (why) {
	case EXIT_LINK_GONE:
		log_line(LOG_NOTICE, "%s: the interface has gone",
			 interface->name);
		become_absent(interface);
		interface_on_links(interface); /* it may be back already */
		return true;
	case EXIT_MAC_CHANGED:
		interface->mac_changed = true; /* a new worker at once */
		return true;
	case EXIT_NO_LEASE:
		end(interface, EXIT_NONE);
		return true;
	case EXIT_STOPPED:
	case EXIT_REASONS:
		return false;
	}
	return false;
}

static void log_failure(const struct interface *interface, int status)
{
	const char *name = interface->name;

	if (interface->condemned)
		return; /* that has been said */
	if (WIFSIGNALED(status))
		log_line(LOG_ERR, "%s: the worker was killed by signal %d (%s)",
			 name, WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		log_line(LOG_ERR, "%s: the worker failed with status %d", name,
			 WEXITSTATUS(status));
}

static void on_worker_exit(struct interface *interface, int status)
{
	interface_on_pipe(interface); /* its last words */
	if (interface->pipe >= 0)
		close(interface->pipe);
	if (interface->udp >= 0)
		close(interface->udp);
	interface->pipe = interface->udp = -1;
	interface->worker = 0;
	interface->script_for_worker = false;
	interface->state_since = clock_epoch_s();
	interface->status_changed = true;
	if (interface->phase != PHASE_HELD)
		return;
	if (WIFEXITED(status) && WEXITSTATUS(status) >= WORKER_EXIT_BASE &&
	    has_reason(interface, (enum client_exit)(WEXITSTATUS(status) -
						     WORKER_EXIT_BASE)))
		return;
	log_failure(interface, status);
	worker_failed(interface);
}

bool interface_on_child(struct interface *interface, pid_t child, int status)
{
	if (child == interface->worker)
		on_worker_exit(interface, status);
	else if (child == interface->script)
		on_script_exit(interface, status);
	else
		return false;
	proceed(interface);
	return true;
}

void interface_on_links(struct interface *interface)
{
	switch (interface->phase) {
	case PHASE_ABSENT:
		if (if_nametoindex(interface->name) == 0)
			return;
		break;
	case PHASE_REFUSED:
		break; /* looked at anew, as it may have gone too */
	case PHASE_HELD:
	case PHASE_PAUSED:
	case PHASE_GIVEN_UP:
	case PHASE_STOPPING:
	case PHASE_ENDED:
		return;
	}
	interface->phase = PHASE_HELD;
	proceed(interface);
}

void interface_on_time(struct interface *interface)
{
	const uint64_t now_ms = clock_boottime_ms();

	if (interface->script != 0 && interface->script_deadline_ms <= now_ms) {
		interface->script_timed_out = true;
		interface->script_deadline_ms = TIME_NEVER;
		script_signal(interface->script, SIGKILL);
	}
	if (interface->worker != 0 && interface->phase == PHASE_STOPPING &&
	    interface->kill_ms <= now_ms) {
		interface->kill_ms = TIME_NEVER;
		kill_worker(interface);
	}
	if (interface->lines_omitted > 0 &&
	    budget_renewal_ms(&interface->lines) <= now_ms)
		log_omitted(interface);
	if (interface->status_late &&
	    budget_renewal_ms(&interface->states) <= now_ms) {
		interface->status_late = false;
		interface->status_changed = true;
	}
	if ((interface->phase == PHASE_PAUSED ||
	     interface->phase == PHASE_GIVEN_UP) &&
	    interface->resume_ms <= now_ms) {
		interface->phase = PHASE_HELD;
		proceed(interface);
	}
}

uint64_t interface_deadline(const struct interface *interface)
{
	uint64_t deadline = TIME_NEVER;

	if (interface->script != 0)
		deadline = interface->script_deadline_ms;
	if (interface->worker != 0 && interface->phase == PHASE_STOPPING)
		deadline = moment_earlier(deadline, interface->kill_ms);
	if (interface->lines_omitted > 0)
		deadline = moment_earlier(deadline,
					  budget_renewal_ms(&interface->lines));
	if (interface->status_late)
		deadline = moment_earlier(
			deadline, budget_renewal_ms(&interface->states));
	if (interface->phase == PHASE_PAUSED ||
	    interface->phase == PHASE_GIVEN_UP)
		deadline = moment_earlier(deadline, interface->resume_ms);
	return deadline;
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

void interface_stop(struct interface *interface)
{
	const uint64_t now_ms = clock_boottime_ms();

	if (interface->phase == PHASE_ENDED)
		return;
	interface->phase = PHASE_STOPPING;
	interface->script_for_worker = false;
	interface->kill_ms = now_ms + WORKER_STOP_MS;
	tell_worker(interface, &(struct command){.type = COMMAND_STOP});
	if (interface->script != 0)
		interface->script_deadline_ms = moment_earlier(
			interface->script_deadline_ms, now_ms + SCRIPT_STOP_MS);
	proceed(interface);
}
