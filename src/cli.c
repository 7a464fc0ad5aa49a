/*
 * The command line as tables: a flag is a row.  Knows words and ranges;
 * nothing is opened, looked up or started here.
 */
#include "cli.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const char cli_usage[] =
	"usage: dhcpcanon [flags] [interface ...]\n"
	"\n"
	"As dhclient has them:\n"
	"  -4                    IPv4, the only one there is\n"
	"  -d                    stay in the foreground, log to stderr too\n"
	"  -v                    log to stderr until in the background\n"
	"  -q                    no log to stderr\n"
	"  -1                    give up when there is no lease in time\n"
	"  -nw                   go to the background at once\n"
	"  -w                    wait for an interface that is missing\n"
	"  -n                    configure no interface\n"
	"  -r                    stop the running client, release its lease\n"
	"                        (nothing is sent)\n"
	"  -x                    stop the running client\n"
	"  -sf PATH, -sp PATH    script\n"
	"  -cf PATH              configuration\n"
	"  -lf PATH              lease file\n"
	"  -pf PATH              pid file\n"
	"  --no-pid              no pid file\n"
	"  -e NAME=VALUE         add to the script's environment\n"
	"  -timeout SECONDS, --timeout SECONDS\n"
	"                        without a lease until the script is told "
	"(60)\n"
	"  --decline-wait-time SECONDS\n"
	"                        pause after a declined address (10)\n"
	"  -B                    ask for broadcast answers (discloses more)\n"
	"  -h, --help            this text\n"
	"  --version             the version\n"
	"Ignored: -i -I -C ID -D TYPE -df PATH -F NAME -H NAME -p PORT\n"
	"  -s SERVER -V CLASS\n"
	"Refused: -g ADDRESS, and what is DHCPv6's, as -6\n"
	"In the environment PATH_DHCLIENT_SCRIPT, _CONF, _DB and _PID stand "
	"in\n"
	"  for -sf, -cf, -lf and -pf\n"
	"\n"
	"Our own:\n"
	"  --arp-wait MS         probe that long for another user of the\n"
	"                        address (200; 0: do not probe)\n"
	"  --carrier-grace SECONDS\n"
	"                        keep the address that long without carrier "
	"(0)\n"
	"  --delay-selecting     wait 1 to 10 s before the first message\n"
	"  --random-mac          a fresh link-layer address for each worker\n"
	"  --require-random-mac  no message from the hardware's own address\n"
	"  --routes gateway|all|none\n"
	"                        which routes to take from the network\n"
	"  --client-id           send a client identifier (discloses more)\n"
	"  --request-options     send a request list (discloses more)\n"
	"  --audit interface [--json]\n"
	"                        show what would be sent, and what else tells\n"
	"                        who this machine is; nothing is sent\n"
	"  --dry-run interface [--json]\n"
	"                        show what is offered within 5 seconds, or\n"
	"                        --timeout; nothing is requested or "
	"configured\n"
	"  --status [interface ...] [--json]\n"
	"                        show how running clients are doing\n"
	"\n"
	"Called as dhcpcd, in place of dhclient's, as NetworkManager does:\n"
	"  --noconfigure -B -K -L -A -c SCRIPT -4 [-h NAME [-F HOW]]\n";

/* What a flag does; each of the last ones has a function of its own. */
enum kind {
	FLAG_NOTHING, /* accepted, without effect */
	FLAG_REFUSED, /* is an error, for `why` */
	FLAG_TRUE,    /* sets a bool */
	FLAG_ACTION,  /* sets what to do, to `action` */
	FLAG_STRING,  /* sets a string, which must not be empty */
	FLAG_NUMBER,  /* sets a number: `unit` times what is given */
	FLAG_FOREGROUND,
	FLAG_VERBOSE,
	FLAG_QUIET,
	FLAG_NO_ARP,
	FLAG_EXTRA,
	FLAG_ROUTES,
	FLAG_PORT,
	FLAG_DUID_TYPE,
};

/* Why a flag is refused or not obeyed, as the log says it. */
enum why {
	NOT_SAID,
	IDENTIFIES,
	FIXED_PORTS,
	ALL_SERVERS,
	NOTHING_HELD,
	NO_RELAY,
	NO_DHCPV6,
};

static const char reasons[][52] = {
	[IDENTIFIES] = "ignored, it would identify this machine",
	[FIXED_PORTS] = "ignored, ports 67 and 68 are part of the profile",
	[ALL_SERVERS] = "ignored, messages are broadcast to every server",
	[NOTHING_HELD] = "no interface is configured",
	[NO_RELAY] = "this program is no relay",
	[NO_DHCPV6] = "DHCPv6 is not done by this program",
};

