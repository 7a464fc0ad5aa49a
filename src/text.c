/*
 * Strings into a fixed buffer, numbers and addresses both ways.  Knows no
 * option and no locale; whether a text is clean is option.c's to say.
 */
#include "text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

struct text text_in(char *buffer, size_t size)
{
	assert(size > 0);
	buffer[0] = '\0';
	return (struct text){.start = buffer, .size = size};
}

static void add_bytes(struct text *text, const char *bytes, size_t length)
{
	/*@ split length; */
	/* one octet is the NUL's */
	if (text->cut || length >= text->size ||
	    text->length >= text->size - length) {
		text->cut = true;
		return;
	}
	memcpy(text->start + text->length, bytes, length);
	text->length += length;
	text->start[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
	add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char character)
{
	assert(character != '\0');
	add_bytes(text, &character, 1);
}

void text_add_number(struct text *text, int64_t value)
{
	char digits[20]; /* 19 and a sign */
	size_t first = sizeof(digits);
	uint64_t rest = (uint64_t)value;

	if (value < 0)
		rest = 0 - rest; /* INT64_MIN has no positive twin */
	do {
		digits[--first] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (value < 0)
		digits[--first] = '-';
	add_bytes(text, digits + first, sizeof(digits) - first);
}

void text_add_address(struct text *text, struct in_addr address)
{
	char quad[INET_ADDRSTRLEN] = "";

	inet_ntop(AF_INET, &address, quad, sizeof(quad));
	text_add(text, quad);
}

bool text_equals(const char *a, const char *b)
{
	const size_t length = strlen(a);

	return strlen(b) == length && memcmp(a, b, length) == 0;
}

bool text_begins_with(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++)
		if (*text != *prefix)
			return false;
	return true;
}

static bool is_digit(char character)
{
	return character >= '0' && character <= '9';
}

bool text_take_number(const char **at, uint64_t max, uint64_t *out)
{
	const char *next = *at;
	uint64_t value = 0;

	for (; is_digit(*next); next++) {
		const uint64_t digit = (uint64_t)(*next - '0');
		const bool follows_zero = next != *at && value == 0;

		if (follows_zero || value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
		if (value > max)
			return false;
	}
	if (next == *at)
		return false;
	*at = next;
	*out = value;
	return true;
}

bool text_take_address(const char **at, struct in_addr *out)
{
	const char *next = *at;
	uint8_t octets[sizeof(out->s_addr)] = {0};

	for (size_t i = 0; i < sizeof(octets); i++) {
		uint64_t octet;

		if (i > 0 && *next++ != '.')
			return false;
		if (!text_take_number(&next, UINT8_MAX, &octet))
			return false;
		octets[i] = (uint8_t)octet;
	}
	memcpy(&out->s_addr, octets, sizeof(octets));
	*at = next;
	return true;
}
