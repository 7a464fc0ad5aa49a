/*
 * Notices, one after the other.  What can't be is answered by the worker's
 * death; what can is a wish, and no more of it is granted than the lease, the
 * route policy and so many a second allow.
 */
#include "hearing.h"

#include "clock.h"
#include "log.h"
#include "moment.h"
#include "room.h"
#include "transport.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOTICES_A_SECOND 20
#define RENEWALS_A_SECOND 200 /* somebody may ask often, by SIGHUP */
#define NOTICES_AT_ONCE 32    /* before other interfaces have their turn */
#define REFUSED_ROUTES_LOGGED 8

static ROOM union notice received; /* too large for the stack */

/* Whatever it sent, it does not send the like again. */
static void condemn(struct interface *interface, const char *why)
{
	log_line(LOG_ERR, "%s: the worker sent %s: killed", interface->name,
		 why);
	interface_kill_worker(interface);
	close(interface->pipe);
	interface->pipe = -1;
	interface->condemned = true;
	interface->script_for_worker = false;
}

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
	static ROOM struct lease_record fresh;
	struct route refused[REFUSED_ROUTES_LOGGED];
	char name[IF_NAMESIZE];
	size_t count;

	/* by that -r will look for it */
	snprintf(fresh.interface, sizeof(fresh.interface), "%s",
		 interface_current_name(interface, name));
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
	interface_announce(interface, (enum reason)notice->reason, &fresh);
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
		interface_take_down(interface, reason);
	else
		interface_run_script(interface, reason);
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
			 interface_current_name(interface, name),
			 strerror(-result));
}

void hearing_on_pipe(struct interface *interface)
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
				interface_kill_worker(interface);
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

void hearing_on_time(struct interface *interface, uint64_t now_ms)
{
	if (interface->lines_omitted > 0 &&
	    budget_renewal_ms(&interface->lines) <= now_ms)
		log_omitted(interface);
	if (interface->status_late &&
	    budget_renewal_ms(&interface->states) <= now_ms) {
		interface->status_late = false;
		interface->status_changed = true;
	}
}

uint64_t hearing_deadline(const struct interface *interface)
{
	uint64_t deadline = TIME_NEVER;

	if (interface->lines_omitted > 0)
		deadline = budget_renewal_ms(&interface->lines);
	if (interface->status_late)
		deadline = moment_earlier(
			deadline, budget_renewal_ms(&interface->states));
	return deadline;
}
