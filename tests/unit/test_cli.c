/* The command line: every flag, every complaint. */
#include "unit.h"

#include "cli.h"

#include <stdio.h>

static struct options options;
static char error[256];

/* Parses the words up to NULL after the program's name. */
static bool parse(const char *first, ...)
{
	char *argv[64] = {"dhcpcanon"};
	int argc = 1;
	va_list words;

	va_start(words, first);
	for (const char *word = first; word != NULL;
	     word = va_arg(words, const char *)) {
		assert_true(argc < 63);
		argv[argc++] = (char *)word;
	}
	va_end(words);
	error[0] = '\0';
	return cli_parse(argc, argv, &options, error, sizeof(error));
}

#define PARSE(...) parse(__VA_ARGS__, (char *)NULL)

/* The words are refused with `sentence`. */
#define ASSERT_REFUSED(sentence, ...)                                          \
	do {                                                                   \
		assert_false(PARSE(__VA_ARGS__));                              \
		assert_string_equal(error, sentence);                          \
	} while (0)

static void without_words_all_is_as_the_design_says(void **state)
{
	(void)state;
	assert_true(parse(NULL));
	assert_int_equal(options.action, CLI_RUN);
	assert_int_equal(options.arp_wait_ms, 200);
	assert_int_equal(options.timeout_ms, 60000);
	assert_int_equal(options.carrier_grace_ms, 0);
	assert_int_equal(options.decline_pause_ms, 10000);
	assert_int_equal(options.routes, ROUTES_GATEWAY);
	assert_int_equal(options.interface_count, 0);
	assert_null(options.script);
	assert_false(options.foreground || options.to_stderr ||
		     options.is_verbose || options.once ||
		     options.background_at_once || options.no_pid ||
		     options.delay_selecting || options.disclosure.client_id ||
		     options.disclosure.request_options);
}

static void flags_and_interfaces_mix(void **state)
{
	(void)state;
	assert_true(PARSE("-4", "-1", "eth0", "-sf", "/s", "wlan0", "-e",
			  "IF_METRIC=100", "-nw", "--no-pid"));
	assert_true(options.once && options.background_at_once &&
		    options.no_pid);
	assert_string_equal(options.script, "/s");
	assert_int_equal(options.interface_count, 2);
	assert_string_equal(options.interface[0], "eth0");
	assert_string_equal(options.interface[1], "wlan0");
	assert_int_equal(options.extra_count, 1);
	assert_string_equal(options.extra[0], "IF_METRIC=100");
}

static void paths_are_kept_and_the_last_counts(void **state)
{
	(void)state;
	assert_true(PARSE("-sf", "a", "-sp", "b", "-pf", "c", "-lf", "-d"));
	assert_string_equal(options.script, "b");
	assert_string_equal(options.pid_file, "c");
	assert_string_equal(options.lease_file, "-d");
	assert_false(options.foreground);
}

static void of_quiet_and_verbose_the_last_counts(void **state)
{
	(void)state;
	assert_true(PARSE("-v"));
	assert_true(options.to_stderr && options.is_verbose);
	assert_false(options.foreground);
	assert_true(PARSE("-d", "-q"));
	assert_true(options.foreground);
	assert_false(options.to_stderr || options.is_verbose);
	assert_true(PARSE("-q", "-d"));
	assert_true(options.foreground && options.to_stderr);
	assert_true(PARSE("-v", "-q"));
	assert_false(options.to_stderr);
	assert_true(PARSE("-q", "-v"));
	assert_true(options.to_stderr);
}

static void each_action_has_its_flag(void **state)
{
	(void)state;
	assert_true(PARSE("-r", "eth0"));
	assert_int_equal(options.action, CLI_RELEASE);
	assert_true(PARSE("-x"));
	assert_int_equal(options.action, CLI_STOP);
	assert_true(PARSE("-h"));
	assert_int_equal(options.action, CLI_HELP);
	assert_true(PARSE("-1", "--help", "--no-such-flag"));
	assert_int_equal(options.action, CLI_HELP);
	assert_true(PARSE("--version", "--no-such-flag"));
	assert_int_equal(options.action, CLI_VERSION);
}

