/*
 * The command line: dhclient's flags and our own; called as dhcpcd, those
 * that NetworkManager passes.  Has no effects.
 */
#ifndef DHCPCANON_CLI_H
#define DHCPCANON_CLI_H

#include "env.h"
#include "link.h"
#include "profile.h"
#include "route.h"

#define CLI_INTERFACES_MAX 1024
#define CLI_EXTRA_LENGTH_MAX 1023 /* of one -e string, without its NUL */
#define CLI_NOTES_MAX 16
#define CLI_REFUSED_MAX 8 /* -e strings that the log names */

/* Whose place we take: the base name of argv[0]. */
enum personality {
	PERSONALITY_DHCPCANON, /* any other name */
	PERSONALITY_DHCLIENT,
	PERSONALITY_DHCPCD,
};

/* What the program is to do. */
enum cli_action {
	CLI_RUN,
	CLI_RELEASE, /* -r */
	CLI_STOP,    /* -x */
	CLI_STATUS,  /* --status */
	CLI_DRY_RUN, /* --dry-run: one interface is named */
	CLI_AUDIT,   /* --audit: one interface is named */
	CLI_VERSION,
	CLI_HELP,
};

/* A flag that was accepted but is not obeyed, for the log. */
struct cli_note {
	const char *flag;
	const char *reason;
};

struct options {
	enum personality personality;
	enum cli_action action;  /* the last one asked for */
	bool foreground;         /* -d; dhcpcd's -B */
	bool to_stderr;          /* -v, -d; last of these and -q counts */
	bool is_verbose;         /* debug lines too; likewise */
	bool once;               /* -1 */
	bool background_at_once; /* -nw */
	bool wait_for_interface; /* -w: one that is missing may come later */
	bool no_interfaces;      /* -n: hold none; then none is named either */
	bool no_pid;             /* --no-pid */
	bool json;               /* --json, of what is printed */
	bool delay_selecting;
	bool random_mac;         /* a fresh one before each worker's start */
	bool require_random_mac; /* none starts with the hardware's */
	bool script_given;       /* by flag or environment, not by default */
	bool timeout_given;      /* likewise */
	bool quiet_stop;         /* SIGTERM, SIGINT: exit without the script */
	bool alarm_exits;        /* so does SIGALRM (dhclient, dhcpcd) */
	bool any_exits;          /* and SIGHUP, SIGUSR1, SIGUSR2 (dhclient) */
	struct disclosure disclosure; /* --client-id, --request-options, -B */
	/* Files: flag, else environment, else dhclient's own if called so. */
	const char *script;       /* -sf, -sp, dhcpcd's -c; NULL: SCRIPT */
	const char *pid_file;     /* -pf; NULL: one per interface */
	const char *lease_file;   /* -lf; NULL: one per interface */
	const char *conf_file;    /* -cf; NULL: none */
	bool has_dhclients_files; /* pid and lease file are its defaults */
	bool files_beside;        /* ours are beside those: files.h */
	const char *extra[ENV_EXTRA_MAX]; /* -e, those that are allowed */
	size_t extra_count;
	/* the others: the first of them, and how many there are */
	const char *extra_refused[CLI_REFUSED_MAX];
	size_t extra_refused_count;
	struct cli_note note[CLI_NOTES_MAX]; /* each flag once */
	size_t note_count;
	uint32_t arp_wait_ms;
	uint32_t carrier_grace_ms;
	uint32_t timeout_ms;
	uint32_t decline_pause_ms; /* --decline-wait-time */
	enum route_policy routes;
	size_t interface_count; /* 0: all there are; see no_interfaces */
	const char *interface[CLI_INTERFACES_MAX]; /* each once */
};

/*
 * Reads the command line; flags and interfaces mix freely, flags are whole
 * words, the argument of one that begins with `--` may follow `=`.  --help
 * and --version end the reading.  PATH_DHCLIENT_SCRIPT, _PID, _DB and _CONF
 * of the environment stand in for -sf, -pf, -lf and -cf, unless they are
 * empty or we are called as dhcpcd.  Strings are borrowed from `argv` and the
 * environment.  Returns true with `*out` filled in; or false with one
 * sentence, without newline, in `error` of `size` octets.
 */
bool cli_parse(int argc, char *const argv[], struct options *out, char *error,
	       size_t size);

/* The usage text, many lines. */
extern const char cli_usage[];

#endif
