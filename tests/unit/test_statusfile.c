/* A status file is taken whole, or not at all. */
#include "unit.h"

#include "status.h"
#include "statusfile.h"

#include <stdio.h>

#define LEAST                                                                  \
	"interface=eth0\npid=4711\nwritten=2026-11-22T18:42:15Z\n"             \
	"state=BOUND\nsince=2026-11-22T17:20:00Z\n"

static struct statusfile file;

static bool reads(const char *text)
{
	return statusfile_read(text, &file);
}

/* What is always there, and `more`. */
static bool reads_with(const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), LEAST "%s", more);
	return reads(text);
}

static void what_is_written_is_read(void **state)
{
	struct notice_state worker = {
		.state = STATE_RENEWING,
		.address.s_addr = htonl(0x0a4d0064),
		.server.s_addr = htonl(0x0a4d0001),
		.times = {0, 1350, UINT32_MAX - 1},
		.sandbox = {.no_capabilities = 1, .landlock = 4},
	};
	const struct status status = {.interface = "br-0.1:x=y",
				      .pid = 4711,
				      .now = 1795372935,
				      .since = 1795368000,
				      .worker = &worker};
	char buffer[4096];
	struct text text = text_in(buffer, sizeof(buffer));
	size_t lines = 0;

	(void)state;
	for (size_t i = 0; i < DECODE_COUNT; i++)
		worker.counters.dropped[i] = UINT32_MAX;
	status_write(&status, &text);
	assert_false(text.cut);
	assert_true(reads(buffer));
	for (const char *at = buffer; *at != '\0'; at++)
		lines += *at == '\n';
	assert_int_equal(file.count, lines);
	assert_string_equal(statusfile_find(&file, "interface"), "br-0.1:x=y");
	assert_string_equal(statusfile_find(&file, "state"), "RENEWING");
	assert_string_equal(statusfile_find(&file, "address"), "10.77.0.100");
	assert_int_equal(statusfile_number(&file, "t1", -1), 0);
	assert_int_equal(statusfile_number(&file, "expiry", -1),
			 UINT32_MAX - 1);
	assert_int_equal(statusfile_number(&file, "dropped_checksum", -1),
			 UINT32_MAX);
	assert_int_equal(statusfile_moment(statusfile_find(&file, "written")),
			 1795372935);
}

static void without_a_worker_too(void **state)
{
	(void)state;
	for (unsigned idle = 0; idle < STATUS_IDLE_COUNT; idle++) {
		const struct status status = {.interface = "eth0",
					      .idle = (enum status_idle)idle,
					      .retry_s = 3600};
		char buffer[4096];
		struct text text = text_in(buffer, sizeof(buffer));
		const bool again =
			idle == STATUS_PAUSED || idle == STATUS_GIVEN_UP;

		status_write(&status, &text);
		assert_true(reads(buffer));
		assert_null(statusfile_find(&file, "sandbox"));
		assert_int_equal(statusfile_number(&file, "retry", -1),
				 again ? 3600 : -1);
	}
}

static void what_is_always_there_must_be(void **state)
{
	static const char *const keys[] = {"interface", "pid", "written",
					   "state", "since"};

	(void)state;
	assert_true(reads(LEAST));
	assert_false(reads(""));
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		char text[] = LEAST;

		/* under another name it is missing */
		strstr(text, keys[i])[0] = 'x';
		assert_false(reads(text));
	}
}

static void a_later_versions_key_is_passed_on(void **state)
{
	(void)state;
	assert_true(reads_with("mood=quite well: 7.5\n"));
	assert_string_equal(statusfile_find(&file, "mood"), "quite well: 7.5");
	assert_null(statusfile_find(&file, "moo"));
}

static const char too_long_a_value[] =
	"mood=01234567890123456789012345678901234567890123456789012345678901234"
	"5678901234567890123456789012345678901234567890123456789\n";

static void nothing_else_is_taken(void **state)
{
	static const char *const wrong[] = {
		"t1\n",
		"t1=5",
		"=5\n",
		"\n",
		"T1=5\n",
		"t 1=5\n",
		"t1=\n",
		"t1=-5\n",
		"t1=5 \n",
		"t1=0x5\n",
		"t1=05\n",
		"t1=4294967296\n",
		"t1=99999999999999999999999\n",
		"sent_discover=many\n",
		"dropped_short=\n",
		"pid=1\n", /* once more */
		"address=10.0.0\n",
		"address=10.0.0.1 10.0.0.2\n",
		"address=example.org\n",
		"mood=\033[31mred\n",
		"mood=a\"b\n",
		"mood=<b>\n",
		"mood=caf\xc3\xa9\n",
		"mood=one\rtwo\n",
		"mood=a\x7f\n",
		"a_key_that_is_longer_than_any_that_we_have=1\n",
		too_long_a_value,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (reads_with(wrong[i]))
			fail_msg("taken: %s", wrong[i]);
}

static void a_name_is_one_that_a_link_can_have(void **state)
{
	static const char *const wrong[] = {"",
					    "a b",
					    "../x",
					    "a\tb",
					    "a\x7f",
					    "\033[",
					    "0123456789abcdef"};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(text, sizeof(text), "interface=%s%s", wrong[i],
			 strchr(LEAST, '\n'));
		assert_false(reads(text));
	}
	snprintf(text, sizeof(text), "interface=%s%s", "caf\xc3\xa9-0",
		 strchr(LEAST, '\n'));
	assert_true(reads(text));
}

static void a_moment_is_one_of_the_calendar(void **state)
{
	static const char *const wrong[] = {
		"",
		"2026-11-22",
		"2026-11-22T18:42:15",
		"2026-11-22T18:42:15ZZ",
		"2026-13-22T18:42:15Z",
		"2026-02-30T18:42:15Z",
		"2026-11-22T24:42:15Z",
		"2026-11-22 18:42:15Z",
		"2026-1-22T018:42:15Z",
		"1969-12-31T23:59:59Z",
	};

	(void)state;
	assert_int_equal(statusfile_moment("1970-01-01T00:00:00Z"), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_int_equal(statusfile_moment(wrong[i]), -1);
}

static void more_keys_than_there_is_room_for_are_refused(void **state)
{
	char text[4096] = LEAST;
	size_t length = strlen(text);

	(void)state;
	for (unsigned i = 5; i < STATUS_KEYS_MAX; i++)
		length += (size_t)snprintf(text + length, sizeof(text) - length,
					   "k%u=1\n", i);
	assert_true(reads(text));
	snprintf(text + length, sizeof(text) - length, "more=1\n");
	assert_false(reads(text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(without_a_worker_too),
		cmocka_unit_test(what_is_always_there_must_be),
		cmocka_unit_test(a_later_versions_key_is_passed_on),
		cmocka_unit_test(nothing_else_is_taken),
		cmocka_unit_test(a_name_is_one_that_a_link_can_have),
		cmocka_unit_test(a_moment_is_one_of_the_calendar),
		cmocka_unit_test(more_keys_than_there_is_room_for_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
