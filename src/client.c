/*
 * The state machine.  One function for each kind of event, with a switch over
 * all states where the answer depends on the state; enter() is the one door
 * into a state, and what the script is told follows in script_next() from
 * what it knows and what is true.
 *
 * INIT waits for one of: the first PREINIT, the link, a pause (after NAKs or
 * with --delay-selecting).  All else begins there with a fresh transaction:
 * nothing learnt before is sent again (RFC 7844 §3.2 to §3.4).
 */
#include "client.h"

#include "chance.h"
#include "moment.h"

#include <assert.h>

#define MS 1000U /* milliseconds in a second */

/* RFC 2131 §4.1: 4, 8, 16, 32, 64 s, each ±1 s; 64 s for ever after. */
#define DISCOVER_FIRST_MS (4 * MS)
#define DISCOVER_LAST_MS (64 * MS)
#define RETRANSMIT_JITTER_MS MS

/* REQUEST at 0, 4, 12, 28 s; RFC 2131 §3.1 (5): given up after 60 s. */
#define REQUEST_FIRST_MS (4 * MS)
#define REQUEST_ATTEMPTS 4
#define REQUEST_LIMIT_MS (60 * MS)

#define RENEW_LEAST_MS (60 * MS)   /* between two: RFC 2131 §4.4.5 */
#define DECLINE_JITTER_MS (3 * MS) /* beyond the pause: RFC 2131 §3.1 (5) */
#define DELAY_FIRST_MS MS          /* --delay-selecting: RFC 2131 §4.4.1 */
#define DELAY_LAST_MS (10 * MS)
#define NAK_PAUSE_MAX_MS (64 * MS)
#define SLEPT_LEAST_MS MS /* less is the two clocks' own difference */

/*
 * RFC 5227 §1.1: PROBE_WAIT 1 s, three probes PROBE_MIN 1 s to PROBE_MAX 2 s
 * apart, ANNOUNCE_WAIT 2 s: 7 s at most.  --arp-wait bounds the whole and is
 * counted as nine of these seconds, so that 9000 is the RFC's own timing.
 */
#define PROBE_UNITS 9
#define PROBE_NUM 3
#define ANNOUNCE_INTERVAL_MS (2 * MS)
#define DEFEND_INTERVAL_MS (10 * MS)

static const struct in_addr no_address = {INADDR_ANY};

const char *client_state_name(enum client_state state)
{
	static const char names[STATE_COUNT][12] = {
		[STATE_INIT] = "INIT",
		[STATE_SELECTING] = "SELECTING",
		[STATE_REQUESTING] = "REQUESTING",
		[STATE_PROBING] = "PROBING",
		[STATE_BOUND] = "BOUND",
		[STATE_RENEWING] = "RENEWING",
		[STATE_REBINDING] = "REBINDING",
		[STATE_DECLINED] = "DECLINED",
		[STATE_STOPPED] = "STOPPED",
	};

	assert(state < STATE_COUNT);
	return names[state];
}

bool client_is_bound(const struct client *client)
{
	return client->state == STATE_BOUND ||
	       client->state == STATE_RENEWING ||
	       client->state == STATE_REBINDING;
}

bool client_awaits_reply(const struct client *client)
{
	return client->state == STATE_SELECTING ||
	       client->state == STATE_REQUESTING ||
	       client->state == STATE_RENEWING ||
	       client->state == STATE_REBINDING;
}

uint64_t client_renewal_ms(const struct client *client)
{
	return client->config.udp_missing ? client->lease.t2_ms
					  : client->lease.t1_ms;
}

/* One that is being probed counts: RFC 2131's clock runs already. */
static bool has_lease(const struct client *client)
{
	return client->lease.lifetime_s != 0;
}

static bool same_address(struct in_addr a, struct in_addr b)
{
	return a.s_addr == b.s_addr;
}

/* Actions. */

static struct action *act(struct actions *out, enum action_type type)
{
	struct action *action;

	assert(out->count < ACTIONS_MAX);
	action = &out->list[out->count++];
	memset(action, 0, sizeof(*action));
	action->type = type;
	return action;
}

static void report(struct actions *out, enum report_type type,
		   struct in_addr address, struct in_addr server,
		   uint64_t number)
{
	struct action *action = act(out, ACTION_REPORT);

	action->report.type = type;
	action->report.address = address;
	action->report.server = server;
	action->report.number = (uint32_t)number;
}

static void drop(struct actions *out, enum decode why,
		 const struct message *message)
{
	struct in_addr server = no_address;

	message_address(message, OPTION_SERVER_IDENTIFIER, &server);
	report(out, REPORT_DROPPED, message->yiaddr, server, why);
}

