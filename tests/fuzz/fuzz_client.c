/*
 * Sequences of events for the state machine.  Input: a configuration, then
 * one event after the other, each an octet that chooses it and what it needs
 * (see the functions named after them).  Messages go through the decoders as
 * they do in the worker.  After each step what is promised of any moment
 * must hold.
 */
#include "client.h"

#include "frame.h"
#include "fuzz.h"
#include "report.h"

#include <arpa/inet.h>

#define STEPS_MAX 400
#define TIMERS_MAX 8 /* of one millisecond, and then it is a busy loop */
#define LINE_SIZE 240

static const struct mac own_mac = {{2, 1, 2, 3, 4, 5}};

/* The world around the client, and what it may rely on. */
struct world {
	struct reader in;
	struct client client;
	struct actions out;
	uint64_t now_ms, asleep_ms;
	uint32_t xid;                /* the last one given as chance */
	bool script_runs;            /* asked for and not ended */
	bool told;                   /* the script has an address */
	struct in_addr told_address; /* which */
	struct in_addr watched;
	bool exited;
};

/* Addresses and servers, few, so that they meet again. */
static struct in_addr pick_address(uint8_t octet)
{
	static const uint32_t addresses[] = {
		0xc000020a, 0xc000020b, 0xc0000201, 0xc0000202,
		0,          0xffffffff, 0x7f000001, 0xc00002ff,
	};

	return (struct in_addr){htonl(addresses[octet % 8])};
}

static uint32_t pick_seconds(uint8_t octet)
{
	static const uint32_t seconds[] = {
		3600,       1, 2,          59,   60,   61, 120, 0x7fffffff,
		0x80000000, 0, 0xffffffff, 1800, 3150, 4,  600, 86400,
	};

	return seconds[octet % 16];
}

/* What must hold of each message that is sent. */

static void look_at_options(const uint8_t *bytes)
{
	struct reader in = reader_of(bytes + 240, MESSAGE_SENT_LENGTH - 240);
	uint8_t code, length;

	while (reader_u8(&in, &code) && code != OPTION_END) {
		must(code == OPTION_MESSAGE_TYPE ||
		     code == OPTION_REQUESTED_ADDRESS ||
		     code == OPTION_SERVER_IDENTIFIER ||
		     code == OPTION_CLIENT_IDENTIFIER ||
		     code == OPTION_PARAMETER_REQUEST_LIST);
		must(reader_u8(&in, &length) && reader_skip(&in, length));
	}
	while (reader_u8(&in, &code))
		must(code == OPTION_PAD);
}

static void look_at_message(const struct world *world,
			    const struct action *action)
{
	const struct client *client = &world->client;
	const uint8_t *bytes = action->message.bytes;
	const bool unicast = action->type == ACTION_UNICAST;

	must(bytes[0] == 1 && memcmp(bytes + 28, own_mac.octet, 6) == 0);
	must(link_is_usable(&client->link));
	must(unicast == (action->message.sent == SENT_REQUEST_RENEWING));
	if (unicast)
		must(client->lease.address.s_addr != 0 &&
		     action->message.source.s_addr ==
			     client->lease.address.s_addr &&
		     action->message.destination.s_addr ==
			     client->lease.server.s_addr);
	else
		must(action->message.source.s_addr == 0);
	look_at_options(bytes);
}

/* What the script is told, in an order that makes sense to it. */
static void look_at_reason(struct world *world, enum reason reason)
{
	const struct client *client = &world->client;
	const struct in_addr address = client->lease.address;
	static struct variables variables;

	must(!world->script_runs);
	world->script_runs = true;
	switch (reason) {
	case REASON_BOUND:
		/* over another address only where a manager replaces all */
		must(!world->told || client->config.manager_decides ||
		     world->told_address.s_addr == address.s_addr);
		must(client_is_bound(client));
		variables_from_message(&client->ack, client->lease.mask, NULL,
				       &variables, NULL, 0);
		must_be_fit(&variables);
		world->told = true;
		world->told_address = address;
		return;
	case REASON_RENEW:
	case REASON_REBIND:
		must(world->told && client_is_bound(client) &&
		     world->told_address.s_addr == address.s_addr);
		return;
	case REASON_EXPIRE:
		must(world->told);
		world->told = false;
		return;
	case REASON_PREINIT:
		must(!world->told && client->link.up);
		return;
	case REASON_FAIL:
		must(!client_is_bound(client));
		return;
	case REASON_STOP:
	case REASON_RELEASE:
	case REASON_NBI:
	case REASON_COUNT:
		must(false); /* not the client's to give */
	}
}

