/*
 * What is to be uniform, counted over all seeds: a choice that is always
 * legal may still be always the same.
 */
#ifndef DHCPCANON_SIM_TALLY_H
#define DHCPCANON_SIM_TALLY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define TALLY_BUCKETS 8

enum tally_kind {
	TALLY_ORDER,           /* of three options: 6 */
	TALLY_ORDER_FIRST,     /* which of five options is first: 5 */
	TALLY_LIST,            /* of the request list: 6 */
	TALLY_JITTER_DISCOVER, /* eighths of -1 .. +1 s */
	TALLY_JITTER_REQUEST,
	TALLY_T1,
	TALLY_T2,
	TALLY_T1_AND_T2, /* 2 by 2 halves: the two are independent */
	TALLY_DELAY,     /* eighths of 1 .. 10 s */
	TALLY_DECLINE,   /* eighths of the 3 s */
	TALLY_PROBE,     /* eighths of the first wait */
	TALLY_PROBE_GAP,
	TALLY_KINDS,
};

void tally_count(enum tally_kind kind, unsigned bucket);

/* Counts `value` of the inclusive range `low` .. `high` by eighths. */
void tally_range(enum tally_kind kind, int64_t value, int64_t low,
		 int64_t high);

/* True if all is as even as chance lets it be; else says what is not. */
bool tally_is_even(FILE *out);

#endif
