/* One line is one line, whatever was put into it, and where it goes. */
#include "scratch.h"

#include "log.h"

#include <fcntl.h>
#include <sys/stat.h>

static char last[4 * LOG_LINE_MAX];
static int last_level;
static int lines;

static void remember(int level, const char *text)
{
	last_level = level;
	lines++;
	strcpy(last, text);
}

static int start(void **state)
{
	(void)state;
	lines = 0;
	last[0] = '\0';
	log_open("test_log", (struct log_target){.debug = false});
	log_set_sink(remember);
	return 0;
}

static void a_line_reaches_the_sink_with_its_level(void **state)
{
	(void)state;
	log_line(LOG_WARNING, "%s: %d", "eth0", 5);
	assert_string_equal(last, "eth0: 5");
	assert_int_equal(last_level, LOG_WARNING);
}

static void what_is_not_printable_becomes_a_question_mark(void **state)
{
	(void)state;
	log_line(LOG_INFO, "a\nb\tc\x1b[31m\x7f\xc3\xa9~ ");
	assert_string_equal(last, "a?b?c?[31m???~ ");
}

static void a_long_line_is_cut(void **state)
{
	(void)state;
	log_line(LOG_INFO, "%0*d", 2 * LOG_LINE_MAX, 0);
	assert_int_equal(strlen(last), LOG_LINE_MAX - 1);
}

static void debug_lines_are_for_those_who_want_them(void **state)
{
	(void)state;
	assert_false(log_wants_debug());
	log_line(LOG_DEBUG, "not wanted");
	assert_int_equal(lines, 0);
	log_open("test_log", (struct log_target){.debug = true});
	log_set_sink(remember);
	assert_true(log_wants_debug());
	log_line(LOG_DEBUG, "wanted");
	assert_string_equal(last, "wanted");
}

/* What log_line writes to standard error, which it may leave before. */
static const char *stderr_of(const char *text, bool leave)
{
	const int kept = dup(STDERR_FILENO);
	const int file =
		open(scratch("stderr"), O_CREAT | O_TRUNC | O_WRONLY, 0600);

	assert_true(kept >= 0 && file >= 0);
	log_open("test_log", (struct log_target){.to_stderr = true});
	if (leave)
		log_to_stderr(false);
	dup2(file, STDERR_FILENO);
	log_line(LOG_INFO, "%s", text);
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(file);
	return scratch_read(scratch("stderr"));
}

static void standard_error_has_the_line_until_it_is_left(void **state)
{
	(void)state;
	assert_string_equal(stderr_of("bound to 10.0.0.1", false),
			    "bound to 10.0.0.1\n");
	assert_string_equal(stderr_of("in the background", true), "");
}

static void a_standard_error_that_is_closed_does_no_harm(void **state)
{
	const int kept = dup(STDERR_FILENO);

	(void)state;
	log_open("test_log", (struct log_target){.to_stderr = true});
	close(STDERR_FILENO);
	log_line(LOG_INFO, "nobody reads this");
	dup2(kept, STDERR_FILENO);
	close(kept);
}

/* What log_line writes to a standard error that may be the journal. */
static const char *journal_of(const char *device_and_inode)
{
	const int kept = dup(STDERR_FILENO);
	const int file =
		open(scratch("stderr"), O_CREAT | O_TRUNC | O_WRONLY, 0600);
	char named[64];
	struct stat status;

	assert_true(kept >= 0 && file >= 0);
	assert_int_equal(fstat(file, &status), 0);
	snprintf(named, sizeof(named), "%ju:%ju", (uintmax_t)status.st_dev,
		 (uintmax_t)status.st_ino);
	setenv("JOURNAL_STREAM",
	       device_and_inode != NULL ? device_and_inode : named, 1);
	dup2(file, STDERR_FILENO);
	log_open("test_log", (struct log_target){.to_stderr = true});
	unsetenv("JOURNAL_STREAM");
	log_set_sink(remember);
	log_to_stderr(true);
	log_line(LOG_WARNING, "a conflict");
	log_line(LOG_DAEMON | LOG_INFO, "bound");
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(file);
	return scratch_read(scratch("stderr"));
}

static void the_journal_gets_levels_and_each_line_once(void **state)
{
	(void)state;
	assert_string_equal(journal_of(NULL), "<4>a conflict\n<6>bound\n");
	assert_int_equal(lines, 0); /* not in the system log as well */
	log_to_stderr(false);
	log_line(LOG_INFO, "in the background");
	assert_int_equal(lines, 1);
}

static void another_stderr_than_the_journal_gets_plain_lines(void **state)
{
	static const char *const others[] = {"", "0:0", "8:1:2", "x"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		lines = 0;
		assert_string_equal(journal_of(others[i]),
				    "a conflict\nbound\n");
		assert_int_equal(lines, 2);
	}
}

static void before_the_log_is_opened_lines_go_nowhere(void **state)
{
	(void)state;
	log_set_sink(NULL);
	log_line(LOG_INFO, "nowhere");
	assert_int_equal(lines, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_reaches_the_sink_with_its_level),
		TEST(what_is_not_printable_becomes_a_question_mark),
		TEST(a_long_line_is_cut),
		TEST(debug_lines_are_for_those_who_want_them),
		TEST(standard_error_has_the_line_until_it_is_left),
		TEST(a_standard_error_that_is_closed_does_no_harm),
		TEST(the_journal_gets_levels_and_each_line_once),
		TEST(another_stderr_than_the_journal_gets_plain_lines),
		TEST(before_the_log_is_opened_lines_go_nowhere),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
