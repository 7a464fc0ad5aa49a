/*
 * The log's lines.  Those of dhclient are compared word by word, since scripts
 * look for them; all others by what they must and must not say.
 */
#include <report.h> /* the header under test */

#include "notice.h"
#include "unit.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#define ADDRESS "10.77.0.137"
#define SERVER "10.77.0.1"
#define MAC "02:a1:b2:c3:d4:e5"

static char line[NOTICE_LOG_MAX];
static int level;

/* Every line has to fit a notice of the worker's. */
static const char *said_on(const char *interface, const struct action *action)
{
	struct text out = text_in(line, sizeof(line));

	level = report_line(action, interface, &out);
	assert_false(out.cut);
	return line;
}

static const char *said(const struct action *action)
{
	return said_on("eth0", action);
}

static struct in_addr address_of(const char *quad)
{
	struct in_addr address = {0};

	assert_true(text_take_address(&quad, &address));
	return address;
}

static struct action report_of(enum report_type type, uint32_t number)
{
	return (struct action){
		.type = ACTION_REPORT,
		.report = {.type = type,
			   .address = address_of(ADDRESS),
			   .server = address_of(SERVER),
			   .mac = {{0x02, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5}},
			   .number = number},
	};
}

static struct action message_of(enum action_type type, enum sent sent,
				const char *destination)
{
	return (struct action){
		.type = type,
		.message = {.sent = sent,
			    .address = address_of(ADDRESS),
			    .destination = address_of(destination),
			    .interval_s = 5},
	};
}

static void expect_message(enum action_type type, enum sent sent,
			   const char *destination, const char *expected)
{
	const struct action action = message_of(type, sent, destination);

	assert_string_equal(said(&action), expected);
	assert_int_equal(level, LOG_INFO);
}

static void expect_report(enum report_type type, uint32_t number,
			  const char *expected, int expected_level)
{
	const struct action action = report_of(type, number);

	assert_string_equal(said(&action), expected);
	assert_int_equal(level, expected_level);
}

static void what_is_sent_is_told_in_dhclients_words(void **state)
{
	(void)state;
	expect_message(ACTION_BROADCAST, SENT_DISCOVER, "255.255.255.255",
		       "DHCPDISCOVER on eth0 to 255.255.255.255 port 67 "
		       "interval 5");
	expect_message(ACTION_BROADCAST, SENT_REQUEST_SELECTING,
		       "255.255.255.255",
		       "DHCPREQUEST for " ADDRESS
		       " on eth0 to 255.255.255.255 port 67");
	expect_message(ACTION_UNICAST, SENT_REQUEST_RENEWING, SERVER,
		       "DHCPREQUEST for " ADDRESS " on eth0 to " SERVER
		       " port 67");
	expect_message(ACTION_BROADCAST, SENT_REQUEST_REBINDING,
		       "255.255.255.255",
		       "DHCPREQUEST for " ADDRESS
		       " on eth0 to 255.255.255.255 port 67");
	expect_message(ACTION_BROADCAST, SENT_DECLINE, "255.255.255.255",
		       "DHCPDECLINE of " ADDRESS
		       " on eth0 to 255.255.255.255 port 67");
}

static void what_is_received_is_told_in_dhclients_words(void **state)
{
	(void)state;
	expect_report(REPORT_OFFER, 0,
		      "DHCPOFFER of " ADDRESS " from " SERVER " on eth0",
		      LOG_INFO);
	expect_report(REPORT_ACK, 0,
		      "DHCPACK of " ADDRESS " from " SERVER " on eth0",
		      LOG_INFO);
	expect_report(REPORT_NAK, 0, "DHCPNAK from " SERVER " on eth0",
		      LOG_NOTICE);
	expect_report(REPORT_BOUND, 1799,
		      "bound to " ADDRESS " -- renewal in 1799 seconds. (eth0)",
		      LOG_INFO);
	expect_report(REPORT_NO_OFFERS, 0, "No DHCPOFFERS received. (eth0)",
		      LOG_NOTICE);
}

/* Whoever reads a log of several interfaces must know which one it was. */
static void every_line_names_the_interface(void **state)
{
	(void)state;
	for (unsigned type = 0; type < REPORT_COUNT; type++) {
		const struct action action = report_of(type, 1);

		assert_non_null(strstr(said(&action), "eth0"));
	}
}

