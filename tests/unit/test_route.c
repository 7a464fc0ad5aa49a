/* Routes in RFC 3442's encoding, as text, and under a policy. */
#include "unit.h"

#include "route.h"

#include <string.h>

#define OCTETS(literal) (const uint8_t *)(literal), sizeof(literal) - 1
#define REFUSED_MAX 8

static struct in_addr address(const char *text)
{
	struct in_addr out = {0};

	assert_true(text_take_address(&text, &out));
	return out;
}

static void expect_route(const struct route *route, const char *destination,
			 unsigned prefix_length, const char *gateway)
{
	assert_int_equal(route->destination.s_addr,
			 address(destination).s_addr);
	assert_int_equal(route->prefix_length, prefix_length);
	assert_int_equal(route->gateway.s_addr, address(gateway).s_addr);
}

static void routes_are_read_one_after_the_other(void **state)
{
	static const uint8_t value[] = {24, 192, 168, 50, 10, 77, 0,  5,
					0,  10,  77,  0,  1,  32, 10, 0,
					0,  9,   0,   0,  0,  0};
	struct reader in = reader_of(value, sizeof(value));
	struct route route;

	(void)state;
	assert_true(route_take(&in, &route));
	expect_route(&route, "192.168.50.0", 24, "10.77.0.5");
	assert_true(route_take(&in, &route));
	expect_route(&route, "0.0.0.0", 0, "10.77.0.1");
	assert_true(route_take(&in, &route));
	expect_route(&route, "10.0.0.9", 32, "0.0.0.0");
	assert_false(route_take(&in, &route));
	assert_int_equal(reader_left(&in), 0);
}

static void bits_beyond_the_prefix_are_cleared(void **state)
{
	static const uint8_t value[] = {20, 10, 77,   0x3f, 10, 77, 0,
					1,  1,  0xff, 10,   77, 0,  1};
	struct reader in = reader_of(value, sizeof(value));
	struct route route;

	(void)state;
	assert_true(route_take(&in, &route));
	expect_route(&route, "10.77.48.0", 20, "10.77.0.1");
	assert_true(route_take(&in, &route));
	expect_route(&route, "128.0.0.0", 1, "10.77.0.1");
}

static void a_route_that_does_not_parse_is_not_taken(void **state)
{
	static const struct {
		const uint8_t *value;
		size_t length;
	} bad[] = {
		{OCTETS("\x21\x0a\x00\x00\x01\x0a\x00\x00\x01\x00")},
		{OCTETS("\x00")},
		{OCTETS("\x00\x0a\x00\x00")},
		{OCTETS("\x18\x0a\x00")},
		{OCTETS("\x18\x0a\x00\x00\x0a\x4d\x00")},
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct reader in = reader_of(bad[i].value, bad[i].length);

		assert_false(route_take(&in, &route));
		assert_int_equal(reader_left(&in), bad[i].length);
	}
}

static void text_is_read_back_as_it_was_written(void **state)
{
	for (unsigned prefix_length = 0; prefix_length <= 32; prefix_length++) {
		const uint32_t mask =
			(uint32_t)(0xffffffffULL << (32 - prefix_length));
		const struct route route = {
			.destination.s_addr = htonl(0xfedcba98 & mask),
			.prefix_length = (uint8_t)prefix_length,
			.gateway.s_addr = htonl(0x0a4d00ff),
		};
		char buffer[64];
		struct text text = text_in(buffer, sizeof(buffer));
		const char *at = buffer;
		struct route back;

		(void)state;
		route_add_text(&route, &text);
		assert_true(route_take_text(&at, &back));
		assert_int_equal(*at, '\0');
		assert_int_equal(back.destination.s_addr,
				 route.destination.s_addr);
		assert_int_equal(back.prefix_length, prefix_length);
		assert_int_equal(back.gateway.s_addr, route.gateway.s_addr);
	}
}

static void text_of_several_routes_is_stepped_through(void **state)
{
	const char *at = "24 192 168 50 10 77 0 5 0 10 77 0 1";
	struct route route;

	(void)state;
	assert_true(route_take_text(&at, &route));
	expect_route(&route, "192.168.50.0", 24, "10.77.0.5");
	assert_true(route_take_text(&at, &route));
	expect_route(&route, "0.0.0.0", 0, "10.77.0.1");
	assert_false(route_take_text(&at, &route));
	assert_int_equal(*at, '\0');
}