static void watch_arp(struct actions *out, struct in_addr address)
{
	act(out, ACTION_ARP_WATCH)->watch = address;
}

static void announce(const struct client *client, struct actions *out)
{
	arp_encode_announcement(&client->link.mac, client->lease.address,
				act(out, ACTION_ARP)->arp);
}

/*
 * Sends `sent` from the transaction under way; `next_ms` is how long until it
 * is sent again, for the log.
 */
static void send_message(struct client *client, enum sent sent,
			 const struct event *event, uint64_t next_ms,
			 struct actions *out)
{
	const bool unicast = sent == SENT_REQUEST_RENEWING;
	struct action *action =
		act(out, unicast ? ACTION_UNICAST : ACTION_BROADCAST);

	/* the current one, always: RFC 7844 §3.4 */
	client->transaction.mac = client->link.mac;
	client->sent_ms = event->now_ms;
	client->attempt++;
	action->message.sent = sent;
	action->message.address = client->transaction.address;
	action->message.attempt = client->attempt;
	action->message.interval_s = (uint32_t)((next_ms + MS / 2) / MS);
	action->message.destination.s_addr = INADDR_BROADCAST;
	if (unicast) {
		action->message.source = client->lease.address;
		action->message.destination = client->lease.server;
	}
	profile_write(sent, &client->transaction, &client->config.disclosure,
		      event->chance.order, event->chance.list,
		      action->message.bytes);
}

/* Seconds since the transaction's first message (RFC 2131 table 1). */
static uint16_t elapsed_s(const struct client *client, uint64_t now_ms)
{
	const uint64_t elapsed = (now_ms - client->started_ms) / MS;

	return elapsed > UINT16_MAX ? UINT16_MAX : (uint16_t)elapsed;
}

/* A fresh xid for each exchange (RFC 2131 §4.4.1; RFC 7844 §3.3). */
static void new_transaction(struct client *client, const struct event *event)
{
	memset(&client->transaction, 0, sizeof(client->transaction));
	client->transaction.xid = event->chance.xid;
	client->started_ms = event->now_ms;
}

/* What is sent in each state. */

/* `base_ms` doubled for each message sent before, up to `most_ms`, ±1 s. */
static uint64_t backoff_ms(const struct client *client, uint64_t base_ms,
			   uint64_t most_ms, const struct event *event)
{
	uint64_t wait = base_ms;
	uint32_t sent;

	for (sent = 0; sent < client->attempt && wait < most_ms; sent++)
		wait *= 2;
	return wait + (uint64_t)(int64_t)chance_around(event->chance.wait,
						       RETRANSMIT_JITTER_MS);
}

static void send_discover(struct client *client, const struct event *event,
			  struct actions *out)
{
	const uint64_t wait =
		backoff_ms(client, DISCOVER_FIRST_MS, DISCOVER_LAST_MS, event);

	client->transaction.secs = elapsed_s(client, event->now_ms);
	client->deadline_ms = event->now_ms + wait;
	send_message(client, SENT_DISCOVER, event, wait, out);
}

/* Keeps the DISCOVER's secs, in retransmissions too (RFC 2131 §4.4.1). */
static void send_request(struct client *client, const struct event *event,
			 struct actions *out)
{
	const uint64_t left =
		client->requesting_ms + REQUEST_LIMIT_MS - event->now_ms;
	uint64_t wait = backoff_ms(client, REQUEST_FIRST_MS, UINT64_MAX, event);

	/* a worker that stood still is late, and the end stays */
	if (client->attempt + 1 == REQUEST_ATTEMPTS || wait > left)
		wait = left;
	client->deadline_ms = event->now_ms + wait;
	send_message(client, SENT_REQUEST_SELECTING, event, wait, out);
}

/*
 * Renewal's and rebinding's rule: again after half of the time that remains
 * until `limit_ms`, but no sooner than in a minute (RFC 2131 §4.4.5).
 */
static void send_renewal(struct client *client, enum sent sent,
			 uint64_t limit_ms, const struct event *event,
			 struct actions *out)
{
	uint64_t wait = RENEW_LEAST_MS;

	/* a lease without end is renewed only when the user asks */
	if (limit_ms != TIME_NEVER)
		wait = moment_later((limit_ms - event->now_ms) / 2,
				    RENEW_LEAST_MS);

	client->transaction.secs = elapsed_s(client, event->now_ms);
	client->deadline_ms = moment_earlier(event->now_ms + wait, limit_ms);
	send_message(client, sent, event, client->deadline_ms - event->now_ms,
		     out);
}

