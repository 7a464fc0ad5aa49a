/* One instance for a link, in a namespace of the test's own. */
#include "instance.h"

#include "unit.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

static void a_link_is_taken_once(void **state)
{
	const uint32_t lo = if_nametoindex("lo");
	const int first = instance_take_link(lo);
	const int other = instance_take_link(lo + 1);

	(void)state;
	assert_true(first >= 0);
	assert_true(other >= 0);
	assert_int_equal(instance_take_link(lo), -EADDRINUSE);
	assert_true(instance_has_link("lo"));
	close(first);
	assert_false(instance_has_link("lo"));
	close(other);
}

/* As somebody who may not be a DHCP client, in a child. */
static void a_plain_user_can_keep_nobody_from_a_link(void **state)
{
	const uint32_t lo = if_nametoindex("lo");
	const pid_t child = fork();
	int status, taken;

	(void)state;
	if (child == 0)
		_exit(setresuid(65534, 65534, 65534) < 0 ||
		      instance_take_link(lo) != -EACCES);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	taken = instance_take_link(lo);
	assert_true(taken >= 0);
	close(taken);
}

static void nobody_has_a_link_that_is_not_there(void **state)
{
	(void)state;
	assert_false(instance_has_link("nosuch0"));
	assert_false(instance_has_link(""));
}

static void who_waits_in_vain_for_the_leases_goes_on(void **state)
{
	const int first = instance_take_leases();
	int second;

	(void)state;
	assert_true(first >= 0);
	assert_int_equal(instance_take_leases(), -EADDRINUSE);
	close(first);
	second = instance_take_leases();
	assert_true(second >= 0);
	close(second);
}

static int enter_namespace(void **state)
{
	(void)state;
	return unshare(CLONE_NEWNET);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_link_is_taken_once),
		cmocka_unit_test(a_plain_user_can_keep_nobody_from_a_link),
		cmocka_unit_test(nobody_has_a_link_that_is_not_there),
		cmocka_unit_test(who_waits_in_vain_for_the_leases_goes_on),
	};

	return cmocka_run_group_tests(tests, enter_namespace, NULL);
}
