/*
 * So many a second and no more: for what a network or a worker may cause
 * often.
 */
#ifndef DHCPCANON_BUDGET_H
#define DHCPCANON_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

#define BUDGET_SECOND_MS 1000U

/* What was spent in the second under way; all zero at first. */
struct budget {
	uint64_t second; /* of the caller's clock */
	uint32_t used;
};

/*
 * Spends one of `most` in the second of `now_ms`; false when all are spent,
 * which counts no further.
 */
static inline bool budget_spend(struct budget *budget, uint64_t now_ms,
				uint32_t most)
{
	const uint64_t second = now_ms / BUDGET_SECOND_MS;

	if (second != budget->second) {
		budget->second = second;
		budget->used = 0;
	}
	if (budget->used == most)
		return false;
	budget->used++;
	return true;
}

/* When there is something to spend again, if all was spent; ms. */
static inline uint64_t budget_renewal_ms(const struct budget *budget)
{
	return (budget->second + 1) * BUDGET_SECOND_MS;
}

#endif
