/* Files that are replaced as a whole, and what is left alone. */
#include "scratch.h"

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>

#define FILE_PATH scratch("eth0.leases")

static int replace(const char *path, const char *text)
{
	return store_replace(path, text, strlen(text), 0640);
}

static struct stat status_of(const char *path)
{
	struct stat status;

	assert_int_equal(lstat(path, &status), 0);
	return status;
}

static void a_file_is_made_with_its_mode_whatever_the_umask(void **state)
{
	const mode_t before = umask(0777);

	(void)state;
	assert_int_equal(replace(FILE_PATH, "lease {\n}\n"), 0);
	umask(before);
	assert_string_equal(scratch_read(FILE_PATH), "lease {\n}\n");
	assert_int_equal(status_of(FILE_PATH).st_mode & 07777, 0640);
	assert_int_equal(scratch_count(), 1);
}

static void a_file_is_replaced_not_written_into(void **state)
{
	(void)state;
	scratch_write(FILE_PATH, "a longer text than the new one", 0600);

	const ino_t before = status_of(FILE_PATH).st_ino;
	const int open_before = open(FILE_PATH, O_RDONLY);

	assert_true(open_before >= 0);
	assert_int_equal(replace(FILE_PATH, "new"), 0);
	assert_string_equal(scratch_read(FILE_PATH), "new");
	assert_int_not_equal(status_of(FILE_PATH).st_ino, before);
	close(open_before);
	assert_int_equal(replace(FILE_PATH, ""), 0);
	assert_int_equal(status_of(FILE_PATH).st_size, 0);
	assert_int_equal(scratch_count(), 1);
}

static void what_is_no_file_is_neither_replaced_nor_removed(void **state)
{
	const char *null = scratch_null();
	const int before = scratch_count();

	(void)state;
	assert_int_equal(replace(null, "text"), 1);
	assert_int_equal(store_remove(null), 0);
	assert_true(S_ISCHR(status_of(null).st_mode));

	scratch_write(scratch("target"), "untouched", 0600);
	assert_int_equal(symlink(scratch("target"), FILE_PATH), 0);
	assert_int_equal(replace(FILE_PATH, "text"), 1);
	assert_int_equal(store_remove(FILE_PATH), 0);
	assert_true(S_ISLNK(status_of(FILE_PATH).st_mode));
	assert_string_equal(scratch_read(scratch("target")), "untouched");

	assert_int_equal(mkdir(scratch("folder"), 0700), 0);
	assert_int_equal(replace(scratch("folder"), "text"), 1);
	assert_int_equal(store_remove(scratch("folder")), 0);
	assert_int_equal(scratch_count(), before + 3);
}

/* The name that the new file has until it is complete. */
static const char *temporary(void)
{
	char name[64];

	snprintf(name, sizeof(name), "eth0.leases.%d", (int)getpid());
	return scratch(name);
}

static void a_rest_of_a_crash_is_no_obstacle(void **state)
{
	(void)state;
	scratch_write(temporary(), "rest", 0600);
	assert_int_equal(replace(FILE_PATH, "new"), 0);
	assert_string_equal(scratch_read(FILE_PATH), "new");
	assert_int_equal(scratch_count(), 1);
}

static void a_link_planted_in_the_way_is_not_followed(void **state)
{
	(void)state;
	scratch_write(scratch("target"), "untouched", 0600);
	assert_int_equal(symlink(scratch("target"), temporary()), 0);
	assert_int_equal(replace(FILE_PATH, "new"), -EEXIST);
	assert_string_equal(scratch_read(scratch("target")), "untouched");
}

static void an_error_leaves_the_old_file_and_no_other(void **state)
{
	char large[PATH_MAX];

	(void)state;
	assert_int_equal(replace(scratch("no/such/folder"), "x"), -ENOENT);
	scratch_write(scratch("plain"), "", 0600);
	assert_int_equal(replace(scratch("plain/file"), "x"), -ENOTDIR);
	assert_int_equal(store_remove(scratch("plain/file")), -ENOTDIR);
	memset(large, '/', sizeof(large));
	large[sizeof(large) - 1] = '\0';
	memcpy(large + sizeof(large) - 20, "tmp/no-such-file-", 17);
	large[sizeof(large) - 3] = '\0';
	assert_int_equal(replace(large, "x"), -ENAMETOOLONG);
	assert_int_equal(scratch_count(), 1);
}

/* The limit on a file's size stands for a full disk. */
static void a_file_that_cannot_be_written_whole_leaves_the_old_one(void **state)
{
	struct rlimit before, small;

	(void)state;
	assert_int_equal(replace(FILE_PATH, "old"), 0);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	small = (struct rlimit){4, before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);

	const int result = replace(FILE_PATH, "longer than that");

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(result, -EFBIG);
	assert_string_equal(scratch_read(FILE_PATH), "old");
	assert_int_equal(scratch_count(), 1);
}

static void what_is_removed_is_gone_and_need_not_have_been_there(void **state)
{
	(void)state;
	scratch_write(FILE_PATH, "", 0600);
	assert_int_equal(store_remove(FILE_PATH), 0);
	assert_int_equal(scratch_count(), 0);
	assert_int_equal(store_remove(FILE_PATH), 0);
}

static void a_file_is_read_if_it_fits_with_its_nul(void **state)
{
	char buffer[6];

	(void)state;
	scratch_write(FILE_PATH, "12345", 0600);
	assert_int_equal(store_read(FILE_PATH, buffer, 6), 5);
	assert_string_equal(buffer, "12345");
	assert_int_equal(store_read(FILE_PATH, buffer, 5), -EFBIG);
	scratch_write(FILE_PATH, "", 0600);
	assert_int_equal(store_read(FILE_PATH, buffer, 6), 0);
	assert_string_equal(buffer, "");
}

static void only_a_file_is_read(void **state)
{
	char buffer[16];

	(void)state;
	assert_int_equal(store_read(FILE_PATH, buffer, 16), -ENOENT);
	assert_int_equal(store_read("/dev/zero", buffer, 16), -EINVAL);
	assert_int_equal(store_read(scratch_directory, buffer, 16), -EINVAL);
	assert_int_equal(mkfifo(scratch("fifo"), 0600), 0);
	assert_int_equal(store_read(scratch("fifo"), buffer, 16), -EINVAL);
	assert_int_equal(symlink("/etc/hostname", FILE_PATH), 0);
	assert_int_equal(store_read(FILE_PATH, buffer, 16), -ELOOP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_file_is_made_with_its_mode_whatever_the_umask,
			scratch_empty),
		cmocka_unit_test_teardown(a_file_is_replaced_not_written_into,
					  scratch_empty),
		cmocka_unit_test_teardown(
			what_is_no_file_is_neither_replaced_nor_removed,
			scratch_empty),
		cmocka_unit_test_teardown(a_rest_of_a_crash_is_no_obstacle,
					  scratch_empty),
		cmocka_unit_test_teardown(
			a_link_planted_in_the_way_is_not_followed,
			scratch_empty),
		cmocka_unit_test_teardown(
			an_error_leaves_the_old_file_and_no_other,
			scratch_empty),
		cmocka_unit_test_teardown(
			a_file_that_cannot_be_written_whole_leaves_the_old_one,
			scratch_empty),
		cmocka_unit_test_teardown(
			what_is_removed_is_gone_and_need_not_have_been_there,
			scratch_empty),
		cmocka_unit_test_teardown(
			a_file_is_read_if_it_fits_with_its_nul, scratch_empty),
		cmocka_unit_test_teardown(only_a_file_is_read, scratch_empty),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
