/*
 * What a server offers, as it says it.  Knows the client's rules only by
 * asking lease.c and option.c.
 */
#include "offer.h"

/* One more value, or one more refusal. */
static void add_value(struct offer *out, const struct definitions *definitions,
		      uint16_t code, const uint8_t *value, size_t length)
{
	char buffer[OPTION_TEXT_MAX];
	struct text text = text_in(buffer, sizeof(buffer));
	enum option_result result = option_to_text(
		definition_like(definitions, code), value, length, &text);

	if (result == OPTION_OK)
		result = variables_add(&out->variables, code, buffer)
				 ? OPTION_OK
				 : OPTION_LONG;
	if (result == OPTION_OK || out->refused_count == OFFER_REFUSED_MAX)
		return;
	out->refused[out->refused_count].code = code;
	out->refused[out->refused_count++].result = (uint16_t)result;
}

/* `sname` and `file` end at the first NUL, if there is one (RFC 2131 §2). */
static void add_field(struct offer *out, uint16_t code, const uint8_t *field,
		      size_t size)
{
	size_t length = 0;

	while (length < size && field[length] != 0)
		length++;
	if (length > 0)
		add_value(out, NULL, code, field, length);
}

static void add_address(struct offer *out, uint16_t code,
			struct in_addr address)
{
	uint8_t octets[sizeof(address.s_addr)];

	memcpy(octets, &address.s_addr, sizeof(octets));
	add_value(out, NULL, code, octets, sizeof(octets));
}

void offer_from_message(const struct message *message,
			const struct reject_list *reject,
			const struct definitions *definitions,
			struct offer *out)
{
	struct lease lease;

	memset(out, 0, sizeof(*out));
	out->refusal = lease_from_message(message, &lease);
	message_address(message, OPTION_SERVER_IDENTIFIER, &out->server);
	if (out->refusal == LEASE_ACCEPTABLE &&
	    reject_matches(reject, out->server))
		out->refusal = LEASE_REJECTED;
	add_address(out, FIELD_IP_ADDRESS, message->yiaddr);
	if (message->siaddr.s_addr != 0)
		add_address(out, FIELD_NEXT_SERVER, message->siaddr);
	add_field(out, FIELD_SERVER_NAME, message->sname,
		  sizeof(message->sname));
	add_field(out, FIELD_FILENAME, message->file, sizeof(message->file));
	for (unsigned code = 1; code < OPTION_END; code++) {
		const uint8_t *value;
		size_t length;

		if (!message->option[code].seen)
			continue;
		value = message_option(message, (uint8_t)code, &length);
		add_value(out, definitions, (uint16_t)code, value, length);
	}
}

bool offer_is_valid(const struct offer *offer)
{
	if (offer->refusal >= LEASE_REFUSALS ||
	    offer->refused_count > OFFER_REFUSED_MAX)
		return false;
	for (uint32_t i = 0; i < offer->refused_count; i++)
		if (offer->refused[i].code >= FIELD_END ||
		    offer->refused[i].result == OPTION_OK ||
		    offer->refused[i].result >= OPTION_RESULTS)
			return false;
	return variables_are_valid(&offer->variables);
}
