/*
 * DHCP messages as bytes (RFC 2131 §2, RFC 2132, RFC 3396).  Decoding goes
 * through the options twice: once to learn how long each becomes when its
 * instances are joined, once to put them together.  What an option means is
 * not known here, but for the two that the decoding itself needs (52, 53).
 */
#include "message.h"

#include <assert.h>

#define BOOTREQUEST 1
#define BOOTREPLY 2
#define HARDWARE_ETHERNET 1
#define CHADDR_LENGTH 16
#define MAGIC_COOKIE 0x63825363U /* RFC 2131 §3 */

/* Values of option 52, bits (RFC 2132 §9.3). */
#define OVERLOAD_FILE 1U
#define OVERLOAD_SNAME 2U

/* A field that holds options: `options` itself, or `file` or `sname`. */
struct field {
	struct reader left;
	bool overloaded; /* file or sname */
};

/* In the order in which RFC 3396 §5 joins them; those not in use are empty. */
enum { FIELD_OPTIONS, FIELD_FILE, FIELD_SNAME, FIELD_COUNT };

enum step {
	STEP_OPTION,
	STEP_END, /* END, or the end of the field */
	STEP_BAD, /* the option runs past the end of the field */
};

/* RFC 2132 §2: an octet each for code and length, and the value. */
struct option {
	uint8_t code, length;
	struct reader value; /* `length` octets */
};

/* Takes the next option of `field`. */
static enum step next_option(struct field *field, struct option *out)
{
	for (;;) {
		if (!reader_u8(&field->left, &out->code) ||
		    out->code == OPTION_END)
			return STEP_END;
		if (out->code == OPTION_PAD)
			continue;
		if (!reader_u8(&field->left, &out->length) ||
		    !reader_split(&field->left, out->length, &out->value))
			return STEP_BAD;
		/* an overloaded field can't overload another */
		if (out->code != OPTION_OVERLOAD || !field->overloaded)
			return STEP_OPTION;
	}
}

/* Adds up the joined lengths of the field's options. */
static enum decode measure(struct field field, struct message *message)
{
	struct option next;
	enum step step;

	while ((step = next_option(&field, &next)) == STEP_OPTION) {
		struct message_option *option = &message->option[next.code];

		option->length = (uint16_t)(option->length + next.length);
		option->seen = true;
	}
	return step == STEP_END ? DECODE_OK : DECODE_OPTIONS;
}

/*
 * Gives each option its place in message.data, where joining fills it in: the
 * lengths begin again at 0.  No message has more values than octets, so that
 * all have room.
 */
static void place(struct message *message)
{
	uint16_t offset = 0;

	for (size_t code = 0; code < 256; code++) {
		struct message_option *option = &message->option[code];
		const uint16_t length = option->length;

		option->offset = offset;
		option->length = 0;
		offset = (uint16_t)(offset + length);
	}
}

/* Appends the field's values, each to what its option has (RFC 3396 §7). */
static void join(struct field field, struct message *message)
{
	struct option next;

	while (next_option(&field, &next) == STEP_OPTION) {
		struct message_option *option = &message->option[next.code];
		const size_t at = (size_t)option->offset + option->length;

		/*@ split next.length; */
		assert(at + next.length <= sizeof(message->data));
		reader_copy(&next.value, next.length, message->data + at);
		option->length = (uint16_t)(option->length + next.length);
	}
}

/*
 * Option 52 says whether `file` and `sname` hold options: 0, that is neither,
 * when it is not there or is not one octet of 1, 2 or 3.  Several instances
 * would be joined and have the wrong length.
 */
static uint8_t find_overload(struct field field, const struct message *message)
{
	struct option next;
	uint8_t overload = 0;

	if (message->option[OPTION_OVERLOAD].length != 1)
		return 0;
	while (next_option(&field, &next) == STEP_OPTION)
		if (next.code == OPTION_OVERLOAD)
			reader_u8(&next.value, &overload);
	return overload <= (OVERLOAD_FILE | OVERLOAD_SNAME) ? overload : 0;
}

/*
 * Adds the fields that option 52 names; as fields of the message they are
 * then empty.
 */
static enum decode add_overloaded(struct message *message,
				  const struct reader *file,
				  const struct reader *sname,
				  struct field fields[FIELD_COUNT])
{
	const uint8_t overload = find_overload(fields[FIELD_OPTIONS], message);

	if (overload & OVERLOAD_FILE) {
		fields[FIELD_FILE].left = *file;
		memset(message->file, 0, sizeof(message->file));
	}
	if (overload & OVERLOAD_SNAME) {
		fields[FIELD_SNAME].left = *sname;
		memset(message->sname, 0, sizeof(message->sname));
	}
	for (size_t i = FIELD_FILE; i < FIELD_COUNT; i++) {
		const enum decode result = measure(fields[i], message);

		if (result != DECODE_OK)
			return result;
	}
	return DECODE_OK;
}

/* Reads option `code` if it is exactly `size` octets long; false if not. */
static bool read_option(const struct message *message, uint8_t code,
			size_t size, struct reader *out)
{
	size_t length;
	const uint8_t *value = message_option(message, code, &length);

	if (value == NULL || length != size)
		return false;
	*out = reader_of(value, size);
	return true;
}

