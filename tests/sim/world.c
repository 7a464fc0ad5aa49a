/*
 * One history.  Whatever happens reaches the client as it would in the
 * worker: frames through the filter and the program's decoders, the link as
 * rtnetlink's notices in order, scripts one at a time, a timer that may be
 * late.  The judge sees every step.
 */
#include "world.h"

#include "../../include/frame.h"
#include "trace.h"
#include "wire.h"

#include <assert.h>
#include <stddef.h>

#define S 1000ULL /* milliseconds in a second */
#define MINUTE (60 * S)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define STEPS_MAX 1500             /* of a history, then the world turns kind */
#define BOUND_WITHIN (10 * MINUTE) /* in a kind world */
#define FRAMES_LINGER (5 * MINUTE) /* the longest delay on the link */
#define KIND_LEASES 4              /* that must follow without a break */
#define SCRIPT_LIMIT (75 * S)
#define BOOT_MS (1000 * S) /* the clock when the history begins */

static bool link_carries(const struct world *world)
{
	const struct link *link = &world->link;

	return link->present && link->up && link->running && link->oper_up;
}

static bool in_trouble(struct world *world, uint32_t percent)
{
	return !world->kind && dice_percent(&world->dice, percent);
}

/* The model link. */

static uint64_t delay_ms(struct world *world)
{
	if (in_trouble(world, world->weather.long_delays))
		return dice_duration(&world->dice, 100, FRAMES_LINGER);
	return dice_between(&world->dice, 0, world->weather.delay_ms);
}

/* One octet of the frame changes, or its end is missing. */
static void corrupt(struct world *world, uint8_t *frame, size_t *length)
{
	if (dice_one_in(&world->dice, 8)) {
		*length = dice_below(&world->dice, (uint32_t)*length + 1);
		return;
	}
	frame[dice_below(&world->dice, (uint32_t)*length)] ^=
		(uint8_t)(1 + dice_below(&world->dice, 255));
}

/* Puts a frame on its way to us: once, twice or not at all. */
static void send_to_us(struct world *world, const uint8_t *frame, size_t length)
{
	uint32_t copies = in_trouble(world, world->weather.loss) ? 0 : 1;

	if (in_trouble(world, world->weather.duplication))
		copies++;
	for (; copies > 0; copies--) {
		struct future *future =
			future_plan(&world->futures, HAPPENS_FRAME,
				    world->now_ms + delay_ms(world));
		size_t left = length;

		if (!future)
			return;
		memcpy(future->frame, frame, length);
		if (in_trouble(world, world->weather.corruption))
			corrupt(world, future->frame, &left);
		future->length = (uint32_t)left;
	}
}

static void reach_server(struct world *world, struct server *server,
			 const uint8_t *message)
{
	uint8_t frame[FUTURE_FRAME_MAX];
	size_t length;

	if (in_trouble(world, world->weather.loss))
		return;
	length = server_answer(server, message, &world->dice, frame,
			       sizeof(frame));
	if (length > 0)
		send_to_us(world, frame, length);
}

/* Another host claims `address`, as one that has it or wants it. */
static void claim(struct world *world, uint32_t address)
{
	struct claim claim = {.mac = {2, 0x0a, 0, 0, 0, 1}};
	const bool probes = dice_one_in(&world->dice, 4);
	uint8_t frame[SIM_ARP_LENGTH];

	claim.sender = probes ? 0 : address;
	claim.target = dice_one_in(&world->dice, 2) ? address : address + 1;
	/* our own frame comes back: a bridge that loops */
	if (dice_one_in(&world->dice, 10))
		memcpy(claim.mac, world->link.mac.octet, MAC_LENGTH);
	claim_write(frame, &claim, dice_one_in(&world->dice, 2));
	send_to_us(world, frame, sizeof(frame));
}

/* Scripts, as the monitor runs them. */

