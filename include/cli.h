/* The command line, dhclient's and our own additions.  Has no effects. */
#ifndef DHCPCANON_CLI_H
#define DHCPCANON_CLI_H

#include "env.h"
#include "link.h"
#include "profile.h"
#include "route.h"

#define CLI_INTERFACES_MAX 1024
#define CLI_EXTRA_LENGTH_MAX 1023 /* of one -e string, without its NUL */

/* What the program is to do. */
enum cli_action {
	CLI_RUN,
	CLI_RELEASE, /* -r */
	CLI_STOP,    /* -x */
	CLI_VERSION,
	CLI_HELP,
};

struct options {
	enum cli_action action;  /* the last one asked for */
	bool foreground;         /* -d */
	bool to_stderr;          /* -v, -d; last of these and -q counts */
	bool is_verbose;         /* debug lines too; likewise */
	bool once;               /* -1 */
	bool background_at_once; /* -nw */
	bool no_pid;             /* --no-pid */
	bool delay_selecting;
	struct disclosure disclosure;     /* --client-id, --request-options */
	const char *script;               /* -sf, -sp; NULL: the default */
	const char *pid_file;             /* -pf; NULL: the default */
	const char *lease_file;           /* -lf; NULL: the default */
	const char *extra[ENV_EXTRA_MAX]; /* -e, those that are allowed */
	size_t extra_count;
	const char *extra_refused; /* the last -e that is not; or NULL */
	size_t extra_refused_count;
	uint32_t arp_wait_ms;
	uint32_t carrier_grace_ms;
	uint32_t timeout_ms;
	uint32_t decline_pause_ms; /* --decline-wait-time */
	enum route_policy routes;
	const char *interface[CLI_INTERFACES_MAX]; /* each once */
	size_t interface_count;
};

/*
 * Reads the command line; flags and interfaces mix freely, flags are whole
 * words, the argument of one that begins with `--` may follow `=`.  --help
 * and --version end the reading.  Strings are borrowed from `argv`.  Returns
 * true with `*out` filled in; or false with one sentence, without newline, in
 * `error` of `size` octets.
 */
bool cli_parse(int argc, char *const argv[], struct options *out, char *error,
	       size_t size);

/* The usage text, many lines. */
extern const char cli_usage[];

#endif
