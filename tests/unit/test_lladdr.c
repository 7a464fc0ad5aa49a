/* Asking the kernel about an interface that is not there. */
#include "lladdr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct mac local = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};

static void test_no_such_interface(void **state)
{
	const char *what = NULL;
	struct mac mac = local;

	(void)state;
	assert_int_equal(lladdr_kind_of("no-such", &local), MAC_UNKNOWN);
	assert_true(lladdr_randomize("no-such", &mac, &what) < 0);
	assert_string_equal(what, "asking for the link's flags");
	assert_true(mac_equal(&mac, &local));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_such_interface),
	};

	return cmocka_run_group_tests_name("lladdr", tests, NULL, NULL);
}
