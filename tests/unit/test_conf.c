/*
 * dhclient.conf: what is honoured, what is skipped and named, and what is
 * wrong; whole files are in tests/conf.
 */
#include "unit.h"

#include "conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct conf conf;
static struct conf_report report;

static void read_text(const char *source)
{
	conf_read(source, strlen(source), &conf, &report);
}

static void read_interface(const char *source, const char *interface)
{
	read_text(source);
	conf_read_interface(source, strlen(source), interface, &conf, &report);
}

/* The text of tests/conf/NAME.conf; valid until the next call. */
static const char *file(const char *name)
{
	static char text[CONF_FILE_MAX];
	char path[64];
	FILE *in;

	snprintf(path, sizeof(path), "conf/%s.conf", name);
	in = fopen(path, "r");
	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	return text;
}

static void expect_skipped(const char *expected)
{
	char line[1024];
	struct text text = text_in(line, sizeof(line));

	conf_skipped_text(&report, &text);
	assert_string_equal(line, expected);
}

static void expect_error(uint32_t i, const char *expected)
{
	char line[256];
	struct text text = text_in(line, sizeof(line));

	assert_true(i < report.error_count);
	conf_error_text(&report.error[i], &text);
	assert_string_equal(line, expected);
}

/* One statement has one error; it and nothing else is named. */
static void expect_only_error(const char *source, const char *expected)
{
	static const struct conf empty;

	read_text(source);
	assert_int_equal(report.error_count, 1);
	expect_error(0, expected);
	expect_skipped("");
	assert_memory_equal(&conf, &empty, sizeof(conf));
}

static void expect_amendment(uint32_t wanted, uint16_t code,
			     enum amend_verb verb, const char *text)
{
	const char *at = conf.amendments.text;

	assert_true(wanted < conf.amendments.count);
	for (uint32_t i = 0; i < wanted; i++)
		at += conf.amendments.item[i].size;
	assert_int_equal(conf.amendments.item[wanted].code, code);
	assert_int_equal(conf.amendments.item[wanted].verb, verb);
	assert_string_equal(at, text);
}

static void expect_name(uint16_t code, const char *expected)
{
	char name[OPTION_NAME_MAX];

	definition_name(&conf.definitions, code, name);
	assert_string_equal(name, expected);
}

static struct in_addr address(const char *text)
{
	struct in_addr out = {0};

	assert_true(text_take_address(&text, &out));
	return out;
}

static void an_empty_file_asks_for_nothing(void **state)
{
	static const struct conf empty;

	(void)state;
	memset(&conf, 0xff, sizeof(conf));
	memset(&report, 0xff, sizeof(report));
	read_text(" # nothing\n;;");
	assert_memory_equal(&conf, &empty, sizeof(conf));
	assert_int_equal(report.error_count, 0);
	expect_skipped("");
}

static void debians_file_is_read_without_an_error(void **state)
{
	(void)state;
	read_text(file("debian"));
	assert_int_equal(report.error_count, 0);
	expect_skipped("send host-name, request");
	assert_int_equal(conf.definitions.count, 0);
	expect_name(121, "rfc3442_classless_static_routes");
}

static void networkmanagers_files_are_read_without_an_error(void **state)
{
	(void)state;
	read_text(file("networkmanager"));
	assert_int_equal(report.error_count, 0);
	expect_skipped("send host-name, request, also request (21)");
	assert_int_equal(conf.timeout_ms, 0);

	read_text(file("networkmanager-reject"));
	assert_int_equal(report.error_count, 0);
	assert_int_equal(conf.timeout_ms, 91000);
	assert_true(reject_matches(&conf.reject, address("10.9.9.1")));
	assert_false(reject_matches(&conf.reject, address("10.9.8.1")));
	expect_name(249, "ms_classless_static_routes");
	expect_name(252, "wpad");

	read_text(file("networkmanager-mud"));
	assert_int_equal(report.error_count, 0);
	assert_int_equal(conf.timeout_ms, UINT32_MAX);
	expect_name(161, "mudurl");
	expect_skipped("send mudurl, send dhcp-client-identifier, "
		       "send fqdn.fqdn, send fqdn.encoded, "
		       "send fqdn.server-update, send fqdn.no-client-update, "
		       "request, also request (21)");
}

