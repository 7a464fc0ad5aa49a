/* The clocks that we use; the pure ring gets their values in its events. */
#ifndef DHCPCANON_CLOCK_H
#define DHCPCANON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of `id` (clock_gettime(2)). */
static inline uint64_t clock_ms(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Milliseconds since boot, sleep included: what leases are counted in. */
static inline uint64_t clock_boottime_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

/* Seconds since the epoch, for what people and scripts read. */
static inline int64_t clock_epoch_s(void)
{
	return (int64_t)time(NULL);
}

#endif