static void plan_script_end(struct world *world)
{
	enum script_outcome outcome = SCRIPT_OK;
	uint64_t takes = dice_between(&world->dice, 1, 60);
	struct future *future;

	if (in_trouble(world, world->weather.script_trouble)) {
		static const enum script_outcome outcomes[] = {
			SCRIPT_OK, SCRIPT_REFUSED, SCRIPT_FAILED};

		outcome = outcomes[dice_below(&world->dice, 3)];
		takes = dice_duration(&world->dice, 1, SCRIPT_LIMIT);
		if (dice_one_in(&world->dice, 6)) {
			outcome = SCRIPT_FAILED;
			takes = SCRIPT_LIMIT;
		}
	}
	future = future_plan(&world->futures, HAPPENS_SCRIPT,
			     world->now_ms + takes);
	assert(future);
	future->outcome = outcome;
}

/* What a script can rely on, whatever became of the workers. */
static void check_order(const struct world *world, enum reason reason)
{
	if (reason == REASON_RENEW || reason == REASON_REBIND ||
	    reason == REASON_EXPIRE)
		HOLDS(world->announced, "%s without BOUND",
		      reason_name(reason));
	if (reason == REASON_PREINIT)
		HOLDS(!world->announced, "PREINIT before EXPIRE");
}

static void run_script(struct world *world, enum reason reason, bool for_worker)
{
	TRACE("                script %s begins", reason_name(reason));
	assert(!world->script_busy);
	check_order(world, reason);
	world->script_busy = true;
	world->script_for_worker = for_worker;
	world->script = reason;
	if (reason == REASON_BOUND) {
		world->announced = true;
		world->script_address = world->client.lease.address;
	}
	if (reason == REASON_EXPIRE || reason == REASON_STOP)
		world->announced = false;
	plan_script_end(world);
}

static void end_worker(struct world *world, enum client_exit why);

/* What the client wants done. */

static void send_broadcast(struct world *world, const struct action *action)
{
	uint8_t frame[FRAME_MAX];
	const struct mac *mac = &world->client.link.mac;
	const size_t length =
		frame_encode(mac, action->message.bytes, MESSAGE_SENT_LENGTH,
			     frame, sizeof(frame));

	TRACE("                > %s about %s, xid %08x, again in %u s",
	      sent_name(action->message.sent),
	      ip(ntohl(action->message.address.s_addr)),
	      get_u32(action->message.bytes + 4), action->message.interval_s);
	wire_check_frame(frame, length, mac);
	HOLDS(memcmp(frame + BOOTP_AT, action->message.bytes,
		     MESSAGE_SENT_LENGTH) == 0,
	      "the frame carries another message");
	if (!link_carries(world))
		return;
	for (uint32_t i = 0; i < world->servers; i++)
		reach_server(world, &world->server[i], frame + BOOTP_AT);
}

/* The kernel sends from an address that is configured, or not at all. */
static void send_unicast(struct world *world, const struct action *action)
{
	const uint32_t to = ntohl(action->message.destination.s_addr);

	TRACE("                > DHCPREQUEST from %s to %s, xid %08x, again in "
	      "%u s",
	      ip(ntohl(action->message.source.s_addr)), ip(to),
	      get_u32(action->message.bytes + 4), action->message.interval_s);
	if (!link_carries(world) ||
	    world->configured.s_addr != action->message.source.s_addr)
		return;
	for (uint32_t i = 0; i < world->servers; i++)
		if (world->server[i].id == to)
			reach_server(world, &world->server[i],
				     action->message.bytes);
}

static void send_arp(struct world *world, const struct action *action)
{
	const uint32_t sender = get_u32(action->arp + 28);
	const uint32_t target = get_u32(action->arp + 38);

	TRACE("                > ARP %s for %s",
	      sender == 0 ? "probe" : "announcement", ip(target));
	if (link_carries(world) && sender == 0 &&
	    in_trouble(world, world->weather.conflicts))
		claim(world, target);
}

static void carry_out(struct world *world, const struct actions *actions)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		switch (action->type) {
		case ACTION_BROADCAST:
			send_broadcast(world, action);
			break;
		case ACTION_UNICAST:
			send_unicast(world, action);
			break;
		case ACTION_ARP:
			send_arp(world, action);
			break;
		case ACTION_ARP_WATCH:
			world->watched = ntohl(action->watch.s_addr);
			break;
		case ACTION_SCRIPT:
			run_script(world, action->script.reason, true);
			break;
		case ACTION_REPORT:
			break;
		case ACTION_EXIT:
			end_worker(world, action->exit);
			break;
		}
	}
}