static void every_honoured_statement_is_read(void **state)
{
	(void)state;
	read_text(file("manual"));
	assert_int_equal(report.error_count, 0);
	expect_skipped("retry, reboot, select-timeout, initial-interval, "
		       "lease, alias, pseudo");
	assert_int_equal(conf.timeout_ms, 30000);
	assert_string_equal(conf.script, "/usr/local/sbin/our-script");
	assert_int_equal(conf.reject.count, 2);
	assert_true(reject_matches(&conf.reject, address("192.168.200.1")));
	assert_true(reject_matches(&conf.reject, address("10.0.0.5")));
	assert_false(reject_matches(&conf.reject, address("10.0.0.6")));
	expect_name(224, "branch");
	expect_name(225, "proxies");
	assert_int_equal(conf.amendments.count, 4);
	expect_amendment(0, 6, AMEND_PREPEND, "127.0.0.1");
	expect_amendment(1, 15, AMEND_APPEND, "lab.example.org");
	expect_amendment(2, 42, AMEND_DEFAULT, "192.0.2.1 192.0.2.2");
	expect_amendment(3, 225, AMEND_SUPERSEDE, "192.0.2.80");
}

static void a_block_counts_for_its_interface_only(void **state)
{
	(void)state;
	read_interface(file("manual"), "ep0");
	assert_int_equal(report.error_count, 0);
	expect_skipped("send host-name, hardware, media");
	assert_int_equal(conf.timeout_ms, 5000);
	assert_string_equal(conf.script, "/usr/local/sbin/ep0-script");
	assert_int_equal(conf.reject.count, 3);
	assert_int_equal(conf.amendments.count, 5);
	expect_amendment(4, 119, AMEND_SUPERSEDE,
			 "example.com. rc.isc.org. home.isc.org.");

	read_interface(file("manual"), "eth1");
	assert_int_equal(conf.timeout_ms, 30000);
	assert_int_equal(conf.amendments.count, 5);
	expect_amendment(4, 3, AMEND_SUPERSEDE, "192.0.2.254");

	read_interface(file("manual"), "ep");
	assert_int_equal(conf.amendments.count, 4);
	expect_skipped("");
}

static void a_block_counts_after_all_that_is_outside(void **state)
{
	(void)state;
	read_interface("interface \"a\" { timeout 5; append ntp-servers "
		       "192.0.2.2; } timeout 9; default ntp-servers 192.0.2.1;"
		       "interface a { timeout 6; }",
		       "a");
	assert_int_equal(conf.timeout_ms, 6000);
	expect_amendment(0, 42, AMEND_DEFAULT, "192.0.2.1");
	expect_amendment(1, 42, AMEND_APPEND, "192.0.2.2");
}

static void a_block_in_a_block_counts_for_nobody(void **state)
{
	static const char source[] =
		"interface a { interface b { timeout 5; } timeout 6; }\n"
		"lease { interface \"b\"; interface b { timeout 7; } }\n"
		"interface b c { timeout 8; } interface \"b; \n interface {}\n"
		"interface b; interface \"\\0\" { timeout 9; }";

	(void)state;
	read_interface(source, "b");
	assert_int_equal(conf.timeout_ms, 0);
	read_interface(source, "a");
	assert_int_equal(conf.timeout_ms, 6000);
	read_text(source);
	assert_int_equal(report.error_count, 4);
	expect_error(0, "line 3: interface: expects a name and a block");
	expect_error(1, "line 3: interface: a quote that its line does not "
			"close");
	expect_error(2, "line 4: interface: expects a name and a block");
	expect_error(3, "line 5: interface: expects a name and a block");
}

static void errors_in_a_block_are_its_interfaces(void **state)
{
	(void)state;
	read_text(file("broken"));
	for (uint32_t i = 0; i < CONF_ERRORS_MAX; i++)
		assert_int_not_equal(report.error[i].line, 13);
	read_interface(file("broken"), "eth0");
	assert_int_equal(report.error_count, 2);
	expect_error(0, "line 13: supersede nothing: no option has this name");
	expect_error(1, "line 13: timeout: no ; at its end");
	assert_int_equal(conf.timeout_ms, 9000);
}

