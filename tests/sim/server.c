/*
 * One server's mind, then the message it makes of it.  The form of a reply
 * (order, overload, split options, missing END) is chance for all of them:
 * real servers differ in all of that.
 */
#include "server.h"

#include <assert.h>
#include <string.h>

#define ITEMS_MAX 20
#define MESSAGE_ROOM 600

enum { OFFER = 2, ACK = 5, NAK = 6 };

/* What a request says. */
struct request {
	uint8_t type;
	uint32_t xid;
	const uint8_t *chaddr;
	uint32_t ciaddr, requested, server;
};

struct item {
	uint8_t code, length, value[40];
};

/* A reply before it is put into octets. */
struct draft {
	uint8_t type;
	uint32_t xid, yiaddr, server, lease_s, t1_s, t2_s, mask;
	bool has_server, has_lease, has_t1, has_t2, has_mask, has_extras;
	uint8_t chaddr[6];
	bool is_odd;   /* malformed options among the others */
	bool is_split; /* values in pieces (RFC 3396) */
};

void server_move(struct server *server, struct dice *dice)
{
	/* networks of all classes */
	static const uint8_t firsts[] = {10, 10, 100, 172, 192, 203};

	server->network = (uint32_t)firsts[dice_below(dice, sizeof(firsts))]
				  << 24 |
			  dice_below(dice, 0x10000) << 8;
	server->id = server->network + 1;
	server->next_host = 10 + dice_below(dice, 200);
	server->bound = 0;
}

static uint32_t choose_lease(struct dice *dice)
{
	static const uint32_t usual[] = {
		1,    2,    10,   30,   60,    61,    120,    300,
		3600, 7200, 3600, 7200, 43200, 86400, 604800, 0xffffffff};

	return usual[dice_below(dice, sizeof(usual) / sizeof(usual[0]))];
}

void server_start(struct server *server, enum temper temper, uint32_t number,
		  struct dice *dice)
{
	memset(server, 0, sizeof(*server));
	server->temper = temper;
	server_move(server, dice);
	server->network ^= number << 8;
	server->id = server->network + 1;
	server->lease_s = choose_lease(dice);
	server->has_checksum = !dice_one_in(dice, 4);
	server->broadcasts = dice_one_in(dice, 2);
	server->authoritative = dice_one_in(dice, 2);
}

static void read_request(const uint8_t *message, struct request *out)
{
	size_t at = OPTIONS_AT;

	memset(out, 0, sizeof(*out));
	out->xid = get_u32(message + 4);
	out->ciaddr = get_u32(message + 12);
	out->chaddr = message + 28;
	for (; message[at] != 255; at += 2U + message[at + 1]) {
		if (message[at] == 53)
			out->type = message[at + 2];
		if (message[at] == 50)
			out->requested = get_u32(message + at + 2);
		if (message[at] == 54)
			out->server = get_u32(message + at + 2);
	}
}

/* The server's mind. */

static uint32_t address_for(struct server *server, const uint8_t *chaddr)
{
	if (server->bound == 0 || memcmp(server->client, chaddr, 6) != 0) {
		memcpy(server->client, chaddr, 6);
		server->next_host = server->next_host % 240 + 2;
		server->bound = server->network + server->next_host;
	}
	return server->bound;
}

/* What an honest server says, 0: nothing. */
static uint8_t decide(struct server *server, const struct request *request)
{
	const uint32_t ours = address_for(server, request->chaddr);

	switch (request->type) {
	case 1:
		return OFFER;
	case 3:
		if (request->server == 0 && request->ciaddr == ours)
			return ACK;
		if (request->server == 0)
			return server->authoritative ? NAK : 0;
		if (request->server != server->id)
			return 0;
		return request->requested == ours ? ACK : NAK;
	case 4:
		/* somebody else has it */
		if (request->requested == ours)
			server->bound = 0;
		return 0;
	default:
		return 0;
	}
}

