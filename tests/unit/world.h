/*
 * A virtual world for the state machine: a clock that stands still until it
 * is moved, chance that is set, a link, a server that says what it is told
 * to, a script that ends when it is told to.  After every step it holds what
 * must be true of any step.
 */
#ifndef DHCPCANON_WORLD_H
#define DHCPCANON_WORLD_H

#include "client.h"

#include "reply.h"
#include "unit.h"

#define LEAST 0U           /* chance: the shortest wait */
#define MIDDLE 0x80000000U /* without jitter */
#define MOST 0xffffffffU   /* the longest wait */

#define SECOND UINT64_C(1000) /* ms */
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

#define ADDRESS "192.0.2.10" /* what the server offers, if not told else */
#define SERVER "192.0.2.1"
#define LEASE_S 3600U

#define OWN_MAC                                                                \
	{                                                                      \
		{                                                              \
			0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5                     \
		}                                                              \
	}
#define OTHER_MAC                                                              \
	{                                                                      \
		{                                                              \
			0x02, 0x99, 0x88, 0x77, 0x66, 0x55                     \
		}                                                              \
	}

/* A message as it went out, taken apart; addresses 0 when absent. */
struct sent_message {
	enum sent sent;
	uint8_t type; /* option 53 */
	uint32_t xid, interval_s;
	uint16_t secs;
	struct in_addr ciaddr, requested, server;
	struct in_addr source, destination;
	bool has_client_id, has_request_list;
	uint8_t codes[8]; /* in the order sent */
	size_t count;
};

struct world {
	struct client_config config;
	struct client client;
	uint64_t now_ms, asleep_ms;
	struct chance chance; /* of the next step; xid changes by itself */
	struct link link;
	struct message reply;     /* what the server answers */
	struct actions out;       /* of the last step */
	struct sent_message sent; /* the last one */
	size_t messages;          /* sent in the last step: 0 or 1 */
	size_t frames;            /* of ARP, likewise */
	bool script_runs;
	bool exited;
	struct in_addr watched; /* by the ARP filter */
};

/* Looking at what happened. */

static inline const struct action *action_of(const struct world *world,
					     enum action_type type)
{
	for (size_t i = 0; i < world->out.count; i++)
		if (world->out.list[i].type == type)
			return &world->out.list[i];
	return NULL;
}

static inline const struct action *report_of(const struct world *world,
					     enum report_type type)
{
	for (size_t i = 0; i < world->out.count; i++)
		if (world->out.list[i].type == ACTION_REPORT &&
		    world->out.list[i].report.type == type)
			return &world->out.list[i];
	return NULL;
}

static inline void take_option(struct sent_message *sent, const uint8_t *at)
{
	switch (at[0]) {
	case OPTION_MESSAGE_TYPE:
		sent->type = at[2];
		return;
	case OPTION_REQUESTED_ADDRESS:
		memcpy(&sent->requested.s_addr, at + 2, 4);
		return;
	case OPTION_SERVER_IDENTIFIER:
		memcpy(&sent->server.s_addr, at + 2, 4);
		return;
	case OPTION_CLIENT_IDENTIFIER:
		sent->has_client_id = true;
		return;
	case OPTION_PARAMETER_REQUEST_LIST:
		sent->has_request_list = true;
		return;
	}
	fail_msg("option %u has no business on the wire", at[0]);
}

static inline void take_apart(struct world *world, const struct action *action)
{
	const uint8_t *bytes = action->message.bytes;
	struct sent_message *sent = &world->sent;

	memset(sent, 0, sizeof(*sent));
	sent->sent = action->message.sent;
	sent->interval_s = action->message.interval_s;
	sent->source = action->message.source;
	sent->destination = action->message.destination;
	sent->xid = (uint32_t)bytes[4] << 24 | (uint32_t)bytes[5] << 16 |
		    (uint32_t)bytes[6] << 8 | bytes[7];
	sent->secs = (uint16_t)(bytes[8] << 8 | bytes[9]);
	memcpy(&sent->ciaddr.s_addr, bytes + 12, 4);
	assert_memory_equal(bytes + 28, world->link.mac.octet, MAC_LENGTH);
	for (size_t at = 240; bytes[at] != OPTION_END;
	     at += 2U + bytes[at + 1]) {
		assert_true(sent->count < sizeof(sent->codes));
		sent->codes[sent->count++] = bytes[at];
		take_option(sent, bytes + at);
	}
	/* RENEWING alone is unicast */
	assert_int_equal(action->type, sent->sent == SENT_REQUEST_RENEWING
					       ? ACTION_UNICAST
					       : ACTION_BROADCAST);
	if (action->type == ACTION_BROADCAST) {
		assert_int_equal(sent->source.s_addr, INADDR_ANY);
		assert_int_equal(sent->destination.s_addr, INADDR_BROADCAST);
	}
}