/* One of the waits of RFC 5227 §2.1.1: `units` seconds of it, scaled. */
static uint32_t probe_time_ms(const struct client *client, uint32_t units)
{
	return client->config.arp_wait_ms * units / PROBE_UNITS;
}

/* The next of the probes; two units after the last one, the lease is ours. */
static void send_probe(struct client *client, const struct event *event,
		       struct actions *out)
{
	uint32_t wait = probe_time_ms(client, 2);

	arp_encode_probe(&client->link.mac, client->lease.address,
			 act(out, ACTION_ARP)->arp);
	client->attempt++;
	if (client->attempt < PROBE_NUM)
		wait = probe_time_ms(client, 1) +
		       chance_below(event->chance.wait,
				    probe_time_ms(client, 1) + 1);
	client->deadline_ms = event->now_ms + wait;
}

static void enter(struct client *client, enum client_state state,
		  const struct event *event, struct actions *out);

/* A renewal is a transaction of its own (RFC 7844: nothing links the two). */
static void begin_renewal(struct client *client, const struct event *event,
			  struct actions *out)
{
	const bool by_broadcast = client->config.udp_missing ||
				  event->now_ms >= client->lease.t2_ms;

	new_transaction(client, event);
	client->transaction.address = client->lease.address;
	enter(client, by_broadcast ? STATE_REBINDING : STATE_RENEWING, event,
	      out);
}

/* What the script is told. */

/* The lease that the script knows is to be taken down. */
static void withdraw(struct client *client)
{
	client->withdraw_ms = TIME_NEVER;
	client->script.withdraw = client->script.bound;
}

/* The script is to be told of the lease: BOUND, RENEW or REBIND. */
static void tell(struct client *client, enum reason reason)
{
	/* until BOUND was told, a renewal of it is no news */
	if (client->script.news && client->script.reason == REASON_BOUND)
		return;
	client->script.news = true;
	client->script.reason = reason;
}

/*
 * A new lease meets what the script knows of an old one: taken down first,
 * unless it is the same address, kept over a loss of carrier, or a manager
 * replaces all by what it is told last.
 */
static void tell_bound(struct client *client)
{
	if (client->withdraw_ms != TIME_NEVER) {
		if (same_address(client->script.address,
				 client->lease.address) ||
		    client->config.manager_decides)
			client->withdraw_ms = TIME_NEVER;
		else
			withdraw(client);
	}
	tell(client, REASON_BOUND);
}

/* What the script is owed, most urgent first; false: nothing. */
static bool script_owed(struct client *client, enum reason *reason)
{
	const bool stopped = client->state == STATE_STOPPED;

	if (client->script.withdraw) {
		client->script.withdraw = client->script.bound = false;
		client->script.preinit = !stopped;
		*reason = REASON_EXPIRE;
		return true;
	}
	/* while the link is down, its address may be being changed */
	if (client->script.preinit && client->link.up && !stopped) {
		client->script.preinit = false;
		*reason = REASON_PREINIT;
		return true;
	}
	if (client->script.news) {
		client->script.news = false;
		client->script.bound = true;
		client->script.address = client->lease.address;
		*reason = client->script.reason;
		return true;
	}
	if (client->script.fail) {
		client->script.fail = false;
		*reason = REASON_FAIL;
		return true;
	}
	return false;
}

/*
 * One script at a time: when it has ended, what is owed by then decides what
 * is next, so a slow script delays no packet and hears nothing stale.
 */
static void script_next(struct client *client, struct actions *out)
{
	enum reason reason;

	if (client->exited || client->script.busy)
		return;
	if (script_owed(client, &reason)) {
		client->script.busy = true;
		client->script.running = reason;
		act(out, ACTION_SCRIPT)->script.reason = reason;
		return;
	}
	if (client->exiting) {
		client->exited = true;
		act(out, ACTION_EXIT)->exit = client->exit;
	}
}

/* The ends of a lease, and of the client. */

/* From now on there is no lease; what was learnt with it is gone. */
static void forget_lease(struct client *client, const struct event *event,
			 struct actions *out)
{
	if (!has_lease(client))
		return;
	if (client_is_bound(client))
		client->fail_ms = event->now_ms + client->config.timeout_ms;
	if (client->config.arp_wait_ms != 0)
		watch_arp(out, no_address);
	client->announce_ms = TIME_NEVER;
	client->has_defended = client->in_use = false;
	client->script.news = false;
	memset(&client->lease, 0, sizeof(client->lease));
	memset(&client->ack, 0, sizeof(client->ack));
}

