/* The command line: every flag, every complaint. */
#include "unit.h"

#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static struct options options;
static char error[256];

/* Parses the words up to NULL after `argv0`. */
static bool parse_as(const char *argv0, ...)
{
	char *argv[64] = {(char *)argv0};
	const char *word;
	int argc = 1;
	va_list words;

	va_start(words, argv0);
	while ((word = va_arg(words, const char *)) != NULL) {
		assert_true(argc < 63);
		argv[argc++] = (char *)word;
	}
	va_end(words);
	error[0] = '\0';
	return cli_parse(argc, argv, &options, error, sizeof(error));
}

#define PARSE_AS(...) parse_as(__VA_ARGS__, (char *)NULL)
#define PARSE(...) PARSE_AS("dhcpcanon", __VA_ARGS__)

/* The words are refused with `sentence`. */
#define ASSERT_REFUSED(sentence, ...)                                          \
	do {                                                                   \
		assert_false(PARSE(__VA_ARGS__));                              \
		assert_string_equal(error, sentence);                          \
	} while (0)

/* What a flag does to the options beyond those of no flag at all. */
enum outcome {
	SETS,    /* the bool at `field` is true; and nothing else */
	NAMES,   /* the string at `field` is the flag's argument; likewise */
	NUMBERS, /* the number at `field` is `number`; likewise */
	ACTS,    /* the action is `number`; likewise */
	CHANGES, /* something, which another test looks at */
	SILENT,  /* nothing */
	NOTED,   /* nothing but a note for the log that begins with `text` */
	REFUSED, /* it is an error: `text` */
};

struct row {
	const char *flag, *argument; /* NULL: takes none */
	enum outcome outcome;
	size_t field;
	uint32_t number;
	const char *text;
};

#define FIELD(name) .field = offsetof(struct options, name)

/* Every row of dhclient's command line, in the order of its manual. */
static const struct row dhclient_rows[] = {
	{"-4", .outcome = SILENT},
	{"-6", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-6)"},
	{"-S", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-S)"},
	{"-N", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-N)"},
	{"-T", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-T)"},
	{"-P", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-P)"},
	{"-R", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-R)"},
	{"--dad-wait-time", "5", REFUSED,
	 .text = "DHCPv6 is not done by this program (--dad-wait-time)"},
	{"--prefix-len-hint", "64", REFUSED,
	 .text = "DHCPv6 is not done by this program (--prefix-len-hint)"},
	{"--address-prefix-len", "64", REFUSED,
	 .text = "DHCPv6 is not done by this program (--address-prefix-len)"},
	{"-4o6", "547", REFUSED,
	 .text = "DHCPv6 is not done by this program (-4o6)"},
	{"-d", NULL, CHANGES, FIELD(foreground)},
	{"-q", .outcome = SILENT},
	{"-v", NULL, CHANGES, FIELD(to_stderr)},
	{"-1", NULL, SETS, FIELD(once)},
	{"-nw", NULL, SETS, FIELD(background_at_once)},
	{"-w", NULL, SETS, FIELD(wait_for_interface)},
	{"-n", NULL, REFUSED, .text = "-n: no interface can be named with it"},
	{"-r", NULL, ACTS, .number = CLI_RELEASE},
	{"-x", NULL, ACTS, .number = CLI_STOP},
	{"-p", "6868", NOTED, .text = "ignored, ports 67 and 68"},
	{"-s", "10.77.0.1", NOTED, .text = "ignored, messages are broadcast"},
	{"-g", "10.77.0.1", REFUSED, .text = "this program is no relay (-g)"},
	{"-e", "IF_METRIC=1", CHANGES, FIELD(extra_count)},
	{"-sf", "/s", CHANGES, FIELD(script_given)},
	{"-sp", "/s", CHANGES, FIELD(script_given)},
	{"-cf", "/c", NAMES, FIELD(conf_file)},
	{"-lf", "/l", NAMES, FIELD(lease_file)},
	{"-pf", "/p", NAMES, FIELD(pid_file)},
	{"--no-pid", NULL, SETS, FIELD(no_pid)},
	{"-df", "/d", .outcome = SILENT},
	{"-i", NULL, NOTED, .text = "ignored, it would identify"},
	{"-I", .outcome = SILENT},
	{"-D", "LL", NOTED, .text = "ignored, it would identify"},
	{"-D", "llt", NOTED, .text = "ignored, it would identify"},
	{"--decline-wait-time", "3", NUMBERS, FIELD(decline_pause_ms),
	 .number = 3000},
	{"--version", NULL, ACTS, .number = CLI_VERSION},
	{"--help", NULL, ACTS, .number = CLI_HELP},
	{"-h", NULL, ACTS, .number = CLI_HELP},
	{"-B", NULL, SETS, FIELD(disclosure.broadcast)},
	{"-C", "id", NOTED, .text = "ignored, it would identify"},
	{"-F", "a.example", NOTED, .text = "ignored, it would identify"},
	{"-H", "name", NOTED, .text = "ignored, it would identify"},
	{"-V", "class", NOTED, .text = "ignored, it would identify"},
	{"-timeout", "7", CHANGES, FIELD(timeout_given)},
	{"--timeout", "7", CHANGES, FIELD(timeout_given)},
};