static inline void take_action(struct world *world, const struct action *action)
{
	switch (action->type) {
	case ACTION_BROADCAST:
	case ACTION_UNICAST:
		world->messages++;
		take_apart(world, action);
		return;
	case ACTION_ARP:
		world->frames++;
		return;
	case ACTION_ARP_WATCH:
		world->watched = action->watch;
		return;
	case ACTION_SCRIPT: /* one at a time */
		assert_false(world->script_runs);
		world->script_runs = true;
		return;
	case ACTION_REPORT:
		assert_true(action->report.type < REPORT_COUNT);
		return;
	case ACTION_EXIT: /* the last there is */
		assert_ptr_equal(action,
				 &world->out.list[world->out.count - 1]);
		world->exited = true;
		return;
	}
}

/* What is true after every step, whatever it was. */
static inline void hold_invariants(const struct world *world)
{
	static const struct lease no_lease;
	static const struct message no_message;
	const struct client *client = &world->client;
	const bool has_lease =
		client_is_bound(client) || client->state == STATE_PROBING;

	assert_true(client->state < STATE_COUNT);
	assert_in_range(world->messages, 0, 1);
	if (has_lease) {
		assert_true(client->lease.expiry_ms > world->now_ms);
	} else { /* nothing is kept of the address */
		assert_memory_equal(&client->lease, &no_lease,
				    sizeof(no_lease));
		assert_memory_equal(&client->ack, &no_message,
				    sizeof(no_message));
	}
	assert_int_equal(world->watched.s_addr,
			 has_lease && world->config.arp_wait_ms != 0
				 ? client->lease.address.s_addr
				 : INADDR_ANY);
	if (client->state == STATE_STOPPED)
		assert_true(client_deadline(client) == TIME_NEVER);
}

/* Making things happen. */

static inline void step(struct world *world, struct event event)
{
	const bool had_exited = world->exited;

	event.now_ms = world->now_ms;
	event.asleep_ms = world->asleep_ms;
	world->chance.xid += 0x9e3779b9;
	event.chance = world->chance;
	world->messages = world->frames = 0;
	client_step(&world->client, &event, &world->out);
	if (had_exited)
		assert_int_equal(world->out.count, 0);
	for (size_t i = 0; i < world->out.count; i++)
		take_action(world, &world->out.list[i]);
	hold_invariants(world);
}

static inline void link_changes(struct world *world)
{
	step(world, (struct event){.type = EVENT_LINK, .link = world->link});
}

static inline void carrier_goes(struct world *world)
{
	world->link.running = false;
	link_changes(world);
}

static inline void carrier_comes(struct world *world)
{
	world->link.running = true;
	link_changes(world);
}

static inline void script_ends(struct world *world, enum script_outcome outcome)
{
	assert_true(world->script_runs);
	world->script_runs = false;
	step(world, (struct event){.type = EVENT_SCRIPT, .script = outcome});
}

/* Lets the script that runs, and those that follow, end well. */
static inline void scripts_end(struct world *world)
{
	while (world->script_runs)
		script_ends(world, SCRIPT_OK);
}

static inline void timer(struct world *world)
{
	step(world, (struct event){.type = EVENT_TIMER});
}

static inline void wait_ms(struct world *world, uint64_t ms)
{
	world->now_ms += ms;
}

/* To the next deadline, which happens. */
static inline void advance(struct world *world)
{
	const uint64_t deadline = client_deadline(&world->client);

	assert_true(deadline != TIME_NEVER);
	if (deadline > world->now_ms)
		world->now_ms = deadline;
	timer(world);
}