static void stop(struct client *client, enum client_exit why,
		 const struct event *event, struct actions *out)
{
	forget_lease(client, event, out);
	client->exiting = true;
	client->exit = why;
	enter(client, STATE_STOPPED, event, out);
}

/* Ends at once: the monitor takes down what the script was told. */
static void stop_at_once(struct client *client, enum client_exit why,
			 const struct event *event, struct actions *out)
{
	stop(client, why, event, out);
	memset(&client->script, 0, sizeof(client->script));
}

/* Begins anew with a DISCOVER, in `wait_ms`, or when that becomes possible. */
static void restart(struct client *client, uint64_t wait_ms,
		    const struct event *event, struct actions *out)
{
	enter(client, STATE_INIT, event, out);
	if (!client->started || !link_is_usable(&client->link))
		return;
	if (wait_ms == 0)
		enter(client, STATE_SELECTING, event, out);
	else
		client->deadline_ms = event->now_ms + wait_ms;
}

/* A restart for a new attachment to the link. */
static void restart_on_link(struct client *client, const struct event *event,
			    struct actions *out)
{
	uint64_t wait = 0;

	if (client->config.delay_selecting)
		wait = DELAY_FIRST_MS +
		       chance_below(event->chance.wait,
				    DELAY_LAST_MS - DELAY_FIRST_MS + 1);
	restart(client, wait, event, out);
}

/* The lease ended, by time or by the server's word. */
static void expire(struct client *client, uint64_t wait_ms,
		   const struct event *event, struct actions *out)
{
	/* one that was only being probed the script does not know */
	const bool was_bound = client_is_bound(client);

	forget_lease(client, event, out);
	if (was_bound)
		withdraw(client);
	restart(client, wait_ms, event, out);
}

/*
 * After a loss of carrier or sleep this may be another network: the lease is
 * forgotten; what the script made of it stays for the grace that was asked
 * for, but not beyond the lease's own end.
 */
static void detach(struct client *client, const struct event *event,
		   struct actions *out)
{
	const uint64_t expiry_ms = client->lease.expiry_ms;
	const bool was_bound = client_is_bound(client);
	uint64_t until = event->now_ms + client->config.carrier_grace_ms;

	forget_lease(client, event, out);
	client->naks = 0; /* this network has refused nothing yet */
	if (!was_bound)
		return;
	if (client->config.manager_decides)
		until = expiry_ms;
	until = moment_earlier(until, expiry_ms);
	if (client->script.withdraw || !client->script.bound ||
	    until <= event->now_ms) {
		withdraw(client);
		return;
	}
	client->withdraw_ms = until;
	/* until then there is an address, so nothing has failed */
	client->fail_ms = moment_later(client->fail_ms, until);
}

/*
 * The address can't be ours: DHCPDECLINE (RFC 2131 §4.4.4), then a pause, so
 * that server and client don't go round in circles (§3.1 (5)).
 */
static void decline(struct client *client, const struct event *event,
		    struct actions *out)
{
	const struct lease lease = client->lease;

	/* kept over a loss of carrier, and now somebody else's */
	if (client->withdraw_ms != TIME_NEVER &&
	    same_address(client->script.address, lease.address))
		withdraw(client);
	forget_lease(client, event, out);
	new_transaction(client, event);
	client->transaction.address = lease.address;
	client->transaction.server = lease.server;
	if (client->config.once && !client->settled) {
		send_message(client, SENT_DECLINE, event, 0, out);
		client->script.fail = true;
		stop(client, EXIT_NO_LEASE, event, out);
		return;
	}
	enter(client, STATE_DECLINED, event, out);
}

/* The one door into a state. */
static void enter(struct client *client, enum client_state state,
		  const struct event *event, struct actions *out)
{
	const uint64_t now = event->now_ms;

	assert(state < STATE_COUNT);
	client->state = state;
	client->attempt = 0;
	client->deadline_ms = TIME_NEVER;
	switch (state) {
	case STATE_INIT:
		memset(&client->transaction, 0, sizeof(client->transaction));
		break;
	case STATE_SELECTING:
		new_transaction(client, event);
		send_discover(client, event, out);
		break;
	case STATE_REQUESTING:
		client->requesting_ms = now;
		send_request(client, event, out);
		break;
	case STATE_PROBING:
		watch_arp(out, client->lease.address);
		client->deadline_ms =
			now + chance_below(event->chance.wait,
					   probe_time_ms(client, 1) + 1);
		break;
	case STATE_BOUND:
		client->naks = 0;
		client->fail_ms = TIME_NEVER;
		client->script.fail = false;
		/* a late ACK may bring a T1 that has passed */
		client->deadline_ms =
			moment_later(now, client_renewal_ms(client));
		break;
	case STATE_RENEWING:
		send_renewal(client, SENT_REQUEST_RENEWING, client->lease.t2_ms,
			     event, out);
		break;
	case STATE_REBINDING:
		send_renewal(client, SENT_REQUEST_REBINDING,
			     client->lease.expiry_ms, event, out);
		break;
	case STATE_DECLINED:
		send_message(client, SENT_DECLINE, event, 0, out);
		client->deadline_ms =
			now + client->config.decline_pause_ms +
			chance_below(event->chance.wait, DECLINE_JITTER_MS + 1);
		break;
	case STATE_STOPPED:
	case STATE_COUNT:
		client->fail_ms = TIME_NEVER;
		client->announce_ms = TIME_NEVER;
		withdraw(client);
		break;
	}
}