static void nothing_is_computed_or_run(void **state)
{
	(void)state;
	read_text(file("computed"));
	expect_skipped("if, elsif, else, execute, eval, include, key");
	assert_int_equal(report.error_count, 2);
	expect_error(0, "line 9: supersede domain-name: expressions are not "
			"evaluated");
	expect_error(1, "line 10: supersede domain-search: expects names in "
			"quotes");
	assert_int_equal(conf.amendments.count, 1);
	expect_amendment(0, 6, AMEND_SUPERSEDE, "192.0.2.53");
}

static void an_error_costs_its_statement_and_no_other(void **state)
{
	(void)state;
	read_text(file("broken"));
	expect_error(0, "line 1: timeout: more in it than belongs there");
	expect_error(1, "line 2: supersede domain-name: a quote that its line "
			"does not close");
	expect_error(2, "line 4: supersed: no such statement");
	expect_error(3, "line 5: a } without its {");
	expect_error(4, "line 6: supersede domain-name: not a usable value");
	expect_error(5, "line 7: supersede domain-name-servers: not a usable "
			"value");
	expect_error(6, "line 8: script: not an absolute path in quotes");
	expect_error(7, "line 9: reject: not the length of a prefix");
	assert_int_equal(report.error_count, 11);
	assert_int_equal(conf.timeout_ms, 9000);
	assert_int_equal(conf.amendments.count, 1);
	expect_amendment(0, 6, AMEND_SUPERSEDE, "192.0.2.53");
}

static void a_statement_that_does_not_end_is_left_out(void **state)
{
	(void)state;
	expect_only_error("timeout 5",
			  "line 1: timeout: the file ends within it");
	expect_only_error("supersede routers {",
			  "line 1: supersede routers: expects numbers or "
			  "addresses");
	expect_only_error("\n\"x\n", "line 2: a quote that its line does not "
				     "close");
	expect_only_error("{ timeout 5; }", "line 1: no such statement");
	expect_only_error("interface a {",
			  "line 1: interface: the file ends within it");
	read_text("retry 5");
	expect_skipped("retry");
	expect_error(0, "line 1: retry: the file ends within it");
	read_text("retry \"5;\ntimeout 6;");
	expect_error(0, "line 1: retry: a quote that its line does not close");
	assert_int_equal(conf.timeout_ms, 6000);
	read_text("if a { \"b; } \n } timeout 6;");
	assert_int_equal(report.error_count, 0);
	assert_int_equal(conf.timeout_ms, 6000);
}

static void a_timeout_is_seconds(void **state)
{
	(void)state;
	expect_only_error("timeout 0;",
			  "line 1: timeout: not a number of seconds");
	expect_only_error("timeout ;",
			  "line 1: timeout: not a number of seconds");
	expect_only_error("timeout 1s;",
			  "line 1: timeout: not a number of seconds");
	expect_only_error("timeout -1;",
			  "line 1: timeout: not a number of seconds");
	expect_only_error("timeout 4294967296;",
			  "line 1: timeout: not a number of seconds");
	expect_only_error("timeout 0000000000000000000001;",
			  "line 1: timeout: not a number of seconds");
	read_text("timeout 4294967;");
	assert_int_equal(conf.timeout_ms, 4294967000U);
	read_text("timeout 4294968;");
	assert_int_equal(conf.timeout_ms, UINT32_MAX);
}

static void a_script_is_a_path(void **state)
{
	char source[CONF_SCRIPT_MAX + 64];

	(void)state;
	expect_only_error("script /bin/true;", "line 1: script: not an "
					       "absolute path in quotes");
	expect_only_error("script \"\";", "line 1: script: not an absolute "
					  "path in quotes");
	expect_only_error("script \"/a\\n\";", "line 1: script: not a path");
	expect_only_error("script \"/a\\0\";", "line 1: script: not a path");
	expect_only_error("script \"/\x7f\";", "line 1: script: not a path");
	expect_only_error("script \"/a\" \"b\";",
			  "line 1: script: more in it than belongs there");
	snprintf(source, sizeof(source), "script \"/%0*d\";",
		 CONF_SCRIPT_MAX - 1, 0);
	expect_only_error(source, "line 1: script: not a path");
	snprintf(source, sizeof(source), "script \"/%0*d\";",
		 CONF_SCRIPT_MAX - 2, 0);
	read_text(source);
	assert_int_equal(report.error_count, 0);
	read_text("script \"/opt/our script\";");
	assert_string_equal(conf.script, "/opt/our script");
}

