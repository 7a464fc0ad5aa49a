/*
 * Moments: milliseconds of whichever clock the caller counts by.  That there
 * is none is a moment too, the last one, so that the earliest of several is
 * found without asking.
 */
#ifndef DHCPCANON_MOMENT_H
#define DHCPCANON_MOMENT_H

#include <stdint.h>

#define TIME_NEVER UINT64_MAX /* no such moment */

/* The earlier of two moments. */
static inline uint64_t moment_earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* The later of two moments, or the longer of two times. */
static inline uint64_t moment_later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

#endif