/* Through all deadlines up to `ms` from now, to then. */
static inline void advance_for(struct world *world, uint64_t ms)
{
	const uint64_t until = world->now_ms + ms;

	while (client_deadline(&world->client) <= until)
		advance(world);
	world->now_ms = until;
}

/* To the next message, past what else happens. */
static inline void advance_to_message(struct world *world)
{
	do
		advance(world);
	while (world->messages == 0);
}

static inline void advance_to_state(struct world *world,
				    enum client_state state)
{
	while (world->client.state != state)
		advance(world);
}

/* The server's reply of `type` to the last message sent. */
static inline void reply(struct world *world, enum message_type type)
{
	struct message message = world->reply;

	message.type = type;
	message.xid = world->sent.xid;
	message.chaddr = world->link.mac;
	step(world, (struct event){.type = EVENT_MESSAGE, .message = &message});
}

static inline void offer(struct world *world)
{
	reply(world, DHCPOFFER);
}

static inline void ack(struct world *world)
{
	reply(world, DHCPACK);
}

static inline void nak(struct world *world)
{
	reply(world, DHCPNAK);
}

static inline void hear_arp(struct world *world, const char *sender,
			    const char *target, struct mac mac)
{
	step(world, (struct event){.type = EVENT_ARP,
				   .arp = {.sender_mac = mac,
					   .sender = ip(sender),
					   .target = ip(target)}});
}

/* Somebody else uses the address that is offered. */
static inline void conflict(struct world *world)
{
	hear_arp(world, ADDRESS, ADDRESS, (struct mac)OTHER_MAC);
}

static inline void user_renews(struct world *world)
{
	step(world, (struct event){.type = EVENT_RENEW});
}

static inline void user_stops(struct world *world)
{
	step(world, (struct event){.type = EVENT_STOP});
}

/* The machine sleeps; the next event is the first it hears of. */
static inline void sleep_ms(struct world *world, uint64_t ms)
{
	world->now_ms += ms;
	world->asleep_ms += ms;
}

/* Getting somewhere. */

/* The client exists; PREINIT runs. */
static inline void start(struct world *world)
{
	client_init(&world->client, &world->config, world->now_ms,
		    world->asleep_ms);
	world->script_runs = true;
}

static inline void to_selecting(struct world *world)
{
	start(world);
	link_changes(world);
	script_ends(world, SCRIPT_OK);
}

static inline void to_requesting(struct world *world)
{
	to_selecting(world);
	offer(world);
}

static inline void to_probing(struct world *world)
{
	assert_true(world->config.arp_wait_ms != 0);
	to_requesting(world);
	ack(world);
}

/* BOUND, and script BOUND runs. */
static inline void to_told(struct world *world)
{
	to_requesting(world);
	ack(world);
	advance_to_state(world, STATE_BOUND);
}

static inline void to_bound(struct world *world)
{
	to_told(world);
	scripts_end(world);
}

static inline void to_renewing(struct world *world)
{
	to_bound(world);
	advance_to_state(world, STATE_RENEWING);
}

static inline void to_rebinding(struct world *world)
{
	to_bound(world);
	advance_to_state(world, STATE_REBINDING);
}

static inline void to_declined(struct world *world)
{
	to_probing(world);
	conflict(world);
}

/* Given up; script FAIL runs. */
static inline void to_stopped(struct world *world)
{
	world->config.once = true;
	to_selecting(world);
	advance_to_state(world, STATE_STOPPED);
}

static inline void to_init(struct world *world)
{
	to_selecting(world);
	carrier_goes(world);
}

/* A way into each state. */
static inline void to_state(struct world *world, enum client_state state)
{
	static void (*const ways[STATE_COUNT])(struct world *) = {
		[STATE_INIT] = to_init,
		[STATE_SELECTING] = to_selecting,
		[STATE_REQUESTING] = to_requesting,
		[STATE_PROBING] = to_probing,
		[STATE_BOUND] = to_bound,
		[STATE_RENEWING] = to_renewing,
		[STATE_REBINDING] = to_rebinding,
		[STATE_DECLINED] = to_declined,
		[STATE_STOPPED] = to_stopped,
	};

	ways[state](world);
	assert_int_equal(world->client.state, state);
}

