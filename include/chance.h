/*
 * Random choices from random bits that came from outside: the pure ring has
 * no generator of its own.
 */
#ifndef DHCPCANON_CHANCE_H
#define DHCPCANON_CHANCE_H

#include <stdint.h>

/*
 * Maps 32 random bits to a uniform number in 0 .. `count` - 1 (multiply and
 * shift; the bias is below count/2^32).  `count` is at least 1.
 */
static inline uint32_t chance_below(uint32_t bits, uint32_t count)
{
	return (uint32_t)((uint64_t)bits * count >> 32);
}

/* Maps 32 random bits to a uniform number in -`range` .. +`range`. */
static inline int32_t chance_around(uint32_t bits, uint32_t range)
{
	return (int32_t)chance_below(bits, 2 * range + 1) - (int32_t)range;
}

#endif
