/* Counters with what they should be.  Knows nothing of what is counted. */
#include "tally.h"

#include "trace.h"

#include <inttypes.h>

#define LEAST 4000 /* fewer samples say nothing */

static const struct {
	const char *name;
	unsigned buckets;
} kinds[TALLY_KINDS] = {
	[TALLY_ORDER] = {"order of three options", 6},
	[TALLY_ORDER_FIRST] = {"first of five options", 5},
	[TALLY_LIST] = {"order of the request list", 6},
	[TALLY_JITTER_DISCOVER] = {"jitter of DISCOVER", 8},
	[TALLY_JITTER_REQUEST] = {"jitter of REQUEST", 8},
	[TALLY_T1] = {"fuzz of T1", 8},
	[TALLY_T2] = {"fuzz of T2", 8},
	[TALLY_T1_AND_T2] = {"fuzz of T1 by that of T2", 4},
	[TALLY_DELAY] = {"delay before selecting", 8},
	[TALLY_DECLINE] = {"pause after DECLINE", 8},
	[TALLY_PROBE] = {"wait before the first probe", 8},
	[TALLY_PROBE_GAP] = {"gap between probes", 8},
};

static uint64_t counted[TALLY_KINDS][TALLY_BUCKETS];

void tally_count(enum tally_kind kind, unsigned bucket)
{
	counted[kind][bucket]++;
}

void tally_range(enum tally_kind kind, int64_t value, int64_t low, int64_t high)
{
	HOLDS(value >= low && value <= high,
	      "%s: %" PRId64 ", not %" PRId64 " to %" PRId64, kinds[kind].name,
	      value, low, high);
	tally_count(kind, (unsigned)((value - low) * kinds[kind].buckets /
				     (high - low + 1)));
}

/*
 * Six standard deviations: once in 10^9 by chance; one part in two hundred
 * on top for what milliseconds do to eighths.
 */
static bool is_even(uint64_t count, uint64_t sum, unsigned buckets)
{
	const double p = 1.0 / buckets;
	const double expected = (double)sum * p;
	const double off = (double)count - expected;
	const double slack = expected / 200;
	const double beyond = off < 0 ? -off - slack : off - slack;

	return beyond <= 0 || beyond * beyond <= 36 * expected * (1 - p);
}

bool tally_is_even(FILE *out)
{
	bool all = true;

	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		const unsigned buckets = kinds[kind].buckets;
		uint64_t sum = 0;

		for (unsigned i = 0; i < buckets; i++)
			sum += counted[kind][i];
		for (unsigned i = 0; i < buckets && sum >= LEAST; i++) {
			if (is_even(counted[kind][i], sum, buckets))
				continue;
			fprintf(out,
				"%s: part %u has %" PRIu64 " of %" PRIu64
				", uniform would be %" PRIu64 "\n",
				kinds[kind].name, i + 1, counted[kind][i], sum,
				sum / buckets);
			all = false;
		}
	}
	return all;
}