/* A line that is logged by default must not tell which machine this is. */
static void no_line_has_a_link_layer_address(void **state)
{
	(void)state;
	for (unsigned type = 0; type < REPORT_COUNT; type++) {
		const struct action action = report_of(type, 1);

		assert_null(strstr(said(&action), MAC));
		assert_null(strstr(line, "a1"));
	}
}

/* Nothing of the templates is left over, and nothing stands for nothing. */
static void every_line_is_whole(void **state)
{
	(void)state;
	for (unsigned type = 0; type < REPORT_COUNT; type++) {
		const struct action action = report_of(type, 1);

		assert_null(strchr(said(&action), '%'));
		assert_null(strstr(line, "  "));
		assert_true(isgraph((unsigned char)line[strlen(line) - 1]));
		assert_in_range(level, LOG_WARNING, LOG_DEBUG);
	}
}

static void the_longest_values_fit_a_notice(void **state)
{
	static const char longest_name[] = "interface-of-15";

	(void)state;
	for (unsigned type = 0; type < REPORT_COUNT; type++) {
		struct action action = report_of(type, 1);

		action.report.address = address_of("255.255.255.255");
		action.report.server = address_of("255.255.255.255");
		if (type != REPORT_REFUSED && type != REPORT_DROPPED)
			action.report.number = UINT32_MAX;
		said_on(longest_name, &action);
	}
}

static void a_refused_offer_is_told_with_its_reason(void **state)
{
	(void)state;
	for (unsigned why = LEASE_NO_SERVER; why < LEASE_REFUSALS; why++) {
		const struct action action = report_of(REPORT_REFUSED, why);
		char expected[NOTICE_LOG_MAX];

		snprintf(expected, sizeof(expected),
			 "eth0: offer of " ADDRESS " from " SERVER
			 " refused: %s",
			 lease_refusal_name(why));
		assert_string_equal(said(&action), expected);
		assert_int_equal(level, LOG_WARNING);
	}
}

/* Anybody can make us drop frames: not by default in the log. */
static void a_dropped_reply_is_told_with_its_reason_to_who_debugs(void **state)
{
	(void)state;
	for (unsigned why = DECODE_SHORT; why < DECODE_COUNT; why++) {
		const struct action action = report_of(REPORT_DROPPED, why);
		char expected[NOTICE_LOG_MAX];

		snprintf(expected, sizeof(expected),
			 "eth0: dropped a reply from " SERVER ": %s",
			 decode_name(why));
		assert_string_equal(said(&action), expected);
		assert_int_equal(level, LOG_DEBUG);
	}
}

static void a_missing_router_or_dns_is_told_with_its_remedy(void **state)
{
	static const enum report_type types[] = {REPORT_NO_ROUTER,
						 REPORT_NO_DNS};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const struct action action = report_of(types[i], 0);

		assert_non_null(strstr(said(&action), "--request-options"));
		assert_non_null(strstr(line, SERVER));
	}
}

static void what_needs_no_line_adds_none(void **state)
{
	static const enum action_type silent[] = {ACTION_ARP, ACTION_ARP_WATCH,
						  ACTION_SCRIPT, ACTION_EXIT};

	(void)state;
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		const struct action action = {.type = silent[i]};

		assert_string_equal(said(&action), "");
		assert_int_equal(level, REPORT_SILENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sent_is_told_in_dhclients_words),
		cmocka_unit_test(what_is_received_is_told_in_dhclients_words),
		cmocka_unit_test(every_line_names_the_interface),
		cmocka_unit_test(no_line_has_a_link_layer_address),
		cmocka_unit_test(every_line_is_whole),
		cmocka_unit_test(the_longest_values_fit_a_notice),
		cmocka_unit_test(a_refused_offer_is_told_with_its_reason),
		cmocka_unit_test(
			a_dropped_reply_is_told_with_its_reason_to_who_debugs),
		cmocka_unit_test(
			a_missing_router_or_dns_is_told_with_its_remedy),
		cmocka_unit_test(what_needs_no_line_adds_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
