/*
 * The imaginary server and the imaginary clock.  Knows what to answer and
 * when, and not what is sent: that is client.c's.
 */
#include "rehearsal.h"

#include "moment.h"

#include <assert.h>

#define LEASE_S 86400
#define STEPS_MAX 1000 /* far more than there are */

struct stage {
	const struct rehearsal_input *input;
	struct rehearsal *out;
	struct client client;
	struct actions actions;
	uint64_t now_ms;
	uint32_t steps;
	uint32_t seen[REHEARSED_COUNT]; /* how many of each kind were sent */
	bool script_runs;
};

const char *rehearsed_name(enum rehearsed what)
{
	static const char names[REHEARSED_COUNT][24] = {
		[REHEARSED_DISCOVER] = "DHCPDISCOVER",
		[REHEARSED_REQUEST_SELECTING] = "DHCPREQUEST, selecting",
		[REHEARSED_PROBE] = "ARP probe",
		[REHEARSED_ANNOUNCEMENT] = "ARP announcement",
		[REHEARSED_REQUEST_RENEWING] = "DHCPREQUEST, renewing",
		[REHEARSED_REQUEST_REBINDING] = "DHCPREQUEST, rebinding",
		[REHEARSED_DECLINE] = "DHCPDECLINE",
	};

	assert(what < REHEARSED_COUNT);
	return names[what];
}

/* Where to write what is sent now; NULL when it is not the one wanted. */
static struct rehearsed_frame *place_for(struct stage *stage,
					 enum rehearsed what)
{
	const uint32_t wanted = stage->input->late ? 2 : 1;

	stage->seen[what]++;
	/* of some there is no second one */
	return stage->seen[what] == 1 || stage->seen[what] == wanted
		       ? &stage->out->frame[what]
		       : NULL;
}

static const enum rehearsed kind_of_message[SENT_COUNT] = {
	[SENT_DISCOVER] = REHEARSED_DISCOVER,
	[SENT_REQUEST_SELECTING] = REHEARSED_REQUEST_SELECTING,
	[SENT_REQUEST_RENEWING] = REHEARSED_REQUEST_RENEWING,
	[SENT_REQUEST_REBINDING] = REHEARSED_REQUEST_REBINDING,
	[SENT_DECLINE] = REHEARSED_DECLINE,
};

static void take_message(struct stage *stage, const struct action *action)
{
	struct rehearsed_frame *frame =
		place_for(stage, kind_of_message[action->message.sent]);

	if (frame == NULL)
		return;
	frame->by_kernel = action->type == ACTION_UNICAST;
	frame->length = MESSAGE_SENT_LENGTH;
	if (frame->by_kernel)
		memcpy(frame->bytes, action->message.bytes,
		       MESSAGE_SENT_LENGTH);
	else
		frame->length =
			frame_encode(&stage->client.link.mac,
				     action->message.bytes, MESSAGE_SENT_LENGTH,
				     frame->bytes, sizeof(frame->bytes));
}

static void take_arp(struct stage *stage, const uint8_t *bytes)
{
	struct rehearsed_frame *frame;
	enum rehearsed what = REHEARSED_ANNOUNCEMENT;
	struct arp arp;
	const enum decode result = arp_decode(bytes, ARP_FRAME_LENGTH, &arp);

	assert(result == DECODE_OK);
	if (arp.sender.s_addr == INADDR_ANY)
		what = REHEARSED_PROBE;
	frame = place_for(stage, what);
	if (frame == NULL)
		return;
	frame->length = ARP_FRAME_LENGTH;
	memcpy(frame->bytes, bytes, ARP_FRAME_LENGTH);
}

static void take_action(struct stage *stage, const struct action *action)
{
	switch (action->type) {
	case ACTION_BROADCAST:
	case ACTION_UNICAST:
		take_message(stage, action);
		return;
	case ACTION_ARP:
		take_arp(stage, action->arp);
		return;
	case ACTION_SCRIPT:
		stage->script_runs = true;
		return;
	case ACTION_ARP_WATCH:
	case ACTION_REPORT:
	case ACTION_EXIT:
		return;
	}
}

