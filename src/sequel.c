/*
 * Two things of an interface can end at any time: its worker and its script.
 * proceed() is the one place that says what follows, once no script runs; the
 * rest notes what happened.
 */
#include "sequel.h"

#include "clock.h"
#include "hearing.h"
#include "log.h"
#include "moment.h"
#include "script.h"
#include "worker.h"

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECOND_MS 1000U
#define HOUR_MS (3600 * SECOND_MS)
#define WORKER_STOP_MS SECOND_MS
#define SCRIPT_STOP_MS (2 * SECOND_MS) /* for one that runs when we stop */

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

/* True if the link that is held, or one of its name, exists. */
static bool is_there(const struct interface *interface)
{
	char name[IF_NAMESIZE];

	return if_nametoindex(interface_current_name(interface, name)) != 0;
}

void sequel_restart(struct interface *interface)
{
	int result;

	interface->phase = PHASE_HELD;
	result = interface_start(interface);
	if (result == 0 || interface->phase == PHASE_REFUSED)
		return;
	if (!is_there(interface)) {
		interface_become_absent(interface);
		return;
	}
	worker_failed(interface);
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
		interface_take_down(interface, REASON_EXPIRE);
		proceed(interface); /* if it could not be started at all */
		return;
	}
	switch (interface->phase) {
	case PHASE_HELD:
		sequel_restart(interface);
		return;
	case PHASE_STOPPING:
		/* a script that was told nothing has nothing to take down */
		if (interface->was_told && !interface->stop_told) {
			interface_take_down(interface, REASON_STOP);
			proceed(interface);
			return;
		}
		interface_end(interface, 0);
		return;
	case PHASE_ABSENT:
	case PHASE_REFUSED:
	case PHASE_PAUSED:
	case PHASE_GIVEN_UP:
	case PHASE_ENDED:
		return; /* sequel_on_time, sequel_on_links */
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
		return launch_find(interface_current_name(interface, name),
				   &ifindex, &mac) < 0 ||
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
		interface_become_absent(interface);
		sequel_on_links(interface); /* it may be back already */
		return true;
	case EXIT_MAC_CHANGED:
		interface->mac_changed = true; /* a new worker at once */
		return true;
	case EXIT_NO_LEASE:
		interface_end(interface, EXIT_NONE);
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
	hearing_on_pipe(interface); /* its last words */
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

bool sequel_on_child(struct interface *interface, pid_t child, int status)
{
	if (child == interface->worker)
		on_worker_exit(interface, status);
	else if (child == interface->script)
		interface_on_script_exit(interface, status);
	else
		return false;
	proceed(interface);
	return true;
}

void sequel_on_links(struct interface *interface)
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

void sequel_on_time(struct interface *interface, uint64_t now_ms)
{
	if (interface->script != 0 && interface->script_deadline_ms <= now_ms) {
		interface->script_timed_out = true;
		interface->script_deadline_ms = TIME_NEVER;
		script_signal(interface->script, SIGKILL);
	}
	if (interface->worker != 0 && interface->phase == PHASE_STOPPING &&
	    interface->kill_ms <= now_ms) {
		interface->kill_ms = TIME_NEVER;
		interface_kill_worker(interface);
	}
	hearing_on_time(interface, now_ms);
	if ((interface->phase == PHASE_PAUSED ||
	     interface->phase == PHASE_GIVEN_UP) &&
	    interface->resume_ms <= now_ms) {
		interface->phase = PHASE_HELD;
		proceed(interface);
	}
}

uint64_t sequel_deadline(const struct interface *interface)
{
	uint64_t deadline = hearing_deadline(interface);

	if (interface->script != 0)
		deadline =
			moment_earlier(deadline, interface->script_deadline_ms);
	if (interface->worker != 0 && interface->phase == PHASE_STOPPING)
		deadline = moment_earlier(deadline, interface->kill_ms);
	if (interface->phase == PHASE_PAUSED ||
	    interface->phase == PHASE_GIVEN_UP)
		deadline = moment_earlier(deadline, interface->resume_ms);
	return deadline;
}

void sequel_stop(struct interface *interface)
{
	const uint64_t now_ms = clock_boottime_ms();

	if (interface->phase == PHASE_ENDED)
		return;
	interface->phase = PHASE_STOPPING;
	interface->script_for_worker = false;
	interface->kill_ms = now_ms + WORKER_STOP_MS;
	interface_stop_worker(interface);
	if (interface->script != 0)
		interface->script_deadline_ms = moment_earlier(
			interface->script_deadline_ms, now_ms + SCRIPT_STOP_MS);
	proceed(interface);
}
