/*
 * Replies for unit tests, made field by field: what message_decode would give
 * without going through it, so that a test of the rules is not one of the
 * decoder.
 */
#ifndef DHCPCANON_REPLY_H
#define DHCPCANON_REPLY_H

#include "message.h"

#include <arpa/inet.h>
#include <assert.h>

/* An address as people write it. */
static inline struct in_addr ip(const char *text)
{
	struct in_addr address;
	const int understood = inet_pton(AF_INET, text, &address);

	assert(understood == 1);
	return address;
}

/* Gives `message` the option `code`, or another value if it has one. */
static inline void reply_put(struct message *message, uint8_t code,
			     const void *value, size_t length)
{
	size_t at = 0;

	for (size_t i = 0; i < 256; i++)
		if (message->option[i].offset + message->option[i].length >
		    (int)at)
			at = (size_t)message->option[i].offset +
			     message->option[i].length;
	assert(at + length <= sizeof(message->data));
	if (length > 0)
		memcpy(message->data + at, value, length);
	message->option[code] =
		(struct message_option){.offset = (uint16_t)at,
					.length = (uint16_t)length,
					.seen = true};
}

static inline void reply_put_address(struct message *message, uint8_t code,
				     const char *text)
{
	const struct in_addr address = ip(text);

	reply_put(message, code, &address.s_addr, sizeof(address.s_addr));
}

static inline void reply_put_u32(struct message *message, uint8_t code,
				 uint32_t number)
{
	const uint32_t value = htonl(number);

	reply_put(message, code, &value, sizeof(value));
}

/* Takes the option `code` away. */
static inline void reply_drop(struct message *message, uint8_t code)
{
	memset(&message->option[code], 0, sizeof(message->option[code]));
}

#endif
