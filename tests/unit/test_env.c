/* The script's environment, and what a user may add to it. */
#include "unit.h"

#include "env.h"

#include <string.h>

#define PATH "PATH=/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin"

static struct env env; /* too large for the stack of some machines */

static void expect_entries(const char *const *expected, size_t count)
{
	assert_int_equal(env.count, count);
	for (size_t i = 0; i < count; i++)
		assert_string_equal(env.entry[i], expected[i]);
	assert_null(env.entry[count]);
}

static void fill_lease(struct variables *variables, const char *address)
{
	assert_true(variables_add(variables, FIELD_IP_ADDRESS, address));
	assert_true(variables_add(variables, 51, "3600"));
}

static void preinit_has_no_lease(void **state)
{
	static const char *const expected[] = {
		"reason=PREINIT",
		"interface=eth0",
		"pid=4711",
		"dad_wait_time=0",
		PATH,
	};
	const struct env_input input = {
		.reason = REASON_PREINIT, .interface = "eth0", .pid = 4711};

	(void)state;
	env_render(&input, &env);
	expect_entries(expected, 5);
}

static void a_lease_has_a_prefix_and_an_expiry(void **state)
{
	static const char *const expected[] = {
		"reason=RENEW",
		"interface=eth0",
		"pid=1",
		"dad_wait_time=0",
		"new_ip_address=10.0.0.9",
		"new_dhcp_lease_time=3600",
		"new_expiry=1795369699",
		"old_ip_address=10.0.0.8",
		"old_dhcp_lease_time=3600",
		"old_expiry=1795360000",
		PATH,
	};
	static struct variables new_lease, old_lease;
	const struct env_input input = {
		.reason = REASON_RENEW,
		.interface = "eth0",
		.pid = 1,
		.new_lease = {&new_lease, 1795369699},
		.old_lease = {&old_lease, 1795360000},
	};

	(void)state;
	fill_lease(&new_lease, "10.0.0.9");
	fill_lease(&old_lease, "10.0.0.8");
	env_render(&input, &env);
	expect_entries(expected, 11);
}

static void
what_the_user_adds_comes_first_and_the_last_of_it_foremost(void **state)
{
	static const char *const extra[] = {"IF_METRIC=100", "A=1", "A=2"};
	static const char *const expected[] = {
		"A=2",
		"A=1",
		"IF_METRIC=100",
		"reason=FAIL",
		"interface=eth0",
		"pid=1",
		"dad_wait_time=0",
		PATH,
	};
	const struct env_input input = {
		.reason = REASON_FAIL,
		.interface = "eth0",
		.pid = 1,
		.extra = extra,
		.extra_count = 3,
	};

	(void)state;
	env_render(&input, &env);
	expect_entries(expected, 8);
}

static void nbi_has_its_own_upper_case_reason_and_nothing_else(void **state)
{
	static const char *const extra[] = {"A=1"};
	static const char *const expected[] = {"A=1", "REASON=NBI", PATH};
	const struct env_input input = {.reason = REASON_NBI,
					.interface = "eth0",
					.extra = extra,
					.extra_count = 1};

	(void)state;
	env_render(&input, &env);
	expect_entries(expected, 3);
}

static void an_environment_is_written_over_the_one_before(void **state)
{
	static const char *const expected[] = {"REASON=NBI", PATH};
	static struct variables old_lease;
	const struct env_input stop = {.reason = REASON_STOP,
				       .interface = "eth0",
				       .old_lease = {&old_lease, -1}};
	const struct env_input nbi = {.reason = REASON_NBI};

	(void)state;
	fill_lease(&old_lease, "10.0.0.8");
	env_render(&stop, &env);
	assert_int_equal(env.count, 8);
	env_render(&nbi, &env);
	expect_entries(expected, 2);
}

/* Fills `variables` with as many as fit of the longest names. */
static void fill(struct variables *variables)
{
	static char text[OPTION_TEXT_MAX];

	memset(text, 'a', sizeof(text) - 1);
	for (size_t i = 0; i < VARIABLES_MAX - 4; i++)
		assert_true(variables_add(variables, 76, "1"));
	for (size_t length = sizeof(text) - 1; length > 0; length--) {
		text[length] = '\0';
		variables_add(variables, 76, text);
	}
	assert_int_equal(variables->size, VARIABLES_TEXT_MAX);
}

static void the_largest_input_has_room(void **state)
{
	static struct variables full;
	static char longest[ENV_EXTRA_LENGTH_MAX];
	const char *extra[ENV_EXTRA_MAX];
	struct env_input input = {.reason = REASON_RENEW,
				  .interface = "fifteen-letters",
				  .pid = INT64_MIN,
				  .extra = extra,
				  .extra_count = ENV_EXTRA_MAX,
				  .new_lease = {&full, INT64_MIN},
				  .old_lease = {&full, INT64_MIN}};

	(void)state;
	memset(longest, 'a', sizeof(longest) - 1);
	longest[1] = '=';
	assert_true(env_extra_is_allowed(longest));
	for (size_t i = 0; i < ENV_EXTRA_MAX; i++)
		extra[i] = longest;
	fill(&full);
	env_render(&input, &env);
	assert_int_equal(env.count,
			 ENV_EXTRA_MAX + 4 + 2 * (full.count + 1) + 1);
	assert_string_equal(env.entry[env.count - 1], PATH);
}

static void a_user_may_add_what_is_named_like_a_variable(void **state)
{
	static const char *const allowed[] = {
		"IF_METRIC=100",
		"DBUS_SYSTEM_BUS_ADDRESS=unix:path=/run/dbus/system_bus_socket",
		"_a1=",
		"a==;$(id)",
		"newer=1",
		"reasons=1",
		"PATHS=/",
		"pi=3",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (!env_extra_is_allowed(allowed[i]))
			fail_msg("%s is not allowed", allowed[i]);
}

static void
a_user_may_not_add_what_we_write_or_what_is_no_variable(void **state)
{
	static const char *const refused[] = {
		"",
		"=",
		"=1",
		"A",
		"1A=1",
		"A-B=1",
		"A B=1",
		"A\x7f=1",
		"A=\n",
		"A=\x1b[0m",
		"A=\x7f",
		"reason=BOUND",
		"REASON=NBI",
		"interface=eth0",
		"pid=1",
		"dad_wait_time=9",
		"PATH=/tmp",
		"new_ip_address=10.0.0.1",
		"new_=1",
		"old_routers=10.0.0.1",
		"requested_routers=1",
		"alias_ip_address=10.0.0.1",
	};
	char longer[ENV_EXTRA_LENGTH_MAX + 1];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (env_extra_is_allowed(refused[i]))
			fail_msg("%s is allowed", refused[i]);
	memset(longer, 'a', sizeof(longer));
	longer[1] = '=';
	longer[ENV_EXTRA_LENGTH_MAX] = '\0';
	assert_false(env_extra_is_allowed(longer));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(preinit_has_no_lease),
		cmocka_unit_test(a_lease_has_a_prefix_and_an_expiry),
		cmocka_unit_test(
			what_the_user_adds_comes_first_and_the_last_of_it_foremost),
		cmocka_unit_test(
			nbi_has_its_own_upper_case_reason_and_nothing_else),
		cmocka_unit_test(an_environment_is_written_over_the_one_before),
		cmocka_unit_test(the_largest_input_has_room),
		cmocka_unit_test(a_user_may_add_what_is_named_like_a_variable),
		cmocka_unit_test(
			a_user_may_not_add_what_we_write_or_what_is_no_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
