/*
 * The life of a lease as dhcpcanon(8) has it: one function for each kind of
 * event.  Where chance decides in the client, the judge knows a range;
 * everything else is known exactly, and what is not expected is a fault.
 */
#include "judge.h"

#include "tally.h"
#include "trace.h"
#include "wire.h"

#include <inttypes.h>
#include <string.h>

#define S 1000U      /* milliseconds in a second */
#define TIMERS_MAX 8 /* timer events of one millisecond */

/* One step under judgement. */
struct step {
	struct judge *judge;
	const struct witness *witness;
	const struct client *client;
	const struct actions *actions;
	size_t next; /* action that no rule has asked for yet */
	uint64_t now;
	bool begun; /* a new exchange, for sleep or expiry */
};

const char *phase_name(enum phase phase)
{
	static const char *const names[] = {
		"INIT",  "INIT (pause)", "SELECTING", "REQUESTING", "PROBING",
		"BOUND", "RENEWING",     "REBINDING", "DECLINED",   "STOPPED",
	};

	return names[phase];
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static bool holds_lease(const struct judge *judge)
{
	return judge->phase == PHASE_BOUND || judge->phase == PHASE_RENEWING ||
	       judge->phase == PHASE_REBINDING;
}

static bool is_usable(const struct link *link)
{
	return link->present && link->up && link->running && link->oper_up;
}

static void due(struct judge *judge, uint64_t earliest, uint64_t latest)
{
	judge->due_min_ms = earliest;
	judge->due_max_ms = latest;
}

/* What the client sent. */

static bool is_sending(const struct action *action)
{
	return action->type == ACTION_BROADCAST ||
	       action->type == ACTION_UNICAST || action->type == ACTION_ARP;
}

/* The next thing sent that no rule has asked for; NULL: none. */
static const struct action *peek(struct step *step)
{
	while (step->next < step->actions->count &&
	       !is_sending(&step->actions->list[step->next]))
		step->next++;
	return step->next < step->actions->count
		       ? &step->actions->list[step->next]
		       : NULL;
}

/* A fresh xid must never have been seen, in this history. */
static void remember_xid(struct judge *judge, uint32_t xid)
{
	uint32_t at = (xid * 0x9e3779b1U) % XIDS_MAX;

	/* an empty place is 0; xid 0 is one in 2^32 and not remembered */
	for (; judge->xids[at] != 0; at = (at + 1) % XIDS_MAX)
		HOLDS(judge->xids[at] != xid,
		      "xid %08x is shared by two transactions", xid);
	HOLDS(++judge->xid_count < XIDS_MAX / 2, "too many transactions");
	judge->xids[at] = xid;
}

/* The rules must make the client send `sent` now. */
static struct sent_fields take_message(struct step *step, enum sent sent,
				       bool is_fresh)
{
	const enum action_type type = sent == SENT_REQUEST_RENEWING
					      ? ACTION_UNICAST
					      : ACTION_BROADCAST;
	const struct action *action = peek(step);
	struct judge *judge = step->judge;
	struct sent_fields fields;

	HOLDS(action && action->type == type && action->message.sent == sent,
	      "%s %d is due and not sent", sent_name(sent), sent);
	HOLDS(is_usable(&judge->link), "sent while the link can't carry it");
	wire_check_message(action->message.bytes, sent, &judge->link.mac,
			   &judge->config.disclosure, &fields);
	if (is_fresh) {
		remember_xid(judge, fields.xid);
		HOLDS(fields.xid == step->witness->xid,
		      "xid %08x is not the chance of this event", fields.xid);
		judge->xid = fields.xid;
		judge->open = true;
		judge->started_ms = step->now;
		judge->attempt = 0;
	}
	HOLDS(judge->open && fields.xid == judge->xid,
	      "xid %08x is not the transaction's", fields.xid);
	step->next++;
	judge->attempt++;
	judge->sent_ms = step->now;
	return fields;
}

static void take_arp(struct step *step, bool is_probe)
{
	const struct action *action = peek(step);

	HOLDS(action && action->type == ACTION_ARP,
	      "an ARP frame is due and not sent");
	HOLDS(step->judge->config.arp_wait_ms != 0,
	      "ARP although --arp-wait 0");
	HOLDS(is_usable(&step->judge->link), "ARP without a link");
	wire_check_arp(action->arp, &step->judge->link.mac,
		       step->judge->lease.address, is_probe);
	step->next++;
}

/* Whole seconds since the transaction's first message. */
static uint32_t elapsed_s(const struct step *step)
{
	return (uint32_t)least((step->now - step->judge->started_ms) / S,
			       0xffff);
}

/* The gap after message `attempt`: 4, 8, 16, 32, 64 s. */
static uint64_t gap_ms(uint32_t attempt)
{
	return attempt > 4 ? 64 * S : (4 * S) << (attempt - 1);
}

static void tally_jitter(const struct step *step, enum tally_kind kind,
			 enum client_state state, uint64_t gap)
{
	int64_t jitter;

	if (step->client->state != state)
		return;
	jitter = (int64_t)(step->client->deadline_ms - step->now - gap);
	HOLDS(jitter >= -1000 && jitter <= 1000, "jitter of %" PRId64 " ms",
	      jitter);
	tally_range(kind, jitter, -1000, 1000);
}

static void expect_discover(struct step *step, bool is_fresh)
{
	struct judge *judge = step->judge;
	const struct sent_fields fields =
		take_message(step, SENT_DISCOVER, is_fresh);
	const uint64_t gap = gap_ms(judge->attempt);

	HOLDS(fields.ciaddr == 0, "ciaddr in DISCOVER");
	HOLDS(fields.secs == elapsed_s(step), "secs %u in DISCOVER, not %u",
	      fields.secs, elapsed_s(step));
	judge->secs = fields.secs;
	judge->phase = PHASE_SELECTING;
	due(judge, step->now + gap - S, step->now + gap + S);
	tally_jitter(step, TALLY_JITTER_DISCOVER, STATE_SELECTING, gap);
}

static void expect_request(struct step *step)
{
	struct judge *judge = step->judge;
	const struct sent_fields fields =
		take_message(step, SENT_REQUEST_SELECTING, false);
	const uint64_t gap = gap_ms(judge->attempt);
	const uint64_t end = judge->requesting_ms + 60 * S;

	HOLDS(fields.ciaddr == 0, "ciaddr in REQUEST (selecting)");
	HOLDS(fields.secs == judge->secs, "secs %u in REQUEST, not %u",
	      fields.secs, judge->secs);
	HOLDS(fields.requested == judge->address, "requests %s, not %s",
	      ip(fields.requested), ip(judge->address));
	HOLDS(fields.server == judge->server, "requests from %s, not %s",
	      ip(fields.server), ip(judge->server));
	if (judge->attempt == 4) {
		due(judge, end, end);
		return;
	}
	due(judge, least(step->now + gap - S, end),
	    least(step->now + gap + S, end));
	if (judge->due_max_ms < end)
		tally_jitter(step, TALLY_JITTER_REQUEST, STATE_REQUESTING, gap);
}

static void expect_renewal(struct step *step, enum phase phase, bool is_fresh)
{
	struct judge *judge = step->judge;
	const bool renews = phase == PHASE_RENEWING;
	const struct action *action = peek(step);
	const struct sent_fields fields = take_message(
		step, renews ? SENT_REQUEST_RENEWING : SENT_REQUEST_REBINDING,
		is_fresh);
	const uint64_t limit =
		renews ? judge->lease.t2_ms : judge->lease.expiry_ms;
	uint64_t next = step->now + 60 * S;

	HOLDS(fields.ciaddr == judge->lease.address, "ciaddr %s, not %s",
	      ip(fields.ciaddr), ip(judge->lease.address));
	HOLDS(fields.secs == elapsed_s(step), "secs %u in renewal, not %u",
	      fields.secs, elapsed_s(step));
	if (renews) {
		HOLDS(ntohl(action->message.source.s_addr) ==
			      judge->lease.address,
		      "renews from another address");
		HOLDS(ntohl(action->message.destination.s_addr) ==
			      judge->lease.server,
		      "renews with another server");
	}
	if (limit != TIME_NEVER)
		next = least(most(next, step->now + (limit - step->now) / 2),
			     limit);
	judge->phase = phase;
	due(judge, next, next);
}

static void begin_renewal(struct step *step)
{
	struct judge *judge = step->judge;
	const bool rebinds =
		judge->config.udp_missing || step->now >= judge->lease.t2_ms;

	expect_renewal(step, rebinds ? PHASE_REBINDING : PHASE_RENEWING, true);
}

/* What the script is owed. */

static void owe_expire(struct judge *judge)
{
	judge->withdraw_ms = TIME_NEVER;
	judge->script.expire = judge->script.bound;
}

static void owe_news(struct judge *judge, enum reason reason)
{
	if (judge->script.news && judge->script.reason == REASON_BOUND)
		return;
	judge->script.news = true;
	judge->script.reason = reason;
}

/* An address kept over a loss of carrier goes, or is the same. */
static void owe_bound(struct judge *judge)
{
	const bool same = judge->script.address == judge->lease.address ||
			  judge->config.manager_decides;

	if (judge->withdraw_ms != TIME_NEVER && same)
		judge->withdraw_ms = TIME_NEVER;
	else if (judge->withdraw_ms != TIME_NEVER)
		owe_expire(judge);
	judge->script.news = false;
	owe_news(judge, REASON_BOUND);
}

/* Ends and beginnings. */

static void lose_lease(struct step *step)
{
	struct judge *judge = step->judge;

	if (judge->lease.address == 0)
		return;
	if (holds_lease(judge))
		judge->fail_ms = step->now + judge->config.timeout_ms;
	judge->announce_ms = TIME_NEVER;
	judge->defended = judge->in_use = false;
	judge->script.news = false;
	memset(&judge->lease, 0, sizeof(judge->lease));
}

static void close_exchange(struct judge *judge)
{
	judge->phase = PHASE_IDLE;
	judge->open = false;
	judge->address = judge->server = 0;
	due(judge, TIME_NEVER, TIME_NEVER);
}

static bool may_begin(const struct judge *judge)
{
	return judge->started && is_usable(&judge->link);
}

/* A new exchange after a wait, as soon as the link is there. */
static void begin_in(struct step *step, uint64_t shortest, uint64_t longest)
{
	struct judge *judge = step->judge;

	close_exchange(judge);
	if (!may_begin(judge))
		return;
	if (longest == 0) {
		expect_discover(step, true);
		return;
	}
	judge->phase = PHASE_PAUSE;
	due(judge, step->now + shortest, step->now + longest);
}

static void begin_on_link(struct step *step)
{
	struct judge *judge = step->judge;

	if (!judge->config.delay_selecting) {
		begin_in(step, 0, 0);
		return;
	}
	begin_in(step, S, 10 * S);
	if (judge->phase == PHASE_PAUSE && step->client->state == STATE_INIT &&
	    step->client->deadline_ms >= judge->due_min_ms &&
	    step->client->deadline_ms <= judge->due_max_ms)
		tally_range(TALLY_DELAY,
			    (int64_t)(step->client->deadline_ms - step->now),
			    1000, 10000);
}

static void stop(struct step *step, enum client_exit why, bool at_once)
{
	struct judge *judge = step->judge;

	lose_lease(step);
	close_exchange(judge);
	judge->phase = PHASE_STOPPED;
	judge->fail_ms = TIME_NEVER;
	judge->exiting = true;
	judge->exit = why;
	owe_expire(judge);
	if (at_once)
		memset(&judge->script, 0, sizeof(judge->script));
}

static void expire(struct step *step, uint64_t wait)
{
	/* one that was only being probed the script does not know */
	const bool was_bound = holds_lease(step->judge);

	lose_lease(step);
	if (was_bound)
		owe_expire(step->judge);
	begin_in(step, wait, wait);
}

/* Carrier lost, or slept: what the script made may stay for the grace. */
static void detach(struct step *step)
{
	struct judge *judge = step->judge;
	const bool was_bound = holds_lease(judge);
	const uint64_t expiry = judge->lease.expiry_ms;
	uint64_t until = step->now + judge->config.carrier_grace_ms;

	lose_lease(step);
	judge->naks = 0; /* perhaps another network */
	if (!was_bound)
		return;
	if (judge->config.manager_decides)
		until = expiry;
	until = least(until, expiry);
	if (judge->script.expire || !judge->script.bound ||
	    until <= step->now) {
		owe_expire(judge);
		return;
	}
	judge->withdraw_ms = until;
	judge->fail_ms = most(judge->fail_ms, until);
}

static void decline(struct step *step)
{
	struct judge *judge = step->judge;
	const struct grant lease = judge->lease;
	const uint64_t pause = step->now + judge->config.decline_pause_ms;
	struct sent_fields fields;

	lose_lease(step);
	close_exchange(judge);
	fields = take_message(step, SENT_DECLINE, true);
	HOLDS(fields.secs == 0 && fields.ciaddr == 0,
	      "secs, ciaddr in DECLINE");
	HOLDS(fields.requested == lease.address, "declines another address");
	HOLDS(fields.server == lease.server, "declines to another server");
	judge->open = false;
	/* kept over a loss of carrier, and now somebody else's */
	if (judge->withdraw_ms != TIME_NEVER &&
	    judge->script.address == lease.address)
		owe_expire(judge);
	if (judge->config.once && !judge->settled) {
		judge->script.fail = true;
		stop(step, EXIT_NO_LEASE, false);
		return;
	}
	judge->phase = PHASE_DECLINED;
	due(judge, pause, pause + 3 * S);
	tally_range(TALLY_DECLINE, (int64_t)(step->client->deadline_ms - pause),
		    0, 3000);
}

/* Replies. */

static bool is_unicast(uint32_t address)
{
	const uint32_t first = address >> 24;

	return first > 0 && first < 224 && first != 127;
}

static unsigned prefix_length(uint32_t mask)
{
	unsigned length = 0;

	while (length < 32 && mask >> 31) {
		mask <<= 1;
		length++;
	}
	return mask == 0 ? length : 0; /* 0: not contiguous */
}

/* ANONYMITY §5: what an OFFER and an ACK must have, and nothing else. */
static bool is_acceptable(const struct reply *reply)
{
	const unsigned prefix =
		reply->has_mask ? prefix_length(reply->mask) : 0;
	const uint32_t host = reply->address & ~reply->mask;

	if (!reply->has_server || !is_unicast(reply->server) ||
	    !reply->has_lease || reply->lease_s == 0 ||
	    !is_unicast(reply->address))
		return false;
	return prefix < 8 || prefix > 30 || (host != 0 && host != ~reply->mask);
}

static uint32_t class_mask(uint32_t address)
{
	const uint32_t first = address >> 24;

	if (first < 128)
		return 0xff000000;
	return first < 192 ? 0xffff0000 : 0xffffff00;
}

/* T1 and T2 as granted, before chance: RFC 2131 §4.4.5. */
static void nominal_times(const struct reply *reply, uint64_t *t1, uint64_t *t2)
{
	const uint64_t length = (uint64_t)reply->lease_s * S;

	*t1 = reply->has_t1 ? (uint64_t)reply->t1_s * S : 0;
	*t2 = reply->has_t2 ? (uint64_t)reply->t2_s * S : 0;
	/* each useless one has a default, and both if they don't fit */
	if (*t1 == 0 || *t1 >= length)
		*t1 = length / 2;
	if (*t2 == 0 || *t2 >= length)
		*t2 = length * 7 / 8;
	if (*t1 < *t2)
		return;
	*t1 = length / 2;
	*t2 = length * 7 / 8;
}

static bool is_within(uint64_t time, uint64_t nominal, uint64_t range)
{
	return time + range >= nominal && time <= nominal + range;
}

/* Checks the client's times against what was granted, and takes them. */
static void take_times(struct step *step, const struct reply *reply,
		       struct grant *lease)
{
	const struct lease *theirs = &step->client->lease;
	const uint64_t range = least(S, (uint64_t)reply->lease_s * S / 60);
	uint64_t t1, t2;

	lease->t1_ms = theirs->t1_ms;
	lease->t2_ms = theirs->t2_ms;
	if (reply->lease_s == LEASE_INFINITE) {
		HOLDS(theirs->t1_ms == TIME_NEVER &&
			      theirs->t2_ms == TIME_NEVER &&
			      theirs->expiry_ms == TIME_NEVER,
		      "an infinite lease has times");
		return;
	}
	nominal_times(reply, &t1, &t2);
	HOLDS(theirs->expiry_ms == lease->expiry_ms,
	      "the lease ends %" PRId64 " ms late",
	      (int64_t)(theirs->expiry_ms - lease->expiry_ms));
	HOLDS(lease->start_ms < theirs->t1_ms &&
		      theirs->t1_ms < theirs->t2_ms &&
		      theirs->t2_ms < lease->expiry_ms,
	      "not start < T1 < T2 < expiry");
	HOLDS(is_within(theirs->t1_ms, lease->start_ms + t1, range),
	      "T1 after %s instead of %s",
	      span(theirs->t1_ms - lease->start_ms), span(t1));
	HOLDS(is_within(theirs->t2_ms, lease->start_ms + t2, range),
	      "T2 after %s instead of %s",
	      span(theirs->t2_ms - lease->start_ms), span(t2));
	if (range == S && t1 > 2 * S && t1 + 4 * S < t2 &&
	    t2 + 2 * S < lease->expiry_ms - lease->start_ms) {
		const int64_t off1 =
			(int64_t)(theirs->t1_ms - lease->start_ms - t1);
		const int64_t off2 =
			(int64_t)(theirs->t2_ms - lease->start_ms - t2);

		tally_range(TALLY_T1, off1, -1000, 1000);
		tally_range(TALLY_T2, off2, -1000, 1000);
		tally_count(TALLY_T1_AND_T2,
			    (off1 > 0 ? 1U : 0U) + (off2 > 0 ? 2U : 0U));
	}
}

/* The client must hold what `reply` grants, to the millisecond. */
static void take_grant(struct step *step, const struct reply *reply)
{
	const struct lease *theirs = &step->client->lease;
	const unsigned prefix =
		reply->has_mask ? prefix_length(reply->mask) : 0;
	struct judge *judge = step->judge;
	struct grant lease = {.address = reply->address,
			      .server = reply->server,
			      .mask = reply->mask,
			      .mask_is_natural = prefix < 8,
			      .lifetime_s = reply->lease_s,
			      .start_ms = judge->sent_ms,
			      .expiry_ms = TIME_NEVER};

	if (reply->lease_s != LEASE_INFINITE)
		lease.expiry_ms = judge->sent_ms + (uint64_t)reply->lease_s * S;
	if (lease.mask_is_natural)
		lease.mask = class_mask(reply->address);
	HOLDS(ntohl(theirs->address.s_addr) == lease.address,
	      "takes %s, granted was %s", ip(ntohl(theirs->address.s_addr)),
	      ip(lease.address));
	HOLDS(ntohl(theirs->server.s_addr) == lease.server,
	      "takes it from %s, granted by %s",
	      ip(ntohl(theirs->server.s_addr)), ip(lease.server));
	HOLDS(theirs->lifetime_s == lease.lifetime_s,
	      "takes %u s, granted were %u", theirs->lifetime_s,
	      lease.lifetime_s);
	HOLDS(ntohl(theirs->mask.s_addr) == lease.mask &&
		      theirs->mask_is_natural == lease.mask_is_natural,
	      "takes mask %s, not %s", ip(ntohl(theirs->mask.s_addr)),
	      ip(lease.mask));
	take_times(step, reply, &lease);
	judge->lease = lease;
}

static void become_bound(struct step *step)
{
	struct judge *judge = step->judge;
	const uint64_t t = judge->config.udp_missing ? judge->lease.t2_ms
						     : judge->lease.t1_ms;

	judge->phase = PHASE_BOUND;
	judge->open = false;
	judge->naks = 0;
	judge->fail_ms = TIME_NEVER;
	judge->script.fail = false;
	/* T1 may be over when a lease is short or its ACK was late */
	due(judge, most(t, step->now), most(t, step->now));
}

static void begin_probing(struct step *step)
{
	struct judge *judge = step->judge;
	const uint64_t wait = judge->config.arp_wait_ms / 9;

	judge->phase = PHASE_PROBING;
	judge->open = false;
	judge->attempt = 0;
	due(judge, step->now, step->now + wait);
	if (wait == S && step->client->state == STATE_PROBING)
		tally_range(TALLY_PROBE,
			    (int64_t)(step->client->deadline_ms - step->now), 0,
			    (int64_t)wait);
}

static void on_ack(struct step *step, const struct reply *reply)
{
	struct judge *judge = step->judge;
	const bool is_new = judge->phase == PHASE_REQUESTING;
	const uint32_t wanted = is_new ? judge->address : judge->lease.address;
	const bool over =
		reply->lease_s != LEASE_INFINITE &&
		judge->sent_ms + (uint64_t)reply->lease_s * S <= step->now;

	if (!is_acceptable(reply) || reply->address != wanted || over ||
	    (is_new && reply->server != judge->server))
		return;
	if (is_new && judge->config.arp_wait_ms != 0) {
		take_grant(step, reply);
		begin_probing(step);
		return;
	}
	take_grant(step, reply);
	if (is_new)
		owe_bound(judge);
	else
		owe_news(judge, judge->phase == PHASE_RENEWING ? REASON_RENEW
							       : REASON_REBIND);
	judge->leases++;
	become_bound(step);
}

/* After a NAK: at once, then after 1, 2, 4 … 64 s. */
static void on_nak(struct step *step, const struct reply *reply)
{
	struct judge *judge = step->judge;
	uint64_t pause = 0;

	if (!reply->has_server || (judge->phase == PHASE_REQUESTING &&
				   reply->server != judge->server))
		return;
	judge->naks++;
	if (judge->naks >= 2)
		pause = judge->naks >= 8 ? 64 * S : S << (judge->naks - 2);
	if (holds_lease(judge))
		expire(step, pause);
	else
		begin_in(step, pause, pause);
}

static void on_message(struct step *step)
{
	struct judge *judge = step->judge;
	const struct reply *reply = &step->witness->reply;

	if (!judge->open || reply->xid != judge->xid ||
	    memcmp(reply->chaddr, judge->link.mac.octet, MAC_LENGTH) != 0)
		return;
	if (judge->phase == PHASE_SELECTING) {
		if (reply->type != DHCPOFFER || !is_acceptable(reply))
			return;
		judge->phase = PHASE_REQUESTING;
		judge->address = reply->address;
		judge->server = reply->server;
		judge->requesting_ms = step->now;
		judge->attempt = 0;
		expect_request(step);
		return;
	}
	if (judge->phase != PHASE_REQUESTING && !holds_lease(judge))
		return;
	if (reply->type == DHCPACK)
		on_ack(step, reply);
	else if (reply->type == DHCPNAK)
		on_nak(step, reply);
}

/* Conflicts (RFC 5227 §2.1.1, §2.4). */

static void on_claim(struct step *step)
{
	struct judge *judge = step->judge;
	const struct claim *claim = &step->witness->claim;
	const uint32_t ours = judge->lease.address;
	const bool used = claim->sender == ours;
	const bool wanted = claim->sender == 0 && claim->target == ours;

	if (ours == 0 ||
	    memcmp(claim->mac, judge->link.mac.octet, MAC_LENGTH) == 0)
		return;
	if (judge->phase == PHASE_PROBING && (used || wanted)) {
		decline(step);
		return;
	}
	if (!holds_lease(judge) || !used)
		return;
	if (!judge->in_use ||
	    (judge->defended && step->now - judge->defended_ms < 10 * S)) {
		owe_expire(judge);
		decline(step);
		return;
	}
	judge->defended = true;
	judge->defended_ms = step->now;
	take_arp(step, false);
}

/* Time. */

static void next_probe(struct step *step)
{
	struct judge *judge = step->judge;
	const uint64_t w = judge->config.arp_wait_ms;

	take_arp(step, true);
	if (++judge->attempt == 3) {
		due(judge, step->now + 2 * w / 9, step->now + 2 * w / 9);
		return;
	}
	due(judge, step->now + w / 9, step->now + 2 * w / 9);
	if (w == 9 * S && step->client->state == STATE_PROBING)
		tally_range(TALLY_PROBE_GAP,
			    (int64_t)(step->client->deadline_ms - step->now),
			    1000, 2000);
}

/* The phase's move, which the client has made. */
static void make_move(struct step *step)
{
	struct judge *judge = step->judge;

	switch (judge->phase) {
	case PHASE_IDLE:
	case PHASE_STOPPED:
		return;
	case PHASE_PAUSE:
	case PHASE_DECLINED:
		begin_in(step, 0, 0);
		return;
	case PHASE_SELECTING:
		expect_discover(step, false);
		return;
	case PHASE_REQUESTING:
		if (judge->attempt < 4 &&
		    step->now < judge->requesting_ms + 60 * S)
			expect_request(step);
		else
			begin_in(step, 0, 0);
		return;
	case PHASE_PROBING:
		if (judge->attempt < 3) {
			next_probe(step);
			return;
		}
		owe_bound(judge);
		judge->leases++;
		become_bound(step);
		return;
	case PHASE_BOUND:
		begin_renewal(step);
		return;
	case PHASE_RENEWING:
		expect_renewal(step,
			       step->now >= judge->lease.t2_ms ? PHASE_REBINDING
							       : PHASE_RENEWING,
			       false);
		return;
	case PHASE_REBINDING:
		expect_renewal(step, PHASE_REBINDING, false);
		return;
	}
}

/* Did the client move?  Its sending shows it, at the end of probing BOUND. */
static bool has_moved(struct step *step)
{
	if (step->judge->phase == PHASE_PROBING && step->judge->attempt == 3)
		return client_is_bound(step->client);
	return peek(step) != NULL;
}

static void on_timer(struct step *step)
{
	struct judge *judge = step->judge;

	if (judge->withdraw_ms <= step->now)
		owe_expire(judge);
	if (judge->announce_ms <= step->now) {
		judge->announce_ms = TIME_NEVER;
		take_arp(step, false);
	}
	if (has_moved(step)) {
		HOLDS(step->now >= judge->due_min_ms,
		      "moves %s too early in %s",
		      span(judge->due_min_ms - step->now),
		      phase_name(judge->phase));
		make_move(step);
	} else {
		HOLDS(step->now < judge->due_max_ms,
		      "does nothing %s after it was due in %s",
		      span(step->now - judge->due_max_ms),
		      phase_name(judge->phase));
	}
	if (judge->fail_ms <= step->now) {
		judge->fail_ms = TIME_NEVER;
		judge->script.fail = true;
		if (judge->config.once && !judge->settled)
			stop(step, EXIT_NO_LEASE, false);
	}
}

/* The rest of the world. */

static void on_script(struct step *step)
{
	struct judge *judge = step->judge;
	struct telling *script = &judge->script;
	const bool refused = step->witness->outcome == SCRIPT_REFUSED;
	bool stale;

	if (script->running == REASON_PREINIT && !judge->started) {
		judge->started = true;
		if (judge->phase == PHASE_IDLE)
			begin_on_link(step);
		return;
	}
	if (script->running != REASON_BOUND &&
	    script->running != REASON_RENEW && script->running != REASON_REBIND)
		return;
	stale = !holds_lease(judge) || script->expire ||
		script->address != judge->lease.address;
	if (refused && judge->config.manager_decides)
		script->bound = script->expire = false;
	if (stale)
		return;
	if (refused) {
		owe_expire(judge);
		decline(step);
		return;
	}
	judge->settled = judge->in_use = true;
	if (script->running == REASON_BOUND && judge->config.arp_wait_ms != 0) {
		take_arp(step, false);
		judge->announce_ms = step->now + 2 * S;
	}
}

static void on_renew(struct step *step)
{
	switch (step->judge->phase) {
	case PHASE_PROBING:
		lose_lease(step);
		begin_in(step, 0, 0);
		return;
	case PHASE_IDLE:
	case PHASE_PAUSE:
	case PHASE_SELECTING:
	case PHASE_REQUESTING:
		begin_in(step, 0, 0);
		return;
	case PHASE_BOUND:
	case PHASE_RENEWING:
		begin_renewal(step);
		return;
	case PHASE_REBINDING:
		expect_renewal(step, PHASE_REBINDING, false);
		return;
	case PHASE_DECLINED:
	case PHASE_STOPPED:
		return;
	}
}

/*
 * What is known before anything is sent: a stop, a link that went or came,
 * a new MAC.  True: the step is decided.
 */
static bool on_stop_or_link(struct step *step)
{
	struct judge *judge = step->judge;
	const struct witness *witness = step->witness;

	if (witness->type == EVENT_STOP) {
		stop(step, EXIT_STOPPED, true);
		return true;
	}
	if (witness->type != EVENT_LINK)
		return false;
	judge->link = witness->link;
	if (judge->phase == PHASE_STOPPED)
		return true;
	if (!judge->link.present) {
		stop(step, EXIT_LINK_GONE, true);
		return true;
	}
	if (!mac_equal(&judge->link.mac, &judge->config.mac)) {
		stop(step, EXIT_MAC_CHANGED, true);
		return true;
	}
	return false;
}

static void on_event(struct step *step)
{
	struct judge *judge = step->judge;
	const struct witness *witness = step->witness;
	const bool was_usable = is_usable(&judge->link);
	const uint64_t slept = witness->asleep_ms - judge->asleep_ms;

	judge->asleep_ms = witness->asleep_ms;
	if (on_stop_or_link(step))
		return;
	if (slept > S && judge->phase != PHASE_STOPPED) {
		detach(step);
		begin_on_link(step);
		step->begun = true;
	} else if (judge->lease.address != 0 &&
		   judge->lease.expiry_ms <= step->now) {
		expire(step, 0);
		step->begun = true;
	}
	switch (witness->type) {
	case EVENT_TIMER:
		on_timer(step);
		return;
	case EVENT_MESSAGE:
		on_message(step);
		return;
	case EVENT_ARP:
		on_claim(step);
		return;
	case EVENT_LINK:
		if (was_usable && !is_usable(&judge->link)) {
			detach(step);
			begin_in(step, 0, 0);
		} else if (!was_usable && is_usable(&judge->link) &&
			   !step->begun) {
			begin_on_link(step);
		}
		return;
	case EVENT_SCRIPT:
		judge->script.busy = false;
		on_script(step);
		return;
	case EVENT_RENEW:
		if (!step->begun)
			on_renew(step);
		return;
	case EVENT_STOP:
		return;
	}
}

/* What the script is told, in an order that it can rely on. */

static void on_lease_reason(struct step *step, enum reason reason)
{
	struct judge *judge = step->judge;
	struct telling *script = &judge->script;

	HOLDS(script->news && script->reason == reason, "%s is no news",
	      reason_name(reason));
	HOLDS(!script->expire, "%s before EXPIRE", reason_name(reason));
	HOLDS(!script->preinit || !judge->link.up, "%s before PREINIT",
	      reason_name(reason));
	HOLDS(holds_lease(judge) && judge->lease.expiry_ms > step->now,
	      "%s without a lease", reason_name(reason));
	if (reason == REASON_BOUND)
		HOLDS(!script->bound || judge->config.manager_decides ||
			      script->address == judge->lease.address,
		      "BOUND while bound to another address");
	else
		HOLDS(script->bound && script->address == judge->lease.address,
		      "%s without BOUND", reason_name(reason));
	script->news = false;
	script->bound = true;
	script->address = judge->lease.address;
}

static void on_reason(struct step *step, enum reason reason)
{
	struct judge *judge = step->judge;
	struct telling *script = &judge->script;

	HOLDS(!script->busy, "%s while %s runs", reason_name(reason),
	      reason_name(script->running));
	script->busy = true;
	script->running = reason;
	switch (reason) {
	case REASON_PREINIT:
		HOLDS(script->preinit && judge->link.up && !script->bound,
		      "PREINIT that is not due");
		script->preinit = false;
		return;
	case REASON_BOUND:
	case REASON_RENEW:
	case REASON_REBIND:
		on_lease_reason(step, reason);
		return;
	case REASON_EXPIRE:
		HOLDS(script->expire && script->bound, "EXPIRE of nothing");
		script->expire = script->bound = false;
		script->preinit = judge->phase != PHASE_STOPPED;
		return;
	case REASON_FAIL:
		HOLDS(script->fail && !holds_lease(judge),
		      "FAIL that is not due");
		script->fail = false;
		return;
	case REASON_STOP:
	case REASON_RELEASE:
	case REASON_NBI:
	case REASON_COUNT:
		sim_fail("reason %d from a worker", reason);
	}
}

/* After the step nothing stays untold while no script runs. */
static void check_telling(const struct step *step)
{
	const struct judge *judge = step->judge;
	const struct telling *script = &judge->script;

	if (script->busy)
		return;
	HOLDS(!script->expire, "the script is not told EXPIRE");
	HOLDS(!script->fail, "the script is not told FAIL");
	HOLDS(!script->news, "the script is not told %s",
	      reason_name(script->reason));
	HOLDS(!script->preinit || !judge->link.up ||
		      judge->phase == PHASE_STOPPED,
	      "the script is not told PREINIT");
}

static void check_other_actions(struct step *step)
{
	struct judge *judge = step->judge;
	bool exits = false;

	for (size_t i = 0; i < step->actions->count; i++) {
		const struct action *action = &step->actions->list[i];

		HOLDS(!exits, "an action after EXIT");
		if (action->type == ACTION_SCRIPT)
			on_reason(step, action->script.reason);
		if (action->type == ACTION_ARP_WATCH)
			judge->watched = ntohl(action->watch.s_addr);
		if (action->type != ACTION_EXIT)
			continue;
		exits = true;
		HOLDS(judge->exiting && judge->exit == action->exit,
		      "EXIT for a wrong reason");
	}
	HOLDS(!exits || !judge->script.busy, "EXIT while a script runs");
	HOLDS(exits || !judge->exiting || judge->script.busy, "EXIT is due");
}

/* The client's state after the step. */

static void check_state(const struct step *step)
{
	static const enum client_state states[] = {
		STATE_INIT,       STATE_INIT,      STATE_SELECTING,
		STATE_REQUESTING, STATE_PROBING,   STATE_BOUND,
		STATE_RENEWING,   STATE_REBINDING, STATE_DECLINED,
		STATE_STOPPED,
	};
	static const struct lease no_lease;
	static const struct message no_message;
	static const struct transaction no_transaction;
	const struct client *client = step->client;
	const struct judge *judge = step->judge;
	const bool watches =
		judge->lease.address != 0 && judge->config.arp_wait_ms != 0;

	HOLDS(client->state == states[judge->phase], "%s instead of %s",
	      client_state_name(client->state), phase_name(judge->phase));
	HOLDS(client_is_bound(client) == holds_lease(judge), "is_bound");
	HOLDS(judge->watched == (watches ? judge->lease.address : 0),
	      "watches ARP for %s", ip(judge->watched));
	if (judge->lease.address == 0) {
		HOLDS(memcmp(&client->lease, &no_lease, sizeof(no_lease)) == 0,
		      "a lease is remembered");
		HOLDS(memcmp(&client->ack, &no_message, sizeof(no_message)) ==
			      0,
		      "an ACK is remembered");
	} else {
		HOLDS(ntohl(client->lease.address.s_addr) ==
				      judge->lease.address &&
			      client->lease.expiry_ms == judge->lease.expiry_ms,
		      "the lease changed by itself");
	}
	if (judge->phase == PHASE_IDLE || judge->phase == PHASE_PAUSE)
		HOLDS(memcmp(&client->transaction, &no_transaction,
			     sizeof(no_transaction)) == 0,
		      "a transaction is remembered");
}

static void check_deadline(const struct step *step)
{
	struct judge *judge = step->judge;
	const uint64_t others =
		least(least(judge->fail_ms, judge->announce_ms),
		      least(judge->withdraw_ms, judge->lease.address != 0
							? judge->lease.expiry_ms
							: TIME_NEVER));
	const uint64_t before = judge->deadline_ms;
	const uint64_t deadline = client_deadline(step->client);

	judge->deadline_ms = deadline;
	/* what is overdue is done by the timer event to come */
	if (before < step->now && step->witness->type != EVENT_TIMER)
		return;
	HOLDS(deadline >= step->now, "the deadline is %s behind",
	      span(step->now - deadline));
	HOLDS(deadline >= least(others, judge->due_min_ms) &&
		      deadline <= least(others, judge->due_max_ms),
	      "the deadline is in %s in %s, not in %s to %s",
	      deadline == TIME_NEVER ? "never" : span(deadline - step->now),
	      phase_name(judge->phase),
	      span(least(others, judge->due_min_ms) - step->now),
	      span(least(others, judge->due_max_ms) - step->now));
}

void judge_start(struct judge *judge)
{
	memset(judge, 0, sizeof(*judge));
}

void judge_start_worker(struct judge *judge, const struct client_config *config,
			uint64_t now_ms, uint64_t asleep_ms)
{
	/* all but what belongs to the history */
	memset(judge, 0, offsetof(struct judge, xid_count));
	judge->config = *config;
	judge->asleep_ms = asleep_ms;
	judge->phase = PHASE_IDLE;
	due(judge, TIME_NEVER, TIME_NEVER);
	judge->fail_ms = now_ms + config->timeout_ms;
	judge->announce_ms = judge->withdraw_ms = TIME_NEVER;
	judge->deadline_ms = judge->fail_ms;
	judge->script.busy = !config->preinit_owed;
	judge->script.preinit = config->preinit_owed;
	judge->script.running = REASON_PREINIT;
}

void judge_step(struct judge *judge, const struct witness *witness,
		const struct client *client, const struct actions *actions)
{
	struct step step = {.judge = judge,
			    .witness = witness,
			    .client = client,
			    .actions = actions,
			    .now = witness->now_ms};

	judge->steps++;
	if (witness->type == EVENT_TIMER) {
		judge->timers =
			judge->timer_ms == step.now ? judge->timers + 1 : 0;
		judge->timer_ms = step.now;
		HOLDS(judge->timers < TIMERS_MAX, "the timer spins");
	}
	on_event(&step);
	HOLDS(!peek(&step), "sends what is not due in %s",
	      phase_name(judge->phase));
	check_other_actions(&step);
	check_telling(&step);
	if (judge->exiting && !judge->script.busy)
		return;
	check_state(&step);
	check_deadline(&step);
}
