/* Scripts: how they start, and what their end means. */
#include "scratch.h"

#include "script.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>

/* The script under test, and what it writes. */
#define PATH scratch("script")
#define RESULT scratch("result")

static enum script_outcome outcome_of(pid_t script)
{
	int status;

	assert_true(script > 0);
	assert_int_equal(waitpid(script, &status, 0), script);
	return script_outcome(status);
}

/* Runs a shell script with `body` and RESULT set; its outcome. */
static enum script_outcome run(const char *body)
{
	char text[512], variable[128];
	char *const env[] = {variable, "PATH=/usr/bin:/bin", NULL};

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", body);
	scratch_write(PATH, text, 0700);
	snprintf(variable, sizeof(variable), "RESULT=%s", RESULT);
	return outcome_of(script_start(PATH, env));
}

static void the_exit_status_decides(void **state)
{
	(void)state;
	assert_int_equal(run("exit 0"), SCRIPT_OK);
	assert_int_equal(run("exit 1"), SCRIPT_REFUSED);
	assert_int_equal(run("exit 255"), SCRIPT_REFUSED);
}

static void a_script_that_is_killed_has_failed(void **state)
{
	(void)state;
	assert_int_equal(run("kill -TERM $$"), SCRIPT_FAILED);
	assert_int_equal(run("kill -KILL $$"), SCRIPT_FAILED);
}

static void the_script_has_its_path_alone_and_our_environment(void **state)
{
	(void)state;
	assert_int_equal(setenv("NOT_FOR_SCRIPTS", "1", 1), 0);
	assert_int_equal(run("echo \"$0 $# ${NOT_FOR_SCRIPTS-unset}\""
			     " >$RESULT"),
			 SCRIPT_OK);

	char expected[128];

	snprintf(expected, sizeof(expected), "%s 0 unset\n", PATH);
	assert_string_equal(scratch_read(RESULT), expected);
}

static void the_script_leads_a_process_group_of_its_own(void **state)
{
	int ours, leader, group;

	(void)state;
	assert_int_equal(run("read -r pid comm st ppid pgrp rest"
			     " </proc/$$/stat; echo $$ $pgrp >$RESULT"),
			 SCRIPT_OK);
	assert_int_equal(sscanf(scratch_read(RESULT), "%d %d", &leader, &group),
			 2);
	ours = getpgrp();
	assert_int_equal(leader, group);
	assert_int_not_equal(group, ours);
}

static void no_descriptor_but_the_first_three_reaches_the_script(void **state)
{
	const int descriptor = open("/dev/zero", O_RDONLY);

	(void)state;
	assert_true(descriptor > 2);
	assert_int_equal(fcntl(descriptor, F_DUPFD, 200), 200);
	assert_int_equal(run("[ -e /proc/self/fd/2 ] || exit 1\n"
			     "for f in /proc/$$/fd/*; do f=${f##*/}\n"
			     "[ $f -le 2 ] || readlink /proc/$$/fd/$f\n"
			     "done >$RESULT; exit 0"),
			 SCRIPT_OK);
	close(descriptor);
	close(200);
	/* the shell has the script itself and its redirections open */
	assert_null(strstr(scratch_read(RESULT), "/dev/zero"));
}

/* What a script has of signals when we ignore two and block all. */
static void check_signals(bool are_noted)
{
	enum script_outcome outcome;
	sigset_t all, before;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	if (are_noted)
		script_note_signals();
	outcome = run("grep -E '^Sig(Blk|Ign)' /proc/self/status >$RESULT");
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	assert_int_equal(outcome, SCRIPT_OK);
	assert_string_equal(scratch_read(RESULT),
			    "SigBlk:\t0000000000000000\n"
			    "SigIgn:\t0000000000000000\n");
}

static void signals_are_default_and_not_blocked(void **state)
{
	(void)state;
	check_signals(false);
}

static void signals_that_were_noted_are_default(void **state)
{
	(void)state;
	check_signals(true);
}

static void what_cannot_be_executed_is_an_error_not_an_exit(void **state)
{
	char *const env[] = {NULL};

	(void)state;
	unlink(PATH);
	assert_int_equal(script_start(PATH, env), -ENOENT);
	scratch_write(PATH, "#!/bin/sh\n", 0600);
	assert_int_equal(script_start(PATH, env), -EACCES);
	scratch_write(PATH, "no interpreter named", 0700);
	assert_int_equal(script_start(PATH, env), -ENOEXEC);
	scratch_write(PATH, "#!/no/such/interpreter\n", 0700);
	assert_int_equal(script_start(PATH, env), -ENOENT);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void a_signal_reaches_the_whole_group(void **state)
{
	char *const env[] = {"PATH=/usr/bin:/bin", NULL};
	int ends[2];
	char octet;

	(void)state;
	/* each process of the group holds the pipe's end as its output */
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);

	const int output = dup(STDOUT_FILENO);

	assert_int_equal(dup2(ends[1], STDOUT_FILENO), STDOUT_FILENO);
	scratch_write(PATH, "#!/bin/sh\nsleep 600 & echo; wait\n", 0700);

	const pid_t script = script_start(PATH, env);

	dup2(output, STDOUT_FILENO);
	close(output);
	close(ends[1]);
	assert_true(script > 0);
	assert_int_equal(read(ends[0], &octet, 1), 1);
	script_signal(script, SIGKILL);
	assert_int_equal(outcome_of(script), SCRIPT_FAILED);
	/* the end of file: sleep(1) has gone as well */
	assert_int_equal(read(ends[0], &octet, 1), 0);
	close(ends[0]);
	script_signal(script, SIGKILL); /* nobody is there; no harm */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(the_exit_status_decides,
					  scratch_empty),
		cmocka_unit_test_teardown(a_script_that_is_killed_has_failed,
					  scratch_empty),
		cmocka_unit_test_teardown(
			the_script_has_its_path_alone_and_our_environment,
			scratch_empty),
		cmocka_unit_test_teardown(
			the_script_leads_a_process_group_of_its_own,
			scratch_empty),
		cmocka_unit_test_teardown(
			no_descriptor_but_the_first_three_reaches_the_script,
			scratch_empty),
		cmocka_unit_test_teardown(signals_are_default_and_not_blocked,
					  scratch_empty),
		cmocka_unit_test_teardown(signals_that_were_noted_are_default,
					  scratch_empty),
		cmocka_unit_test_teardown(
			what_cannot_be_executed_is_an_error_not_an_exit,
			scratch_empty),
		cmocka_unit_test_teardown(a_signal_reaches_the_whole_group,
					  scratch_empty),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
