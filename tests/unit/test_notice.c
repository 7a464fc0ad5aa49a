/* The monitor's door: what it lets in, and that nothing else gets in. */
#include "unit.h"

#include "notice.h"

#include <stdlib.h>
#include <syslog.h>

/* A BOUND notice that is right. */
static struct notice_script bound(void)
{
	struct notice_script script = {
		.type = NOTICE_SCRIPT,
		.reason = REASON_BOUND,
		.times = {1800, 3150, 3600},
	};

	assert_true(variables_add(&script.variables, FIELD_IP_ADDRESS,
				  "10.77.0.100"));
	assert_true(variables_add(&script.variables, OPTION_SUBNET_MASK,
				  "255.255.255.0"));
	return script;
}

static struct notice_script plain(enum reason reason)
{
	return (struct notice_script){.type = NOTICE_SCRIPT, .reason = reason};
}

static struct notice_log line(int level, const char *text)
{
	struct notice_log log = {.type = NOTICE_LOG, .level = (uint32_t)level};

	assert_true(strlen(text) < NOTICE_LOG_MAX);
	strcpy(log.text, text);
	return log;
}

static struct notice_state state_of(enum client_state state)
{
	return (struct notice_state){
		.type = NOTICE_STATE,
		.state = state,
		.address.s_addr = htonl(0x0a4d0064),
		.server.s_addr = htonl(0x0a4d0001),
		.times = {1, 2, 3},
		.sandbox = {.no_capabilities = 1, .no_new_privileges = 1},
	};
}

static struct notice_offer offer(void)
{
	static struct message message; /* too large for the stack */
	static const struct reject_list nobody;
	struct notice_offer offer = {.type = NOTICE_OFFER};

	message.yiaddr.s_addr = htonl(0x0a4d0064);
	offer_from_message(&message, &nobody, NULL, &offer.offer);
	return offer;
}

/*
 * Checks in a block of exactly `length` octets, so that a sanitizer sees the
 * octet behind it being read.
 */
static enum notice_type check(const void *notice, size_t length)
{
	void *exact = malloc(length);

	assert_non_null(exact);
	memcpy(exact, notice, length);

	const enum notice_type type = notice_check(exact, length);

	free(exact);
	return type;
}

#define CHECK(notice) check(&(notice), sizeof(notice))

static enum notice_type check_script(const struct notice_script *script)
{
	return check(script, notice_script_length(script));
}

static void a_lease_is_let_in_for_the_three_reasons_that_have_one(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < REASON_COUNT + 2; reason++) {
		struct notice_script script = bound();
		const bool has_lease = reason == REASON_BOUND ||
				       reason == REASON_RENEW ||
				       reason == REASON_REBIND;

		script.reason = reason;
		assert_int_equal(check_script(&script),
				 has_lease ? NOTICE_SCRIPT : NOTICE_INVALID);
	}
}

static void reasons_without_a_lease_are_let_in_with_no_variables(void **state)
{
	(void)state;
	for (unsigned reason = 0; reason < REASON_COUNT + 2; reason++) {
		struct notice_script script = plain((enum reason)reason);
		const bool is_workers = reason == REASON_PREINIT ||
					reason == REASON_EXPIRE ||
					reason == REASON_FAIL;

		assert_int_equal(check_script(&script),
				 is_workers ? NOTICE_SCRIPT : NOTICE_INVALID);
	}
}

static void a_size_without_a_count_is_not_empty(void **state)
{
	struct notice_script script = plain(REASON_EXPIRE);

	(void)state;
	script.variables.size = 1;
	assert_int_equal(check_script(&script), NOTICE_INVALID);
	script = plain(REASON_EXPIRE);
	script.variables.count = 1;
	assert_int_equal(check_script(&script), NOTICE_INVALID);
}

static void variables_that_are_not_valid_are_kept_out(void **state)
{
	struct notice_script script = bound();

	(void)state;
	script.variables.text[0] = '$';
	assert_int_equal(check_script(&script), NOTICE_INVALID);
	script = bound();
	script.variables.count = UINT32_MAX;
	assert_int_equal(check_script(&script), NOTICE_INVALID);
}

static void only_the_exact_size_is_let_in(void **state)
{
	const struct notice_script script = bound();
	const struct notice_log log = line(LOG_INFO, "bound");
	const struct notice_state status = state_of(STATE_BOUND);
	union notice larger = {.script = script};

	(void)state;
	assert_int_equal(check_script(&script), NOTICE_SCRIPT);
	assert_int_equal(CHECK(log), NOTICE_LOG);
	assert_int_equal(CHECK(status), NOTICE_STATE);
	for (size_t length = 0; length < sizeof(log); length++)
		assert_int_equal(check(&log, length), NOTICE_INVALID);
	for (size_t length = 0; length < sizeof(status); length++)
		assert_int_equal(check(&status, length), NOTICE_INVALID);
	for (size_t length = 0; length < sizeof(script); length++)
		if (length != notice_script_length(&script))
			assert_int_equal(check(&script, length),
					 NOTICE_INVALID);
	larger.type = NOTICE_LOG;
	assert_int_equal(notice_check(&larger, sizeof(log) + 1),
			 NOTICE_INVALID);
	larger.type = NOTICE_STATE;
	assert_int_equal(notice_check(&larger, sizeof(status) + 1),
			 NOTICE_INVALID);
}

static void a_renewal_has_its_size_and_any_octets(void **state)
{
	struct notice_renewal renewal = {.type = NOTICE_RENEWAL};

	(void)state;
	memset(renewal.message, 0xff, sizeof(renewal.message));
	assert_int_equal(CHECK(renewal), NOTICE_RENEWAL);
	for (size_t length = 0; length < sizeof(renewal); length++)
		assert_int_equal(check(&renewal, length), NOTICE_INVALID);
}

