/* The status file's text, key by key. */
#include "unit.h"

#include <status.h> /* the header under test, not the helper beside us */

#include <stdio.h>

static char buffer[4096];

static const char *written(const struct status *status)
{
	struct text out = text_in(buffer, sizeof(buffer));

	status_write(status, &out);
	assert_false(out.cut);
	return buffer;
}

/* True if `line` is one of the lines of `text`. */
static bool has_line(const char *text, const char *line)
{
	const size_t length = strlen(line);

	for (const char *at = text; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, line, length) == 0 && at[length] == '\n')
			return true;
	}
	return false;
}

static bool has_key(const char *text, const char *key)
{
	char start[64];

	snprintf(start, sizeof(start), "\n%s=", key);
	return strstr(text, start) != NULL;
}

static const struct status bare = {
	.interface = "eth0",
	.pid = 4711,
	.now = 1795372935,
	.since = 1795368000,
	.idle = STATUS_ABSENT,
	.workers_failed = 1,
	.routes_refused = 2,
	.notices_dropped = 3,
};

static void without_a_worker_only_the_monitors_words_are_there(void **state)
{
	(void)state;
	assert_string_equal(written(&bare), "interface=eth0\n"
					    "pid=4711\n"
					    "written=2026-11-22T18:42:15Z\n"
					    "state=ABSENT\n"
					    "since=2026-11-22T17:20:00Z\n"
					    "workers_failed=1\n"
					    "routes_refused=2\n"
					    "notices_dropped=3\n");
}

static void a_bound_worker_shows_its_lease(void **state)
{
	const struct notice_state worker = {
		.state = STATE_BOUND,
		.address.s_addr = htonl(0x0a4d0064),
		.server.s_addr = htonl(0x0a4d0001),
		.times = {1800, 3150, 3600},
	};
	struct status status = bare;

	(void)state;
	status.worker = &worker;

	const char *text = written(&status);

	assert_true(has_line(text, "state=BOUND"));
	assert_true(has_line(text, "address=10.77.0.100"));
	assert_true(has_line(text, "server=10.77.0.1"));
	assert_true(has_line(text, "t1=1800"));
	assert_true(has_line(text, "t2=3150"));
	assert_true(has_line(text, "expiry=3600"));
}

static void a_lease_without_end_has_no_times(void **state)
{
	const struct notice_state worker = {
		.state = STATE_BOUND,
		.address.s_addr = htonl(0x0a4d0064),
		.times = {NOTICE_FOREVER, NOTICE_FOREVER, NOTICE_FOREVER},
	};
	struct status status = bare;

	(void)state;
	status.worker = &worker;

	const char *text = written(&status);

	assert_true(has_key(text, "address"));
	assert_false(has_key(text, "server"));
	assert_false(has_key(text, "t1"));
	assert_false(has_key(text, "t2"));
	assert_false(has_key(text, "expiry"));
}

static void without_a_lease_there_is_neither_address_nor_time(void **state)
{
	const struct notice_state worker = {.state = STATE_SELECTING};
	struct status status = bare;

	(void)state;
	status.worker = &worker;

	const char *text = written(&status);

	assert_true(has_line(text, "state=SELECTING"));
	assert_false(has_key(text, "address"));
	assert_false(has_key(text, "t1"));
}

static void the_sandbox_is_full_when_nothing_that_matters_lacks(void **state)
{
	struct notice_state worker = {
		.sandbox = {.no_capabilities = 1,
			    .no_new_privileges = 1,
			    .landlock = 4,
			    .seccomp = 1},
	};
	struct status status = bare;

	(void)state;
	status.worker = &worker;

	const char *text = written(&status);

	assert_true(has_line(text, "sandbox=full"));
	assert_true(has_line(text, "sandbox_parts=no_capabilities "
				   "no_new_privileges landlock seccomp"));
	worker.sandbox = (struct sandbox_state){.own_user = 1,
						.no_capabilities = 1,
						.bounding_emptied = 1,
						.no_new_privileges = 1};
	text = written(&status);
	assert_true(has_line(text, "sandbox=partial"));
	assert_true(has_line(text, "sandbox_parts=own_user no_capabilities "
				   "bounding_emptied no_new_privileges"));
}

static void every_counter_has_its_line(void **state)
{
	struct notice_state worker = {
		.counters = {.naks = 1,
			     .conflicts = 2,
			     .declines = 3,
			     .offers_refused = 4},
	};
	struct status status = bare;
	char line[64];

	(void)state;
	status.worker = &worker;
	for (uint32_t i = 0; i < SENT_COUNT; i++)
		worker.counters.sent[i] = 10 + i;
	for (uint32_t i = 0; i < DECODE_COUNT; i++)
		worker.counters.dropped[i] = 100 + i;

	const char *text = written(&status);

	assert_true(has_line(text, "sent_discover=10"));
	assert_true(has_line(text, "sent_request_selecting=11"));
	assert_true(has_line(text, "sent_request_renewing=12"));
	assert_true(has_line(text, "sent_request_rebinding=13"));
	assert_true(has_line(text, "sent_decline=14"));
	for (unsigned i = 1; i < DECODE_COUNT; i++) {
		snprintf(line, sizeof(line), "dropped_%s=%u",
			 decode_name((enum decode)i), 100 + i);
		assert_true(has_line(text, line));
	}
	assert_false(has_key(text, "dropped_ok"));
	assert_true(has_line(text, "naks=1"));
	assert_true(has_line(text, "conflicts=2"));
	assert_true(has_line(text, "declines=3"));
	assert_true(has_line(text, "offers_refused=4"));
}

static void every_line_is_a_key_and_a_value(void **state)
{
	const struct notice_state worker = {.state = STATE_INIT};
	struct status status = bare;

	(void)state;
	status.worker = &worker;
	for (const char *at = written(&status); *at != '\0';) {
		const size_t key = strspn(at, "abcdefghijklmnopqrstuvwxyz"
					      "0123456789_");

		assert_true(key > 0 && at[key] == '=');
		at = strchr(at, '\n');
		assert_non_null(at);
		at++;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			without_a_worker_only_the_monitors_words_are_there),
		cmocka_unit_test(a_bound_worker_shows_its_lease),
		cmocka_unit_test(a_lease_without_end_has_no_times),
		cmocka_unit_test(
			without_a_lease_there_is_neither_address_nor_time),
		cmocka_unit_test(
			the_sandbox_is_full_when_nothing_that_matters_lacks),
		cmocka_unit_test(every_counter_has_its_line),
		cmocka_unit_test(every_line_is_a_key_and_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