struct flag {
	char name[24];
	char argument[12]; /* what it is called; "": takes none */
	enum kind kind;
	uint16_t field;    /* FLAG_TRUE, _STRING, _NUMBER: in struct options */
	uint16_t unit;     /* FLAG_NUMBER */
	uint32_t min, max; /* FLAG_NUMBER: of what is given */
	enum cli_action action;
	enum why why; /* NOT_SAID: nothing for the log */
};

/* Reads all of `value` as a decimal number; false if it is none. */
static bool read_number(const char *value, unsigned long *out)
{
	char *end;

	if (*value < '0' || *value > '9') /* strtoul takes blanks and signs */
		return false;
	errno = 0;
	*out = strtoul(value, &end, 10);
	return errno == 0 && *end == '\0';
}

/* -d: dhclient logs to standard error as long as it is in the foreground. */
static void apply_foreground(struct options *out)
{
	out->foreground = true;
	out->to_stderr = true;
	out->is_verbose = true;
}

static void apply_verbose(struct options *out)
{
	out->to_stderr = true;
	out->is_verbose = true;
}

static void apply_quiet(struct options *out)
{
	out->to_stderr = false;
	out->is_verbose = false;
}

/*
 * -e: what must not reach the script is dropped and remembered for the log.
 * Only too many of them are an error.  The length is bounded so that the
 * environment always has room (env.h).
 */
static bool apply_extra(struct options *out, const char *value)
{
	if (!env_extra_is_allowed(value) ||
	    strlen(value) > CLI_EXTRA_LENGTH_MAX) {
		if (out->extra_refused_count < CLI_REFUSED_MAX)
			out->extra_refused[out->extra_refused_count] = value;
		out->extra_refused_count++;
		return true;
	}
	if (out->extra_count == ENV_EXTRA_MAX)
		return false;
	out->extra[out->extra_count++] = value;
	return true;
}

static bool apply_routes(struct options *out, const char *value)
{
	static const char policies[][8] = {
		[ROUTES_GATEWAY] = "gateway",
		[ROUTES_ALL] = "all",
		[ROUTES_NONE] = "none",
	};

	for (size_t i = 0; i < COUNT(policies); i++) {
		if (strcmp(value, policies[i]) == 0) {
			out->routes = (enum route_policy)i;
			return true;
		}
	}
	return false;
}

/* -p: dhclient refuses what is no port, and so do we although we ignore it. */
static bool is_port(const char *value)
{
	unsigned long port;

	return read_number(value, &port) && port >= 1 && port <= UINT16_MAX;
}

/* -D: likewise. */
static bool is_duid_type(const char *value)
{
	return strcasecmp(value, "LL") == 0 || strcasecmp(value, "LLT") == 0;
}

/* dhcpcd's -A: no ARP. */
static void apply_no_arp(struct options *out)
{
	out->arp_wait_ms = 0;
}

#define FIELD(name) .field = offsetof(struct options, name)
#define SETS(name) .kind = FLAG_TRUE, FIELD(name)
#define DOES(what) .kind = FLAG_ACTION, .action = (what)
#define PATH(name) .argument = "PATH", .kind = FLAG_STRING, FIELD(name)
#define SECONDS(name, least, most)                                             \
	.argument = "SECONDS", .kind = FLAG_NUMBER, FIELD(name),               \
	.min = (least), .max = (most), .unit = 1000
#define MILLISECONDS(name, most)                                               \
	.argument = "MS", .kind = FLAG_NUMBER, FIELD(name), .max = (most),     \
	.unit = 1
#define IS(what) .kind = FLAG_##what
#define IGNORED(because) IS(NOTHING), .why = (because)
#define REFUSED(because) IS(REFUSED), .why = (because)