static void draft_honestly(struct server *server, uint8_t type,
			   const struct request *request, struct dice *dice,
			   struct draft *draft)
{
	memset(draft, 0, sizeof(*draft));
	draft->type = type;
	draft->xid = request->xid;
	memcpy(draft->chaddr, request->chaddr, 6);
	draft->server = server->id;
	draft->has_server = true;
	draft->has_extras = true;
	if (type == NAK)
		return;
	draft->yiaddr = server->bound;
	draft->lease_s = server->lease_s;
	draft->has_lease = true;
	draft->mask = 0xffffff00;
	draft->has_mask = !dice_one_in(dice, 8);
	if (dice_one_in(dice, 2)) {
		draft->has_t1 = draft->has_t2 = true;
		draft->t1_s = server->lease_s / 2;
		draft->t2_s = (uint32_t)((uint64_t)server->lease_s * 7 / 8);
	}
}

static uint32_t odd_number(struct dice *dice, uint32_t near)
{
	static const uint32_t odd[] = {
		0,  1,          2,          59,         60,
		61, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};

	if (dice_one_in(dice, 2))
		return near + dice_below(dice, 3) - 1;
	return odd[dice_below(dice, sizeof(odd) / sizeof(odd[0]))];
}

static uint32_t odd_mask(struct dice *dice)
{
	static const uint32_t odd[] = {
		0,          0xc0000000, 0xfe000000, 0xff000000, 0xff00ff00,
		0xffff0000, 0xffffff00, 0xfffffffc, 0xfffffffe, 0xffffffff,
		0x000000ff, 0xff800000, 0x7f000000, 0xfffffffb};

	return odd[dice_below(dice, sizeof(odd) / sizeof(odd[0]))];
}

static uint32_t odd_address(struct dice *dice, uint32_t near)
{
	static const uint32_t odd[] = {
		0,          0x00000005, 0x0a000000, 0x0affffff, 0x7f000001,
		0x7effffff, 0x80000001, 0xbfffffff, 0xc0000001, 0xdfffffff,
		0xe0000001, 0xefffffff, 0xf0000001, 0xffffffff, 0x01000001};

	if (dice_one_in(dice, 3))
		return (near & 0xffffff00) | (dice_one_in(dice, 2) ? 0 : 255);
	return odd[dice_below(dice, sizeof(odd) / sizeof(odd[0]))];
}

/* Lies within the form: each part by itself could be true. */
static void lie(struct draft *draft, struct dice *dice)
{
	switch (dice_below(dice, 8)) {
	case 0:
		draft->lease_s = odd_number(dice, 60);
		break;
	case 1:
		draft->has_t1 = true;
		draft->t1_s = odd_number(dice, draft->t2_s);
		break;
	case 2:
		draft->has_t2 = true;
		draft->t2_s = odd_number(dice, draft->t1_s);
		break;
	case 3:
		draft->has_t1 = draft->has_t2 = true;
		draft->t2_s = odd_number(dice, draft->lease_s);
		draft->t1_s = odd_number(dice, draft->t2_s);
		break;
	case 4:
		draft->has_mask = true;
		draft->mask = odd_mask(dice);
		break;
	case 5:
		draft->yiaddr++;
		break;
	case 6:
		draft->has_t1 = !draft->has_t1;
		draft->lease_s = choose_lease(dice);
		break;
	case 7:
		break;
	}
}

/* Says anything. */
static void forge(struct draft *draft, struct dice *dice)
{
	static const uint8_t types[] = {OFFER, OFFER, ACK, ACK, NAK, NAK, 0,
					1,     3,     4,   7,   8,   255};

	switch (dice_below(dice, 12)) {
	case 0:
		draft->type = types[dice_below(dice, sizeof(types))];
		break;
	case 1:
		draft->xid ^= 1U << dice_below(dice, 32);
		break;
	case 2:
		draft->chaddr[dice_below(dice, 6)] ^= 1;
		break;
	case 3:
		draft->has_server = false;
		break;
	case 4:
		draft->server = odd_address(dice, draft->server);
		break;
	case 5:
		draft->server++;
		break;
	case 6:
		draft->yiaddr = odd_address(dice, draft->yiaddr);
		break;
	case 7:
		draft->has_lease = false;
		break;
	case 8:
		draft->is_odd = true;
		break;
	default:
		lie(draft, dice);
		break;
	}
}

