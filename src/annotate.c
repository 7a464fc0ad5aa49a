/*
 * Where fields lie (Ethernet, RFC 826, RFC 791, RFC 768, RFC 2131) and what
 * they are called.  Their contents are read, never known.
 */
#include "annotate.h"

#include "option.h"

#include <assert.h>
#include <stdio.h>

#define ETHERTYPE_AT 12
#define ETHERTYPE_ARP 0x0806
#define ORDERS_TRIED 16

enum show {
	SHOW_NUMBER, /* decimal */
	SHOW_HEX,
	SHOW_ADDRESS,
	SHOW_MAC,
	SHOW_ZEROS, /* "all 0", or that they are not */
};

struct layout {
	char name[28];
	uint8_t length; /* octets */
	enum show show;
	bool is_checksum;
};

static const struct layout ethernet[] = {
	{"Ethernet destination", 6, SHOW_MAC, false},
	{"Ethernet source", 6, SHOW_MAC, false},
	{"Ethernet type", 2, SHOW_HEX, false},
};

static const struct layout arp[] = {
	{"ARP hardware type", 2, SHOW_NUMBER, false},
	{"ARP protocol type", 2, SHOW_HEX, false},
	{"ARP hardware length", 1, SHOW_NUMBER, false},
	{"ARP protocol length", 1, SHOW_NUMBER, false},
	{"ARP operation", 2, SHOW_NUMBER, false},
	{"ARP sender MAC", 6, SHOW_MAC, false},
	{"ARP sender address", 4, SHOW_ADDRESS, false},
	{"ARP target MAC", 6, SHOW_MAC, false},
	{"ARP target address", 4, SHOW_ADDRESS, false},
};

static const struct layout ip_and_udp[] = {
	{"IP version, header length", 1, SHOW_HEX, false},
	{"IP type of service", 1, SHOW_HEX, false},
	{"IP total length", 2, SHOW_NUMBER, false},
	{"IP identification", 2, SHOW_NUMBER, false},
	{"IP flags, fragment offset", 2, SHOW_HEX, false},
	{"IP time to live", 1, SHOW_NUMBER, false},
	{"IP protocol", 1, SHOW_NUMBER, false},
	{"IP header checksum", 2, SHOW_HEX, true},
	{"IP source", 4, SHOW_ADDRESS, false},
	{"IP destination", 4, SHOW_ADDRESS, false},
	{"UDP source port", 2, SHOW_NUMBER, false},
	{"UDP destination port", 2, SHOW_NUMBER, false},
	{"UDP length", 2, SHOW_NUMBER, false},
	{"UDP checksum", 2, SHOW_HEX, true},
};

static const struct layout bootp[] = {
	{"op", 1, SHOW_NUMBER, false},
	{"htype", 1, SHOW_NUMBER, false},
	{"hlen", 1, SHOW_NUMBER, false},
	{"hops", 1, SHOW_NUMBER, false},
	{"xid", 4, SHOW_HEX, false},
	{"secs", 2, SHOW_NUMBER, false},
	{"flags", 2, SHOW_HEX, false},
	{"ciaddr", 4, SHOW_ADDRESS, false},
	{"yiaddr", 4, SHOW_ADDRESS, false},
	{"siaddr", 4, SHOW_ADDRESS, false},
	{"giaddr", 4, SHOW_ADDRESS, false},
	{"chaddr", 6, SHOW_MAC, false},
	{"chaddr, the rest", 10, SHOW_ZEROS, false},
	{"sname", 64, SHOW_ZEROS, false},
	{"file", 128, SHOW_ZEROS, false},
	{"magic cookie", 4, SHOW_HEX, false},
};

/* What is being taken apart. */
struct annotation {
	const struct rehearsed_frame *frame;
	const uint8_t *origins; /* of each octet */
	struct reader in;
	struct annotated *out;
};

static void add_hex(struct text *out, const uint8_t *value, size_t length,
		    const char *separator)
{
	for (size_t i = 0; i < length; i++) {
		char octet[8];

		snprintf(octet, sizeof(octet), "%s%02x", i > 0 ? separator : "",
			 value[i]);
		text_add(out, octet);
	}
}

static bool is_zero(const uint8_t *value, size_t length)
{
	uint8_t bits = 0;

	for (size_t i = 0; i < length; i++)
		bits |= value[i];
	return bits == 0;
}