static void look_at_line(const struct action *action)
{
	char line[LINE_SIZE];
	struct text text = text_in(line, sizeof(line));
	const int level = report_line(action, "eth0", &text);

	must(!text.cut && (level == REPORT_SILENT) == (text.length == 0));
	must_be_printable(line);
}

static void look_at_actions(struct world *world)
{
	size_t messages = 0;

	must(world->out.count <= ACTIONS_MAX);
	must(!world->exited || world->out.count == 0);
	for (size_t i = 0; i < world->out.count; i++) {
		const struct action *action = &world->out.list[i];

		look_at_line(action);
		switch (action->type) {
		case ACTION_BROADCAST:
		case ACTION_UNICAST:
			look_at_message(world, action);
			messages++;
			break;
		case ACTION_ARP:
			must(world->client.config.arp_wait_ms != 0);
			must(link_is_usable(&world->client.link));
			break;
		case ACTION_ARP_WATCH:
			world->watched = action->watch;
			break;
		case ACTION_SCRIPT:
			look_at_reason(world, action->script.reason);
			break;
		case ACTION_REPORT:
			must(action->report.type < REPORT_COUNT);
			break;
		case ACTION_EXIT:
			must(i == world->out.count - 1);
			must(action->exit < EXIT_REASONS);
			world->exited = true;
			break;
		}
	}
	must(messages <= 1);
}

/* What must hold of the state after each step. */

static void look_at_lease(const struct world *world)
{
	const struct client *client = &world->client;
	const struct lease *lease = &client->lease;
	static const struct lease no_lease;
	static const struct message no_ack;

	if (!client_is_bound(client) && client->state != STATE_PROBING) {
		must(memcmp(lease, &no_lease, sizeof(*lease)) == 0);
		must(memcmp(&client->ack, &no_ack, sizeof(no_ack)) == 0);
		must(world->watched.s_addr == 0);
		return;
	}
	must(address_is_unicast(lease->address) && lease->lifetime_s != 0);
	must(world->watched.s_addr ==
	     (client->config.arp_wait_ms != 0 ? lease->address.s_addr : 0));
	must(lease->expiry_ms > world->now_ms);
	if (lease->lifetime_s == LEASE_INFINITE)
		must(lease->expiry_ms == TIME_NEVER);
	else
		must(lease->t1_ms < lease->t2_ms &&
		     lease->t2_ms < lease->expiry_ms);
	must(client_deadline(client) <= lease->expiry_ms);
}

static void look_at_state(const struct world *world)
{
	const struct client *client = &world->client;

	must(client->state < STATE_COUNT);
	must(client_state_name(client->state)[0] != '\0');
	look_at_lease(world);
	if (client->state != STATE_INIT && client->state != STATE_STOPPED) {
		must(link_is_usable(&client->link));
		/* a lease without end alone waits for nothing */
		must(client_deadline(client) != TIME_NEVER ||
		     client->lease.lifetime_s == LEASE_INFINITE);
	}
	must(client->script.busy == world->script_runs || world->exited);
	/* what the script has is leased, or its end is known or owed */
	must(!client->script.bound || client_is_bound(client) ||
	     client->script.withdraw || client->withdraw_ms != TIME_NEVER ||
	     client->config.manager_decides);
	if (client->state == STATE_STOPPED)
		must(world->script_runs || world->exited);
}

/* Events. */