/* Octets. */

static void add(struct item *items, size_t *count, uint8_t code,
		const void *value, size_t length)
{
	struct item *item = &items[(*count)++];

	assert(*count <= ITEMS_MAX && length <= sizeof(item->value));
	item->code = code;
	item->length = (uint8_t)length;
	memcpy(item->value, value, length);
}

/* Four octets; from hostile servers in two pieces now and then (RFC 3396). */
static void add_u32(struct item *items, size_t *count, uint8_t code,
		    uint32_t number, bool is_split, struct dice *dice)
{
	uint8_t value[4];

	put_u32(value, number);
	if (is_split && *count + 8 < ITEMS_MAX && dice_one_in(dice, 10)) {
		const size_t first = dice_below(dice, 5);

		add(items, count, code, value, first);
		add(items, count, code, value + first, 4 - first);
		return;
	}
	add(items, count, code, value, 4);
}

static void add_extras(struct item *items, size_t *count, uint32_t server,
		       struct dice *dice)
{
	static const char name[] = "example.org";

	if (dice_one_in(dice, 2))
		add_u32(items, count, 3, server, false, dice);
	if (dice_one_in(dice, 2))
		add_u32(items, count, 6, server, false, dice);
	if (dice_one_in(dice, 4))
		add(items, count, 15, name, sizeof(name) - 1);
	if (dice_one_in(dice, 8))
		add(items, count, 12, name, 7);
}

static void add_odd(struct item *items, size_t *count, struct dice *dice)
{
	static const uint8_t codes[] = {1, 51, 52, 53, 54, 58, 59, 3, 6, 52};
	uint8_t value[40];

	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = (uint8_t)dice_below(dice, i == 0 ? 6 : 256);
	add(items, count, codes[dice_below(dice, sizeof(codes))], value,
	    dice_one_in(dice, 3) ? dice_below(dice, 9) : dice_below(dice, 40));
}

/*
 * The options in any order, but pieces of one in theirs: the next of a code
 * is always the first that is left of it.
 */
static void shuffle(struct item *items, size_t count, struct dice *dice)
{
	for (size_t i = 0; i + 1 < count; i++) {
		size_t chosen = i + dice_below(dice, (uint32_t)(count - i));
		struct item item;

		for (size_t j = i; j < chosen; j++)
			if (items[j].code == items[chosen].code)
				chosen = j;
		item = items[chosen];
		memmove(&items[i + 1], &items[i],
			(chosen - i) * sizeof(items[0]));
		items[i] = item;
	}
}

/* An area that is being filled with options. */
struct area {
	uint8_t *at;
	size_t left;
};

static bool put(struct area *area, const struct item *item)
{
	/* one octet stays for END */
	if (area->left < 3U + item->length)
		return false;
	area->at[0] = item->code;
	area->at[1] = item->length;
	memcpy(area->at + 2, item->value, item->length);
	area->at += 2U + item->length;
	area->left -= 2U + item->length;
	return true;
}

/*
 * Places the options: when overloaded, some in file and sname.  Order across
 * the areas is file before sname, as they are joined.
 */
static size_t place(uint8_t *message, const struct item *items, size_t count,
		    struct dice *dice)
{
	struct area areas[3] = {{message + OPTIONS_AT, 300},
				{message + 108, 128},
				{message + 44, 64}};
	const uint8_t overload =
		dice_one_in(dice, 6) ? (uint8_t)(1 + dice_below(dice, 3)) : 0;
	const struct item told = {52, 1, {overload}};
	size_t area = 0, length;