static void add_value(struct text *out, enum show show, const uint8_t *value,
		      size_t length)
{
	struct in_addr address;
	int64_t number = 0;

	switch (show) {
	case SHOW_NUMBER:
		for (size_t i = 0; i < length; i++)
			number = number << 8 | value[i];
		text_add_number(out, number);
		return;
	case SHOW_HEX:
		add_hex(out, value, length, "");
		return;
	case SHOW_ADDRESS:
		memcpy(&address.s_addr, value, sizeof(address.s_addr));
		text_add_address(out, address);
		return;
	case SHOW_MAC:
		add_hex(out, value, length, ":");
		return;
	case SHOW_ZEROS:
		text_add(out, is_zero(value, length) ? "all 0" : "not 0");
		return;
	}
}

/* Takes the next `length` octets, which the frame has, as a field. */
static struct field *add_field(struct annotation *annotation, const char *name,
			       size_t length, const uint8_t **value)
{
	struct annotated *out = annotation->out;
	const size_t offset =
		(size_t)(annotation->in.at - annotation->frame->bytes);
	const bool is_there = reader_take(&annotation->in, length, value);
	struct field *field;

	assert(is_there && out->count < ANNOTATE_FIELDS_MAX);
	field = &out->field[out->count++];
	field->offset = (uint16_t)offset;
	field->length = (uint16_t)length;
	snprintf(field->name, sizeof(field->name), "%s", name);
	for (size_t i = 0; i < length; i++)
		field->origins |= annotation->origins[offset + i];
	return field;
}

static void add_layout(struct annotation *annotation,
		       const struct layout *layout, size_t count)
{
	for (; count > 0; count--, layout++) {
		const uint8_t *value;
		struct field *field = add_field(annotation, layout->name,
						layout->length, &value);
		struct text text = text_in(field->value, sizeof(field->value));

		field->is_checksum = layout->is_checksum;
		add_value(&text, layout->show, value, layout->length);
	}
}

#define ADD_LAYOUT(annotation, layout)                                         \
	add_layout((annotation), (layout), sizeof(layout) / sizeof((layout)[0]))

/* The value as the script would be told it, the message's type by name. */
static void add_option_value(uint8_t code, const uint8_t *value, size_t length,
			     struct text *out)
{
	static const char types[][12] = {
		[DHCPDISCOVER] = " DISCOVER",
		[DHCPREQUEST] = " REQUEST",
		[DHCPDECLINE] = " DECLINE",
	};

	/* whatever we send has a kind */
	const enum option_result result =
		option_to_text(code, value, length, out);

	assert(result == OPTION_OK);
	if (code == OPTION_MESSAGE_TYPE && length == 1 &&
	    value[0] < sizeof(types) / sizeof(types[0]) &&
	    types[value[0]][0] != '\0')
		text_add(out, types[value[0]]);
}

static void add_option(struct annotation *annotation, uint8_t code,
		       uint8_t length)
{
	char name[ANNOTATE_NAME_MAX], option[OPTION_NAME_MAX];
	const uint8_t *value;
	struct field *field;
	struct text text;

	option_file_name(code, option);
	/* the longest name that we send is far shorter */
	snprintf(name, sizeof(name), "option %u %.32s", code, option);
	field = add_field(annotation, name, (size_t)2 + length, &value);
	text = text_in(field->value, sizeof(field->value));
	add_option_value(code, value + 2, length, &text);
	annotation->out->has_option[code] = true;
}

static void add_options(struct annotation *annotation)
{
	const uint8_t *value;
	uint8_t code, length;

	for (;;) {
		struct reader ahead = annotation->in;

		if (!reader_u8(&ahead, &code) || code == OPTION_END ||
		    !reader_u8(&ahead, &length))
			break;
		add_option(annotation, code, length);
	}
	add_field(annotation, "end of options", 1, &value);
	length = (uint8_t)reader_left(&annotation->in);

	struct field *field = add_field(annotation, "padding", length, &value);
	struct text text = text_in(field->value, sizeof(field->value));

	add_value(&text, SHOW_ZEROS, value, length);
}

static bool is_arp(const struct rehearsed_frame *frame)
{
	struct reader in = reader_of(frame->bytes, frame->length);
	uint16_t type;

	return reader_skip(&in, ETHERTYPE_AT) && reader_u16(&in, &type) &&
	       type == ETHERTYPE_ARP;
}

