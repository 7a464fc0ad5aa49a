/*
 * What our messages tell the network (RFC 7844 §3): every octet of each, and
 * that every order of options is as likely as any other.
 */
#include "profile.h"

#include "reply.h"
#include "unit.h"

#define COOKIE 236 /* where it begins: RFC 2131 §2, figure 1 */
#define OPTIONS 240
#define WORDS (UINT64_C(1) << 32) /* values of 32 random bits */

static const struct disclosure nothing = {0};
static const struct disclosure all = {.client_id = true,
				      .request_options = true};

static struct transaction a_transaction(void)
{
	return (struct transaction){
		.xid = 0x12345678,
		.secs = 0x0102,
		.address = ip("192.0.2.10"),
		.server = ip("198.51.100.1"),
		.mac = {{0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5}}};
}

/*
 * Takes the options apart: their codes into `codes` in the order sent, each
 * value checked against `expected`, option by option.  Returns how many; the
 * rest of the message is END and zeros.
 */
static size_t read_options(const uint8_t *message, uint8_t *codes,
			   const char *const *expected)
{
	size_t at = OPTIONS, count = 0;

	while (message[at] != OPTION_END) {
		const uint8_t code = message[at], length = message[at + 1];
		const char *value = expected[code];

		assert_non_null(value); /* else nothing that may be sent */
		assert_int_equal(length, (uint8_t)value[0]);
		/* the order of a request list is a test of its own */
		if (code != OPTION_PARAMETER_REQUEST_LIST)
			assert_memory_equal(message + at + 2, value + 1,
					    length);
		codes[count++] = code;
		at += 2U + length;
	}
	for (at++; at < MESSAGE_SENT_LENGTH; at++)
		assert_int_equal(message[at], 0);
	return count;
}

/* What each message must be; values are their length, then their octets. */
struct expectation {
	enum sent sent;
	bool ciaddr;
	uint8_t codes[5]; /* that it carries, 0 at the end */
	uint8_t disclosed[5];
	const char *type;
};

static const struct expectation expectations[] = {
	{SENT_DISCOVER, false, {53}, {53, 55, 61}, "\x01\x01"},
	{SENT_REQUEST_SELECTING,
	 false,
	 {50, 53, 54},
	 {50, 53, 54, 55, 61},
	 "\x01\x03"},
	{SENT_REQUEST_RENEWING, true, {53}, {53, 55, 61}, "\x01\x03"},
	{SENT_REQUEST_REBINDING, true, {53}, {53, 55, 61}, "\x01\x03"},
	{SENT_DECLINE, false, {50, 53, 54}, {50, 53, 54, 61}, "\x01\x04"},
};

#define MESSAGES (sizeof(expectations) / sizeof(expectations[0]))

/* Every octet but those of the options. */
static void expect_header(const uint8_t *message,
			  const struct expectation *expectation)
{
	/* op, htype, hlen, hops, xid, secs, flags */
	static const uint8_t head[] = {1,    1,    6,    0, 0x12, 0x34,
				       0x56, 0x78, 0x01, 2, 0,    0};
	static const uint8_t mac[] = {0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5};
	static const uint8_t cookie[] = {0x63, 0x82, 0x53, 0x63};
	static const uint8_t address[] = {192, 0, 2, 10};
	static const uint8_t zeros[COOKIE] = {0};

	assert_memory_equal(message, head, 12);
	assert_memory_equal(message + 12, expectation->ciaddr ? address : zeros,
			    4);
	assert_memory_equal(message + 16, zeros, 12); /* yi-, si-, giaddr */
	assert_memory_equal(message + 28, mac, 6);
	assert_memory_equal(message + 34, zeros, COOKIE - 34);
	assert_memory_equal(message + COOKIE, cookie, 4);
}

static void expect_message(const struct expectation *expectation,
			   const struct disclosure *disclosure, uint32_t order)
{
	const uint8_t *codes = disclosure->client_id ? expectation->disclosed
						     : expectation->codes;
	const char *expected[256] = {
		[50] = "\x04\xc0\x00\x02\x0a",
		[53] = expectation->type,
		[54] = "\x04\xc6\x33\x64\x01",
		[55] = "\x03",
		[61] = "\x07\x01\x02\xa1\xb2\xc3\xd4\xe5",
	};
	const struct transaction transaction = a_transaction();
	uint8_t message[MESSAGE_SENT_LENGTH], sent[8];
	size_t count, wanted = 0;

	memset(message, 0xa5, sizeof(message));
	profile_write(expectation->sent, &transaction, disclosure, order, order,
		      message);
	expect_header(message, expectation);
	count = read_options(message, sent, expected);
	while (wanted < 5 && codes[wanted] != 0)
		wanted++;
	assert_int_equal(count, wanted);
	for (size_t i = 0; i < count; i++) {
		assert_non_null(memchr(codes, sent[i], wanted));
		assert_null(memchr(sent, sent[i], i));
	}
}

