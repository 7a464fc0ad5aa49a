/*
 * Text put together piece by piece in a buffer of the caller's, and taken
 * apart again.  Always a string; a piece that does not fit is left out whole,
 * with everything after it, and `cut` says so, for good.
 */
#ifndef DHCPCANON_TEXT_H
#define DHCPCANON_TEXT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	char *start;   /* NUL-terminated */
	size_t size;   /* octets of the buffer, the NUL included */
	size_t length; /* octets written, without the NUL */
	bool cut;      /* something did not fit; nothing more is added */
};

/* An empty text in `buffer` of `size` octets (at least 1), the caller's. */
struct text text_in(char *buffer, size_t size);

/* Appends a string. */
void text_add(struct text *text, const char *string);

/* Appends one character, which may be any but NUL. */
void text_add_char(struct text *text, char character);

/* Appends `value` in decimal. */
void text_add_number(struct text *text, int64_t value);

/* Appends `address` (network order) as a dotted quad. */
void text_add_address(struct text *text, struct in_addr address);

/* True if the two are the same. */
bool text_equals(const char *a, const char *b);

/* True if `text` begins with `prefix`. */
bool text_begins_with(const char *text, const char *prefix);

/*
 * Reads a dotted quad at the start of `*at`, four decimal numbers of at most
 * 255 without needless zeros, and moves `*at` behind it; false, moving
 * nothing, when there is none.  `*out` is in network order.
 */
bool text_take_address(const char **at, struct in_addr *out);

/*
 * Reads a decimal number of at most `max` without needless zeros at the start
 * of `*at` and moves `*at` behind it; false, moving nothing, when there is
 * none or it is larger.
 */
bool text_take_number(const char **at, uint64_t max, uint64_t *out);

#endif