static void take_apart(const struct rehearsed_frame *frame,
		       const uint8_t *origins, struct annotated *out)
{
	struct annotation annotation = {
		.frame = frame,
		.origins = origins,
		.in = reader_of(frame->bytes, frame->length),
		.out = out,
	};

	memset(out, 0, sizeof(*out));
	out->by_kernel = frame->by_kernel;
	out->length = (uint16_t)frame->length;
	memcpy(out->bytes, frame->bytes, frame->length);
	if (!frame->by_kernel)
		ADD_LAYOUT(&annotation, ethernet);
	if (!frame->by_kernel && is_arp(frame)) {
		ADD_LAYOUT(&annotation, arp);
	} else {
		if (!frame->by_kernel)
			ADD_LAYOUT(&annotation, ip_and_udp);
		ADD_LAYOUT(&annotation, bootp);
		add_options(&annotation);
	}
	assert(reader_left(&annotation.in) == 0);
}

/* Marks every octet that is another in `changed`. */
static void mark(const struct rehearsal *base, const struct rehearsal *changed,
		 enum origin origin,
		 uint8_t origins[REHEARSED_COUNT][REHEARSAL_MAX])
{
	for (size_t i = 0; i < REHEARSED_COUNT; i++) {
		const struct rehearsed_frame *a = &base->frame[i];
		const struct rehearsed_frame *b = &changed->frame[i];

		assert(a->length == b->length);
		for (size_t at = 0; at < a->length; at++)
			if (a->bytes[at] != b->bytes[at])
				origins[i][at] |= (uint8_t)origin;
	}
}

/*
 * Every circumstance is changed by itself, each octet of it: whatever then
 * differs in a frame comes from it.
 */
static void find_origins(const struct rehearsal_input *input,
			 const struct rehearsal *base,
			 uint8_t origins[REHEARSED_COUNT][REHEARSAL_MAX])
{
	struct rehearsal changed;
	struct rehearsal_input other = *input;

	for (size_t i = 0; i < MAC_LENGTH; i++)
		other.mac.octet[i] ^= 0x54U;
	rehearse(&other, &changed);
	mark(base, &changed, ORIGIN_MAC, origins);
	other = *input;
	other.xid = ~input->xid;
	other.list = ~input->list;
	rehearse(&other, &changed);
	mark(base, &changed, ORIGIN_CHANCE, origins);
	other = *input;
	other.address.s_addr = htonl(0xc6336471); /* 198.51.100.113 */
	other.server.s_addr = htonl(0xc6336409);  /* 198.51.100.9 */
	rehearse(&other, &changed);
	mark(base, &changed, ORIGIN_SERVER, origins);
	other = *input;
	other.late = true;
	rehearse(&other, &changed);
	mark(base, &changed, ORIGIN_TIME, origins);
}

/* With other bits options come in another order, if they do at all. */
static void find_order(const struct rehearsal_input *input,
		       const struct rehearsal *base,
		       struct annotated out[REHEARSED_COUNT])
{
	for (uint32_t n = 0; n < ORDERS_TRIED; n++) {
		struct rehearsal_input other = *input;
		struct rehearsal changed;

		other.order = n * (UINT32_MAX / ORDERS_TRIED);
		rehearse(&other, &changed);
		for (size_t i = 0; i < REHEARSED_COUNT; i++)
			out[i].order_is_random |=
				memcmp(base->frame[i].bytes,
				       changed.frame[i].bytes,
				       base->frame[i].length) != 0;
	}
}

void annotate(const struct mac *mac, const struct disclosure *disclosure,
	      uint32_t xid, uint32_t order,
	      struct annotated out[REHEARSED_COUNT])
{
	const struct rehearsal_input input = {
		.mac = *mac,
		.disclosure = *disclosure,
		.address.s_addr = htonl(0xc0000239), /* 192.0.2.57 */
		.server.s_addr = htonl(0xc0000201),  /* 192.0.2.1 */
		.xid = xid,
		.order = order,
	};
	uint8_t origins[REHEARSED_COUNT][REHEARSAL_MAX] = {{0}};
	struct rehearsal base;

	rehearse(&input, &base);
	find_origins(&input, &base, origins);
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		take_apart(&base.frame[i], origins[i], &out[i]);
	find_order(&input, &base, out);
}

void annotate_origins(const struct field *field, struct text *out)
{
	static const struct {
		enum origin origin;
		char words[32];
	} words[] = {
		{ORIGIN_MAC, "link-layer address"},
		{ORIGIN_CHANCE, "random"},
		{ORIGIN_SERVER, "server"},
		{ORIGIN_TIME, "time since the first message"},
	};
	const char *separator = "";

	if (field->origins == 0)
		text_add(out, "fixed");
	else if (field->is_checksum)
		text_add(out, "computed");
	if (field->is_checksum)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((field->origins & words[i].origin) == 0)
			continue;
		text_add(out, separator);
		text_add(out, words[i].words);
		separator = ", ";
	}
}