static void every_message_is_exactly_as_the_table_says(void **state)
{
	(void)state;
	assert_int_equal(MESSAGES, SENT_COUNT);
	for (size_t i = 0; i < MESSAGES; i++)
		for (uint64_t order = 0; order < WORDS; order += WORDS / 97)
			expect_message(&expectations[i], &nothing,
				       (uint32_t)order);
}

static void only_what_the_user_discloses_is_added(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++)
		for (uint64_t order = 0; order < WORDS; order += WORDS / 997)
			expect_message(&expectations[i], &all, (uint32_t)order);
}

/* The octets of DISCOVER in full: the table of the specification, by hand. */
static void a_discover_octet_by_octet(void **state)
{
	uint8_t expected[MESSAGE_SENT_LENGTH] = {1,
						 1,
						 6,
						 0, /* op … hops */
						 0x12,
						 0x34,
						 0x56,
						 0x78, /* xid */
						 0x01,
						 0x02, /* secs */
						 [28] = 0x02,
						 0xa1,
						 0xb2,
						 0xc3,
						 0xd4,
						 0xe5, /* chaddr */
						 [236] = 0x63,
						 0x82,
						 0x53,
						 0x63, /* cookie */
						 53,
						 1,
						 1,
						 255};
	const struct transaction transaction = a_transaction();
	uint8_t message[MESSAGE_SENT_LENGTH];

	(void)state;
	profile_write(SENT_DISCOVER, &transaction, &nothing, 0, 0, message);
	assert_memory_equal(message, expected, sizeof(message));
}

/* RFC 7844 §3.2 to §3.4: what a row does not name stays at home. */
static void a_discover_forgets_address_and_server(void **state)
{
	struct transaction other = a_transaction();
	const struct transaction transaction = other;
	uint8_t one[MESSAGE_SENT_LENGTH], two[MESSAGE_SENT_LENGTH];

	(void)state;
	other.address = ip("203.0.113.77");
	other.server = ip("203.0.113.1");
	profile_write(SENT_DISCOVER, &transaction, &all, 7, 7, one);
	profile_write(SENT_DISCOVER, &other, &all, 7, 7, two);
	assert_memory_equal(one, two, sizeof(one));
	other.address = transaction.address;
	profile_write(SENT_REQUEST_RENEWING, &transaction, &all, 7, 7, one);
	profile_write(SENT_REQUEST_RENEWING, &other, &all, 7, 7, two);
	assert_memory_equal(one, two, sizeof(one));
	profile_write(SENT_REQUEST_REBINDING, &other, &all, 7, 7, two);
	assert_memory_equal(one, two, sizeof(one));
}

static void one_disclosure_does_not_bring_the_other(void **state)
{
	const struct disclosure id = {.client_id = true};
	const struct disclosure list = {.request_options = true};
	const char *with_id[256] = {
		[53] = "\x01\x01", [61] = "\x07\x01\x02\xa1\xb2\xc3\xd4\xe5"};
	const char *with_list[256] = {[53] = "\x01\x01", [55] = "\x03"};
	const struct transaction transaction = a_transaction();
	uint8_t message[MESSAGE_SENT_LENGTH], codes[8];

	(void)state;
	profile_write(SENT_DISCOVER, &transaction, &id, 1, 1, message);
	assert_int_equal(read_options(message, codes, with_id), 2);
	profile_write(SENT_DISCOVER, &transaction, &list, 1, 1, message);
	assert_int_equal(read_options(message, codes, with_list), 2);
}

/* The order of the options of a message as one number. */
static uint64_t order_of_options(const uint8_t *message)
{
	uint64_t order = 0;

	for (size_t at = OPTIONS; message[at] != OPTION_END;
	     at += 2U + message[at + 1])
		order = order << 8 | message[at];
	return order;
}

static uint64_t order_of_list(const uint8_t *message)
{
	size_t at = OPTIONS;

	while (message[at] != OPTION_PARAMETER_REQUEST_LIST)
		at += 2U + message[at + 1];
	return (uint64_t)message[at + 2] << 16 |
	       (uint64_t)message[at + 3] << 8 | message[at + 4];
}

static uint64_t order_with(enum sent sent, const struct disclosure *disclosure,
			   uint64_t chance, bool of_list)
{
	const struct transaction transaction = a_transaction();
	uint8_t message[MESSAGE_SENT_LENGTH];

	profile_write(sent, &transaction, disclosure,
		      of_list ? 0x5a5a5a5aU : (uint32_t)chance,
		      of_list ? (uint32_t)chance : 0x5a5a5a5aU, message);
	return of_list ? order_of_list(message) : order_of_options(message);
}

/*
 * All 2^32 values of the chance in few steps: they fall into `orders` runs of
 * one order each.  Each order must come once, and no run be longer than
 * another by more than one value; its two ends and samples inside are tried.
 */
