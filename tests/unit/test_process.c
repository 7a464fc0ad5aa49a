/* What a child begins with: its descriptors, and an error if it can't. */
#include "process.h"

#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#define FIRST 3 /* of the child's descriptors */
#define SECOND 4
#define CLOSE_FROM 5

static char *const no_environment[] = {NULL};

/* Runs `shell` with these descriptors, in our place in all else. */
static int run(const char *shell, const struct process_descriptor *descriptor,
	       size_t count)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)shell, NULL};
	const struct process process = {
		.path = "/bin/sh",
		.argv = argv,
		.env = no_environment,
		.descriptor = descriptor,
		.count = count,
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
	const struct process_descriptor stays[] = {{FIRST, FIRST},
						   {SECOND, SECOND}};

	(void)state;
	place("first", "one\n", FIRST);
	place("second", "two\n", SECOND);
	assert_int_equal(
		run("read a <&3; read b <&4; [ $a$b = onetwo ]", stays, 2), 0);
}

static void descriptors_may_have_each_others_numbers(void **state)
{
	const struct process_descriptor swapped[] = {{SECOND, FIRST},
						     {FIRST, SECOND}};

	(void)state;
	place("first", "one\n", FIRST);
	place("second", "two\n", SECOND);
	assert_int_equal(
		run("read a <&3; read b <&4; [ $a$b = twoone ]", swapped, 2),
		0);
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
			descriptors_may_have_each_others_numbers,
			scratch_empty),
		cmocka_unit_test(what_cannot_be_executed_leaves_no_child),
	};

	return cmocka_run_group_tests_name("process", tests, scratch_make,
					   scratch_remove);
}