/* dhclient's, and those that Fedora's has beyond Debian's. */
static const struct flag dhclient_flags[] = {
	{"-d", IS(FOREGROUND)},
	{"-v", IS(VERBOSE)},
	{"-q", IS(QUIET)},
	{"-1", SETS(once)},
	{"-nw", SETS(background_at_once)},
	{"-w", SETS(wait_for_interface)},
	{"-n", SETS(no_interfaces), .why = NOTHING_HELD},
	{"-r", DOES(CLI_RELEASE)},
	{"-x", DOES(CLI_STOP)},
	{"-sf", PATH(script)},
	{"-sp", PATH(script)},
	{"-cf", PATH(conf_file)},
	{"-lf", PATH(lease_file)},
	{"-pf", PATH(pid_file)},
	{"--no-pid", SETS(no_pid)},
	{"-e", .argument = "NAME=VALUE", IS(EXTRA)},
	{"-timeout", SECONDS(timeout_ms, 1, 86400)},
	{"--timeout", SECONDS(timeout_ms, 1, 86400)},
	{"--decline-wait-time", SECONDS(decline_pause_ms, 0, 86400)},
	{"-B", SETS(disclosure.broadcast)},
	{"-h", DOES(CLI_HELP)},
	/* these three are on every command line of ifupdown */
	{"-i", IGNORED(IDENTIFIES)},
	{"-I", IGNORED(NOT_SAID)},
	{"-df", .argument = "PATH", IGNORED(NOT_SAID)},
	{"-D", .argument = "TYPE", IS(DUID_TYPE), .why = IDENTIFIES},
	{"-C", .argument = "ID", IGNORED(IDENTIFIES)},
	{"-F", .argument = "NAME", IGNORED(IDENTIFIES)},
	{"-H", .argument = "NAME", IGNORED(IDENTIFIES)},
	{"-V", .argument = "CLASS", IGNORED(IDENTIFIES)},
	{"-p", .argument = "PORT", IS(PORT), .why = FIXED_PORTS},
	{"-s", .argument = "SERVER", IGNORED(ALL_SERVERS)},
	{"-g", REFUSED(NO_RELAY)},
	{"-S", REFUSED(NO_DHCPV6)},
	{"-N", REFUSED(NO_DHCPV6)},
	{"-T", REFUSED(NO_DHCPV6)},
	{"-P", REFUSED(NO_DHCPV6)},
	{"-R", REFUSED(NO_DHCPV6)},
	{"--dad-wait-time", REFUSED(NO_DHCPV6)},
	{"--prefix-len-hint", REFUSED(NO_DHCPV6)},
	{"--address-prefix-len", REFUSED(NO_DHCPV6)},
	{"-4o6", REFUSED(NO_DHCPV6)},
};

/* dhcpcd's, as far as NetworkManager passes them. */
static const struct flag dhcpcd_flags[] = {
	{"--noconfigure", IGNORED(NOT_SAID)},
	{"-B", SETS(foreground)},
	{"-K", IGNORED(NOT_SAID)}, /* the caller watches the carrier */
	{"-L", IGNORED(NOT_SAID)}, /* there is no IPv4LL here */
	{"-A", IS(NO_ARP)},
	{"-c", PATH(script)},
	{"-h", .argument = "NAME", IGNORED(IDENTIFIES)},
	{"-F", .argument = "HOW", IGNORED(IDENTIFIES)},
};

/* Whatever the program is called. */
static const struct flag common_flags[] = {
	{"-4", IGNORED(NOT_SAID)},
	{"-6", REFUSED(NO_DHCPV6)},
	{"--help", DOES(CLI_HELP)},
	{"--version", DOES(CLI_VERSION)},
	{"--arp-wait", MILLISECONDS(arp_wait_ms, 60000)},
	{"--carrier-grace", SECONDS(carrier_grace_ms, 0, 86400)},
	{"--delay-selecting", SETS(delay_selecting)},
	{"--random-mac", SETS(random_mac)},
	{"--require-random-mac", SETS(require_random_mac)},
	{"--routes", .argument = "POLICY", IS(ROUTES)},
	{"--client-id", SETS(disclosure.client_id)},
	{"--request-options", SETS(disclosure.request_options)},
	{"--audit", DOES(CLI_AUDIT)},
	{"--dry-run", DOES(CLI_DRY_RUN)},
	{"--status", DOES(CLI_STATUS)},
	{"--json", SETS(json)},
};

/* A file that may be named by the environment, and dhclient's default. */
struct file {
	char variable[24];
	char of_dhclient[32];
	size_t field; /* in struct options */
};

static const struct file files[] = {
	{"PATH_DHCLIENT_CONF", "/etc/dhcp/dhclient.conf", FIELD(conf_file)},
	{"PATH_DHCLIENT_DB", "/var/lib/dhcp/dhclient.leases",
	 FIELD(lease_file)},
	{"PATH_DHCLIENT_PID", "/run/dhclient.pid", FIELD(pid_file)},
	{"PATH_DHCLIENT_SCRIPT", "/sbin/dhclient-script", FIELD(script)},
};

/* The command line as it is read, and where a complaint goes. */
struct words {
	int argc;
	char *const *argv;
	int at; /* the word under way */
	char *error;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static bool
complain(struct words *words, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words->error, words->size, format, arguments);
	va_end(arguments);
	return false;
}