/* And of dhcpcd's, as far as NetworkManager passes it. */
static const struct row dhcpcd_rows[] = {
	{"--noconfigure", .outcome = SILENT},
	{"-B", NULL, SETS, FIELD(foreground)},
	{"-K", .outcome = SILENT},
	{"-L", .outcome = SILENT},
	{"-A", NULL, NUMBERS, FIELD(arp_wait_ms), .number = 0},
	{"-c", "/s", CHANGES, FIELD(script_given)},
	{"-4", .outcome = SILENT},
	{"-6", NULL, REFUSED,
	 .text = "DHCPv6 is not done by this program (-6)"},
	{"-h", "name", NOTED, .text = "ignored, it would identify"},
	{"-F", "both", NOTED, .text = "ignored, it would identify"},
	{"--help", NULL, ACTS, .number = CLI_HELP},
	{"--version", NULL, ACTS, .number = CLI_VERSION},
	{"-d", NULL, REFUSED, .text = "unknown flag -d"},
	{"-sf", "/s", REFUSED, .text = "unknown flag -sf"},
};

/* Takes back the row's effect, having seen it. */
static void undo(const struct row *row, const struct options *plain)
{
	void *field = (char *)&options + row->field;
	const void *before = (const char *)plain + row->field;

	switch (row->outcome) {
	case SETS:
		assert_true(*(bool *)field);
		*(bool *)field = false;
		break;
	case NAMES:
		assert_string_equal(*(const char **)field, row->argument);
		*(const char **)field = *(const char *const *)before;
		break;
	case NUMBERS:
		assert_int_equal(*(uint32_t *)field, row->number);
		*(uint32_t *)field = *(const uint32_t *)before;
		break;
	case ACTS:
		assert_int_equal(options.action, row->number);
		options.action = CLI_RUN;
		break;
	case CHANGES:
		assert_true(*(bool *)field);
		options = *plain;
		break;
	case NOTED:
		assert_int_equal(options.note_count, 1);
		assert_string_equal(options.note[0].flag, row->flag);
		assert_ptr_equal(strstr(options.note[0].reason, row->text),
				 options.note[0].reason);
		options.note_count = 0;
		memset(options.note, 0, sizeof(options.note));
		break;
	case SILENT:
	case REFUSED:
		break;
	}
}

/* Reads the row's flag before or after the interface. */
static bool parse_row(const char *argv0, const struct row *row, bool is_first)
{
	const char *flag = row->flag;
	const char *argument = row->argument;

	if (!is_first)
		return PARSE_AS(argv0, "eth0", flag, argument);
	if (argument == NULL)
		return PARSE_AS(argv0, flag, "eth0");
	return PARSE_AS(argv0, flag, argument, "eth0");
}

static void check_rows(const char *argv0, const struct row *rows, size_t count)
{
	static struct options plain;

	for (size_t i = 0; i < 2 * count; i++) {
		const struct row *row = &rows[i / 2];

		assert_true(PARSE_AS(argv0, "eth0"));
		plain = options;
		if (!parse_row(argv0, row, i % 2 == 0)) {
			assert_int_equal(row->outcome, REFUSED);
			assert_string_equal(error, row->text);
			continue;
		}
		assert_int_not_equal(row->outcome, REFUSED);
		undo(row, &plain);
		/* those that end the reading may have come first */
		options.interface_count = 1;
		options.interface[0] = plain.interface[0];
		/* -pf and -lf take that back, which has its own test */
		options.has_dhclients_files = plain.has_dhclients_files;
		assert_memory_equal(&options, &plain, sizeof(plain));
	}
}