/* Steps. */

/* Every event has words of its own; an xid never comes twice. */
static struct chance roll_chance(struct world *world)
{
	struct chance chance = {0};
	uint32_t *words = (uint32_t *)&chance;

	for (size_t i = 0; i < sizeof(chance) / sizeof(*words); i += 2) {
		const uint64_t rolled = dice_roll(&world->dice);

		words[i] = (uint32_t)rolled;
		words[i + 1] = (uint32_t)(rolled >> 32);
	}
	chance.xid = world->next_xid++ * 0x9e3779b1U ^ world->xid_salt;
	return chance;
}

static void arm_timer(struct world *world)
{
	const uint64_t deadline = client_deadline(&world->client);
	uint64_t late = dice_below(&world->dice, 3);

	if (world->monitor != MONITOR_WORKING || deadline == TIME_NEVER) {
		world->deadline_ms = world->timer_ms = TIME_NEVER;
		return;
	}
	if (deadline == world->deadline_ms)
		return;
	if (!world->kind &&
	    dice_below(&world->dice, 1000) < world->weather.lateness)
		late = dice_duration(&world->dice, 10, 60 * S);
	world->deadline_ms = deadline;
	world->timer_ms =
		(deadline > world->now_ms ? deadline : world->now_ms) + late;
}

/* The client's step and its judgement; `event` lacks what all events have. */
static void step(struct world *world, struct event *event,
		 struct witness *witness)
{
	static struct actions actions;
	const enum client_state before = world->client.state;

	event->now_ms = witness->now_ms = world->now_ms;
	event->asleep_ms = witness->asleep_ms = world->asleep_ms;
	event->chance = roll_chance(world);
	witness->xid = event->chance.xid;
	witness->type = event->type;
	world->steps++;
	client_step(&world->client, event, &actions);
	if (world->client.state != before)
		TRACE("            %s -> %s", client_state_name(before),
		      client_state_name(world->client.state));
	judge_step(&world->judge, witness, &world->client, &actions);
	carry_out(world, &actions);
	arm_timer(world);
}

static void tell_simply(struct world *world, enum event_type type)
{
	struct event event = {.type = type};
	struct witness witness = {0};

	if (world->monitor == MONITOR_WORKING)
		step(world, &event, &witness);
}

static void tell_link(struct world *world, const struct link *link)
{
	struct event event = {.type = EVENT_LINK, .link = *link};
	struct witness witness = {.link = *link};

	TRACE("  link: %s%s%s%s, MAC ..:%02x:%02x",
	      link->present ? "" : "gone ", link->up ? "up " : "down ",
	      link->running ? "running " : "", link->oper_up ? "oper_up" : "",
	      link->mac.octet[4], link->mac.octet[5]);
	step(world, &event, &witness);
}

/* The program's reading of a frame and the simulation's must agree. */
static void compare_reading(const struct message *message,
			    const struct reply *reply)
{
	static const uint8_t codes[] = {54, 51, 58, 59, 1};
	const bool has[] = {reply->has_server, reply->has_lease, reply->has_t1,
			    reply->has_t2, reply->has_mask};
	const uint32_t values[] = {reply->server, reply->lease_s, reply->t1_s,
				   reply->t2_s, reply->mask};
	uint32_t value;

	HOLDS(message->type == (enum message_type)reply->type &&
		      message->xid == reply->xid &&
		      ntohl(message->yiaddr.s_addr) == reply->address &&
		      memcmp(message->chaddr.octet, reply->chaddr,
			     MAC_LENGTH) == 0,
	      "a reply's fields are read wrongly");
	for (size_t i = 0; i < sizeof(codes); i++) {
		const bool came = message_u32(message, codes[i], &value);

		HOLDS(came == has[i] && (!came || value == values[i]),
		      "option %u is read wrongly", codes[i]);
	}
}

