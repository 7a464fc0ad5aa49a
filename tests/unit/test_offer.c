/* What --dry-run tells of an OFFER, and what it believes a worker. */
#include "unit.h"

#include "offer.h"

#include "reply.h"

static struct message message;
static struct offer offer;
static struct reject_list nobody;

static int start(void **state)
{
	(void)state;
	memset(&message, 0, sizeof(message));
	message.type = DHCPOFFER;
	message.yiaddr = ip("192.0.2.10");
	reply_put_address(&message, OPTION_SERVER_IDENTIFIER, "192.0.2.1");
	reply_put_u32(&message, OPTION_LEASE_TIME, 3600);
	return 0;
}

static void read_it(void)
{
	memset(&offer, 0xa5, sizeof(offer));
	offer_from_message(&message, &nobody, NULL, &offer);
	assert_true(offer_is_valid(&offer));
}

static const char *value(uint16_t code)
{
	return variables_find(&offer.variables, code);
}

static enum option_result refused(uint16_t code)
{
	for (uint32_t i = 0; i < offer.refused_count; i++)
		if (offer.refused[i].code == code)
			return (enum option_result)offer.refused[i].result;
	return OPTION_OK;
}

static void what_came_is_told_and_nothing_else(void **state)
{
	(void)state;
	reply_put_address(&message, OPTION_ROUTERS, "192.0.2.1");
	read_it();
	assert_int_equal(offer.refusal, LEASE_ACCEPTABLE);
	assert_int_equal(offer.server.s_addr, ip("192.0.2.1").s_addr);
	assert_string_equal(value(FIELD_IP_ADDRESS), "192.0.2.10");
	assert_string_equal(value(OPTION_ROUTERS), "192.0.2.1");
	assert_string_equal(value(OPTION_LEASE_TIME), "3600");
	assert_int_equal(offer.variables.count, 4);
	assert_int_equal(offer.refused_count, 0);
	/* neither a mask nor a broadcast address is made up */
	assert_null(value(OPTION_SUBNET_MASK));
	assert_null(value(OPTION_BROADCAST_ADDRESS));
}

static void the_header_is_told_where_it_says_something(void **state)
{
	(void)state;
	message.siaddr = ip("192.0.2.2");
	memset(message.file, 'a', sizeof(message.file)); /* without a NUL */
	strcpy((char *)message.sname, "boot.example.org");
	read_it();
	assert_string_equal(value(FIELD_NEXT_SERVER), "192.0.2.2");
	assert_string_equal(value(FIELD_SERVER_NAME), "boot.example.org");
	assert_int_equal(strlen(value(FIELD_FILENAME)), sizeof(message.file));
}

static void what_is_refused_is_named_with_the_reason(void **state)
{
	(void)state;
	reply_put(&message, OPTION_HOST_NAME, "laptop", 6);
	reply_put(&message, OPTION_ROUTERS, "abc", 3);
	reply_put(&message, 15, "a b\n", 4);
	reply_put(&message, 42, NULL, 0);
	strcpy((char *)message.sname, "`id`");
	read_it();
	assert_int_equal(refused(OPTION_HOST_NAME), OPTION_UNNAMED);
	assert_int_equal(refused(OPTION_ROUTERS), OPTION_LENGTH);
	assert_int_equal(refused(15), OPTION_UNCLEAN);
	assert_int_equal(refused(42), OPTION_EMPTY);
	assert_int_equal(refused(FIELD_SERVER_NAME), OPTION_UNCLEAN);
	assert_null(value(OPTION_HOST_NAME));
	assert_int_equal(offer.refusal, LEASE_ACCEPTABLE);
}

static void one_that_is_not_acceptable_is_told_all_the_same(void **state)
{
	(void)state;
	message.yiaddr = ip("0.0.0.0");
	read_it();
	assert_int_equal(offer.refusal, LEASE_BAD_ADDRESS);
	assert_string_equal(value(FIELD_IP_ADDRESS), "0.0.0.0");
	message.yiaddr = ip("192.0.2.10");
	message.option[OPTION_SERVER_IDENTIFIER].seen = false;
	message.option[OPTION_SERVER_IDENTIFIER].length = 0;
	read_it();
	assert_int_equal(offer.refusal, LEASE_NO_SERVER);
	assert_int_equal(offer.server.s_addr, 0);
}

static void a_server_that_the_user_rejects_is_refused(void **state)
{
	struct reject_list reject = {.count = 1};

	(void)state;
	reject.item[0].network = ip("192.0.2.1");
	reject.item[0].mask = ip("255.255.255.255");
	offer_from_message(&message, &reject, NULL, &offer);
	assert_int_equal(offer.refusal, LEASE_REJECTED);
}

static void more_refusals_than_there_is_room_for_do_no_harm(void **state)
{
	(void)state;
	for (unsigned code = 1; code < 255; code++)
		if (code != OPTION_SERVER_IDENTIFIER &&
		    code != OPTION_LEASE_TIME)
			reply_put(&message, (uint8_t)code, "\n", 1);
	read_it();
	assert_int_equal(offer.refused_count, OFFER_REFUSED_MAX);
}

static void what_a_worker_made_up_is_not_believed(void **state)
{
	struct offer good;

	(void)state;
	reply_put(&message, OPTION_HOST_NAME, "laptop", 6);
	read_it();
	good = offer;
	offer.refusal = LEASE_REFUSALS;
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.refused_count = OFFER_REFUSED_MAX + 1;
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.refused[0].code = FIELD_END;
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.refused[0].result = OPTION_RESULTS;
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.refused[0].result = OPTION_OK;
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.variables.text[0] = '\033';
	assert_false(offer_is_valid(&offer));
	offer = good;
	offer.variables.count++;
	assert_false(offer_is_valid(&offer));
	assert_true(offer_is_valid(&good));
}

#define TEST(name) cmocka_unit_test_setup(name, start)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_came_is_told_and_nothing_else),
		TEST(the_header_is_told_where_it_says_something),
		TEST(what_is_refused_is_named_with_the_reason),
		TEST(one_that_is_not_acceptable_is_told_all_the_same),
		TEST(a_server_that_the_user_rejects_is_refused),
		TEST(more_refusals_than_there_is_room_for_do_no_harm),
		TEST(what_a_worker_made_up_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