	if (overload != 0)
		put(&areas[0], &told);
	for (size_t i = 0; i < count; i++) {
		/* the message type stays where every server has it */
		const bool in_front = items[i].code == 53;

		if (overload != 0 && area < 2 && dice_one_in(dice, 4))
			area++;
		if (area == 1 && !(overload & 1))
			area = 2;
		if (area == 2 && !(overload & 2))
			area = overload & 1;
		if (dice_one_in(dice, 20) && areas[0].left > 60)
			areas[0].at++, areas[0].left--; /* PAD */
		if (in_front || !put(&areas[area], &items[i]))
			put(&areas[0], &items[i]);
	}
	for (size_t i = 0; i < 3; i++)
		if (i == 0 || overload & (1U << (i - 1)))
			areas[i].at[0] = 255;
	length = (size_t)(areas[0].at - message);
	/* with or without END; padded to BOOTP's length or not */
	length += dice_one_in(dice, 12) ? 0 : 1;
	return dice_one_in(dice, 4) || length > 300 ? length : 300;
}

static size_t write_message(const struct draft *draft, struct dice *dice,
			    uint8_t *message)
{
	static const uint8_t cookie[4] = {0x63, 0x82, 0x53, 0x63};
	struct item items[ITEMS_MAX];
	size_t count = 0;

	memset(message, 0, MESSAGE_ROOM);
	message[0] = 2;
	message[1] = 1;
	message[2] = 6;
	put_u32(message + 4, draft->xid);
	put_u32(message + 16, draft->yiaddr);
	put_u32(message + 20, draft->server);
	memcpy(message + 28, draft->chaddr, 6);
	memcpy(message + 236, cookie, 4);
	add(items, &count, 53, &draft->type, 1);
	if (draft->has_server)
		add_u32(items, &count, 54, draft->server, draft->is_split,
			dice);
	if (draft->has_lease)
		add_u32(items, &count, 51, draft->lease_s, draft->is_split,
			dice);
	if (draft->has_t1)
		add_u32(items, &count, 58, draft->t1_s, draft->is_split, dice);
	if (draft->has_t2)
		add_u32(items, &count, 59, draft->t2_s, draft->is_split, dice);
	if (draft->has_mask)
		add_u32(items, &count, 1, draft->mask, draft->is_split, dice);
	if (draft->has_extras)
		add_extras(items, &count, draft->server, dice);
	if (draft->is_odd)
		add_odd(items, &count, dice);
	shuffle(items, count, dice);
	return place(message, items, count, dice);
}

size_t server_answer(struct server *server, const uint8_t *request_bytes,
		     struct dice *dice, uint8_t *frame, size_t room)
{
	static const uint8_t everybody[6] = {255, 255, 255, 255, 255, 255};
	struct request request;
	struct draft draft;
	uint8_t type;
	size_t length;
	bool broadcast;

	assert(room >= BOOTP_AT + 40 + MESSAGE_ROOM);
	read_request(request_bytes, &request);
	type = decide(server, &request);
	if (type == 0 || server->temper == TEMPER_SILENT)
		return 0;
	if (server->temper == TEMPER_NAKS && type == ACK &&
	    !dice_one_in(dice, 3))
		type = NAK;
	draft_honestly(server, type, &request, dice, &draft);
	draft.is_split =
		server->temper == TEMPER_LIES || server->temper == TEMPER_ROGUE;
	if (server->temper == TEMPER_LIES)
		lie(&draft, dice);
	if (server->temper == TEMPER_ROGUE)
		forge(&draft, dice);
	length = write_message(&draft, dice, frame + BOOTP_AT);
	/* RFC 2131 §4.1: a NAK is broadcast */
	broadcast = server->broadcasts || type == NAK;
	return frame_wrap(
		frame, length,
		&(struct envelope){
			.to = broadcast ? everybody : request.chaddr,
			.source = server->id,
			.destination = broadcast ? 0xffffffff : draft.yiaddr,
			.has_checksum = server->has_checksum,
			.option_words = dice_one_in(dice, 16)
						? dice_below(dice, 11)
						: 0});
}