static void our_own_flags_are_understood(void **state)
{
	(void)state;
	assert_true(PARSE("--arp-wait", "9000", "--carrier-grace=5",
			  "--delay-selecting", "--routes", "all", "--client-id",
			  "--request-options", "--timeout=30",
			  "--decline-wait-time", "0"));
	assert_int_equal(options.arp_wait_ms, 9000);
	assert_int_equal(options.carrier_grace_ms, 5000);
	assert_true(options.delay_selecting);
	assert_int_equal(options.routes, ROUTES_ALL);
	assert_true(options.disclosure.client_id);
	assert_true(options.disclosure.request_options);
	assert_int_equal(options.timeout_ms, 30000);
	assert_int_equal(options.decline_pause_ms, 0);
	assert_true(PARSE("--routes=none", "--arp-wait=0"));
	assert_int_equal(options.routes, ROUTES_NONE);
	assert_int_equal(options.arp_wait_ms, 0);
	assert_true(PARSE("--routes=all", "--routes=gateway"));
	assert_int_equal(options.routes, ROUTES_GATEWAY);
}

static void an_unknown_flag_is_named(void **state)
{
	(void)state;
	ASSERT_REFUSED("unknown flag -dv", "-dv");
	ASSERT_REFUSED("unknown flag -", "-");
	ASSERT_REFUSED("unknown flag --", "--");
	ASSERT_REFUSED("unknown flag -6", "eth0", "-6");
	ASSERT_REFUSED("unknown flag --route=all", "--route=all");
	ASSERT_REFUSED("unknown flag -sf=/s", "-sf=/s");
}

static void a_missing_or_needless_argument_is_named(void **state)
{
	(void)state;
	ASSERT_REFUSED("-sf needs an argument, PATH", "eth0", "-sf");
	ASSERT_REFUSED("--arp-wait needs an argument, MS", "--arp-wait");
	ASSERT_REFUSED("-e needs an argument, NAME=VALUE", "-e");
	ASSERT_REFUSED("--no-pid takes no argument", "--no-pid=1");
	ASSERT_REFUSED("-pf: PATH must not be empty", "-pf", "");
}

static void a_number_out_of_range_is_named_with_its_range(void **state)
{
	static const char *const wrong[] = {
		"",      "-1",  "+1",
		" 1",    "1s",  "0x10",
		"60001", "1.5", "99999999999999999999"};
	char sentence[128];

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		snprintf(sentence, sizeof(sentence),
			 "--arp-wait %s: not a number from 0 to 60000",
			 wrong[i]);
		ASSERT_REFUSED(sentence, "--arp-wait", wrong[i]);
	}
	ASSERT_REFUSED("--timeout 0: not a number from 1 to 86400",
		       "--timeout=0");
	ASSERT_REFUSED("--carrier-grace 86401: not a number from 0 to 86400",
		       "--carrier-grace", "86401");
	assert_true(PARSE("--carrier-grace", "86400"));
	assert_int_equal(options.carrier_grace_ms, 86400000);
}

static void an_unknown_policy_is_named_with_those_there_are(void **state)
{
	(void)state;
	ASSERT_REFUSED("--routes some: not gateway, all or none",
		       "--routes=some");
}

static void extra_variables_that_are_not_allowed_are_remembered(void **state)
{
	char large[CLI_EXTRA_LENGTH_MAX + 2];

	(void)state;
	assert_true(PARSE("-e", "A=1", "-e", "PATH=/tmp", "-e", "B=2", "-e",
			  "no equals sign", "-e", "new_routers=6.6.6.6"));
	assert_int_equal(options.extra_count, 2);
	assert_string_equal(options.extra[1], "B=2");
	assert_int_equal(options.extra_refused_count, 3);
	assert_string_equal(options.extra_refused, "new_routers=6.6.6.6");
	memset(large, 'x', sizeof(large));
	large[1] = '=';
	large[sizeof(large) - 1] = '\0';
	assert_true(PARSE("-e", large));
	assert_int_equal(options.extra_refused_count, 1);
	assert_true(PARSE("-e", large + 1, "-e", "x=y"));
	large[sizeof(large) - 2] = '\0';
	assert_true(PARSE("-e", large));
	assert_int_equal(options.extra_count, 1);
}

static void too_many_extra_variables_are_refused(void **state)
{
	char *argv[2 * ENV_EXTRA_MAX + 3] = {"dhcpcanon"};
	int argc = 1;

	(void)state;
	for (int i = 0; i < ENV_EXTRA_MAX; i++) {
		argv[argc++] = "-e";
		argv[argc++] = "A=1";
	}
	assert_true(cli_parse(argc, argv, &options, error, sizeof(error)));
	argv[argc++] = "-e";
	argv[argc++] = "B=1";
	assert_false(cli_parse(argc, argv, &options, error, sizeof(error)));
	assert_string_equal(error, "-e B=1: not one of at most 32");
}

