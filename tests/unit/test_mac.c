/* What an address tells. */
#include "mac.h"

#include <linux/netdevice.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define UNKNOWN_TYPE (-1)

static const struct mac global = {{0x00, 0x11, 0x22, 0x33, 0x44, 0x55}};
static const struct mac other = {{0x00, 0x16, 0x3e, 0x01, 0x02, 0x03}};
static const struct mac local = {{0x52, 0x54, 0x00, 0x12, 0x34, 0x56}};

static void test_judge(void **state)
{
	static const struct {
		const struct mac *current, *permanent;
		int assigned;
		enum mac_kind expected;
	} cases[] = {
		/* the hardware has told its own */
		{&global, &global, UNKNOWN_TYPE, MAC_PERMANENT},
		{&local, &local, UNKNOWN_TYPE, MAC_PERMANENT},
		{&local, &global, UNKNOWN_TYPE, MAC_RANDOM},
		{&other, &global, UNKNOWN_TYPE, MAC_FOREIGN},
		{&global, &local, NET_ADDR_PERM, MAC_FOREIGN},
		/* it has not: the kernel knows where the present one is from */
		{&local, NULL, NET_ADDR_RANDOM, MAC_RANDOM},
		{&local, NULL, NET_ADDR_SET, MAC_RANDOM},
		{&global, NULL, NET_ADDR_SET, MAC_UNKNOWN},
		{&global, NULL, NET_ADDR_PERM, MAC_PERMANENT},
		{&local, NULL, NET_ADDR_PERM, MAC_UNKNOWN},
		{&local, NULL, NET_ADDR_STOLEN, MAC_UNKNOWN},
		{&global, NULL, NET_ADDR_STOLEN, MAC_UNKNOWN},
		{&local, NULL, UNKNOWN_TYPE, MAC_UNKNOWN},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(mac_judge(cases[i].current, cases[i].permanent,
					   cases[i].assigned),
				 cases[i].expected);
}

static void test_changed(void **state)
{
	(void)state;
	assert_false(mac_kind_is_changed(MAC_UNKNOWN));
	assert_false(mac_kind_is_changed(MAC_PERMANENT));
	assert_true(mac_kind_is_changed(MAC_RANDOM));
	assert_true(mac_kind_is_changed(MAC_FOREIGN));
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(mac_kind_name(MAC_UNKNOWN), "unknown");
	assert_string_equal(mac_kind_name(MAC_PERMANENT), "permanent");
	assert_string_equal(mac_kind_name(MAC_RANDOM), "random");
	assert_string_equal(mac_kind_name(MAC_FOREIGN), "foreign");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_changed),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("mac", tests, NULL, NULL);
}