static void text_that_does_not_parse_is_not_taken(void **state)
{
	static const char *const bad[] = {
		"33 10 0 0 1 10 0 0 1 0",
		"24 10 0 0 10 77 0",
		"24 10 0 256 10 77 0 1",
		"24  10 0 0 10 77 0 1",
		"24 10 0 0 10 77 0 1 ",
		"24 10 0 0 10 77 0 1,",
		"24:10:0:0:10:77:0:1",
		"20 10 77 63 10 77 0 1",
		" 0 10 77 0 1",
		"00 10 77 0 1",
		"x",
	};
	struct route route;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *at = bad[i];

		while (route_take_text(&at, &route))
			;
		if (*at == '\0')
			fail_msg("\"%s\" was taken", bad[i]);
	}
}

/* Variables of an address, routers, and what `code` and `text` add. */
static struct variables given(uint16_t code, const char *text)
{
	static const struct variables none;
	struct variables variables = none;

	assert_true(variables_add(&variables, FIELD_IP_ADDRESS, "10.77.0.9"));
	assert_true(variables_add(&variables, code, text));
	assert_true(variables_add(&variables, OPTION_ROUTERS,
				  "10.77.0.1 10.77.0.2"));
	assert_true(variables_are_valid(&variables));
	return variables;
}

static void expect_text(const struct variables *variables, uint16_t code,
			const char *expected)
{
	const char *const text = variables_find(variables, code);

	assert_true(variables_are_valid(variables));
	if (expected == NULL)
		assert_null(text);
	else
		assert_string_equal(text, expected);
}

static void by_default_only_the_way_to_the_gateway_is_kept(void **state)
{
	static const uint16_t codes[] = {121, 249};
	struct route refused[REFUSED_MAX];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		/* TunnelVision's halves, a /32 elsewhere, one to the gateway */
		struct variables variables =
			given(codes[i],
			      "1 0 10 77 0 66 1 128 10 77 0 66 "
			      "32 10 0 0 9 0 0 0 0 32 198 51 100 7 10 77 0 66 "
			      "0 10 0 0 9 24 10 0 0 10 77 0 66");

		assert_int_equal(route_policy_apply(ROUTES_GATEWAY, &variables,
						    refused, REFUSED_MAX),
				 4);
		expect_route(&refused[0], "0.0.0.0", 1, "10.77.0.66");
		expect_route(&refused[1], "128.0.0.0", 1, "10.77.0.66");
		expect_route(&refused[2], "198.51.100.7", 32, "10.77.0.66");
		expect_route(&refused[3], "10.0.0.0", 24, "10.77.0.66");
		expect_text(&variables, codes[i],
			    "32 10 0 0 9 0 0 0 0 0 10 0 0 9");
		expect_text(&variables, 3, "10.77.0.1 10.77.0.2");
	}
}

static void the_way_to_the_gateway_is_a_route_to_one_host(void **state)
{
	/* a gateway whose address ends in 0: the /24 begins with it */
	struct variables variables =
		given(121, "24 10 76 1 0 0 0 0 0 10 76 1 0");
	struct route refused[REFUSED_MAX];

	(void)state;
	assert_int_equal(route_policy_apply(ROUTES_GATEWAY, &variables, refused,
					    REFUSED_MAX),
			 1);
	expect_route(&refused[0], "10.76.1.0", 24, "0.0.0.0");
	expect_text(&variables, 121, "0 10 76 1 0");
}

static void without_a_default_route_nothing_is_kept(void **state)
{
	struct variables variables =
		given(121, "32 10 0 0 9 0 0 0 0 24 192 168 50 10 0 0 9");
	struct route refused[REFUSED_MAX];

	(void)state;
	assert_int_equal(route_policy_apply(ROUTES_GATEWAY, &variables, refused,
					    REFUSED_MAX),
			 2);
	expect_text(&variables, 121, NULL);
	expect_text(&variables, 3, "10.77.0.1 10.77.0.2");
}