static void rejected_servers_are_addresses_and_networks(void **state)
{
	char source[4096] = "reject 192.0.2.1";

	(void)state;
	expect_only_error("reject;",
			  "line 1: reject: expects the address of a server");
	expect_only_error("reject 10.0.0.1,;",
			  "line 1: reject: expects the address of a server");
	expect_only_error("reject 10.0.0.1 10.0.0.2;",
			  "line 1: reject: expects a comma between addresses");
	expect_only_error("reject 10.0.0;", "line 1: reject: not an address");
	expect_only_error("reject 10.0.0.1x;",
			  "line 1: reject: not an address");
	expect_only_error("reject 10.0.0.1, 10.0.0.0000000000000000000000000;",
			  "line 1: reject: not an address");
	expect_only_error("reject 10.0.0.1/33;",
			  "line 1: reject: not the length of a prefix");
	for (size_t i = 0; i < REJECT_MAX; i++)
		strcat(source, ", 192.0.2.2/31");
	strcat(source, ";");
	expect_only_error(source, "line 1: reject: too many servers");
	read_text("reject 0.0.0.0/0;");
	assert_true(reject_matches(&conf.reject, address("255.255.255.255")));
	conf.reject.count = UINT32_MAX;
	conf.reject.item[0].mask.s_addr = UINT32_MAX;
	memset(&conf.reject.item[0], 0xff, sizeof(conf.reject.item));
	assert_false(reject_matches(&conf.reject, address("10.0.0.1")));
}

static void every_type_has_a_kind(void **state)
{
	static const struct {
		const char *type;
		enum option_kind kind;
	} types[] = {
		{"boolean", KIND_FLAG},
		{"integer 8", KIND_S8},
		{"signed integer 16", KIND_U16}, /* as dhclient writes it */
		{"integer 32", KIND_S32},
		{"SIGNED Integer 32", KIND_S32},
		{"unsigned integer 8", KIND_U8},
		{"unsigned integer 16", KIND_U16},
		{"unsigned integer 32", KIND_U32},
		{"array of unsigned integer 8", KIND_U8S},
		{"array of unsigned integer 16", KIND_U16S},
		{"array of unsigned integer 32", KIND_U32S},
		{"array of integer 8", KIND_S8S},
		{"array of signed integer 16", KIND_U16S},
		{"array of integer 32", KIND_S32S},
		{"array of boolean", KIND_FLAGS},
		{"ip-address", KIND_ADDRESS},
		{"array of ip-address", KIND_ADDRESSES},
		{"text", KIND_TEXT},
		{"string", KIND_BINARY},
		{"domain-name", KIND_DOMAIN},
		{"domain-list", KIND_SEARCH},
		{"domain-list compressed", KIND_SEARCH},
	};
	char source[128];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(source, sizeof(source), "option x code 224 = %s;",
			 types[i].type);
		read_text(source);
		assert_int_equal(report.error_count, 0);
		assert_int_equal(
			option_kind(definition_like(&conf.definitions, 224)),
			types[i].kind);
	}
}

static void a_definition_gives_a_name_to_what_has_none(void **state)
{
	(void)state;
	read_text(
		"option Our-Own_Thing code 224 = text;"
		"option dhcp.other code 225 = array of ip-address;"
		"option our-routes code 121 = array of unsigned integer 8;"
		"supersede our-own-thing \"a\"; append OTHER 10.0.0.1;"
		"supersede unknown-226 \"b\"; supersede our-routes 0,1,2,3,4;");
	assert_int_equal(report.error_count, 0);
	expect_name(224, "our_own_thing");
	expect_name(225, "other");
	expect_name(226, "unknown_226");
	expect_name(121, "rfc3442_classless_static_routes");
	assert_int_equal(definition_like(&conf.definitions, 121), 121);
	assert_int_equal(definition_like(&conf.definitions, 226), 226);
	expect_amendment(0, 224, AMEND_SUPERSEDE, "a");
	expect_amendment(1, 225, AMEND_APPEND, "10.0.0.1");
	expect_amendment(2, 226, AMEND_SUPERSEDE, "b");
	expect_amendment(3, 121, AMEND_SUPERSEDE, "0 1 2 3 4");
}

