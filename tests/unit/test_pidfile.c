/* The pid file: its lock says who runs, whatever its text says. */
#include "scratch.h"

#include "pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define PID_PATH scratch("eth0.pid")

/* A child that holds the lock on `path`, once this returns. */
static pid_t start_holder(const char *path)
{
	int ready[2];
	char octet;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);

	const pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		pid_t holder;
		const int descriptor = pidfile_open(path, 0640, &holder);

		if (descriptor < 0 || pidfile_write(descriptor, 4711) < 0 ||
		    write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &octet, 1), 1);
	close(ready[0]);
	return child;
}

static void end_holder(pid_t child)
{
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_new_file_is_made_and_holds_the_pid(void **state)
{
	const mode_t before = umask(0777);
	pid_t holder = -1;
	const int descriptor = pidfile_open(PID_PATH, 0640, &holder);
	struct stat status;

	(void)state;
	umask(before);
	assert_true(descriptor >= 0);
	assert_int_equal(holder, -1);
	assert_int_equal(fstat(descriptor, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0640);
	assert_true(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(pidfile_write(descriptor, 1234567), 0);
	assert_string_equal(scratch_read(PID_PATH), "1234567\n");
	assert_int_equal(pidfile_write(descriptor, 12), 0);
	assert_string_equal(scratch_read(PID_PATH), "12\n");
	pidfile_remove(descriptor, PID_PATH);
	assert_int_equal(scratch_count(), 0);
}

static void an_old_file_is_used_in_place(void **state)
{
	struct stat before, after;
	pid_t holder;

	(void)state;
	scratch_write(PID_PATH, "99999 and more\n", 0600);
	assert_int_equal(stat(PID_PATH, &before), 0);

	const int descriptor = pidfile_open(PID_PATH, 0640, &holder);

	assert_true(descriptor >= 0);
	assert_int_equal(pidfile_write(descriptor, 7), 0);
	assert_int_equal(stat(PID_PATH, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_string_equal(scratch_read(PID_PATH), "7\n");
	pidfile_remove(descriptor, PID_PATH);
}

static void a_file_that_is_held_is_refused_and_its_holder_named(void **state)
{
	const pid_t child = start_holder(PID_PATH);
	pid_t holder = -1;

	(void)state;
	assert_int_equal(pidfile_open(PID_PATH, 0640, &holder), -EAGAIN);
	assert_int_equal(holder, child);
	assert_int_equal(pidfile_holder(PID_PATH), child);
	assert_string_equal(scratch_read(PID_PATH), "4711\n");
	end_holder(child);
}

static void the_lock_ends_with_its_holder(void **state)
{
	const pid_t child = start_holder(PID_PATH);
	pid_t holder;

	(void)state;
	end_holder(child);
	assert_int_equal(pidfile_holder(PID_PATH), 0);

	const int descriptor = pidfile_open(PID_PATH, 0640, &holder);

	assert_true(descriptor >= 0);
	pidfile_remove(descriptor, PID_PATH);
}

static void nobody_holds_what_is_no_file(void **state)
{
	(void)state;
	assert_int_equal(pidfile_holder(PID_PATH), -ENOENT);
	assert_int_equal(pidfile_holder(scratch_null()), -ENOENT);
	assert_int_equal(symlink("/etc/hostname", PID_PATH), 0);
	assert_int_equal(pidfile_holder(PID_PATH), -ELOOP);
}

static void what_is_no_file_is_opened_and_stays(void **state)
{
	const char *null = scratch_null();
	pid_t holder;
	const int first = pidfile_open(null, 0640, &holder);
	const int second = pidfile_open(null, 0640, &holder);
	struct stat status;

	(void)state;
	assert_true(first >= 0 && second >= 0);
	assert_int_equal(pidfile_write(first, 1), 0);
	pidfile_remove(first, null);
	pidfile_remove(second, null);
	assert_int_equal(lstat(null, &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

static void no_link_is_followed(void **state)
{
	pid_t holder;

	(void)state;
	scratch_write(scratch("target"), "untouched", 0600);
	assert_int_equal(symlink(scratch("target"), PID_PATH), 0);
	assert_int_equal(pidfile_open(PID_PATH, 0640, &holder), -ELOOP);
	assert_int_equal(unlink(PID_PATH), 0);
	assert_int_equal(symlink(scratch("nothing"), PID_PATH), 0);
	assert_int_equal(pidfile_open(PID_PATH, 0640, &holder), -ELOOP);
	assert_int_equal(scratch_count(), 2);
}

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
	pid_t holder;

	(void)state;
	assert_int_equal(pidfile_open(scratch("no/folder"), 0640, &holder),
			 -ENOENT);
	assert_int_equal(pidfile_open(scratch_directory, 0640, &holder),
			 -EISDIR);
}

static void a_file_that_is_somebody_elses_now_is_not_removed(void **state)
{
	pid_t holder;
	const int descriptor = pidfile_open(PID_PATH, 0640, &holder);

	(void)state;
	assert_true(descriptor >= 0);
	assert_int_equal(rename(PID_PATH, scratch("moved")), 0);
	scratch_write(PID_PATH, "1\n", 0600);
	pidfile_remove(descriptor, PID_PATH);
	assert_string_equal(scratch_read(PID_PATH), "1\n");
}

static void a_descriptor_that_cannot_be_written_is_an_error(void **state)
{
	(void)state;
	scratch_write(PID_PATH, "", 0600);

	const int descriptor = open(PID_PATH, O_RDONLY);

	assert_true(descriptor >= 0);
	assert_int_equal(pidfile_write(descriptor, 1), -EINVAL);
	close(descriptor);
}

#define TEST(name) cmocka_unit_test_teardown(name, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_file_is_made_and_holds_the_pid),
		TEST(an_old_file_is_used_in_place),
		TEST(a_file_that_is_held_is_refused_and_its_holder_named),
		TEST(the_lock_ends_with_its_holder),
		TEST(nobody_holds_what_is_no_file),
		TEST(what_is_no_file_is_opened_and_stays),
		TEST(no_link_is_followed),
		TEST(a_file_that_cannot_be_made_is_an_error),
		TEST(a_file_that_is_somebody_elses_now_is_not_removed),
		TEST(a_descriptor_that_cannot_be_written_is_an_error),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
