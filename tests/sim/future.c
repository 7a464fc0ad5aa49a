/* A binary heap of indices into a pool; knows nothing of what happens. */
#include "future.h"

#include <assert.h>
#include <stddef.h>

void futures_clear(struct futures *futures)
{
	futures->count = 0;
	futures->next_order = 0;
	for (uint16_t i = 0; i < FUTURE_MAX; i++)
		futures->heap[i] = i;
}

static bool is_before(const struct futures *futures, uint32_t a, uint32_t b)
{
	const struct future *first = &futures->pool[futures->heap[a]];
	const struct future *second = &futures->pool[futures->heap[b]];

	if (first->at_ms != second->at_ms)
		return first->at_ms < second->at_ms;
	return first->order < second->order;
}

static void swap(struct futures *futures, uint32_t a, uint32_t b)
{
	const uint16_t index = futures->heap[a];

	futures->heap[a] = futures->heap[b];
	futures->heap[b] = index;
}

struct future *future_plan(struct futures *futures, enum happening what,
			   uint64_t at_ms)
{
	uint32_t at = futures->count;
	struct future *future;

	if (at == FUTURE_MAX)
		return NULL;
	futures->count++;
	future = &futures->pool[futures->heap[at]];
	future->what = what;
	future->at_ms = at_ms;
	future->order = futures->next_order++;
	future->length = 0;
	for (; at > 0 && is_before(futures, at, (at - 1) / 2);
	     at = (at - 1) / 2)
		swap(futures, at, (at - 1) / 2);
	return future;
}

const struct future *future_next(const struct futures *futures)
{
	if (futures->count == 0)
		return NULL;
	return &futures->pool[futures->heap[0]];
}

void future_take(struct futures *futures, struct future *out)
{
	const struct future *taken = future_next(futures);
	uint32_t at = 0, child;

	assert(taken);
	memcpy(out, taken, offsetof(struct future, frame) + taken->length);
	swap(futures, 0, --futures->count);
	while ((child = 2 * at + 1) < futures->count) {
		if (child + 1 < futures->count &&
		    is_before(futures, child + 1, child))
			child++;
		if (!is_before(futures, child, at))
			break;
		swap(futures, at, child);
		at = child;
	}
}