/* Replies. */

/* Reads the lease of an OFFER or ACK; false, and reported, if refused. */
static bool is_acceptable(const struct client *client,
			  const struct message *message, struct lease *lease,
			  struct actions *out)
{
	enum lease_refusal refusal = lease_from_message(message, lease);
	struct in_addr server = no_address;

	message_address(message, OPTION_SERVER_IDENTIFIER, &server);
	if (refusal == LEASE_ACCEPTABLE &&
	    reject_matches(&client->config.reject, server))
		refusal = LEASE_REJECTED;
	if (refusal == LEASE_ACCEPTABLE)
		return true;
	report(out, REPORT_REFUSED, message->yiaddr, server, refusal);
	return false;
}

static void on_offer(struct client *client, const struct event *event,
		     struct actions *out)
{
	struct lease offered;

	if (!is_acceptable(client, event->message, &offered, out))
		return;
	report(out, REPORT_OFFER, offered.address, offered.server, 0);
	client->transaction.address = offered.address;
	client->transaction.server = offered.server;
	enter(client, STATE_REQUESTING, event, out);
}

/*
 * Takes the lease of an ACK that grants `client->transaction.address`; false,
 * with the reason reported, if it is not acceptable.  The clock of the lease
 * runs from the REQUEST (RFC 2131 §4.4.1).
 */
static bool take_ack(struct client *client, bool from_selected,
		     const struct event *event, struct actions *out)
{
	struct lease lease;

	if (!is_acceptable(client, event->message, &lease, out))
		return false;
	lease_set_times(&lease, event->message, client->sent_ms,
			event->chance.t1, event->chance.t2);
	/* another address, another server, or too late to be of use */
	if (!same_address(lease.address, client->transaction.address) ||
	    (from_selected &&
	     !same_address(lease.server, client->transaction.server)) ||
	    lease.expiry_ms <= event->now_ms) {
		drop(out, DECODE_UNEXPECTED, event->message);
		return false;
	}
	client->lease = lease;
	client->ack = *event->message;
	report(out, REPORT_ACK, lease.address, lease.server, 0);
	return true;
}

/* Words for whoever wonders why there is no route or no name. */
static void report_what_is_missing(const struct client *client,
				   struct actions *out)
{
	const struct lease *lease = &client->lease;
	size_t length;

	if (lease->mask_is_natural)
		report(out, REPORT_NATURAL_MASK, lease->address, lease->server,
		       0);
	if (!message_option(&client->ack, OPTION_ROUTERS, &length) &&
	    !message_option(&client->ack, OPTION_CLASSLESS_ROUTES, &length))
		report(out, REPORT_NO_ROUTER, lease->address, lease->server, 0);
	if (!message_option(&client->ack, OPTION_DOMAIN_NAME_SERVERS, &length))
		report(out, REPORT_NO_DNS, lease->address, lease->server, 0);
}

static void report_bound(const struct client *client, const struct event *event,
			 struct actions *out)
{
	const struct lease *lease = &client->lease;
	const uint64_t renewal_ms = client_renewal_ms(client);
	uint64_t left_s = UINT32_MAX;

	if (renewal_ms != TIME_NEVER)
		left_s = renewal_ms <= event->now_ms
				 ? 0
				 : (renewal_ms - event->now_ms) / MS;
	report(out, REPORT_BOUND, lease->address, lease->server, left_s);
}

/* A new lease is ours. */
static void become_bound(struct client *client, const struct event *event,
			 struct actions *out)
{
	tell_bound(client);
	enter(client, STATE_BOUND, event, out);
	report_bound(client, event, out);
}

static void on_ack(struct client *client, const struct event *event,
		   struct actions *out)
{
	const enum client_state state = client->state;