static void tell_message(struct world *world, const struct future *future)
{
	static struct message message;
	static const char *const types[] = {"", "",    "OFFER", "",
					    "", "ACK", "NAK"};
	struct event event = {.type = EVENT_MESSAGE, .message = &message};
	struct witness witness = {0};
	struct frame frame;
	enum decode result;
	bool is_reply;

	if (!filter_passes(future->frame, future->length,
			   world->client.config.mac.octet))
		return;
	result = frame_decode(future->frame, future->length, true, &frame);
	if (result == DECODE_OK)
		result = message_decode(frame.payload, frame.payload_length,
					&message);
	is_reply = reply_read(future->frame, future->length, &witness.reply);
	HOLDS((result == DECODE_OK) == is_reply, "a frame is %s, but read %s",
	      is_reply ? "a reply" : "none", decode_name(result));
	if (!is_reply)
		return;
	compare_reading(&message, &witness.reply);
	TRACE("  < %s of %s by %s for %u s, xid %08x",
	      types[witness.reply.type], ip(witness.reply.address),
	      ip(witness.reply.server), witness.reply.lease_s,
	      witness.reply.xid);
	step(world, &event, &witness);
}

static void tell_arp(struct world *world, const struct future *future)
{
	struct event event = {.type = EVENT_ARP};
	struct witness witness = {0};
	bool is_claim;

	if (!arp_filter_passes(future->frame, future->length,
			       world->client.config.mac.octet, world->watched))
		return;
	is_claim = claim_read(future->frame, future->length, &witness.claim);
	HOLDS((arp_decode(future->frame, future->length, &event.arp) ==
	       DECODE_OK) == is_claim,
	      "an ARP frame is read wrongly");
	if (!is_claim)
		return;
	TRACE("  < ARP: %s is claimed",
	      ip(witness.claim.sender ? witness.claim.sender
				      : witness.claim.target));
	step(world, &event, &witness);
}

/* The monitor. */

static struct client_config choose_config(struct world *world)
{
	static const uint32_t timeouts_s[] = {60, 60, 10, 300};
	static const uint32_t waits_ms[] = {200, 200, 0, 9000, 50, 9, 1};
	static const uint32_t graces_s[] = {0, 0, 5, 60, 3600};
	struct dice *dice = &world->dice;
	struct client_config config = {.mac = world->link.mac,
				       .decline_pause_ms = 10000};

	config.timeout_ms = timeouts_s[dice_below(dice, 4)] * 1000;
	config.arp_wait_ms = waits_ms[dice_below(dice, 7)];
	config.carrier_grace_ms = graces_s[dice_below(dice, 5)] * 1000;
	config.disclosure.client_id = dice_one_in(dice, 6);
	config.disclosure.request_options = dice_one_in(dice, 6);
	config.once = dice_one_in(dice, 10) && !world->kind;
	config.delay_selecting = dice_one_in(dice, 8);
	config.manager_decides = dice_one_in(dice, 8);
	config.udp_missing = dice_one_in(dice, 12);
	/* whoever changed the MAC may not be done with the link */
	config.preinit_owed =
		world->worker > 0 && world->ended == EXIT_MAC_CHANGED;
	return config;
}

static void plan_notice(struct world *world)
{
	struct future *future;
	uint64_t at = world->now_ms + dice_below(&world->dice, 4);

	if (at < world->link_told_ms)
		at = world->link_told_ms;
	world->link_told_ms = at;
	future = future_plan(&world->futures, HAPPENS_LINK, at);
	assert(future);
	future->link = world->link;
	future->worker = world->worker;
}

static void start_worker(struct world *world)
{
	const struct client_config config = choose_config(world);

	TRACE("monitor: starts worker %u: arp-wait %u, grace %u%s%s%s%s%s%s",
	      world->worker + 1, config.arp_wait_ms, config.carrier_grace_ms,
	      config.once ? ", -1" : "",
	      config.delay_selecting ? ", --delay-selecting" : "",
	      config.manager_decides ? ", nm-dhcp-helper" : "",
	      config.udp_missing ? ", no UDP" : "",
	      config.disclosure.client_id ? ", --client-id" : "",
	      config.disclosure.request_options ? ", --request-options" : "");
	world->monitor = MONITOR_WORKING;
	world->worker++;
	world->watched = 0;
	world->deadline_ms = TIME_NEVER;
	client_init(&world->client, &config, world->now_ms, world->asleep_ms);
	judge_start_worker(&world->judge, &config, world->now_ms,
			   world->asleep_ms);
	if (!config.preinit_owed)
		run_script(world, REASON_PREINIT, true);
	plan_notice(world);
	arm_timer(world);
}