/* RFC 2131 §3: a reply says what it is in option 53, or it is BOOTP. */
static enum decode find_type(struct message *message)
{
	struct reader in;
	uint8_t type;

	if (!read_option(message, OPTION_MESSAGE_TYPE, sizeof(type), &in) ||
	    !reader_u8(&in, &type))
		return DECODE_NOT_REPLY;
	if (type != DHCPOFFER && type != DHCPACK && type != DHCPNAK)
		return DECODE_NOT_REPLY;
	message->type = (enum message_type)type;
	return DECODE_OK;
}

/* Takes everything up to the options (RFC 2131 §2, figure 1). */
static enum decode take_header(struct reader *in, struct message *message,
			       struct reader *file, struct reader *sname)
{
	uint8_t op, htype, hlen;
	uint32_t cookie;

	if (!reader_u8(in, &op) || !reader_u8(in, &htype) ||
	    !reader_u8(in, &hlen) || !reader_skip(in, 1) ||
	    !reader_u32(in, &message->xid) || !reader_u16(in, &message->secs) ||
	    !reader_u16(in, &message->flags) ||
	    !reader_address(in, &message->ciaddr) ||
	    !reader_address(in, &message->yiaddr) ||
	    !reader_address(in, &message->siaddr) ||
	    !reader_address(in, &message->giaddr) ||
	    !reader_copy(in, MAC_LENGTH, message->chaddr.octet) ||
	    !reader_skip(in, CHADDR_LENGTH - MAC_LENGTH) ||
	    !reader_split(in, MESSAGE_SNAME_LENGTH, sname) ||
	    !reader_split(in, MESSAGE_FILE_LENGTH, file) ||
	    !reader_u32(in, &cookie))
		return DECODE_SHORT;
	if (op != BOOTREPLY || htype != HARDWARE_ETHERNET ||
	    hlen != MAC_LENGTH || cookie != MAGIC_COOKIE)
		return DECODE_NOT_REPLY;
	memcpy(message->sname, sname->at, sizeof(message->sname));
	memcpy(message->file, file->at, sizeof(message->file));
	return DECODE_OK;
}

enum decode message_decode(const uint8_t *bytes, size_t length,
			   struct message *out)
{
	struct reader in = reader_of(bytes, length);
	struct reader file, sname;
	const struct reader none = reader_of(bytes, 0);
	struct field fields[FIELD_COUNT] = {
		{none, false}, {none, true}, {none, true}};
	enum decode result;

	if (length > MESSAGE_MAX)
		return DECODE_LONG;
	memset(out, 0, sizeof(*out));
	result = take_header(&in, out, &file, &sname);
	if (result != DECODE_OK)
		return result;
	fields[FIELD_OPTIONS].left = in;
	result = measure(fields[FIELD_OPTIONS], out);
	if (result != DECODE_OK)
		return result;
	result = add_overloaded(out, &file, &sname, fields);
	if (result != DECODE_OK)
		return result;
	place(out);
	for (size_t i = 0; i < FIELD_COUNT; i++)
		join(fields[i], out);
	return find_type(out);
}

const uint8_t *message_option(const struct message *message, uint8_t code,
			      size_t *length)
{
	const struct message_option *option = &message->option[code];

	*length = option->length;
	return option->length > 0 ? message->data + option->offset : NULL;
}

bool message_address(const struct message *message, uint8_t code,
		     struct in_addr *out)
{
	struct reader in;

	return read_option(message, code, sizeof(out->s_addr), &in) &&
	       reader_address(&in, out);
}

bool message_u32(const struct message *message, uint8_t code, uint32_t *out)
{
	struct reader in;

	return read_option(message, code, sizeof(*out), &in) &&
	       reader_u32(&in, out);
}

void message_encode(const struct message_header *header,
		    const struct message_value *options, size_t count,
		    uint8_t out[MESSAGE_SENT_LENGTH])
{
	const struct in_addr none = {INADDR_ANY};
	struct writer message = {.at = out, .left = MESSAGE_SENT_LENGTH};

	writer_u8(&message, BOOTREQUEST);
	writer_u8(&message, HARDWARE_ETHERNET);
	writer_u8(&message, MAC_LENGTH);
	writer_u8(&message, 0); /* hops */
	writer_u32(&message, header->xid);
	writer_u16(&message, header->secs);
	writer_u16(&message, header->flags);
	writer_address(&message, header->ciaddr);
	writer_address(&message, none); /* yiaddr */
	writer_address(&message, none); /* siaddr */
	writer_address(&message, none); /* giaddr */
	writer_bytes(&message, header->chaddr.octet, MAC_LENGTH);
	writer_zeros(&message, CHADDR_LENGTH - MAC_LENGTH);
	writer_zeros(&message, MESSAGE_SNAME_LENGTH);
	writer_zeros(&message, MESSAGE_FILE_LENGTH);
	writer_u32(&message, MAGIC_COOKIE);
	for (size_t i = 0; i < count; i++) {
		assert(options[i].length <= sizeof(options[i].value));
		writer_u8(&message, options[i].code);
		writer_u8(&message, options[i].length);
		writer_bytes(&message, options[i].value, options[i].length);
	}
	writer_u8(&message, OPTION_END);
	assert(!message.full);
	writer_zeros(&message, message.left);
}