static void every_row_of_dhclient_has_its_effect_and_no_other(void **state)
{
	const size_t count = sizeof(dhclient_rows) / sizeof(dhclient_rows[0]);

	(void)state;
	check_rows("dhcpcanon", dhclient_rows, count);
	check_rows("/usr/sbin/dhclient", dhclient_rows, count);
}

static void every_row_of_dhcpcd_has_its_effect_and_no_other(void **state)
{
	(void)state;
	check_rows("/sbin/dhcpcd", dhcpcd_rows,
		   sizeof(dhcpcd_rows) / sizeof(dhcpcd_rows[0]));
}

static void without_words_all_is_as_the_design_says(void **state)
{
	(void)state;
	assert_true(PARSE_AS("dhcpcanon"));
	assert_int_equal(options.action, CLI_RUN);
	assert_int_equal(options.arp_wait_ms, 200);
	assert_int_equal(options.timeout_ms, 60000);
	assert_int_equal(options.carrier_grace_ms, 0);
	assert_int_equal(options.decline_pause_ms, 10000);
	assert_int_equal(options.routes, ROUTES_GATEWAY);
	assert_int_equal(options.interface_count, 0);
	assert_null(options.script);
	assert_null(options.conf_file);
	assert_int_equal(options.personality, PERSONALITY_DHCPCANON);
	assert_int_equal(options.note_count, 0);
	assert_false(options.quiet_stop || options.any_exits ||
		     options.alarm_exits || options.script_given ||
		     options.timeout_given || options.wait_for_interface ||
		     options.no_interfaces || options.disclosure.broadcast);
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
	assert_true(options.script_given);
}

/* Sets each variable that names a file to `value`; NULL: unsets them. */
static void set_files(const char *value)
{
	static const char *const variables[] = {
		"PATH_DHCLIENT_CONF", "PATH_DHCLIENT_DB", "PATH_DHCLIENT_PID",
		"PATH_DHCLIENT_SCRIPT"};

	for (size_t i = 0; i < 4; i++) {
		if (value == NULL)
			unsetenv(variables[i]);
		else
			setenv(variables[i], value, 1);
	}
}

static int forget_files(void **state)
{
	(void)state;
	set_files(NULL);
	return 0;
}

static void the_environment_names_files_that_no_flag_names(void **state)
{
	static const char *const names[] = {"dhcpcanon", "dhclient"};

	(void)state;
	set_files("/e");
	setenv("PATH_DHCLIENT_DB", "/db", 1);
	for (size_t i = 0; i < 2; i++) {
		assert_true(PARSE_AS(names[i], "-pf", "/p", "eth0"));
		assert_string_equal(options.pid_file, "/p");
		assert_string_equal(options.conf_file, "/e");
		assert_string_equal(options.lease_file, "/db");
		assert_string_equal(options.script, "/e");
		assert_true(options.script_given);
	}
}

static void an_empty_variable_names_no_file(void **state)
{
	(void)state;
	set_files("");
	assert_true(PARSE("eth0"));
	assert_null(options.pid_file);
	assert_null(options.conf_file);
	assert_null(options.lease_file);
	assert_null(options.script);
}

static void called_as_dhcpcd_no_variable_of_dhclient_counts(void **state)
{
	(void)state;
	set_files("/e");
	assert_true(PARSE_AS("dhcpcd", "eth0"));
	assert_null(options.pid_file);
	assert_null(options.conf_file);
	assert_null(options.lease_file);
	assert_null(options.script);
}