static void a_harmless_list_is_left_as_it_is(void **state)
{
	struct variables variables = given(121, "0 10 77 0 1");

	(void)state;
	assert_int_equal(
		route_policy_apply(ROUTES_GATEWAY, &variables, NULL, 0), 0);
	expect_text(&variables, 121, "0 10 77 0 1");
}

static void static_routes_are_refused_by_default(void **state)
{
	struct variables variables =
		given(33, "10.81.0.0 10.77.0.3 10.82.0.0 10.77.0.4");
	struct route refused[REFUSED_MAX];

	(void)state;
	assert_int_equal(route_policy_apply(ROUTES_GATEWAY, &variables, refused,
					    REFUSED_MAX),
			 2);
	expect_route(&refused[0], "10.81.0.0", 32, "10.77.0.3");
	expect_route(&refused[1], "10.82.0.0", 32, "10.77.0.4");
	expect_text(&variables, 33, NULL);
	expect_text(&variables, 3, "10.77.0.1 10.77.0.2");
}

static void no_routes_means_no_routers_either(void **state)
{
	struct variables variables = given(121, "0 10 77 0 1");
	struct route refused[REFUSED_MAX];

	(void)state;
	assert_true(variables_add(&variables, 249, "0 10 77 0 3"));
	assert_true(variables_add(&variables, 33, "10.81.0.0 10.77.0.3"));
	assert_int_equal(route_policy_apply(ROUTES_NONE, &variables, refused,
					    REFUSED_MAX),
			 5);
	expect_route(&refused[0], "0.0.0.0", 0, "10.77.0.1");
	expect_route(&refused[1], "0.0.0.0", 0, "10.77.0.3");
	expect_route(&refused[2], "10.81.0.0", 32, "10.77.0.3");
	expect_route(&refused[3], "0.0.0.0", 0, "10.77.0.1");
	expect_route(&refused[4], "0.0.0.0", 0, "10.77.0.2");
	expect_text(&variables, 3, NULL);
	expect_text(&variables, 33, NULL);
	expect_text(&variables, 121, NULL);
	expect_text(&variables, 249, NULL);
	expect_text(&variables, FIELD_IP_ADDRESS, "10.77.0.9");
}

static void all_routes_are_passed_on_if_wanted(void **state)
{
	struct variables variables = given(121, "1 0 10 77 0 66");

	(void)state;
	assert_true(variables_add(&variables, 33, "10.81.0.0 10.77.0.3"));
	assert_int_equal(route_policy_apply(ROUTES_ALL, &variables, NULL, 0),
			 0);
	expect_text(&variables, 121, "1 0 10 77 0 66");
	expect_text(&variables, 33, "10.81.0.0 10.77.0.3");
}

static void more_refused_routes_than_there_is_room_for_are_counted(void **state)
{
	struct variables variables =
		given(121, "24 10 0 0 10 77 0 66 24 10 0 1 10 77 0 66");
	struct route refused[1];

	(void)state;
	assert_int_equal(
		route_policy_apply(ROUTES_GATEWAY, &variables, refused, 1), 2);
	expect_route(&refused[0], "10.0.0.0", 24, "10.77.0.66");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(routes_are_read_one_after_the_other),
		cmocka_unit_test(bits_beyond_the_prefix_are_cleared),
		cmocka_unit_test(a_route_that_does_not_parse_is_not_taken),
		cmocka_unit_test(text_is_read_back_as_it_was_written),
		cmocka_unit_test(text_of_several_routes_is_stepped_through),
		cmocka_unit_test(text_that_does_not_parse_is_not_taken),
		cmocka_unit_test(
			by_default_only_the_way_to_the_gateway_is_kept),
		cmocka_unit_test(the_way_to_the_gateway_is_a_route_to_one_host),
		cmocka_unit_test(without_a_default_route_nothing_is_kept),
		cmocka_unit_test(a_harmless_list_is_left_as_it_is),
		cmocka_unit_test(static_routes_are_refused_by_default),
		cmocka_unit_test(no_routes_means_no_routers_either),
		cmocka_unit_test(all_routes_are_passed_on_if_wanted),
		cmocka_unit_test(
			more_refused_routes_than_there_is_room_for_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