static void a_type_of_dhclients_that_is_none_here_keeps_the_name(void **state)
{
	static const char *const types[] = {
		"ip6-address",
		"array of ip6-address",
		"encapsulate isan",
		"{ integer 8, ip-address }",
		"array of { integer 8, text }",
		"{ boolean, array of { integer 8 } }",
	};
	char source[128];

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		snprintf(source, sizeof(source),
			 "option x code 224 = %s;timeout 5;", types[i]);
		read_text(source);
		assert_int_equal(report.error_count, 1);
		expect_error(0, "line 1: option x: values of this type are "
				"given as octets");
		expect_name(224, "x");
		assert_int_equal(
			option_kind(definition_like(&conf.definitions, 224)),
			KIND_BINARY);
		assert_int_equal(conf.timeout_ms, 5000);
	}
	expect_only_error("option x code 224 = array { text };",
			  "line 1: option x: not a type that is supported");
	expect_name(224, "unknown_224");
}

static void the_last_name_of_a_code_counts(void **state)
{
	(void)state;
	read_text("option a code 224 = text; option b code 224 = boolean;"
		  "option b code 224 = boolean;");
	assert_int_equal(report.error_count, 0);
	assert_int_equal(conf.definitions.count, 1);
	expect_name(224, "b");
}

static void no_name_is_anothers(void **state)
{
	static const char *const names[] = {
		"host-name",   "Host_Name",
		"ip-address",  "expiry",
		"routers",     "domain_name",
		"unknown-225", "filename",
		"next-server", "1st",
		"a+b",         "a$b",
		"dhcp.",       "network-number",
	};
	char source[128], expected[128];

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(source, sizeof(source), "option %s code 224 = text;",
			 names[i]);
		snprintf(expected, sizeof(expected),
			 "line 1: option %s: a name that is taken or can't be "
			 "one",
			 names[i]);
		expect_only_error(source, expected);
	}
	read_text("option a code 224 = text; option a code 225 = text;");
	expect_error(0, "line 1: option a: a name that is taken or can't be "
			"one");
	expect_name(225, "unknown_225");
}

static void a_definition_that_is_none_is_an_error(void **state)
{
	static const char *const codes[] = {"0", "12", "255",      "256",
					    "x", "1x", "123456789"};
	char source[128];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		snprintf(source, sizeof(source), "option x code %s = text;",
			 codes[i]);
		expect_only_error(source, "line 1: option x: not the code of "
					  "an option that a script gets");
	}
	expect_only_error("option;",
			  "line 1: option: expects the name of an option");
	expect_only_error("option x code;", "line 1: option x: expects a code");
	expect_only_error("option x code 224 text;",
			  "line 1: option x: expects = after the code");
	expect_only_error("option x code 224 ( text;",
			  "line 1: option x: expects = after the code");
	expect_only_error("option x = a;",
			  "line 1: option x: expressions are not evaluated");
	expect_only_error("option x code 224 = text\n",
			  "line 1: option x: the file ends within it");
	expect_only_error("option x code 224 = "
			  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			  "aaaaaaaaa;",
			  "line 1: option x: not a type that is supported");
	expect_only_error(
		"option x code 224 = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;",
		"line 1: option x: not a type that is supported");
	expect_only_error(
		"option "
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa "
		"code 224 = text;",
		"line 1: option aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: not "
		"the name of an option");
	read_text("option space isan; option isan.nit code 1 = text;"
		  "option domain-name \"x\";");
	assert_int_equal(report.error_count, 0);
	expect_skipped("option space, option isan.nit, option domain-name");
}

static void definitions_have_a_limit(void **state)
{
	char source[2048] = "";

	(void)state;
	for (int i = 0; i <= DEFINITIONS_MAX; i++) {
		const size_t used = strlen(source);

		snprintf(source + used, sizeof(source) - used,
			 "option x%d code %d = text;", i, 224 + i);
	}
	read_text(source);
	assert_int_equal(report.error_count, 1);
	expect_error(0, "line 1: option x16: too many options defined");
	expect_name(224 + DEFINITIONS_MAX - 1, "x15");
	expect_name(224 + DEFINITIONS_MAX, "unknown_240");
}