static void a_name_that_no_link_can_have_is_refused(void **state)
{
	(void)state;
	assert_true(PARSE("fifteen-chars-1", "br-1.20", "a"));
	ASSERT_REFUSED("interface name sixteen-chars-16 has more than 15 "
		       "characters",
		       "sixteen-chars-16");
	ASSERT_REFUSED("'' cannot be an interface's name", "");
	ASSERT_REFUSED("'.' cannot be an interface's name", ".");
	ASSERT_REFUSED("'..' cannot be an interface's name", "..");
	ASSERT_REFUSED("'a/b' cannot be an interface's name", "a/b");
	ASSERT_REFUSED("'a b' cannot be an interface's name", "a b");
	ASSERT_REFUSED("'a:b' cannot be an interface's name", "a:b");
	assert_false(PARSE("a\x7f"));
	assert_false(PARSE("a\n"));
}

static void an_interface_named_twice_is_held_once(void **state)
{
	(void)state;
	assert_true(PARSE("eth0", "eth1", "eth0"));
	assert_int_equal(options.interface_count, 2);
}

static void more_interfaces_than_there_is_room_for_are_refused(void **state)
{
	static char names[CLI_INTERFACES_MAX + 1][LINK_NAME_MAX];
	static char *argv[CLI_INTERFACES_MAX + 2] = {"dhcpcanon"};

	(void)state;
	for (int i = 0; i <= CLI_INTERFACES_MAX; i++) {
		snprintf(names[i], LINK_NAME_MAX, "veth%d", i);
		argv[i + 1] = names[i];
	}
	assert_true(cli_parse(CLI_INTERFACES_MAX + 1, argv, &options, error,
			      sizeof(error)));
	assert_int_equal(options.interface_count, CLI_INTERFACES_MAX);
	assert_false(cli_parse(CLI_INTERFACES_MAX + 2, argv, &options, error,
			       sizeof(error)));
	assert_string_equal(error, "more than 1024 interfaces");
}

static void a_sentence_that_is_too_long_is_cut(void **state)
{
	char *argv[] = {"dhcpcanon", "--no-such-flag"};
	char small[8];

	(void)state;
	assert_false(cli_parse(2, argv, &options, small, sizeof(small)));
	assert_string_equal(small, "unknown");
}

static void the_usage_names_every_flag(void **state)
{
	static const char *const flags[] = {
		"-4",
		"-d",
		"-v",
		"-q",
		"-1",
		"-nw",
		"-r",
		"-x",
		"-sf",
		"-sp",
		"-pf",
		"--no-pid",
		"-lf",
		"-e ",
		"--timeout",
		"-h",
		"--decline-wait-time",
		"--help",
		"--version",
		"--arp-wait",
		"--carrier-grace",
		"--routes",
		"--delay-selecting",
		"--client-id",
		"--request-options",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_non_null(strstr(cli_usage, flags[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_words_all_is_as_the_design_says),
		cmocka_unit_test(flags_and_interfaces_mix),
		cmocka_unit_test(paths_are_kept_and_the_last_counts),
		cmocka_unit_test(of_quiet_and_verbose_the_last_counts),
		cmocka_unit_test(each_action_has_its_flag),
		cmocka_unit_test(our_own_flags_are_understood),
		cmocka_unit_test(an_unknown_flag_is_named),
		cmocka_unit_test(a_missing_or_needless_argument_is_named),
		cmocka_unit_test(a_number_out_of_range_is_named_with_its_range),
		cmocka_unit_test(
			an_unknown_policy_is_named_with_those_there_are),
		cmocka_unit_test(
			extra_variables_that_are_not_allowed_are_remembered),
		cmocka_unit_test(too_many_extra_variables_are_refused),
		cmocka_unit_test(a_name_that_no_link_can_have_is_refused),
		cmocka_unit_test(an_interface_named_twice_is_held_once),
		cmocka_unit_test(
			more_interfaces_than_there_is_room_for_are_refused),
		cmocka_unit_test(a_sentence_that_is_too_long_is_cut),
		cmocka_unit_test(the_usage_names_every_flag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