	if (!take_ack(client, state == STATE_REQUESTING, event, out))
		return;
	if (state != STATE_REQUESTING) {
		tell(client,
		     state == STATE_RENEWING ? REASON_RENEW : REASON_REBIND);
		enter(client, STATE_BOUND, event, out);
		report_bound(client, event, out);
		return;
	}
	report_what_is_missing(client, out);
	if (client->config.arp_wait_ms != 0) {
		enter(client, STATE_PROBING, event, out);
		return;
	}
	become_bound(client, event, out);
}

/*
 * The first retry is immediate; consecutive ones wait 1, 2, 4 … 64 s, so that
 * a server which refuses all is not asked for ever at full speed.
 */
static uint64_t nak_pause_ms(uint32_t naks)
{
	uint64_t pause = MS;

	if (naks < 2)
		return 0;
	for (; naks > 2 && pause < NAK_PAUSE_MAX_MS; naks--)
		pause *= 2;
	return pause;
}

static void on_nak(struct client *client, const struct event *event,
		   struct actions *out)
{
	struct in_addr server;

	/* RFC 2131 table 3: the server identifier is a MUST in a NAK */
	if (!message_address(event->message, OPTION_SERVER_IDENTIFIER,
			     &server) ||
	    reject_matches(&client->config.reject, server) ||
	    (client->state == STATE_REQUESTING &&
	     !same_address(server, client->transaction.server))) {
		drop(out, DECODE_UNEXPECTED, event->message);
		return;
	}
	report(out, REPORT_NAK, client->transaction.address, server, 0);
	client->naks++;
	if (client_is_bound(client))
		expire(client, nak_pause_ms(client->naks), event, out);
	else
		restart(client, nak_pause_ms(client->naks), event, out);
}

static void on_message(struct client *client, const struct event *event,
		       struct actions *out)
{
	const struct message *message = event->message;
	bool expects_offer = false;

	switch (client->state) {
	case STATE_SELECTING:
		expects_offer = true;
		break;
	case STATE_REQUESTING:
	case STATE_RENEWING:
	case STATE_REBINDING:
		break;
	case STATE_INIT:
	case STATE_PROBING:
	case STATE_BOUND:
	case STATE_DECLINED:
	case STATE_STOPPED:
	case STATE_COUNT:
		drop(out, DECODE_UNEXPECTED, message);
		return;
	}
	if (message->xid != client->transaction.xid ||
	    !mac_equal(&message->chaddr, &client->link.mac)) {
		drop(out, DECODE_FOREIGN, message);
		return;
	}
	if (expects_offer && message->type == DHCPOFFER)
		on_offer(client, event, out);
	else if (!expects_offer && message->type == DHCPACK)
		on_ack(client, event, out);
	else if (!expects_offer && message->type == DHCPNAK)
		on_nak(client, event, out);
	else
		drop(out, DECODE_UNEXPECTED, message);
}

/* Conflict detection. */

static void report_conflict(enum report_type type, const struct client *client,
			    const struct event *event, struct actions *out)
{
	report(out, type, client->lease.address, no_address, 0);
	out->list[out->count - 1].report.mac = event->arp.sender_mac;
}

/*
 * While bound: RFC 5227 §2.4 (b).  The first conflict is answered by one
 * announcement, a second within DEFEND_INTERVAL ends the lease; so does the
 * first while the script has yet to take it (NetworkManager probes itself).
 */
static void defend(struct client *client, const struct event *event,
		   struct actions *out)
{
	if (!client->in_use ||
	    (client->has_defended &&
	     event->now_ms - client->defended_ms < DEFEND_INTERVAL_MS)) {
		report_conflict(REPORT_CONFLICT, client, event, out);
		withdraw(client);
		decline(client, event, out);
		return;
	}
	report_conflict(REPORT_DEFENDED, client, event, out);
	client->has_defended = true;
	client->defended_ms = event->now_ms;
	announce(client, out);
}

static void on_arp(struct client *client, const struct event *event,
		   struct actions *out)
{
	const struct mac *own = &client->link.mac;
	const struct in_addr address = client->lease.address;

	switch (client->state) {
	case STATE_PROBING:
		if (!arp_conflicts_with_probe(&event->arp, own, address))
			return;
		report_conflict(REPORT_CONFLICT, client, event, out);
		decline(client, event, out);
		return;
	case STATE_BOUND:
	case STATE_RENEWING:
	case STATE_REBINDING:
		if (arp_conflicts_with_use(&event->arp, own, address))
			defend(client, event, out);
		return;
	case STATE_INIT:
	case STATE_SELECTING:
	case STATE_REQUESTING:
	case STATE_DECLINED:
	case STATE_STOPPED:
	case STATE_COUNT:
		return; /* queued before the filter was closed */
	}
}