static void plan_start(struct world *world, uint64_t wait)
{
	world->monitor = MONITOR_ABSENT;
	future_plan(&world->futures, HAPPENS_START,
		    world->now_ms + (world->kind ? 0 : wait));
}

/* What follows the worker's end, one script after the other. */
static void clear_up(struct world *world)
{
	const bool by_hand = world->ended == EXIT_STOPPED &&
			     !world->client.config.manager_decides;

	if (world->script_busy)
		return;
	if (world->announced) {
		run_script(world, by_hand ? REASON_STOP : REASON_EXPIRE, false);
		return;
	}
	switch (world->ended) {
	case EXIT_STOPPED:
	case EXIT_NO_LEASE:
		plan_start(world, dice_duration(&world->dice, S, HOUR));
		return;
	case EXIT_LINK_GONE:
	case EXIT_MAC_CHANGED:
		world->monitor = MONITOR_WAITING;
		if (world->link.present)
			start_worker(world);
		return;
	case EXIT_REASONS: /* it crashed */
		plan_start(world, S);
		return;
	}
}

static void end_worker(struct world *world, enum client_exit why)
{
	TRACE("monitor: worker %u ended, %d", world->worker, why);
	world->monitor = MONITOR_CLEARING;
	world->ended = why;
	world->watched = 0;
	world->timer_ms = world->deadline_ms = TIME_NEVER;
	clear_up(world);
}

static void on_script_end(struct world *world, const struct future *future)
{
	static const char *const outcomes[] = {"ends", "refuses", "fails"};
	struct event event = {.type = EVENT_SCRIPT, .script = future->outcome};
	struct witness witness = {.outcome = future->outcome};

	TRACE("  script %s %s", reason_name(world->script),
	      outcomes[future->outcome]);
	world->script_busy = false;
	if (world->script == REASON_BOUND && future->outcome != SCRIPT_REFUSED)
		world->configured = world->script_address;
	if (world->script == REASON_EXPIRE || world->script == REASON_STOP)
		world->configured.s_addr = INADDR_ANY;
	if (world->script_for_worker && world->monitor == MONITOR_WORKING)
		step(world, &event, &witness);
	else if (world->monitor == MONITOR_CLEARING)
		clear_up(world);
}

/* What befalls a machine. */

static void change_link(struct world *world)
{
	plan_notice(world);
	if (world->monitor == MONITOR_WAITING && world->link.present)
		start_worker(world);
}

static void restore_link(struct world *world)
{
	if (!world->link.present)
		world->link.ifindex++;
	world->link.present = world->link.up = true;
	world->link.running = world->link.oper_up = true;
	change_link(world);
}

static void restore_later(struct world *world, uint64_t most_ms)
{
	future_plan(&world->futures, HAPPENS_LINK_UP,
		    world->now_ms + dice_duration(&world->dice, 1, most_ms));
}

static void lose_carrier(struct world *world)
{
	/* unplugged, or a Wi-Fi that is not authorised yet */
	if (dice_one_in(&world->dice, 3))
		world->link.oper_up = false;
	else
		world->link.running = world->link.oper_up = false;
	change_link(world);
	restore_later(world, HOUR);
}

static void set_link_down(struct world *world)
{
	world->link.up = world->link.running = world->link.oper_up = false;
	change_link(world);
	restore_later(world, HOUR);
}

static void change_mac(struct world *world)
{
	if (dice_one_in(&world->dice, 2))
		set_link_down(world);
	for (int i = 1; i < MAC_LENGTH; i++)
		world->link.mac.octet[i] =
			(uint8_t)dice_below(&world->dice, 256);
	change_link(world);
}

static void delete_link(struct world *world)
{
	world->link.present = world->link.up = false;
	world->link.running = world->link.oper_up = false;
	change_link(world);
	restore_later(world, HOUR);
}