static void step(struct stage *stage, struct event *event)
{
	const struct rehearsal_input *input = stage->input;
	const uint32_t middle = UINT32_MAX / 2;

	/* each exchange begins in another state, and has another xid */
	event->chance = (struct chance){
		.xid = input->xid +
		       (uint32_t)stage->client.state * UINT32_C(0x01010101),
		.order = input->order,
		.list = input->list,
		.wait = middle,
		.t1 = middle,
		.t2 = middle,
	};
	event->now_ms = stage->now_ms;
	client_step(&stage->client, event, &stage->actions);
	for (size_t i = 0; i < stage->actions.count; i++)
		take_action(stage, &stage->actions.list[i]);
	stage->steps++;
	assert(stage->steps < STEPS_MAX);
}

/* Whatever is waited for: the script, or the time. */
static void go_on(struct stage *stage)
{
	struct event event = {.type = EVENT_TIMER};

	if (stage->script_runs) {
		stage->script_runs = false;
		event.type = EVENT_SCRIPT;
		event.script = SCRIPT_OK;
	} else {
		stage->now_ms = moment_later(stage->now_ms,
					     client_deadline(&stage->client));
		assert(stage->now_ms != TIME_NEVER);
	}
	step(stage, &event);
}

/* Until so many of that kind were sent. */
static void go_on_until(struct stage *stage, enum rehearsed what,
			uint32_t count)
{
	while (stage->seen[what] < count)
		go_on(stage);
}

static void add_option(struct message *message, size_t *at, uint8_t code,
		       const void *value, size_t length)
{
	memcpy(message->data + *at, value, length);
	message->option[code] = (struct message_option){
		.offset = (uint16_t)*at,
		.length = (uint16_t)length,
		.seen = true,
	};
	*at += length;
}

static void answer(struct stage *stage, enum message_type type)
{
	const struct rehearsal_input *input = stage->input;
	const uint32_t lease_s = htonl(LEASE_S);
	struct message message = {
		.type = type,
		.xid = stage->client.transaction.xid,
		.yiaddr = input->address,
		.chaddr = input->mac,
	};
	struct event event = {.type = EVENT_MESSAGE, .message = &message};
	size_t at = 0;

	add_option(&message, &at, OPTION_SERVER_IDENTIFIER,
		   &input->server.s_addr, sizeof(input->server.s_addr));
	add_option(&message, &at, OPTION_LEASE_TIME, &lease_s, sizeof(lease_s));
	step(stage, &event);
}

/* Somebody else uses the address, and goes on to. */
static void meet_conflict(struct stage *stage)
{
	struct event event = {.type = EVENT_ARP,
			      .arp = {.sender = stage->input->address,
				      .target = stage->input->address}};

	event.arp.sender_mac = stage->input->mac;
	event.arp.sender_mac.octet[0] ^= 0x04U;
	step(stage, &event);
	step(stage, &event);
}

static void begin(struct stage *stage)
{
	const struct client_config config = {
		.mac = stage->input->mac,
		.disclosure = stage->input->disclosure,
		.timeout_ms = UINT32_MAX,
		.arp_wait_ms = 200,
	};
	struct event event = {
		.type = EVENT_LINK,
		.link = {.ifindex = 1,
			 .mac = config.mac,
			 .present = true,
			 .up = true,
			 .running = true,
			 .oper_up = true,
			 .is_ethernet = true},
	};

	client_init(&stage->client, &config, stage->now_ms, 0);
	stage->script_runs = true; /* the first PREINIT */
	step(stage, &event);
}

void rehearse(const struct rehearsal_input *input, struct rehearsal *out)
{
	struct stage stage = {.input = input, .out = out};
	const uint32_t count = input->late ? 2 : 1;

	memset(out, 0, sizeof(*out));
	begin(&stage);
	go_on_until(&stage, REHEARSED_DISCOVER, count);
	answer(&stage, DHCPOFFER);
	go_on_until(&stage, REHEARSED_REQUEST_SELECTING, count);
	answer(&stage, DHCPACK);
	go_on_until(&stage, REHEARSED_REQUEST_RENEWING, count);
	go_on_until(&stage, REHEARSED_REQUEST_REBINDING, count);
	meet_conflict(&stage);
	assert(stage.seen[REHEARSED_DECLINE] == 1);
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		assert(out->frame[i].length > 0);
}
