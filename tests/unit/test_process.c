/* What a child begins with: its descriptor, and an error if it can't. */
#include "process.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#define GIVEN 3 /* the number that the child is to have it by */
#define OTHER 4
#define FAR 77
#define CLOSE_FROM 4

static char *const no_environment[] = {NULL};

/* Runs `shell` with that descriptor, in our place in all else. */
static int run(const char *shell, const struct process_descriptor *given)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)shell, NULL};
	const struct process process = {
		.path = "/bin/sh",
		.argv = argv,
		.env = no_environment,
		.given = given,
		.close_from = CLOSE_FROM,
	};
	const pid_t child = process_start(&process);
	int status;

	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Puts a file that holds `text` at descriptor `at`, close-on-exec. */
static void place(const char *name, const char *text, int at)
{
	int opened;

	scratch_write(scratch(name), text, 0600);
	opened = open(scratch(name), O_RDONLY | O_CLOEXEC);
	assert_true(opened >= 0);
	if (opened != at) {
		assert_int_equal(dup3(opened, at, O_CLOEXEC), at);
		close(opened);
	}
}

static void a_descriptor_may_have_its_number_already(void **state)
{
	const struct process_descriptor stays = {GIVEN, GIVEN};

	(void)state;
	place("given", "one\n", GIVEN);
	assert_int_equal(run("read a <&3; [ $a = one ]", &stays), 0);
}

static void a_descriptor_takes_the_number_of_another(void **state)
{
	const struct process_descriptor moves = {OTHER, GIVEN};

	(void)state;
	place("given", "one\n", GIVEN);
	place("other", "two\n", OTHER);
	assert_int_equal(run("read a <&3; [ $a = two ]", &moves), 0);
}

static void no_other_descriptor_is_left(void **state)
{
	const struct process_descriptor moves = {OTHER, GIVEN};

	(void)state;
	place("given", "one\n", GIVEN);
	place("other", "two\n", OTHER);
	assert_int_equal(fcntl(OTHER, F_SETFD, 0), 0);
	assert_int_equal(run("[ ! -e /proc/self/fd/4 ]", &moves), 0);
	assert_int_equal(run("[ -e /proc/self/fd/3 ]", NULL), 1);
}

static bool is_open(int descriptor)
{
	return fcntl(descriptor, F_GETFD) >= 0;
}

/* The child begins with our table of descriptors. */
static void ours_stay_as_they_are(void **state)
{
	const struct process_descriptor moves = {FAR, GIVEN};

	(void)state;
	place("given", "one\n", GIVEN);
	place("other", "two\n", OTHER);
	place("far", "three\n", FAR);
	assert_int_equal(run("read a <&3; [ $a = three ]", &moves), 0);
	assert_int_equal(run("exit 0", NULL), 0);
	assert_true(is_open(GIVEN) && is_open(OTHER) && is_open(FAR));
	assert_int_equal(lseek(GIVEN, 0, SEEK_CUR), 0);
	close(FAR);
}

static void ours_stay_where_nothing_could_be_executed(void **state)
{
	const struct process_descriptor moves = {OTHER, GIVEN};
	char *const argv[] = {(char *)"no-such", NULL};
	const struct process process = {
		.path = "/no/such/program",
		.argv = argv,
		.env = no_environment,
		.given = &moves,
		.close_from = CLOSE_FROM,
	};

	(void)state;
	place("given", "one\n", GIVEN);
	place("other", "two\n", OTHER);
	assert_int_equal(process_start(&process), -ENOENT);
	assert_true(is_open(OTHER));
	assert_int_equal(fcntl(GIVEN, F_GETFD), FD_CLOEXEC);
}

static void what_cannot_be_executed_leaves_no_child(void **state)
{
	char *const argv[] = {(char *)"no-such", NULL};
	const struct process process = {
		.path = "/no/such/program",
		.argv = argv,
		.env = no_environment,
		.close_from = CLOSE_FROM,
	};

	(void)state;
	assert_int_equal(process_start(&process), -ENOENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_descriptor_may_have_its_number_already,
			scratch_empty),
		cmocka_unit_test_teardown(
			a_descriptor_takes_the_number_of_another,
			scratch_empty),
		cmocka_unit_test_teardown(no_other_descriptor_is_left,
					  scratch_empty),
		cmocka_unit_test_teardown(ours_stay_as_they_are, scratch_empty),
		cmocka_unit_test_teardown(
			ours_stay_where_nothing_could_be_executed,
			scratch_empty),
		cmocka_unit_test(what_cannot_be_executed_leaves_no_child),
	};

	return cmocka_run_group_tests_name("process", tests, scratch_make,
					   scratch_remove);
}