/* Time. */

static void on_state_deadline(struct client *client, const struct event *event,
			      struct actions *out)
{
	assert(client->state < STATE_STOPPED); /* which has no deadline */
	switch (client->state) {
	case STATE_INIT:
		enter(client, STATE_SELECTING, event, out);
		return;
	case STATE_SELECTING:
		send_discover(client, event, out);
		return;
	case STATE_REQUESTING:
		if (client->attempt < REQUEST_ATTEMPTS &&
		    event->now_ms - client->requesting_ms < REQUEST_LIMIT_MS)
			send_request(client, event, out);
		else
			restart(client, 0, event, out);
		return;
	case STATE_PROBING:
		if (client->attempt < PROBE_NUM)
			send_probe(client, event, out);
		else
			become_bound(client, event, out);
		return;
	case STATE_BOUND:
		begin_renewal(client, event, out);
		return;
	case STATE_RENEWING:
		if (event->now_ms >= client->lease.t2_ms)
			enter(client, STATE_REBINDING, event, out);
		else
			send_renewal(client, SENT_REQUEST_RENEWING,
				     client->lease.t2_ms, event, out);
		return;
	case STATE_REBINDING:
		send_renewal(client, SENT_REQUEST_REBINDING,
			     client->lease.expiry_ms, event, out);
		return;
	case STATE_DECLINED:
	case STATE_STOPPED:
	case STATE_COUNT:
		restart(client, 0, event, out);
		return;
	}
}

static void on_timer(struct client *client, const struct event *event,
		     struct actions *out)
{
	const uint64_t now = event->now_ms;

	if (client->withdraw_ms <= now)
		withdraw(client);
	if (client->announce_ms <= now) {
		client->announce_ms = TIME_NEVER;
		announce(client, out);
	}
	if (client->deadline_ms <= now)
		on_state_deadline(client, event, out);
	if (client->fail_ms <= now) {
		client->fail_ms = TIME_NEVER;
		client->script.fail = true;
		report(out, REPORT_NO_OFFERS, no_address, no_address, 0);
		if (client->config.once && !client->settled)
			stop(client, EXIT_NO_LEASE, event, out);
	}
}

uint64_t client_deadline(const struct client *client)
{
	uint64_t deadline = client->deadline_ms;

	if (has_lease(client))
		deadline = moment_earlier(deadline, client->lease.expiry_ms);
	deadline = moment_earlier(deadline, client->fail_ms);
	deadline = moment_earlier(deadline, client->announce_ms);
	return moment_earlier(deadline, client->withdraw_ms);
}

/* The rest of the world. */

static void on_link(struct client *client, const struct event *event,
		    struct actions *out)
{
	const bool was_usable = link_is_usable(&client->link);

	client->link = event->link;
	if (client->state == STATE_STOPPED)
		return;
	if (!client->link.present) {
		stop_at_once(client, EXIT_LINK_GONE, event, out);
		return;
	}
	if (!mac_equal(&client->link.mac, &client->config.mac)) {
		report(out, REPORT_MAC_CHANGED, no_address, no_address, 0);
		stop_at_once(client, EXIT_MAC_CHANGED, event, out);
		return;
	}
	if (was_usable == link_is_usable(&client->link))
		return;
	if (was_usable) {
		report(out, REPORT_LINK_LOST, client->lease.address, no_address,
		       0);
		detach(client, event, out);
		restart(client, 0, event, out);
		return;
	}
	if (client->attached)
		report(out, REPORT_LINK_BACK, no_address, no_address, 0);
	client->attached = true;
	restart_on_link(client, event, out);
}

/* The script did not take the lease, as dhclient-script(8) may. */
static void on_refusal(struct client *client, const struct event *event,
		       struct actions *out)
{
	report(out, REPORT_SCRIPT_REFUSED, client->lease.address, no_address,
	       0);
	withdraw(client);
	decline(client, event, out);
}

static void on_script(struct client *client, const struct event *event,
		      struct actions *out)
{
	const enum reason ended = client->script.running;
	bool is_over;

