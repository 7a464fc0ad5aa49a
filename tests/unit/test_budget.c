/*
 * What a flood may cost: so much in each second, and all of it again in the
 * next.
 */
#include "budget.h"

#include "unit.h"

#define MOST 3

static void spend_all(struct budget *budget, uint64_t now_ms)
{
	for (unsigned i = 0; i < MOST; i++)
		assert_true(budget_spend(budget, now_ms, MOST));
}

static void no_more_than_so_many_in_a_second(void **state)
{
	struct budget budget = {0};

	(void)state;
	spend_all(&budget, 5000);
	assert_false(budget_spend(&budget, 5000, MOST));
	assert_false(budget_spend(&budget, 5999, MOST));
}

static void the_next_second_has_all_of_it_again(void **state)
{
	struct budget budget = {0};

	(void)state;
	spend_all(&budget, 5999);
	spend_all(&budget, 6000);
	assert_false(budget_spend(&budget, 6999, MOST));
}

static void what_was_refused_is_not_owed(void **state)
{
	struct budget budget = {0};

	(void)state;
	spend_all(&budget, 5000);
	for (unsigned i = 0; i < 1000; i++)
		assert_false(budget_spend(&budget, 5500, MOST));
	spend_all(&budget, 6000);
}

/* Whoever waits until then is not refused. */
static void the_renewal_is_when_it_can_be_spent_again(void **state)
{
	struct budget budget = {0};

	(void)state;
	spend_all(&budget, 5001);
	assert_false(
		budget_spend(&budget, budget_renewal_ms(&budget) - 1, MOST));
	assert_true(budget_spend(&budget, budget_renewal_ms(&budget), MOST));
}

static void a_budget_of_nothing_allows_nothing(void **state)
{
	struct budget budget = {0};

	(void)state;
	assert_false(budget_spend(&budget, 0, 0));
	assert_false(budget_spend(&budget, 7000, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_more_than_so_many_in_a_second),
		cmocka_unit_test(the_next_second_has_all_of_it_again),
		cmocka_unit_test(what_was_refused_is_not_owed),
		cmocka_unit_test(the_renewal_is_when_it_can_be_spent_again),
		cmocka_unit_test(a_budget_of_nothing_allows_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