static void the_lease_itself_is_not_amended(void **state)
{
	(void)state;
	read_text("supersede dhcp-lease-time 3600; default host-name \"x\";"
		  "prepend dhcp6.name-servers ::1;"
		  "supersede dhcp-server-identifier 255.255.255.255;");
	assert_int_equal(report.error_count, 0);
	assert_int_equal(conf.amendments.count, 0);
	expect_skipped("supersede dhcp-lease-time, default host-name, "
		       "prepend dhcp6.name-servers, "
		       "supersede dhcp-server-identifier");
}

static void a_change_names_an_option_and_a_value(void **state)
{
	(void)state;
	expect_only_error("supersede;", "line 1: supersede: expects the name "
					"of an option");
	expect_only_error("supersede filename \"x\";",
			  "line 1: supersede filename: no option has this "
			  "name");
	expect_only_error("prepend broadcast-address 10.0.0.1;",
			  "line 1: prepend broadcast-address: nothing can be "
			  "added to a single value");
	expect_only_error("append wpad \"x\";",
			  "line 1: append wpad: nothing can be added to a "
			  "single value");
	read_text("supersede dhcp.routers 10.0.0.1; default wpad \"x\";"
		  "supersede domain-search \"\";");
	expect_amendment(0, 3, AMEND_SUPERSEDE, "10.0.0.1");
	expect_amendment(1, 252, AMEND_DEFAULT, "x");
	expect_amendment(2, 119, AMEND_SUPERSEDE, "");
}

static void changes_have_a_limit(void **state)
{
	char source[4096] = "";

	(void)state;
	for (int i = 0; i <= AMEND_MAX; i++)
		strcat(source, "append ntp-servers 192.0.2.1;");
	read_text(source);
	assert_int_equal(conf.amendments.count, AMEND_MAX);
	assert_int_equal(report.error_count, 1);
	expect_error(0, "line 1: append ntp-servers: no room for more of "
			"these");
}

static void more_names_than_are_listed_are_counted(void **state)
{
	char source[2048] = "send \x01\xff\x7f;also;send;";

	(void)state;
	for (int i = 0; i < CONF_SKIPPED_MAX; i++) {
		const size_t used = strlen(source);

		snprintf(source + used, sizeof(source) - used, "send x%d;", i);
	}
	read_text(source);
	assert_int_equal(report.skipped_count, CONF_SKIPPED_MAX);
	assert_int_equal(report.skipped_others, 3);
	assert_string_equal(report.skipped[0].name, "send ???");
	assert_string_equal(report.skipped[1].name, "also");
	read_text("send a; send a;");
	expect_skipped("send a (2)");
	read_text(source);
	memset(source, 0, sizeof(source));

	struct text text = text_in(source, sizeof(source));

	conf_skipped_text(&report, &text);
	assert_string_equal(source + text.length - 16, "x20 and 3 others");
}

/* What any text gives is what every part of it is allowed to be. */
static void expect_sound(void)
{
	char line[4096];
	struct text text = text_in(line, sizeof(line));
	const char *at = conf.amendments.text;

	assert_true(conf.amendments.count <= AMEND_MAX);
	assert_true(conf.reject.count <= REJECT_MAX);
	for (uint32_t i = 0; i < conf.amendments.count; i++) {
		const struct amendment *const item = &conf.amendments.item[i];

		assert_int_equal(strlen(at) + 1, item->size);
		if (*at != '\0') {
			assert_true(option_text_is_clean(item->like, at));
			assert_true(option_text_is_clean(item->code, at));
		}
		at += item->size;
	}
	conf_skipped_text(&report, &text);
	for (uint32_t i = 0; i < report.error_count && i < CONF_ERRORS_MAX; i++)
		conf_error_text(&report.error[i], &text);
	for (size_t i = 0; i < text.length; i++)
		assert_true(line[i] >= ' ' && line[i] <= '~');
}