/* Frames in flight are lost, or wait in the queue; processes stand still. */
static void suspend(struct world *world)
{
	const bool is_nap = dice_one_in(&world->dice, 8);
	const uint64_t slept =
		is_nap ? dice_between(&world->dice, 1, 1001)
		       : dice_duration(&world->dice, MINUTE, 21 * DAY);
	static struct futures before;
	struct future future;

	TRACE("  suspended for %s", span(slept));
	before = world->futures;
	futures_clear(&world->futures);
	while (future_next(&before)) {
		struct future *again;
		uint64_t at;

		future_take(&before, &future);
		at = future.at_ms + slept;
		if (future.what == HAPPENS_FRAME) {
			if (!dice_one_in(&world->dice, 10))
				continue;
			at = world->now_ms + slept;
		}
		again = future_plan(&world->futures, future.what, at);
		future.at_ms = at;
		future.order = again->order;
		memcpy(again, &future,
		       offsetof(struct future, frame) + future.length);
	}
	world->now_ms += slept;
	world->link_told_ms += slept;
	world->asleep_ms += slept;
	/* the timer that CLOCK_REALTIME cancels */
	if (world->monitor == MONITOR_WORKING)
		world->timer_ms = world->now_ms + dice_below(&world->dice, 50);
	if (dice_one_in(&world->dice, 4))
		change_mac(world);
	else if (dice_one_in(&world->dice, 3))
		lose_carrier(world);
}

static void change_servers(struct world *world)
{
	struct server *server =
		&world->server[dice_below(&world->dice, world->servers)];

	if (dice_one_in(&world->dice, 2)) {
		server_move(server, &world->dice);
		TRACE("  server %s serves another network", ip(server->id));
	} else {
		server->temper = (enum temper)dice_below(&world->dice, TEMPERS);
		TRACE("  server %s changes its temper: %d", ip(server->id),
		      server->temper);
	}
}

static void change_weather(struct world *world)
{
	static const uint32_t rates[] = {0, 0, 0, 2, 10, 40, 90};
	struct weather *weather = &world->weather;
	struct dice *dice = &world->dice;

	weather->loss = rates[dice_below(dice, 7)];
	weather->duplication = rates[dice_below(dice, 6)];
	weather->corruption = rates[dice_below(dice, 6)];
	weather->conflicts = rates[dice_below(dice, 6)];
	weather->long_delays = rates[dice_below(dice, 6)];
	weather->delay_ms = dice_duration(dice, 2, S);
	weather->script_trouble = rates[dice_below(dice, 6)];
	weather->lateness = rates[dice_below(dice, 6)];
}

/* Somebody uses our address, perhaps for a while. */
static void conflict(struct world *world)
{
	const uint32_t address = ntohl(world->client.lease.address.s_addr);

	for (uint32_t i = dice_below(&world->dice, 3); i < 3; i++) {
		claim(world, address);
		if (dice_one_in(&world->dice, 2))
			return;
	}
}

/* The worker gets no processor time. */
static void stall(struct world *world)
{
	world->busy_until_ms =
		world->now_ms + dice_duration(&world->dice, 10, 3 * MINUTE);
	TRACE("  the worker stands still for %s",
	      span(world->busy_until_ms - world->now_ms));
}

static void crash(struct world *world)
{
	if (world->monitor == MONITOR_WORKING)
		end_worker(world, EXIT_REASONS);
}

static void befall(struct world *world)
{
	switch (dice_below(&world->dice, 24)) {
	case 0:
	case 1:
	case 2:
		lose_carrier(world);
		return;
	case 3:
		set_link_down(world);
		return;
	case 4:
		change_mac(world);
		return;
	case 5:
		delete_link(world);
		return;
	case 6:
	case 7:
	case 8:
		suspend(world);
		return;
	case 9:
	case 10:
		TRACE("  SIGHUP");
		tell_simply(world, EVENT_RENEW);
		return;
	case 11:
		TRACE("  SIGTERM");
		tell_simply(world, EVENT_STOP);
		return;
	case 12:
		crash(world);
		return;
	case 13:
	case 14:
	case 15:
		conflict(world);
		return;
	case 16:
	case 17:
	case 18:
		change_servers(world);
		return;
	case 19:
	case 20:
		change_weather(world);
		return;
	case 21:
		stall(world);
		return;
	default:
		/* renamed, or statistics: nothing of ours */
		change_link(world);
		return;
	}
}

