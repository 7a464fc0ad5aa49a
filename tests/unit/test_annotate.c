/*
 * What --audit says of a frame: no octet is left out, and each comes from
 * where the profile has it from.
 */
#include "unit.h"

#include "annotate.h"

#include <stdio.h>

static const struct mac own = {{0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5}};
static const struct disclosure nothing;
static const struct disclosure everything = {
	.client_id = true, .request_options = true, .broadcast = true};

static struct annotated frames[REHEARSED_COUNT];

static void annotate_with(const struct disclosure *disclosure)
{
	annotate(&own, disclosure, 0x12345678, 0x9abcdef0, frames);
}

static const struct field *find(enum rehearsed what, const char *name)
{
	for (size_t i = 0; i < frames[what].count; i++)
		if (strcmp(frames[what].field[i].name, name) == 0)
			return &frames[what].field[i];
	return NULL;
}

static unsigned origins(enum rehearsed what, const char *name)
{
	const struct field *field = find(what, name);

	if (field == NULL)
		fail_msg("%s has no %s", rehearsed_name(what), name);
	return field->origins;
}

static bool is_arp(enum rehearsed what)
{
	return what == REHEARSED_PROBE || what == REHEARSED_ANNOUNCEMENT;
}

static void each_frame_has_its_name(void **state)
{
	(void)state;
	for (unsigned i = 0; i < REHEARSED_COUNT; i++)
		for (unsigned j = 0; j < i; j++)
			assert_string_not_equal(
				rehearsed_name((enum rehearsed)i),
				rehearsed_name((enum rehearsed)j));
	assert_string_equal(rehearsed_name(REHEARSED_DECLINE), "DHCPDECLINE");
}

static void every_octet_is_in_one_field(void **state)
{
	static const struct disclosure *const disclosures[] = {&nothing,
							       &everything};

	(void)state;
	for (size_t d = 0; d < 2; d++) {
		annotate_with(disclosures[d]);
		for (size_t i = 0; i < REHEARSED_COUNT; i++) {
			uint16_t at = 0;

			for (size_t n = 0; n < frames[i].count; n++) {
				const struct field *field = &frames[i].field[n];

				assert_int_equal(field->offset, at);
				assert_true(strlen(field->name) > 0);
				at = (uint16_t)(at + field->length);
			}
			assert_int_equal(at, frames[i].length);
			assert_int_equal(at, is_arp((enum rehearsed)i) ? 42
					     : frames[i].by_kernel     ? 300
								       : 342);
		}
	}
}

static void only_a_renewal_has_headers_of_the_kernels(void **state)
{
	(void)state;
	annotate_with(&nothing);
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		assert_int_equal(frames[i].by_kernel,
				 i == REHEARSED_REQUEST_RENEWING);
}

/* dhcpcanon-anonymity(7), seen from the frames. */
static void only_four_things_are_not_fixed(void **state)
{
	static const struct {
		const char *name;
		unsigned origins;
	} expected[] = {
		{"Ethernet source", ORIGIN_MAC},
		{"ARP sender MAC", ORIGIN_MAC},
		{"ARP sender address", ORIGIN_SERVER},
		{"ARP target address", ORIGIN_SERVER},
		{"xid", ORIGIN_CHANCE},
		{"secs", ORIGIN_TIME},
		{"ciaddr", ORIGIN_SERVER},
		{"chaddr", ORIGIN_MAC},
		{"option 50 dhcp-requested-address", ORIGIN_SERVER},
		{"option 54 dhcp-server-identifier", ORIGIN_SERVER},
	};

	(void)state;
	annotate_with(&nothing);
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		for (size_t n = 0; n < frames[i].count; n++) {
			const struct field *field = &frames[i].field[n];
			unsigned allowed = 0;

			if (field->is_checksum)
				continue;
			for (size_t e = 0;
			     e < sizeof(expected) / sizeof(expected[0]); e++)
				if (strcmp(field->name, expected[e].name) == 0)
					allowed = expected[e].origins;
			if ((field->origins & ~allowed) != 0)
				fail_msg("%s: %s: %x",
					 rehearsed_name((enum rehearsed)i),
					 field->name, field->origins);
		}
}