static void called_as_dhclient_its_files_are_the_default(void **state)
{
	(void)state;
	assert_true(PARSE_AS("/sbin/dhclient", "-sf", "/s", "eth0"));
	assert_string_equal(options.script, "/s");
	assert_string_equal(options.pid_file, "/run/dhclient.pid");
	assert_string_equal(options.lease_file,
			    "/var/lib/dhcp/dhclient.leases");
	assert_string_equal(options.conf_file, "/etc/dhcp/dhclient.conf");
	assert_true(PARSE_AS("dhclient", "eth0"));
	assert_string_equal(options.script, "/sbin/dhclient-script");
	assert_false(options.script_given);
	assert_true(options.has_dhclients_files);
	assert_true(PARSE_AS("dhclient", "-pf", "/p", "eth0"));
	assert_false(options.has_dhclients_files);
	assert_true(PARSE_AS("dhclient", "-lf", "/l", "eth0"));
	assert_false(options.has_dhclients_files);
	assert_true(PARSE_AS("dhcpcanon", "eth0"));
	assert_false(options.has_dhclients_files);
}

static void the_base_name_says_in_whose_place_we_are(void **state)
{
	(void)state;
	assert_true(PARSE_AS("/usr/sbin/dhclient", "eth0"));
	assert_int_equal(options.personality, PERSONALITY_DHCLIENT);
	assert_true(options.quiet_stop && options.any_exits &&
		    options.alarm_exits);
	assert_true(PARSE_AS("./dhcpcd", "eth0"));
	assert_int_equal(options.personality, PERSONALITY_DHCPCD);
	assert_true(options.quiet_stop && options.alarm_exits);
	assert_false(options.any_exits);
	assert_true(PARSE_AS("dhclient/dhclient-script", "eth0"));
	assert_int_equal(options.personality, PERSONALITY_DHCPCANON);
	assert_true(PARSE_AS("", "eth0"));
	assert_int_equal(options.personality, PERSONALITY_DHCPCANON);
	assert_true(cli_parse(0, (char *[]){NULL}, &options, error, 1));
	assert_int_equal(options.personality, PERSONALITY_DHCPCANON);
}

static void network_managers_words_for_dhclient_are_understood(void **state)
{
	(void)state;
	assert_true(PARSE_AS("/sbin/dhclient", "-d", "-q", "-sf",
			     "/usr/lib/NetworkManager/nm-dhcp-helper", "-pf",
			     "/run/NetworkManager/dhclient-eth0.pid", "-lf",
			     "/var/lib/NetworkManager/dhclient-eth0.lease",
			     "-cf",
			     "/var/lib/NetworkManager/dhclient-eth0.conf", "-e",
			     "DBUS_SYSTEM_BUS_ADDRESS=unix:path=/bus", "eth0"));
	assert_true(options.foreground);
	assert_false(options.to_stderr);
	assert_string_equal(options.conf_file,
			    "/var/lib/NetworkManager/dhclient-eth0.conf");
	assert_int_equal(options.extra_count, 1);
	assert_int_equal(options.note_count, 0);
}

static void network_managers_words_for_dhcpcd_are_understood(void **state)
{
	(void)state;
	assert_true(PARSE_AS("/usr/sbin/dhcpcd", "--noconfigure", "-B", "-K",
			     "-L", "-A", "-c",
			     "/usr/lib/NetworkManager/nm-dhcp-helper", "-4",
			     "-h", "-x", "-F", "both", "eth0"));
	assert_int_equal(options.action, CLI_RUN);
	assert_true(options.foreground);
	assert_int_equal(options.arp_wait_ms, 0);
	assert_string_equal(options.script,
			    "/usr/lib/NetworkManager/nm-dhcp-helper");
	assert_true(options.script_given);
	assert_null(options.pid_file);
	assert_null(options.lease_file);
	assert_int_equal(options.interface_count, 1);
	assert_string_equal(options.interface[0], "eth0");
}

static void ifupdowns_words_are_understood(void **state)
{
	(void)state;
	assert_true(PARSE_AS("dhclient", "-4", "-v", "-i", "-r", "-pf",
			     "/run/dhclient.eth0.pid", "-lf",
			     "/var/lib/dhcp/dhclient.eth0.leases", "-I", "-df",
			     "/var/lib/dhcp/dhclient6.eth0.leases", "eth0",
			     "-e", "IF_METRIC=100"));
	assert_int_equal(options.action, CLI_RELEASE);
	assert_string_equal(options.pid_file, "/run/dhclient.eth0.pid");
	assert_string_equal(options.extra[0], "IF_METRIC=100");
	assert_int_equal(options.interface_count, 1);
	assert_int_equal(options.note_count, 1);
}