static void any_octets_are_survived(void **state)
{
	static char source[512];

	(void)state;
	srand(1);
	for (unsigned round = 0; round < 20000; round++) {
		const size_t length = (size_t)rand() % sizeof(source);

		for (size_t i = 0; i < length; i++)
			source[i] = (char)rand();
		conf_read(source, length, &conf, &report);
		expect_sound();
		conf_read_interface(source, length, "a", &conf, &report);
		expect_sound();
	}
}

static void any_tokens_are_survived(void **state)
{
	static const char *const tokens[] = {
		"supersede ",
		"prepend ",
		"append ",
		"default ",
		"option ",
		"code ",
		"= ",
		"( ",
		") ",
		"; ",
		"; ",
		"; ",
		"{ ",
		"} ",
		", ",
		"\"a\" ",
		"\"",
		"\n",
		"# ",
		"interface ",
		"a ",
		"224 ",
		"text ",
		"reject ",
		"timeout ",
		"script ",
		"\"/a\" ",
		"10.0.0.1 ",
		"domain-name ",
		"domain-search ",
		"routers ",
		"wpad ",
		"1:2 ",
		"static-routes ",
		"send ",
		"request ",
		"slp-service-scope ",
		"true ",
		"array of ",
		"ip-address ",
		"string ",
		"rfc3442-classless-static-routes ",
		"0 ",
	};
	static char source[2048];

	(void)state;
	srand(2);
	for (unsigned round = 0; round < 40000; round++) {
		source[0] = '\0';
		for (int n = rand() % 60; n > 0; n--)
			strcat(source,
			       tokens[(size_t)rand() %
				      (sizeof(tokens) / sizeof(tokens[0]))]);
		read_text(source);
		expect_sound();
		read_interface(source, "a");
		expect_sound();
	}
}

static void any_part_of_a_good_file_is_survived(void **state)
{
	static const char *const names[] = {"debian", "networkmanager-mud",
					    "manual", "computed", "broken"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *const source = file(names[i]);
		const size_t length = strlen(source);

		for (size_t n = 0; n <= length; n++) {
			/* of its own size, so that a sanitizer sees its end */
			char *part = malloc(n + 1);

			assert_non_null(part);
			memcpy(part + 1, source, n);
			conf_read(part + 1, n, &conf, &report);
			expect_sound();
			conf_read_interface(part + 1, n, "ep0", &conf, &report);
			expect_sound();
			free(part);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_file_asks_for_nothing),
		cmocka_unit_test(debians_file_is_read_without_an_error),
		cmocka_unit_test(
			networkmanagers_files_are_read_without_an_error),
		cmocka_unit_test(every_honoured_statement_is_read),
		cmocka_unit_test(a_block_counts_for_its_interface_only),
		cmocka_unit_test(a_block_counts_after_all_that_is_outside),
		cmocka_unit_test(a_block_in_a_block_counts_for_nobody),
		cmocka_unit_test(errors_in_a_block_are_its_interfaces),
		cmocka_unit_test(nothing_is_computed_or_run),
		cmocka_unit_test(an_error_costs_its_statement_and_no_other),
		cmocka_unit_test(a_statement_that_does_not_end_is_left_out),
		cmocka_unit_test(a_timeout_is_seconds),
		cmocka_unit_test(a_script_is_a_path),
		cmocka_unit_test(rejected_servers_are_addresses_and_networks),
		cmocka_unit_test(every_type_has_a_kind),
		cmocka_unit_test(a_definition_gives_a_name_to_what_has_none),
		cmocka_unit_test(
			a_type_of_dhclients_that_is_none_here_keeps_the_name),
		cmocka_unit_test(the_last_name_of_a_code_counts),
		cmocka_unit_test(no_name_is_anothers),
		cmocka_unit_test(a_definition_that_is_none_is_an_error),
		cmocka_unit_test(definitions_have_a_limit),
		cmocka_unit_test(the_lease_itself_is_not_amended),
		cmocka_unit_test(a_change_names_an_option_and_a_value),
		cmocka_unit_test(changes_have_a_limit),
		cmocka_unit_test(more_names_than_are_listed_are_counted),
		cmocka_unit_test(any_octets_are_survived),
		cmocka_unit_test(any_tokens_are_survived),
		cmocka_unit_test(any_part_of_a_good_file_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