static bool apply_number(const struct flag *flag, const char *value,
			 void *field, struct words *words)
{
	unsigned long number;

	if (!read_number(value, &number) || number < flag->min ||
	    number > flag->max)
		return complain(words, "%s %s: not a number from %u to %u",
				flag->name, value, flag->min, flag->max);
	*(uint32_t *)field = (uint32_t)number * flag->unit;
	return true;
}

static bool apply(const struct flag *flag, const char *value,
		  struct options *out, struct words *words)
{
	void *field = (char *)out + flag->field;
	const char *expected = NULL;

	switch (flag->kind) {
	case FLAG_NOTHING:
		break;
	case FLAG_REFUSED:
		return complain(words, "%s (%s)", reasons[flag->why],
				flag->name);
	case FLAG_TRUE:
		*(bool *)field = true;
		break;
	case FLAG_ACTION:
		out->action = flag->action;
		break;
	case FLAG_STRING:
		if (*value == '\0')
			return complain(words, "%s: %s must not be empty",
					flag->name, flag->argument);
		*(const char **)field = value;
		break;
	case FLAG_NUMBER:
		return apply_number(flag, value, field, words);
	case FLAG_FOREGROUND:
		apply_foreground(out);
		break;
	case FLAG_VERBOSE:
		apply_verbose(out);
		break;
	case FLAG_QUIET:
		apply_quiet(out);
		break;
	case FLAG_NO_ARP:
		apply_no_arp(out);
		break;
	case FLAG_EXTRA:
		if (!apply_extra(out, value))
			expected = "one of at most 32";
		break;
	case FLAG_ROUTES:
		if (!apply_routes(out, value))
			expected = "gateway, all or none";
		break;
	case FLAG_PORT:
		if (!is_port(value))
			expected = "a port from 1 to 65535";
		break;
	case FLAG_DUID_TYPE:
		if (!is_duid_type(value))
			expected = "LL or LLT";
		break;
	}
	return expected == NULL ||
	       complain(words, "%s %s: not %s", flag->name, value, expected);
}

/* Keeps what the log is to say of the flag; once, however often it came. */
static void note(const struct flag *flag, struct options *out)
{
	for (size_t i = 0; i < out->note_count; i++) {
		if (out->note[i].flag == flag->name)
			return;
	}
	assert(out->note_count < CLI_NOTES_MAX);
	out->note[out->note_count++] =
		(struct cli_note){flag->name, reasons[flag->why]};
}

/* Looks among `count` of `flags` for the name in `word`; or NULL. */
static const struct flag *search(const struct flag *flags, size_t count,
				 const char *word, size_t length)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(flags[i].name) == length &&
		    memcmp(flags[i].name, word, length) == 0)
			return &flags[i];
	}
	return NULL;
}

/* The flag whose name is the first `length` octets of `word`, or NULL. */
static const struct flag *find_flag(enum personality personality,
				    const char *word, size_t length)
{
	const struct flag *common =
		search(common_flags, COUNT(common_flags), word, length);

	if (common != NULL)
		return common;
	if (personality == PERSONALITY_DHCPCD)
		return search(dhcpcd_flags, COUNT(dhcpcd_flags), word, length);
	return search(dhclient_flags, COUNT(dhclient_flags), word, length);
}

static bool parse_flag(struct words *words, struct options *out)
{
	const char *word = words->argv[words->at];
	const char *equals = word[1] == '-' ? strchr(word, '=') : NULL;
	const size_t length =
		equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct flag *flag = find_flag(out->personality, word, length);
	const char *value = equals != NULL ? equals + 1 : "";

	if (flag == NULL)
		return complain(words, "unknown flag %s", word);
	if (flag->kind == FLAG_REFUSED) /* whatever its argument would be */
		return apply(flag, value, out, words);
	if (flag->argument[0] == '\0' && equals != NULL)
		return complain(words, "%s takes no argument", flag->name);
	if (flag->argument[0] != '\0' && equals == NULL) {
		if (words->at + 1 >= words->argc)
			return complain(words, "%s needs an argument, %s",
					flag->name, flag->argument);
		value = words->argv[++words->at];
	}
	if (!apply(flag, value, out, words))
		return false;
	if (flag->why != NOT_SAID)
		note(flag, out);
	return true;
}

/*
 * True if the kernel could have a link of that name: no blank, control
 * character, `/` or `:`, and neither `.` nor `..`.
 */