static void a_flag_is_noted_once_and_all_can_be_noted(void **state)
{
	static const char *const noted[] = {"-i", "-D", "-C", "-F", "-H",
					    "-V", "-p", "-s", "-n"};

	(void)state;
	assert_true(PARSE("-i", "-D", "LL", "-C", "1", "-F", "1", "-H", "1",
			  "-V", "1", "-i", "-p", "68", "-s", "1", "-n", "-D",
			  "LLT", "-i"));
	assert_int_equal(options.note_count, 9);
	for (size_t i = 0; i < 9; i++) {
		assert_string_equal(options.note[i].flag, noted[i]);
		assert_non_null(options.note[i].reason);
	}
}

static void without_interfaces_none_is_named(void **state)
{
	(void)state;
	assert_true(PARSE("-n", "-d"));
	assert_true(options.no_interfaces);
	assert_string_equal(options.note[0].reason,
			    "no interface is configured");
	ASSERT_REFUSED("-n: no interface can be named with it", "-n", "eth0");
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
	assert_true(options.timeout_given);
	assert_true(PARSE("-timeout", "45"));
	assert_int_equal(options.timeout_ms, 45000);
	assert_true(PARSE("--routes=none", "--arp-wait=0"));
	assert_int_equal(options.routes, ROUTES_NONE);
	assert_int_equal(options.arp_wait_ms, 0);
	assert_true(PARSE("--routes=all", "--routes=gateway"));
	assert_int_equal(options.routes, ROUTES_GATEWAY);
}

static void what_is_only_printed_is_an_action(void **state)
{
	(void)state;
	assert_true(PARSE("--audit", "eth0"));
	assert_int_equal(options.action, CLI_AUDIT);
	assert_false(options.json);
	assert_true(PARSE("eth0", "--json", "--client-id", "--audit"));
	assert_int_equal(options.action, CLI_AUDIT);
	assert_true(options.json && options.disclosure.client_id);
	assert_true(PARSE("--dry-run", "eth0", "--timeout", "2"));
	assert_int_equal(options.action, CLI_DRY_RUN);
	assert_true(PARSE("--status"));
	assert_int_equal(options.action, CLI_STATUS);
	assert_true(PARSE("--status", "eth0", "eth1", "--json"));
	assert_int_equal(options.interface_count, 2);
	/* under any name */
	assert_true(PARSE_AS("dhclient", "--audit", "eth0"));
	assert_int_equal(options.action, CLI_AUDIT);
	assert_true(PARSE_AS("dhcpcd", "--status", "--json"));
	assert_int_equal(options.action, CLI_STATUS);
}

static void what_is_only_printed_is_of_one_interface(void **state)
{
	(void)state;
	ASSERT_REFUSED("--audit: name one interface", "--audit");
	ASSERT_REFUSED("--audit: name one interface", "--audit", "a", "b");
	ASSERT_REFUSED("--dry-run: name one interface", "--dry-run");
	ASSERT_REFUSED("--dry-run: name one interface", "a", "--dry-run", "b");
	ASSERT_REFUSED("--audit takes no argument", "--audit=eth0");
}

static void json_is_for_what_is_printed(void **state)
{
	(void)state;
	ASSERT_REFUSED("--json: nothing is printed without --audit, --dry-run "
		       "or --status",
		       "--json", "eth0");
	ASSERT_REFUSED("--json: nothing is printed without --audit, --dry-run "
		       "or --status",
		       "-r", "--json", "eth0");
	assert_true(PARSE("--json", "--help"));
}

static void a_dry_run_changes_no_address(void **state)
{
	(void)state;
	ASSERT_REFUSED("--dry-run: changes nothing, as --random-mac would",
		       "--dry-run", "--random-mac", "eth0");
	assert_true(PARSE("--dry-run", "--require-random-mac", "eth0"));
}

static void dhcpv6_is_refused_whatever_else_is_said(void **state)
{
	(void)state;
	ASSERT_REFUSED("DHCPv6 is not done by this program (-6)", "-4", "eth0",
		       "-6");
	ASSERT_REFUSED("DHCPv6 is not done by this program (-6)", "-6", "-4",
		       "--no-such-flag");
	/* without the argument that they would have */
	ASSERT_REFUSED("DHCPv6 is not done by this program (-4o6)", "-4o6");
	ASSERT_REFUSED("DHCPv6 is not done by this program (--dad-wait-time)",
		       "--dad-wait-time=5");
}