static void step(struct world *world, struct event event)
{
	event.now_ms = world->now_ms;
	event.asleep_ms = world->asleep_ms;
	event.chance =
		(struct chance){.xid = ++world->xid * 0x9e3779b1U,
				.order = fuzz_u8(&world->in) * 0x01010101U,
				.list = fuzz_u8(&world->in) * 0x01010101U,
				.wait = fuzz_u8(&world->in) * 0x01010101U};
	event.chance.t1 = event.chance.order;
	event.chance.t2 = event.chance.list;
	client_step(&world->client, &event, &world->out);
	look_at_actions(world);
	look_at_state(world);
}

/* Time goes on, to the deadline or past it; then there is none behind us. */
static void timer(struct world *world)
{
	const uint64_t deadline = client_deadline(&world->client);
	const uint8_t late = fuzz_u8(&world->in);
	int timers = 0;

	if (deadline == TIME_NEVER)
		return;
	if (deadline > world->now_ms)
		world->now_ms = deadline;
	world->now_ms += (uint64_t)late * late;
	while (client_deadline(&world->client) <= world->now_ms) {
		must(timers++ < TIMERS_MAX);
		step(world, (struct event){.type = EVENT_TIMER});
	}
}

static void give(struct world *world, const uint8_t *bytes, size_t length)
{
	static struct message message;

	if (message_decode(bytes, length, &message) == DECODE_OK)
		step(world, (struct event){.type = EVENT_MESSAGE,
					   .message = &message});
}

/* Splits `length` octets off the input, or what there is. */
static struct reader take(struct world *world, size_t length)
{
	struct reader out;

	if (length > reader_left(&world->in))
		length = reader_left(&world->in);
	reader_split(&world->in, length, &out);
	return out;
}

/* A whole frame, as it is. */
static void frame(struct world *world)
{
	const struct reader bytes = take(world, fuzz_u16(&world->in));
	struct frame frame;

	if (frame_decode(bytes.at, reader_left(&bytes), false, &frame) ==
	    DECODE_OK)
		give(world, frame.payload, frame.payload_length);
}

static void put_number(struct writer *out, uint8_t code, uint32_t number)
{
	writer_u8(out, code);
	writer_u8(out, sizeof(number));
	writer_u32(out, number);
}

/*
 * A reply to what the client sent last: the message's type, what is not as it
 * should be (bits), address, server, times, and further options as they are.
 */
static void reply(struct world *world)
{
	const uint8_t type = fuzz_u8(&world->in), odd = fuzz_u8(&world->in);
	const struct client *client = &world->client;
	const uint8_t who = fuzz_u8(&world->in);
	const struct in_addr server = pick_address(2 + (who & 3));
	uint8_t bytes[1024];
	struct writer out = {.at = bytes, .left = sizeof(bytes)};
	const uint8_t lengths = fuzz_u8(&world->in);
	struct reader more;

	writer_u32(&out, 0x02010600);
	writer_u32(&out, client->transaction.xid + (odd & 1));
	writer_zeros(&out, 8);
	writer_address(&out, odd & 2 ? pick_address(who >> 2)
			     : client->transaction.address.s_addr != 0
				     ? client->transaction.address
				     : pick_address(0));
	writer_zeros(&out, 8);
	writer_bytes(&out, own_mac.octet, MAC_LENGTH);
	writer_zeros(&out, 10 + 64 + 128);
	writer_u32(&out, 0x63825363);
	writer_u16(&out, OPTION_MESSAGE_TYPE << 8 | 1);
	writer_u8(&out, type % 3 == 0   ? DHCPACK
			: type % 3 == 1 ? DHCPOFFER
					: DHCPNAK);
	put_number(&out, OPTION_SERVER_IDENTIFIER,
		   ntohl(odd & 4 ? server.s_addr : htonl(0xc0000201)));
	if ((odd & 8) == 0)
		put_number(&out, OPTION_LEASE_TIME, pick_seconds(lengths));
	if (odd & 16)
		put_number(&out, OPTION_RENEWAL_TIME,
			   pick_seconds(lengths >> 4));
	if (odd & 32)
		put_number(&out, OPTION_REBINDING_TIME,
			   pick_seconds(lengths >> 2));
	more = take(world, odd & 64 ? fuzz_u8(&world->in) : 0);
	writer_bytes(&out, more.at, reader_left(&more));
	give(world, bytes, sizeof(bytes) - out.left);
}