static void an_unknown_type_is_kept_out(void **state)
{
	union notice notice = {.type = NOTICE_INVALID};

	(void)state;
	assert_int_equal(CHECK(notice), NOTICE_INVALID);
	notice.type = NOTICE_OFFER + 1;
	assert_int_equal(CHECK(notice), NOTICE_INVALID);
	notice.type = UINT32_MAX;
	assert_int_equal(CHECK(notice), NOTICE_INVALID);
}

static void times_that_are_out_of_order_are_kept_out(void **state)
{
	static const struct {
		struct notice_times times;
		bool is_sane;
	} rows[] = {
		{{0, 0, 0}, true},
		{{1, 1, 1}, true},
		{{NOTICE_FOREVER, NOTICE_FOREVER, NOTICE_FOREVER}, true},
		{{1, 2, NOTICE_FOREVER}, true},
		{{1, NOTICE_FOREVER, 2}, true},
		{{NOTICE_FOREVER, 2, 3}, true},
		{{NOTICE_FOREVER, NOTICE_FOREVER, 3}, true},
		{{3, 2, 4}, false},
		{{1, 5, 4}, false},
		{{5, NOTICE_FOREVER, 4}, false},
		{{NOTICE_FOREVER, 5, 4}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct notice_script script = bound();
		struct notice_state status = state_of(STATE_BOUND);

		script.times = status.times = rows[i].times;
		assert_int_equal(check_script(&script) == NOTICE_SCRIPT,
				 rows[i].is_sane);
		assert_int_equal(CHECK(status) == NOTICE_STATE,
				 rows[i].is_sane);
	}
}

static void log_lines_have_a_level_from_error_to_debug(void **state)
{
	(void)state;
	for (int level = 0; level < 16; level++) {
		const struct notice_log log = line(level, "x");

		assert_int_equal(CHECK(log) == NOTICE_LOG,
				 level >= LOG_ERR && level <= LOG_DEBUG);
	}
}

static void log_lines_are_printable_and_end(void **state)
{
	struct notice_log log = line(LOG_INFO, "");

	(void)state;
	assert_int_equal(CHECK(log), NOTICE_LOG);
	memset(log.text, 'x', sizeof(log.text));
	assert_int_equal(CHECK(log), NOTICE_INVALID);
	log.text[NOTICE_LOG_MAX - 1] = '\0';
	assert_int_equal(CHECK(log), NOTICE_LOG);
	for (int octet = 1; octet < 256; octet++) {
		log.text[5] = (char)octet;
		assert_int_equal(CHECK(log) == NOTICE_LOG,
				 octet >= ' ' && octet <= '~');
	}
}

static void a_state_is_one_that_exists(void **state)
{
	(void)state;
	for (unsigned i = 0; i < STATE_COUNT + 2; i++) {
		const struct notice_state status =
			state_of((enum client_state)i);

		assert_int_equal(CHECK(status) == NOTICE_STATE,
				 i < STATE_COUNT);
	}
}

static void an_offer_is_let_in_if_all_of_it_is_clean(void **state)
{
	struct notice_offer notice = offer();

	(void)state;
	assert_int_equal(CHECK(notice), NOTICE_OFFER);
	assert_int_equal(check(&notice, sizeof(notice) - 1), NOTICE_INVALID);
	notice.offer.variables.text[0] = '\n';
	assert_int_equal(CHECK(notice), NOTICE_INVALID);
}

static void addresses_in_a_state_are_none_or_unicast(void **state)
{
	struct notice_state status = state_of(STATE_INIT);

	(void)state;
	status.address.s_addr = status.server.s_addr = 0;
	assert_int_equal(CHECK(status), NOTICE_STATE);
	status.address.s_addr = htonl(0xe0000001);
	assert_int_equal(CHECK(status), NOTICE_INVALID);
	status.address.s_addr = 0;
	status.server.s_addr = INADDR_BROADCAST;
	assert_int_equal(CHECK(status), NOTICE_INVALID);
}

static void parts_of_the_sandbox_are_there_or_not(void **state)
{
	const size_t landlock = offsetof(struct sandbox_state, landlock);

	(void)state;
	for (size_t i = 0; i < sizeof(struct sandbox_state); i++) {
		struct notice_state status = state_of(STATE_INIT);

		((uint8_t *)&status.sandbox)[i] = 2;
		assert_int_equal(CHECK(status) == NOTICE_STATE, i == landlock);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_lease_is_let_in_for_the_three_reasons_that_have_one),
		cmocka_unit_test(
			reasons_without_a_lease_are_let_in_with_no_variables),
		cmocka_unit_test(a_size_without_a_count_is_not_empty),
		cmocka_unit_test(variables_that_are_not_valid_are_kept_out),
		cmocka_unit_test(only_the_exact_size_is_let_in),
		cmocka_unit_test(a_renewal_has_its_size_and_any_octets),
		cmocka_unit_test(an_unknown_type_is_kept_out),
		cmocka_unit_test(times_that_are_out_of_order_are_kept_out),
		cmocka_unit_test(log_lines_have_a_level_from_error_to_debug),
		cmocka_unit_test(log_lines_are_printable_and_end),
		cmocka_unit_test(a_state_is_one_that_exists),
		cmocka_unit_test(an_offer_is_let_in_if_all_of_it_is_clean),
		cmocka_unit_test(addresses_in_a_state_are_none_or_unicast),
		cmocka_unit_test(parts_of_the_sandbox_are_there_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