static void what_is_not_fixed_is_found_to_be_so(void **state)
{
	(void)state;
	annotate_with(&nothing);
	assert_int_equal(origins(REHEARSED_DISCOVER, "xid"), ORIGIN_CHANCE);
	assert_int_equal(origins(REHEARSED_DISCOVER, "chaddr"), ORIGIN_MAC);
	assert_int_equal(origins(REHEARSED_DISCOVER, "secs"), ORIGIN_TIME);
	assert_int_equal(origins(REHEARSED_DISCOVER, "ciaddr"), 0);
	assert_int_equal(origins(REHEARSED_DISCOVER, "UDP checksum"),
			 ORIGIN_MAC | ORIGIN_CHANCE | ORIGIN_TIME);
	assert_int_equal(origins(REHEARSED_REQUEST_SELECTING,
				 "option 54 dhcp-server-identifier"),
			 ORIGIN_SERVER);
	assert_int_equal(origins(REHEARSED_REQUEST_SELECTING, "secs"),
			 ORIGIN_TIME);
	assert_int_equal(origins(REHEARSED_REQUEST_RENEWING, "secs"),
			 ORIGIN_TIME);
	assert_int_equal(origins(REHEARSED_REQUEST_REBINDING, "ciaddr"),
			 ORIGIN_SERVER);
	assert_int_equal(origins(REHEARSED_DECLINE, "secs"), 0);
	assert_int_equal(origins(REHEARSED_PROBE, "ARP sender address"), 0);
	assert_int_equal(origins(REHEARSED_ANNOUNCEMENT, "ARP sender address"),
			 ORIGIN_SERVER);
}

static void values_are_those_of_the_bytes(void **state)
{
	(void)state;
	annotate_with(&nothing);
	assert_string_equal(find(REHEARSED_DISCOVER, "chaddr")->value,
			    "02:a1:b2:c3:d4:e5");
	assert_string_equal(find(REHEARSED_DISCOVER, "xid")->value, "12345678");
	assert_string_equal(
		find(REHEARSED_DISCOVER, "option 53 dhcp-message-type")->value,
		"1 DISCOVER");
	assert_string_equal(find(REHEARSED_DISCOVER, "IP destination")->value,
			    "255.255.255.255");
	assert_string_equal(
		find(REHEARSED_DECLINE, "option 50 dhcp-requested-address")
			->value,
		"192.0.2.57");
	assert_string_equal(find(REHEARSED_DISCOVER, "padding")->value,
			    "all 0");
}

static void the_order_is_random_where_there_is_one(void **state)
{
	(void)state;
	annotate_with(&nothing);
	for (size_t i = 0; i < REHEARSED_COUNT; i++)
		assert_int_equal(frames[i].order_is_random,
				 i == REHEARSED_REQUEST_SELECTING ||
					 i == REHEARSED_DECLINE);
}

static void what_the_user_discloses_is_shown(void **state)
{
	(void)state;
	annotate_with(&everything);
	assert_true(frames[REHEARSED_DISCOVER].has_option[61]);
	assert_true(frames[REHEARSED_DISCOVER].has_option[55]);
	assert_int_equal(
		origins(REHEARSED_DISCOVER, "option 61 dhcp-client-identifier"),
		ORIGIN_MAC);
	assert_int_equal(origins(REHEARSED_DISCOVER,
				 "option 55 dhcp-parameter-request-list"),
			 ORIGIN_CHANCE);
	assert_string_equal(find(REHEARSED_DISCOVER, "flags")->value, "8000");
	annotate_with(&nothing);
	assert_false(frames[REHEARSED_DISCOVER].has_option[61]);
}

static void origins_have_words(void **state)
{
	struct field field = {.origins = 0};
	char buffer[128];
	struct text text = text_in(buffer, sizeof(buffer));

	(void)state;
	annotate_origins(&field, &text);
	assert_string_equal(buffer, "fixed");
	field.origins = ORIGIN_MAC | ORIGIN_TIME;
	text = text_in(buffer, sizeof(buffer));
	annotate_origins(&field, &text);
	assert_string_equal(buffer, "link-layer address, time since the first "
				    "message");
	field.is_checksum = true;
	text = text_in(buffer, sizeof(buffer));
	annotate_origins(&field, &text);
	assert_string_equal(buffer, "computed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_frame_has_its_name),
		cmocka_unit_test(every_octet_is_in_one_field),
		cmocka_unit_test(only_a_renewal_has_headers_of_the_kernels),
		cmocka_unit_test(only_four_things_are_not_fixed),
		cmocka_unit_test(what_is_not_fixed_is_found_to_be_so),
		cmocka_unit_test(values_are_those_of_the_bytes),
		cmocka_unit_test(the_order_is_random_where_there_is_one),
		cmocka_unit_test(what_the_user_discloses_is_shown),
		cmocka_unit_test(origins_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