static void an_unknown_flag_is_named(void **state)
{
	(void)state;
	ASSERT_REFUSED("unknown flag -dv", "-dv");
	ASSERT_REFUSED("unknown flag -", "-");
	ASSERT_REFUSED("unknown flag --", "--");
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

static void what_is_ignored_must_still_make_sense(void **state)
{
	(void)state;
	ASSERT_REFUSED("-p 0: not a port from 1 to 65535", "-p", "0");
	ASSERT_REFUSED("-p 65536: not a port from 1 to 65535", "-p", "65536");
	ASSERT_REFUSED("-p x: not a port from 1 to 65535", "-p", "x");
	ASSERT_REFUSED("-D EN: not LL or LLT", "-D", "EN");
	ASSERT_REFUSED("-df needs an argument, PATH", "eth0", "-df");
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
	assert_string_equal(options.extra_refused[0], "PATH=/tmp");
	assert_string_equal(options.extra_refused[1], "no equals sign");
	assert_string_equal(options.extra_refused[2], "new_routers=6.6.6.6");
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

/* True if `flag` is a word of the usage. */
static bool usage_names(const char *flag)
{
	const size_t length = strlen(flag);

	for (const char *at = cli_usage; (at = strstr(at, flag)) != NULL;
	     at += length) {
		if (at[-1] == ' ' && strchr(" ,\n", at[length]) != NULL)
			return true;
	}
	return false;
}

static void the_usage_names_every_flag(void **state)
{
	static const char *const own[] = {
		"-sp",
		"--arp-wait",
		"--carrier-grace",
		"--delay-selecting",
		"--routes",
		"--client-id",
		"--request-options",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(usage_names(own[i]));
	for (size_t i = 0; i < sizeof(dhclient_rows) / sizeof(dhclient_rows[0]);
	     i++) {
		const struct row *row = &dhclient_rows[i];

		/* of DHCPv6 the one is enough */
		if (row->outcome != REFUSED || strcmp(row->flag, "-6") == 0)
			assert_true(usage_names(row->flag));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			every_row_of_dhclient_has_its_effect_and_no_other),
		cmocka_unit_test(
			every_row_of_dhcpcd_has_its_effect_and_no_other),
		cmocka_unit_test(without_words_all_is_as_the_design_says),
		cmocka_unit_test(flags_and_interfaces_mix),
		cmocka_unit_test(paths_are_kept_and_the_last_counts),
		cmocka_unit_test_teardown(
			the_environment_names_files_that_no_flag_names,
			forget_files),
		cmocka_unit_test_teardown(an_empty_variable_names_no_file,
					  forget_files),
		cmocka_unit_test_teardown(
			called_as_dhcpcd_no_variable_of_dhclient_counts,
			forget_files),
		cmocka_unit_test(called_as_dhclient_its_files_are_the_default),
		cmocka_unit_test(the_base_name_says_in_whose_place_we_are),
		cmocka_unit_test(
			network_managers_words_for_dhclient_are_understood),
		cmocka_unit_test(
			network_managers_words_for_dhcpcd_are_understood),
		cmocka_unit_test(ifupdowns_words_are_understood),
		cmocka_unit_test(a_flag_is_noted_once_and_all_can_be_noted),
		cmocka_unit_test(without_interfaces_none_is_named),
		cmocka_unit_test(of_quiet_and_verbose_the_last_counts),
		cmocka_unit_test(each_action_has_its_flag),
		cmocka_unit_test(our_own_flags_are_understood),
		cmocka_unit_test(what_is_only_printed_is_an_action),
		cmocka_unit_test(what_is_only_printed_is_of_one_interface),
		cmocka_unit_test(json_is_for_what_is_printed),
		cmocka_unit_test(a_dry_run_changes_no_address),
		cmocka_unit_test(dhcpv6_is_refused_whatever_else_is_said),
		cmocka_unit_test(an_unknown_flag_is_named),
		cmocka_unit_test(a_missing_or_needless_argument_is_named),
		cmocka_unit_test(what_is_ignored_must_still_make_sense),
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

	return cmocka_run_group_tests(tests, forget_files, NULL);
}
