/*
 * Many clients of the same core before one server: a power cut, after which
 * all start at once, and later an outage of the server that outlasts their
 * leases.  Prints a line of CSV for each second: what the server hears and
 * how many clients are bound.
 *
 *	fleet [-n CLIENTS] [-r REPLIES A SECOND] >fleet.csv
 *
 * What it sums up goes to standard error.
 */
#include "dice.h"
#include "packet.h"

#include "../../include/client.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define S 1000U
#define BOOT_SPREAD_MS (20 * S) /* all machines are up within */
#define LEASE_S 600U
#define OUTAGE_FROM_S 1200U
#define OUTAGE_TO_S 2400U
#define END_S 3600U
#define QUEUE_MS (2 * S) /* older requests the server drops */
#define SCRIPT_MS 20U
#define DELAY_MS 2U

enum wake { WAKE_START, WAKE_TIMER, WAKE_REPLY, WAKE_SCRIPT };

/* What will happen to a client. */
struct future {
	uint64_t at_ms;
	uint32_t client, xid;
	uint8_t wake, type;
};

struct second {
	uint32_t sent[SENT_COUNT], replies, bound;
};

struct fleet {
	uint32_t count, bound;
	struct client *clients;
	uint64_t *timers; /* the one timer of each that counts */
	struct future *heap;
	size_t planned, room;
	struct dice dice;
	uint64_t now_ms, free_ms; /* the server's next free moment */
	uint32_t rate;
	struct second seconds[END_S];
	uint64_t all_bound_ms[2]; /* after the cut, after the outage */
};

static struct fleet fleet;

static void swap(size_t a, size_t b)
{
	const struct future future = fleet.heap[a];

	fleet.heap[a] = fleet.heap[b];
	fleet.heap[b] = future;
}

static void plan(uint64_t at_ms, uint32_t client, enum wake wake, uint8_t type,
		 uint32_t xid)
{
	size_t at = fleet.planned++;

	if (fleet.planned > fleet.room) {
		fleet.room = fleet.room * 2 + 1024;
		fleet.heap =
			realloc(fleet.heap, fleet.room * sizeof(*fleet.heap));
		if (!fleet.heap)
			abort();
	}
	fleet.heap[at] =
		(struct future){at_ms, client, xid, (uint8_t)wake, type};
	for (; at > 0 && fleet.heap[at].at_ms < fleet.heap[(at - 1) / 2].at_ms;
	     at = (at - 1) / 2)
		swap(at, (at - 1) / 2);
}

static struct future take(void)
{
	const struct future taken = fleet.heap[0];
	size_t at = 0, child;

	fleet.heap[0] = fleet.heap[--fleet.planned];
	while ((child = 2 * at + 1) < fleet.planned) {
		if (child + 1 < fleet.planned &&
		    fleet.heap[child + 1].at_ms < fleet.heap[child].at_ms)
			child++;
		if (fleet.heap[at].at_ms <= fleet.heap[child].at_ms)
			break;
		swap(at, child);
		at = child;
	}
	return taken;
}

static bool server_is_up(void)
{
	const uint64_t now_s = fleet.now_ms / S;

	return now_s < OUTAGE_FROM_S || now_s >= OUTAGE_TO_S;
}

/* The server answers in order, `rate` a second, and drops what waits long. */
static void serve(uint32_t client, const struct action *action)
{
	const enum sent sent = action->message.sent;
	struct second *second = &fleet.seconds[fleet.now_ms / S];
	uint64_t at; /* in ms; free_ms has microseconds inside */

	second->sent[sent]++;
	if (!server_is_up() || sent == SENT_DECLINE)
		return;
	if (fleet.free_ms < fleet.now_ms * S)
		fleet.free_ms = fleet.now_ms * S;
	at = fleet.free_ms / S;
	if (at > fleet.now_ms + QUEUE_MS)
		return;
	fleet.free_ms += (uint64_t)S * S / fleet.rate;
	second->replies++;
	plan(at + DELAY_MS, client, WAKE_REPLY,
	     sent == SENT_DISCOVER ? DHCPOFFER : DHCPACK,
	     get_u32(action->message.bytes + 4));
}

/* An OFFER or ACK of the client's own address. */
static void write_reply(uint32_t client, const struct future *future,
			uint8_t message[300])
{
	static const uint8_t head[] = {0x63, 0x82, 0x53, 0x63, 53, 1};
	static const uint8_t rest[] = {
		54, 4, 10,  0, 0, 1, 51, 4, 0, 0, LEASE_S >> 8, LEASE_S & 255,
		1,  4, 255, 0, 0, 0, 255};

	memset(message, 0, 300);
	message[0] = 2;
	message[1] = 1;
	message[2] = 6;
	put_u32(message + 4, future->xid);
	put_u32(message + 16, 0x0a000100 + client * 2 + 1);
	memcpy(message + 28, fleet.clients[client].config.mac.octet, 6);
	memcpy(message + 236, head, sizeof(head));
	message[242] = future->type;
	memcpy(message + 243, rest, sizeof(rest));
}

static void carry_out(uint32_t client, const struct actions *actions)
{
	for (size_t i = 0; i < actions->count; i++) {
		const struct action *action = &actions->list[i];

		if (action->type == ACTION_BROADCAST ||
		    action->type == ACTION_UNICAST)
			serve(client, action);
		if (action->type == ACTION_SCRIPT)
			plan(fleet.now_ms + SCRIPT_MS, client, WAKE_SCRIPT, 0,
			     0);
	}
}

