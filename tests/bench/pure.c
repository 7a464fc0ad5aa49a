/*
 * What the pure ring costs a call.  `pure FOLDER` times each row of the table
 * below with the packets of FOLDER; `pure FOLDER CALLS NAME` only makes that
 * many calls of one, inside measured(), for a counter of instructions.
 */
#include "client.h"
#include "env.h"
#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CALLS 20000
#define REPEATS 15 /* of which the fastest counts */
#define ROOM 2048

static struct {
	uint8_t bytes[ROOM];
	size_t length;
} reply, small_frame;

static struct message message, small;
static struct variables variables;
static struct actions actions;
static struct client client;
static struct env env;

/* Reads a packet: hexadecimal, lines that begin with # left out. */
static size_t load(const char *folder, const char *name, uint8_t out[ROOM])
{
	char path[4096], line[1024];
	size_t length = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "re");
	if (file == NULL) {
		perror(path);
		exit(1);
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		unsigned octet;

		for (const char *at = line; line[0] != '#' && length < ROOM &&
					    sscanf(at, "%2x", &octet) == 1;
		     at += 2)
			out[length++] = (uint8_t)octet;
	}
	fclose(file);
	return length;
}

static void decode_message(void)
{
	if (message_decode(reply.bytes, reply.length, &message) != DECODE_OK)
		abort();
}

static void decode_frame(void)
{
	struct frame frame;

	if (frame_decode(small_frame.bytes, small_frame.length, true, &frame) !=
	    DECODE_OK)
		abort();
}

static void render_values(void)
{
	const struct in_addr mask = {htonl(0xffffff00)};
	static const struct definitions none;

	memset(&variables, 0, sizeof(variables));
	variables_from_message(&message, mask, &none, &variables, NULL, 0);
}

static void render_environment(void)
{
	const struct env_input input = {
		.reason = REASON_RENEW,
		.interface = "eth0",
		.pid = 4711,
		.new_lease = {&variables, 0},
		.old_lease = {&variables, 0},
	};

	env_render(&input, &env);
}

static void encode(void)
{
	static const struct disclosure nothing;
	static uint32_t order;
	const struct transaction transaction = {.xid = 0x12345678,
						.address = {0x0a4d0064},
						.server = {0x0a4d0001}};
	uint8_t payload[MESSAGE_SENT_LENGTH], frame[FRAME_MAX];

	order += 0x9e3779b9;
	profile_write(SENT_REQUEST_SELECTING, &transaction, &nothing, order,
		      order, payload);
	if (frame_encode(&transaction.mac, payload, sizeof(payload), frame,
			 sizeof(frame)) == 0)
		abort();
}

static void step(enum event_type type, uint64_t now_ms,
		 enum message_type answer)
{
	struct event event = {.type = type, .now_ms = now_ms};

	event.chance.xid = small.xid;
	if (type == EVENT_LINK)
		event.link = (struct link){.ifindex = 2,
					   .name = "eth0",
					   .mac = client.config.mac,
					   .present = true,
					   .up = true,
					   .running = true,
					   .oper_up = true,
					   .is_ethernet = true,
					   .mtu = 1500};
	if (type == EVENT_MESSAGE) {
		small.type = answer;
		small.xid = client.transaction.xid;
		event.message = &small;
	}
	client_step(&client, &event, &actions);
}

/* From the start to a lease, and stopped: eight steps. */
static void live(void)
{
	const struct client_config config = {.mac = small.chaddr,
					     .timeout_ms = 60000};

	client_init(&client, &config, 0, 0);
	step(EVENT_LINK, 0, 0);
	client.script.running = REASON_PREINIT;
	step(EVENT_SCRIPT, 1, 0);
	step(EVENT_MESSAGE, 2, DHCPOFFER);
	step(EVENT_MESSAGE, 3, DHCPACK);
	step(EVENT_SCRIPT, 4, 0);
	if (client.state != STATE_BOUND)
		abort();
	step(EVENT_RENEW, 5, 0);
	step(EVENT_MESSAGE, 6, DHCPACK);
	step(EVENT_STOP, 7, 0);
}

static const struct {
	const char *name;
	void (*call)(void);
	unsigned per_call; /* of what is counted */
} rows[] = {
	{"message_decode", decode_message, 1},
	{"frame_decode", decode_frame, 1},
	{"variables_from_message", render_values, 1},
	{"env_render", render_environment, 1},
	{"profile_write+frame_encode", encode, 1},
	{"client_step", live, 8},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

__attribute__((noinline)) static void measured(void (*call)(void),
					       unsigned calls)
{
	for (unsigned i = 0; i < calls; i++)
		call();
}

static double now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double fastest(size_t row)
{
	double best = 1e18;

	for (unsigned i = 0; i < REPEATS; i++) {
		const double begun = now_ns();

		measured(rows[row].call, CALLS);

		const double took = (now_ns() - begun) / CALLS;

		if (took < best)
			best = took;
	}
	return best / rows[row].per_call;
}

int main(int argc, char *argv[])
{
	uint8_t bytes[ROOM];
	size_t length;

	if (argc != 2 && argc != 4) {
		fprintf(stderr, "usage: pure FOLDER [CALLS NAME]\n");
		return 2;
	}
	reply.length = load(argv[1], "dhcpd-rich-noprl-ack.hex", reply.bytes);
	small_frame.length = load(argv[1], "dhcpd-small-noprl-ack.frame.hex",
				  small_frame.bytes);
	length = load(argv[1], "dhcpd-small-noprl-ack.hex", bytes);
	if (message_decode(bytes, length, &small) != DECODE_OK)
		abort();
	decode_message();
	render_values();
	if (argc == 2)
		printf("octets of the message: %zu, of state: %zu\n",
		       reply.length, sizeof(struct client));
	for (size_t i = 0; i < ROWS; i++) {
		if (argc == 2)
			printf("%s %.1f ns\n", rows[i].name, fastest(i));
		else if (strcmp(argv[3], rows[i].name) == 0)
			measured(rows[i].call,
				 (unsigned)strtoul(argv[2], NULL, 10));
	}
	return 0;
}
