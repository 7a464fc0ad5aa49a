/*
 * What the harnesses of `make prove` share: input that nobody has checked.
 * It ends where its array does, so that a read behind it is a read outside of
 * the array.
 */
#ifndef DHCPCANON_PROVE_H
#define DHCPCANON_PROVE_H

#include <__fc_builtin.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX 1514 /* octets: the longest frame */
#define TEXT_MAX 4096  /* octets, NUL included */

static uint8_t input[INPUT_MAX];

/* Any octets, and any number of them up to INPUT_MAX. */
static inline const uint8_t *any_input(size_t *length)
{
	Frama_C_make_unknown((char *)input, sizeof(input));
	*length = (size_t)Frama_C_interval(0, INPUT_MAX);
	return input + sizeof(input) - *length;
}

/* Any string of fewer octets than TEXT_MAX. */
static inline const char *any_text(void)
{
	static char text[TEXT_MAX];

	Frama_C_make_unknown(text, sizeof(text) - 1);
	return text + Frama_C_interval(0, sizeof(text) - 1);
}

#endif
