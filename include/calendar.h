/*
 * Seconds since the epoch as a date and time of day in UTC, and back: what
 * gmtime(3) does, for the pure ring, which has no libc clock.
 */
#ifndef DHCPCANON_CALENDAR_H
#define DHCPCANON_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_LAST 253402300799 /* 9999-12-31 23:59:59 */

/* A moment in the Gregorian calendar, UTC. */
struct calendar {
	unsigned year;    /* 1970 to 9999 */
	unsigned month;   /* 1 to 12 */
	unsigned day;     /* 1 to 31 */
	unsigned weekday; /* 0: Sunday */
	unsigned hour, minute, second;
};

/*
 * The date of `epoch_s` seconds since the epoch; moments before 1970 and
 * after 9999 give the first or the last one there is.
 */
struct calendar calendar_from_epoch(int64_t epoch_s);

/*
 * Seconds since the epoch of `date`, whose weekday is not looked at; -1 when
 * there is no such moment.
 */
int64_t calendar_to_epoch(const struct calendar *date);

#endif