	client->script.busy = false;
	if (ended == REASON_PREINIT && !client->started) {
		client->started = true;
		if (client->state == STATE_INIT)
			restart_on_link(client, event, out);
		return;
	}
	if (ended != REASON_BOUND && ended != REASON_RENEW &&
	    ended != REASON_REBIND)
		return;
	is_over = !client_is_bound(client) || client->script.withdraw ||
		  !same_address(client->script.address, client->lease.address);
	/* a manager that refused has nothing to take down, now or later */
	if (event->script == SCRIPT_REFUSED && client->config.manager_decides)
		client->script.bound = client->script.withdraw = false;
	if (is_over) /* its word about that lease is of no use */
		return;
	if (event->script == SCRIPT_REFUSED) {
		on_refusal(client, event, out);
		return;
	}
	client->settled = client->in_use = true;
	if (ended == REASON_BOUND && client->config.arp_wait_ms != 0) {
		/* the address is configured: RFC 5227 §2.3 */
		announce(client, out);
		client->announce_ms = event->now_ms + ANNOUNCE_INTERVAL_MS;
	}
}

/* SIGHUP: a renewal at once when bound, else a fresh DISCOVER. */
static void on_renew(struct client *client, const struct event *event,
		     struct actions *out)
{
	switch (client->state) {
	case STATE_INIT:
	case STATE_SELECTING:
	case STATE_REQUESTING:
		restart(client, 0, event, out);
		return;
	case STATE_PROBING:
		forget_lease(client, event, out);
		restart(client, 0, event, out);
		return;
	case STATE_BOUND:
	case STATE_RENEWING:
		begin_renewal(client, event, out);
		return;
	case STATE_REBINDING:
		send_renewal(client, SENT_REQUEST_REBINDING,
			     client->lease.expiry_ms, event, out);
		return;
	case STATE_DECLINED: /* the pause is the server's due */
	case STATE_STOPPED:
	case STATE_COUNT:
		return;
	}
}

/*
 * The machine slept: as carrier lost and back, before anything is sent.  True
 * if a new exchange was begun for that.
 */
static bool wake_up(struct client *client, const struct event *event,
		    struct actions *out)
{
	const uint64_t slept = event->asleep_ms - client->asleep_ms;

	client->asleep_ms = event->asleep_ms;
	if ((int64_t)slept <= (int64_t)SLEPT_LEAST_MS ||
	    client->state == STATE_STOPPED)
		return false;
	report(out, REPORT_RESUMED, client->lease.address, no_address,
	       slept / MS);
	detach(client, event, out);
	restart_on_link(client, event, out);
	return true;
}

/* A lease does not outlive its time, whatever event comes first. */
static bool expire_in_time(struct client *client, const struct event *event,
			   struct actions *out)
{
	if (!has_lease(client) || client->lease.expiry_ms > event->now_ms)
		return false;
	report(out, REPORT_EXPIRED, client->lease.address, no_address, 0);
	expire(client, 0, event, out);
	return true;
}

/*
 * After these nothing is sent, so nothing may be begun before: no DISCOVER
 * under an address that is no longer ours (RFC 7844 §3.4), none on the way
 * out.
 */
static bool ends_exchange(const struct client *client,
			  const struct event *event)
{
	if (event->type == EVENT_STOP)
		return true;
	return event->type == EVENT_LINK &&
	       (!link_is_usable(&event->link) ||
		!mac_equal(&event->link.mac, &client->config.mac));
}

void client_init(struct client *client, const struct client_config *config,
		 uint64_t now_ms, uint64_t asleep_ms)
{
	memset(client, 0, sizeof(*client));
	client->config = *config;
	client->state = STATE_INIT;
	client->asleep_ms = asleep_ms;
	client->deadline_ms = TIME_NEVER;
	client->fail_ms = now_ms + config->timeout_ms;
	client->announce_ms = TIME_NEVER;
	client->withdraw_ms = TIME_NEVER;
	client->script.busy = !config->preinit_owed;
	client->script.preinit = config->preinit_owed;
	client->script.running = REASON_PREINIT;
}

void client_step(struct client *client, const struct event *event,
		 struct actions *out)
{
	bool begun;

	out->count = 0;
	if (client->exited)
		return;
	begun = !ends_exchange(client, event) &&
		(wake_up(client, event, out) ||
		 expire_in_time(client, event, out));
	switch (event->type) {
	case EVENT_TIMER:
		on_timer(client, event, out);
		break;
	case EVENT_MESSAGE:
		on_message(client, event, out);
		break;
	case EVENT_ARP:
		on_arp(client, event, out);
		break;
	case EVENT_LINK:
		on_link(client, event, out);
		break;
	case EVENT_SCRIPT:
		on_script(client, event, out);
		break;
	case EVENT_RENEW:
		if (!begun)
			on_renew(client, event, out);
		break;
	case EVENT_STOP:
		stop_at_once(client, EXIT_STOPPED, event, out);
		break;
	}
	script_next(client, out);
}
