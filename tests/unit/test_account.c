/* The accounts of this machine, as getpwnam(3) knows them. */
#include "account.h"

#include <grp.h>
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void users_are_those_of_the_system(void **state)
{
	static const char *const names[] = {"root", "daemon", "nobody"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct passwd *entry = getpwnam(names[i]);
		uid_t uid = 4711;
		gid_t gid = 4711;

		assert_non_null(entry);
		assert_true(account_user(names[i], &uid, &gid));
		assert_int_equal(uid, entry->pw_uid);
		assert_int_equal(gid, entry->pw_gid);
	}
}

static void groups_are_those_of_the_system(void **state)
{
	static const char *const names[] = {"root", "daemon", "nogroup"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct group *entry = getgrnam(names[i]);
		gid_t gid = 4711;

		assert_non_null(entry);
		assert_true(account_group(names[i], &gid));
		assert_int_equal(gid, entry->gr_gid);
	}
}

static void nobody_is_found_by_part_of_a_name(void **state)
{
	uid_t uid = 4711;
	gid_t gid = 4711;

	(void)state;
	assert_false(account_user("roo", &uid, &gid));
	assert_false(account_user("root:", &uid, &gid));
	assert_false(account_user("no-such-user", &uid, &gid));
	assert_false(account_group("roo", &gid));
	assert_int_equal(uid, 4711);
	assert_int_equal(gid, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_are_those_of_the_system),
		cmocka_unit_test(groups_are_those_of_the_system),
		cmocka_unit_test(nobody_is_found_by_part_of_a_name),
	};

	return cmocka_run_group_tests_name("account", tests, NULL, NULL);
}