static void expect_uniform(enum sent sent, const struct disclosure *disclosure,
			   size_t orders, bool of_list)
{
	uint64_t seen[120];

	assert_true(orders <= sizeof(seen) / sizeof(seen[0]));
	for (size_t i = 0; i < orders; i++) {
		const uint64_t first = (i * WORDS + orders - 1) / orders;
		const uint64_t end = ((i + 1) * WORDS + orders - 1) / orders;
		const uint64_t step = (end - first) / 61;
		uint64_t chance;

		seen[i] = order_with(sent, disclosure, first, of_list);
		assert_true(end - first == WORDS / orders ||
			    end - first == WORDS / orders + 1);
		for (chance = first; chance < end; chance += step)
			assert_true(order_with(sent, disclosure, chance,
					       of_list) == seen[i]);
		assert_true(order_with(sent, disclosure, end - 1, of_list) ==
			    seen[i]);
		for (size_t j = 0; j < i; j++)
			assert_true(seen[j] != seen[i]);
	}
}

static void every_order_of_three_options_is_equally_likely(void **state)
{
	(void)state;
	expect_uniform(SENT_REQUEST_SELECTING, &nothing, 6, false);
	expect_uniform(SENT_DECLINE, &nothing, 6, false);
	expect_uniform(SENT_DISCOVER, &all, 6, false);
	expect_uniform(SENT_REQUEST_RENEWING, &all, 6, false);
	expect_uniform(SENT_REQUEST_REBINDING, &all, 6, false);
}

static void every_order_of_more_options_is_equally_likely(void **state)
{
	(void)state;
	expect_uniform(SENT_DECLINE, &all, 24, false);
	expect_uniform(SENT_REQUEST_SELECTING, &all, 120, false);
}

static void every_order_of_the_request_list_is_equally_likely(void **state)
{
	static const enum sent with_list[] = {
		SENT_DISCOVER, SENT_REQUEST_SELECTING, SENT_REQUEST_RENEWING,
		SENT_REQUEST_REBINDING};

	(void)state;
	for (size_t i = 0; i < sizeof(with_list) / sizeof(with_list[0]); i++)
		expect_uniform(with_list[i], &all, 6, true);
}

static void the_request_list_is_1_3_6(void **state)
{
	(void)state;
	for (uint64_t chance = 0; chance < WORDS; chance += WORDS / 101) {
		const uint64_t order =
			order_with(SENT_DISCOVER, &all, chance, true);
		unsigned seen = 0;

		for (unsigned shift = 0; shift < 24; shift += 8)
			seen |= 1U << (order >> shift & 0xff);
		assert_int_equal(seen, 1U << 1 | 1U << 3 | 1U << 6);
	}
}

static void messages_have_dhclients_names(void **state)
{
	(void)state;
	assert_string_equal(sent_name(SENT_DISCOVER), "DHCPDISCOVER");
	assert_string_equal(sent_name(SENT_REQUEST_SELECTING), "DHCPREQUEST");
	assert_string_equal(sent_name(SENT_REQUEST_RENEWING), "DHCPREQUEST");
	assert_string_equal(sent_name(SENT_REQUEST_REBINDING), "DHCPREQUEST");
	assert_string_equal(sent_name(SENT_DECLINE), "DHCPDECLINE");
}

static void the_broadcast_flag_is_for_who_asks_and_has_no_address(void **state)
{
	static const struct disclosure broadcast = {.broadcast = true};
	const struct transaction transaction = a_transaction();
	uint8_t message[MESSAGE_SENT_LENGTH];

	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		const enum sent sent = expectations[i].sent;
		const bool wanted =
			sent == SENT_DISCOVER || sent == SENT_REQUEST_SELECTING;

		profile_write(sent, &transaction, &broadcast, 0, 0, message);
		assert_int_equal(message[10], wanted ? 0x80 : 0);
		assert_int_equal(message[11], 0);
		profile_write(sent, &transaction, &nothing, 0, 0, message);
		assert_int_equal(message[10], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_is_exactly_as_the_table_says),
		cmocka_unit_test(only_what_the_user_discloses_is_added),
		cmocka_unit_test(a_discover_octet_by_octet),
		cmocka_unit_test(a_discover_forgets_address_and_server),
		cmocka_unit_test(one_disclosure_does_not_bring_the_other),
		cmocka_unit_test(
			every_order_of_three_options_is_equally_likely),
		cmocka_unit_test(every_order_of_more_options_is_equally_likely),
		cmocka_unit_test(
			every_order_of_the_request_list_is_equally_likely),
		cmocka_unit_test(the_request_list_is_1_3_6),
		cmocka_unit_test(messages_have_dhclients_names),
		cmocka_unit_test(
			the_broadcast_flag_is_for_who_asks_and_has_no_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