/* An ARP frame about one of the addresses; without a filter there is none. */
static void arp(struct world *world)
{
	const uint8_t who = fuzz_u8(&world->in);
	struct event event = {.type = EVENT_ARP};

	if (world->client.config.arp_wait_ms == 0)
		return;
	event.arp.sender = pick_address(who);
	event.arp.target = pick_address(who >> 3);
	event.arp.sender_mac = own_mac;
	event.arp.sender_mac.octet[5] ^= who >> 6;
	step(world, event);
}

static void link_news(struct world *world)
{
	const uint8_t how = fuzz_u8(&world->in);
	struct event event = {
		.type = EVENT_LINK,
		.link = {.ifindex = 2,
			 .name = "eth0",
			 .mac = own_mac,
			 .present = (how & 0x70) != 0x70,
			 .up = (how & 1) == 0,
			 .running = (how & 2) == 0,
			 .oper_up = (how & 4) == 0,
			 .is_ethernet = true},
	};

	if ((how & 0x78) == 0x68)
		event.link.mac.octet[5] ^= 1;
	step(world, event);
}

static void script_ends(struct world *world)
{
	const uint8_t how = fuzz_u8(&world->in);

	if (!world->script_runs)
		return;
	world->script_runs = false;
	step(world,
	     (struct event){
		     .type = EVENT_SCRIPT,
		     .script = (enum script_outcome)(
			     how < 0xc0 ? SCRIPT_OK : how % SCRIPT_OUTCOMES)});
}

/* Time passes, waking or asleep. */
static void wait(struct world *world)
{
	const uint64_t ms = (uint64_t)fuzz_u16(&world->in) * 16;

	world->now_ms += ms;
	if (ms & 16)
		world->asleep_ms += ms;
}

static void happen(struct world *world)
{
	const uint8_t what = fuzz_u8(&world->in);

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
	case 3:
		timer(world);
		return;
	case 4:
	case 5:
	case 6:
	case 7:
		reply(world);
		return;
	case 8:
		frame(world);
		return;
	case 9:
		arp(world);
		return;
	case 10:
		link_news(world);
		return;
	case 11:
	case 12:
		script_ends(world);
		return;
	case 13:
		wait(world);
		return;
	case 14:
		step(world, (struct event){.type = EVENT_RENEW});
		return;
	case 15:
		if (what == 0xff)
			step(world, (struct event){.type = EVENT_STOP});
		return;
	}
}

static void begin(struct world *world)
{
	const uint8_t flags = fuzz_u8(&world->in);
	const uint8_t times = fuzz_u8(&world->in);
	const struct client_config config = {
		.mac = own_mac,
		.disclosure = {.client_id = flags & 1,
			       .request_options = flags & 2,
			       .broadcast = flags & 128},
		.timeout_ms = times & 1 ? 60000 : 1000,
		.arp_wait_ms = times & 2   ? 0
			       : times & 4 ? 9000
					   : 200,
		.carrier_grace_ms = times & 8 ? 5000 : 0,
		.decline_pause_ms = times & 16 ? 0 : 10000,
		.once = flags & 4,
		.delay_selecting = flags & 8,
		.manager_decides = flags & 16,
		.udp_missing = flags & 32,
		.preinit_owed = flags & 64,
	};

	world->now_ms = 1000;
	world->script_runs = !config.preinit_owed;
	client_init(&world->client, &config, world->now_ms, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct world world;

	memset(&world, 0, sizeof(world));
	world.in = reader_of(data, size);
	begin(&world);
	for (int i = 0; i < STEPS_MAX && reader_left(&world.in) > 0; i++)
		happen(&world);
	return 0;
}