static bool is_link_name(const char *name)
{
	if (strcmp(name, "") == 0 || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0)
		return false;
	for (; *name != '\0'; name++) {
		if ((unsigned char)*name <= ' ' || *name == '\x7f' ||
		    *name == '/' || *name == ':')
			return false;
	}
	return true;
}

static bool parse_interface(struct words *words, struct options *out)
{
	const char *name = words->argv[words->at];

	if (strlen(name) >= LINK_NAME_MAX)
		return complain(words,
				"interface name %s has more than %d characters",
				name, LINK_NAME_MAX - 1);
	if (!is_link_name(name))
		return complain(words, "'%s' cannot be an interface's name",
				name);
	for (size_t i = 0; i < out->interface_count; i++) {
		if (strcmp(out->interface[i], name) == 0)
			return true;
	}
	if (out->interface_count == CLI_INTERFACES_MAX)
		return complain(words, "more than %d interfaces",
				CLI_INTERFACES_MAX);
	out->interface[out->interface_count++] = name;
	return true;
}

static enum personality personality_of(const char *argv0)
{
	const char *name = basename(argv0);

	if (strcmp(name, "dhclient") == 0)
		return PERSONALITY_DHCLIENT;
	if (strcmp(name, "dhcpcd") == 0)
		return PERSONALITY_DHCPCD;
	return PERSONALITY_DHCPCANON;
}

/* What the environment says, unless that is nothing. */
static const char *from_environment(const char *variable)
{
	const char *value = secure_getenv(variable);

	return value != NULL && *value != '\0' ? value : NULL;
}

static const char **path_of(struct options *out, const struct file *file)
{
	return (const char **)((char *)out + file->field);
}

/* Names the files that no flag has named, as far as that is done here. */
static void name_files(struct options *out)
{
	for (size_t i = 0; i < COUNT(files); i++) {
		const char **path = path_of(out, &files[i]);

		if (*path == NULL && out->personality != PERSONALITY_DHCPCD)
			*path = from_environment(files[i].variable);
	}
	out->script_given = out->script != NULL;
	if (out->personality != PERSONALITY_DHCLIENT)
		return;
	out->has_dhclients_files =
		out->pid_file == NULL && out->lease_file == NULL;
	for (size_t i = 0; i < COUNT(files); i++) {
		const char **path = path_of(out, &files[i]);

		if (*path == NULL)
			*path = files[i].of_dhclient;
	}
}

/* True if `action` is to print something for whoever called. */
static bool prints(enum cli_action action)
{
	switch (action) {
	case CLI_STATUS:
	case CLI_AUDIT:
	case CLI_DRY_RUN:
	case CLI_VERSION:
	case CLI_HELP:
		return true;
	case CLI_RUN:
	case CLI_RELEASE:
	case CLI_STOP:
		break;
	}
	return false;
}

/* Settles what depends on all words together. */
static bool complete(struct words *words, struct options *out)
{
	if (out->no_interfaces && out->interface_count != 0)
		return complain(words, "-n: no interface can be named with it");
	if (out->json && !prints(out->action))
		return complain(words, "--json: nothing is printed without "
				       "--audit, --dry-run or --status");
	if (out->action == CLI_AUDIT && out->interface_count != 1)
		return complain(words, "--audit: name one interface");
	if (out->action == CLI_DRY_RUN && out->interface_count != 1)
		return complain(words, "--dry-run: name one interface");
	if (out->action == CLI_DRY_RUN && out->random_mac)
		return complain(words, "--dry-run: changes nothing, as "
				       "--random-mac would");
	name_files(out);
	out->timeout_given = out->timeout_ms != 0;
	if (!out->timeout_given)
		out->timeout_ms = 60000;
	out->quiet_stop = out->personality != PERSONALITY_DHCPCANON;
	out->any_exits = out->personality == PERSONALITY_DHCLIENT;
	out->alarm_exits = out->personality != PERSONALITY_DHCPCANON;
	return true;
}

bool cli_parse(int argc, char *const argv[], struct options *out, char *error,
	       size_t size)
{
	struct words words = {argc, argv, .error = error, .size = size};

	/* as many interfaces as are counted; the rest is never touched */
	memset(out, 0, offsetof(struct options, interface));
	if (argc > 0)
		out->personality = personality_of(argv[0]);
	out->arp_wait_ms = 200;
	out->decline_pause_ms = 10000;
	for (words.at = 1; words.at < argc; words.at++) {
		const bool is_good = argv[words.at][0] == '-'
					     ? parse_flag(&words, out)
					     : parse_interface(&words, out);

		if (!is_good)
			return false;
		if (out->action == CLI_HELP || out->action == CLI_VERSION)
			break;
	}
	return complete(&words, out);
}