/*
 * The next blow: any time, or at the very moment when something is due, or
 * soon after the one before.
 */
static void plan_fate(struct world *world)
{
	const uint64_t moments[] = {
		world->client.deadline_ms, world->client.lease.expiry_ms,
		world->client.withdraw_ms, world->client.fail_ms};
	uint64_t at = world->now_ms + dice_duration(&world->dice, 1, 10 * DAY);

	if (dice_one_in(&world->dice, 2)) {
		const uint64_t moment = moments[dice_below(&world->dice, 4)] +
					dice_below(&world->dice, 5) - 2;

		if (moment >= world->now_ms &&
		    moment < world->now_ms + 30 * DAY)
			at = moment;
	}
	future_plan(&world->futures, HAPPENS_FATE, at);
}

/* The course of the world. */

static void happen(struct world *world, const struct future *future)
{
	switch (future->what) {
	case HAPPENS_FRAME:
		if (!link_carries(world) || world->monitor != MONITOR_WORKING)
			return;
		if (future->length > 14 &&
		    get_u16(future->frame + 12) == 0x0806)
			tell_arp(world, future);
		else
			tell_message(world, future);
		return;
	case HAPPENS_LINK:
		if (world->monitor == MONITOR_WORKING &&
		    future->worker == world->worker)
			tell_link(world, &future->link);
		return;
	case HAPPENS_SCRIPT:
		on_script_end(world, future);
		return;
	case HAPPENS_FATE:
		if (world->kind)
			return;
		befall(world);
		plan_fate(world);
		return;
	case HAPPENS_START:
		if (world->monitor != MONITOR_ABSENT)
			return;
		world->monitor = MONITOR_WAITING;
		if (world->link.present)
			start_worker(world);
		return;
	case HAPPENS_LINK_UP:
		restore_link(world);
		return;
	}
}

/* True if what is next concerns a worker that stands still. */
static bool has_to_wait(const struct world *world, enum happening what)
{
	return world->now_ms < world->busy_until_ms &&
	       (what == HAPPENS_FRAME || what == HAPPENS_LINK ||
		what == HAPPENS_SCRIPT);
}

static void postpone(struct world *world, const struct future *future)
{
	struct future *again = future_plan(&world->futures, future->what,
					   world->busy_until_ms);
	const uint64_t order = again->order;

	if (world->link_told_ms < world->busy_until_ms)
		world->link_told_ms = world->busy_until_ms;
	memcpy(again, future, offsetof(struct future, frame) + future->length);
	again->at_ms = world->busy_until_ms;
	again->order = order;
}

/* When the timer fires: not while the worker stands still. */
static uint64_t timer_at(const struct world *world)
{
	return world->timer_ms < world->busy_until_ms ? world->busy_until_ms
						      : world->timer_ms;
}

/* When the next thing happens; TIME_NEVER: nothing more ever does. */
static uint64_t next_at(const struct world *world)
{
	const struct future *next = future_next(&world->futures);
	const uint64_t timer = timer_at(world);

	return next && next->at_ms < timer ? next->at_ms : timer;
}

/* Lets the next thing happen; false: nothing more ever does. */
static bool go_on(struct world *world)
{
	static struct future future;
	const struct future *next = future_next(&world->futures);
	const uint64_t timer = timer_at(world);

	if (!next && timer == TIME_NEVER)
		return false;
	if (!next || timer <= next->at_ms) {
		world->now_ms = trace.now_ms =
			timer > world->now_ms ? timer : world->now_ms;
		world->timer_ms = world->deadline_ms = TIME_NEVER;
		TRACE("  timer");
		tell_simply(world, EVENT_TIMER);
		return true;
	}
	future_take(&world->futures, &future);
	if (future.at_ms > world->now_ms)
		world->now_ms = future.at_ms;
	trace.now_ms = world->now_ms;
	if (has_to_wait(world, future.what))
		postpone(world, &future);
	else
		happen(world, &future);
	return true;
}