/* A world before anything happened in it. */
static inline void world_reset(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->now_ms = 5 * HOUR;
	world->asleep_ms = HOUR;
	world->chance = (struct chance){.wait = MIDDLE,
					.order = MIDDLE,
					.list = MIDDLE,
					.t1 = MIDDLE,
					.t2 = MIDDLE};
	world->config = (struct client_config){.mac = OWN_MAC,
					       .timeout_ms = 60000,
					       .arp_wait_ms = 200,
					       .decline_pause_ms = 10000};
	world->link = (struct link){.ifindex = 2,
				    .name = "eth0",
				    .mac = OWN_MAC,
				    .present = true,
				    .up = true,
				    .running = true,
				    .oper_up = true,
				    .is_ethernet = true,
				    .mtu = 1500};
	world->reply.yiaddr = ip(ADDRESS);
	reply_put_address(&world->reply, OPTION_SERVER_IDENTIFIER, SERVER);
	reply_put_u32(&world->reply, OPTION_LEASE_TIME, LEASE_S);
	reply_put_address(&world->reply, OPTION_SUBNET_MASK, "255.255.255.0");
	reply_put_address(&world->reply, OPTION_ROUTERS, SERVER);
	reply_put_address(&world->reply, OPTION_DOMAIN_NAME_SERVERS, SERVER);
}

/* Asserting. */

static inline void expect_state(const struct world *world,
				enum client_state state)
{
	assert_string_equal(client_state_name(world->client.state),
			    client_state_name(state));
}

static inline void expect_sent(const struct world *world, enum sent sent)
{
	static const uint8_t types[SENT_COUNT] = {
		[SENT_DISCOVER] = DHCPDISCOVER,
		[SENT_REQUEST_SELECTING] = DHCPREQUEST,
		[SENT_REQUEST_RENEWING] = DHCPREQUEST,
		[SENT_REQUEST_REBINDING] = DHCPREQUEST,
		[SENT_DECLINE] = DHCPDECLINE,
	};

	assert_int_equal(world->messages, 1);
	assert_int_equal(world->sent.sent, sent);
	assert_int_equal(world->sent.type, types[sent]);
}

static inline void expect_silence(const struct world *world)
{
	assert_int_equal(world->messages, 0);
	assert_int_equal(world->frames, 0);
}

/* The script is run for `reason` as of the last step. */
static inline void expect_script(const struct world *world, enum reason reason)
{
	const struct action *action = action_of(world, ACTION_SCRIPT);

	assert_non_null(action);
	assert_string_equal(reason_name(action->script.reason),
			    reason_name(reason));
}

static inline void expect_no_script(const struct world *world)
{
	assert_null(action_of(world, ACTION_SCRIPT));
}

static inline void expect_report(const struct world *world,
				 enum report_type type)
{
	assert_non_null(report_of(world, type));
}

static inline void expect_no_report(const struct world *world,
				    enum report_type type)
{
	assert_null(report_of(world, type));
}

static inline void expect_dropped(const struct world *world, enum decode why)
{
	const struct action *action = report_of(world, REPORT_DROPPED);

	assert_non_null(action);
	assert_string_equal(decode_name((enum decode)action->report.number),
			    decode_name(why));
}

static inline void expect_exit(const struct world *world, enum client_exit why)
{
	const struct action *action = action_of(world, ACTION_EXIT);

	assert_non_null(action);
	assert_int_equal(action->exit, why);
}

/* The next deadline is `ms` from now. */
static inline void expect_wait(const struct world *world, uint64_t ms)
{
	assert_int_equal(client_deadline(&world->client) - world->now_ms, ms);
}

/* The last step sent the ARP frame that `encode` writes for `address`. */
static inline void expect_arp(const struct world *world, const char *address,
			      void (*encode)(const struct mac *own,
					     struct in_addr address,
					     uint8_t out[ARP_FRAME_LENGTH]))
{
	const struct action *action = action_of(world, ACTION_ARP);
	uint8_t frame[ARP_FRAME_LENGTH];

	assert_int_equal(world->frames, 1);
	encode(&world->link.mac, ip(address), frame);
	assert_memory_equal(action->arp, frame, sizeof(frame));
}

static inline void expect_announcement(const struct world *world)
{
	expect_arp(world, ADDRESS, arp_encode_announcement);
}

#endif