static void step(uint32_t number, struct event *event)
{
	struct client *client = &fleet.clients[number];
	const bool was_bound = client_is_bound(client);
	struct actions actions;
	uint64_t deadline;
	uint32_t *words = (uint32_t *)&event->chance;

	for (size_t i = 0; i < sizeof(event->chance) / sizeof(*words); i++)
		words[i] = (uint32_t)(dice_roll(&fleet.dice) >> 32);
	event->now_ms = fleet.now_ms;
	client_step(client, event, &actions);
	carry_out(number, &actions);
	if (client_is_bound(client) != was_bound)
		fleet.bound += was_bound ? (uint32_t)-1 : 1;
	deadline = client_deadline(client);
	if (deadline == fleet.timers[number])
		return;
	fleet.timers[number] = deadline;
	if (deadline != TIME_NEVER)
		plan(deadline > fleet.now_ms ? deadline : fleet.now_ms, number,
		     WAKE_TIMER, 0, 0);
}

/* Power is back: the link is there, PREINIT was quick. */
static void start(uint32_t number)
{
	struct client *client = &fleet.clients[number];
	struct client_config config = {.timeout_ms = 60 * S,
				       .arp_wait_ms = 200,
				       .decline_pause_ms = 10 * S};
	struct event event = {.type = EVENT_LINK};

	config.mac.octet[0] = 2;
	put_u32(config.mac.octet + 2, number);
	client_init(client, &config, fleet.now_ms, 0);
	event.link = (struct link){.ifindex = 2,
				   .mac = config.mac,
				   .present = true,
				   .up = true,
				   .running = true,
				   .oper_up = true,
				   .is_ethernet = true};
	step(number, &event);
	plan(fleet.now_ms + SCRIPT_MS, number, WAKE_SCRIPT, 0, 0);
}

static void happen(const struct future *future)
{
	static struct message message;
	struct event event = {.type = EVENT_TIMER};
	uint8_t bytes[300];

	switch ((enum wake)future->wake) {
	case WAKE_START:
		start(future->client);
		return;
	case WAKE_TIMER:
		if (fleet.timers[future->client] > fleet.now_ms)
			return; /* another deadline by now */
		fleet.timers[future->client] = 0;
		break;
	case WAKE_REPLY:
		write_reply(future->client, future, bytes);
		if (message_decode(bytes, sizeof(bytes), &message) != DECODE_OK)
			abort();
		event.type = EVENT_MESSAGE;
		event.message = &message;
		break;
	case WAKE_SCRIPT:
		event.type = EVENT_SCRIPT;
		break;
	}
	step(future->client, &event);
}

/* Remembers when the last client became bound, in both halves. */
static void watch(void)
{
	const int half = fleet.now_ms / S >= OUTAGE_TO_S;

	fleet.seconds[fleet.now_ms / S].bound = fleet.bound;
	if (fleet.bound == fleet.count && fleet.all_bound_ms[half] == 0)
		fleet.all_bound_ms[half] = fleet.now_ms;
}

static void run(void)
{
	for (uint32_t i = 0; i < fleet.count; i++)
		plan(dice_below(&fleet.dice, BOOT_SPREAD_MS), i, WAKE_START, 0,
		     0);
	while (fleet.planned > 0) {
		const struct future future = take();
		uint64_t second = fleet.now_ms / S;

		/* in a second without events nothing changes */
		while (++second < END_S && second <= future.at_ms / S)
			fleet.seconds[second].bound = fleet.bound;
		if (future.at_ms >= END_S * S)
			return;
		fleet.now_ms = future.at_ms;
		happen(&future);
		watch();
	}
}

static void print_seconds(void)
{
	uint32_t most[2] = {0, 0};

	puts("second,discover,selecting,renewing,rebinding,replies,bound");
	for (uint32_t i = 0; i < END_S; i++) {
		const struct second *second = &fleet.seconds[i];
		const int half = i >= OUTAGE_FROM_S;

		if (second->sent[SENT_DISCOVER] > most[half])
			most[half] = second->sent[SENT_DISCOVER];
		printf("%u,%u,%u,%u,%u,%u,%u\n", i, second->sent[SENT_DISCOVER],
		       second->sent[SENT_REQUEST_SELECTING],
		       second->sent[SENT_REQUEST_RENEWING],
		       second->sent[SENT_REQUEST_REBINDING], second->replies,
		       second->bound);
	}
	fprintf(stderr,
		"%u clients of %zu octets, %u replies a second\n"
		"power cut: all bound after %.1f s, at most %u DISCOVER a "
		"second\n"
		"outage of %u s: all bound %.1f s after it, at most %u "
		"DISCOVER a second\n",
		fleet.count, sizeof(struct client), fleet.rate,
		(double)fleet.all_bound_ms[0] / S, most[0],
		OUTAGE_TO_S - OUTAGE_FROM_S,
		(double)fleet.all_bound_ms[1] / S - OUTAGE_TO_S, most[1]);
}

int main(int argc, char **argv)
{
	int flag;

	fleet.count = 100000;
	fleet.rate = 10000;
	while ((flag = getopt(argc, argv, "n:r:")) != -1) {
		if (flag == 'n')
			fleet.count = (uint32_t)strtoul(optarg, NULL, 10);
		else if (flag == 'r')
			fleet.rate = (uint32_t)strtoul(optarg, NULL, 10);
		else
			return EXIT_FAILURE;
	}
	if (fleet.count == 0 || fleet.count > 4000000 || fleet.rate == 0)
		return EXIT_FAILURE;
	fleet.clients = calloc(fleet.count, sizeof(*fleet.clients));
	fleet.timers = calloc(fleet.count, sizeof(*fleet.timers));
	if (!fleet.clients || !fleet.timers)
		return EXIT_FAILURE;
	dice_seed(&fleet.dice, 1);
	run();
	print_seconds();
	return fleet.all_bound_ms[1] != 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