/* From now on all is well: one good server, a link that carries. */
static void turn_kind(struct world *world)
{
	TRACE("the world turns kind");
	world->kind = true;
	world->busy_until_ms = 0;
	world->weather.delay_ms = 5;
	for (uint32_t i = 1; i < world->servers; i++)
		world->server[i].temper = TEMPER_SILENT;
	world->server[0].temper = TEMPER_GOOD;
	world->server[0].lease_s =
		(uint32_t)dice_between(&world->dice, 300, 86400);
	restore_link(world);
	if (world->monitor == MONITOR_ABSENT)
		plan_start(world, 0);
}

/* Bound, and the script knows. */
static bool is_well(const struct world *world)
{
	return world->monitor == MONITOR_WORKING &&
	       client_is_bound(&world->client) && !world->script_busy &&
	       world->announced;
}

static void check_liveness(struct world *world)
{
	const uint64_t settled = world->now_ms + FRAMES_LINGER;
	const uint64_t until = world->now_ms + BOUND_WITHIN;

	while (next_at(world) < settled && go_on(world))
		;
	while (!is_well(world)) {
		HOLDS(go_on(world) && world->now_ms < until,
		      "not bound within %s in a kind world",
		      span(BOUND_WITHIN));
	}
}

/* A good server's lease is renewed for ever. */
static void check_continuity(struct world *world)
{
	const uint64_t leases = world->judge.leases + KIND_LEASES;
	const uint32_t address = ntohl(world->client.lease.address.s_addr);

	if (ntohl(world->client.lease.server.s_addr) != world->server[0].id ||
	    world->server[0].bound != address ||
	    world->client.lease.lifetime_s == LEASE_INFINITE)
		return;
	for (uint32_t i = 0; i < 100 && world->judge.leases < leases; i++) {
		HOLDS(go_on(world), "nothing more happens");
		HOLDS(client_is_bound(&world->client) &&
			      ntohl(world->client.lease.address.s_addr) ==
				      address,
		      "a good server's lease is lost");
	}
	HOLDS(world->judge.leases >= leases, "a lease is not renewed");
}

static void create(struct world *world, uint64_t seed)
{
	struct dice *dice;

	/* all but the pool of futures, which need not be empty */
	memset(&world->weather, 0,
	       sizeof(*world) - offsetof(struct world, weather));
	futures_clear(&world->futures);
	judge_start(&world->judge);
	dice = &world->dice;
	dice_seed(dice, seed);
	world->now_ms = BOOT_MS;
	world->end_ms = BOOT_MS + dice_duration(dice, HOUR, 120 * DAY);
	world->asleep_ms = dice_below(dice, 10000);
	world->xid_salt = (uint32_t)dice_roll(dice);
	world->link = (struct link){.ifindex = 2,
				    .name = "lan0",
				    .mac = {{2, 0, 0, 0, 0, 1}},
				    .present = true,
				    .is_ethernet = true,
				    .mtu = 1500};
	world->timer_ms = world->deadline_ms = TIME_NEVER;
	change_weather(world);
	world->servers = 1 + dice_below(dice, SERVERS_MAX);
	for (uint32_t i = 0; i < world->servers; i++)
		server_start(&world->server[i],
			     i == 0 && dice_one_in(dice, 2)
				     ? TEMPER_GOOD
				     : (enum temper)dice_below(dice, TEMPERS),
			     i + 1, dice);
	if (!dice_one_in(dice, 4))
		world->link.up = world->link.running = world->link.oper_up =
			true;
	else
		restore_later(world, HOUR);
	plan_fate(world);
}

void world_live(struct world *world, uint64_t seed)
{
	create(world, seed);
	trace.now_ms = trace.origin_ms = world->now_ms;
	start_worker(world);
	while (world->steps < STEPS_MAX && world->now_ms < world->end_ms &&
	       go_on(world))
		;
	turn_kind(world);
	check_liveness(world);
	check_continuity(world);
	world->lives = world->judge.leases;
}
