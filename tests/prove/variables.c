/*
 * variables_from_message: any message that message_decode may have made, that
 * is any octets with each option's value somewhere in `data`.  What becomes of
 * a value, and where it may be read, is option.c's.
 */
#include "variables.h"

#include "prove.h"

enum option_result option_to_text(uint16_t code, const uint8_t *value,
				  size_t length, struct text *out)
{
	(void)code;
	if (length == 0)
		return OPTION_EMPTY;
	/*@ assert value_is_there: \valid_read(value + (0 .. length - 1)); */
	(void)value;
	Frama_C_make_unknown(out->start, out->size - 1);
	out->start[out->size - 1] = '\0';
	return (enum option_result)Frama_C_interval(OPTION_OK, OPTION_LONG);
}

uint16_t definition_like(const struct definitions *definitions, uint16_t code)
{
	(void)definitions;
	return (uint16_t)Frama_C_interval(0, code);
}

/* A length of 0 has no value, as in message.c. */
const uint8_t *message_option(const struct message *message, uint8_t code,
			      size_t *length)
{
	(void)code;
	*length = (size_t)Frama_C_interval(0, MESSAGE_MAX);
	if (*length == 0)
		return NULL;
	return message->data + MESSAGE_MAX - *length;
}

bool message_address(const struct message *message, uint8_t code,
		     struct in_addr *out)
{
	(void)message;
	(void)code;
	out->s_addr = Frama_C_unsigned_int_interval(0, UINT32_MAX);
	return Frama_C_interval(0, 1);
}

int main(void)
{
	static struct message message;
	static struct variables variables;
	struct variables_refusal refused[8];
	const struct in_addr mask = {
		Frama_C_unsigned_int_interval(0, UINT32_MAX)};

	for (unsigned code = 0; code < 256; code++)
		message.option[code].seen = Frama_C_interval(0, 1) != 0;
	message.yiaddr.s_addr = Frama_C_unsigned_int_interval(0, UINT32_MAX);
	Frama_C_make_unknown((char *)message.sname, sizeof(message.sname));
	Frama_C_make_unknown((char *)message.file, sizeof(message.file));
	Frama_C_make_unknown((char *)message.data, sizeof(message.data));
	return (int)variables_from_message(&message, mask, NULL, &variables,
					   refused, 8);
}
