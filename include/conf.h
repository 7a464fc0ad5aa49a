/*
 * dhclient.conf(5), as much of it as an anonymous client can honour: timeout,
 * reject, script, names of options, and the user's changes to what the script
 * receives.  Everything else, above all what would be sent, is skipped
 * statement by statement and named once.  No file is opened and no expression
 * evaluated.  dhcpcanon.conf(5) is the specification.
 */
#ifndef DHCPCANON_CONF_H
#define DHCPCANON_CONF_H

#include "amend.h"
#include "definition.h"
#include "reject.h"

#define CONF_FILE_MAX 65536 /* octets that a caller need read */
#define CONF_SCRIPT_MAX 256 /* octets of the script's path, NUL included */
#define CONF_NAME_MAX 48    /* octets of a statement's name */
#define CONF_SKIPPED_MAX 24
#define CONF_ERRORS_MAX 8

/* What the file asks for.  All zero: an empty file. */
struct conf {
	uint32_t timeout_ms;          /* 0: not given */
	char script[CONF_SCRIPT_MAX]; /* absolute path; "": not given */
	struct reject_list reject;
	struct definitions definitions;
	struct amendments amendments;
};

/* What is to be said of the file. */
struct conf_report {
	uint32_t skipped_count; /* of different names, at most the maximum */
	struct {
		char name[CONF_NAME_MAX]; /* "send host-name": printable */
		uint32_t times;
	} skipped[CONF_SKIPPED_MAX];
	uint32_t skipped_others; /* statements for whose names is no room */
	uint32_t error_count;    /* which may be more than are listed */
	struct conf_error {
		unsigned line;
		char name[CONF_NAME_MAX]; /* of the statement, or "" */
		const char *problem;      /* static */
	} error[CONF_ERRORS_MAX];
};

/*
 * Reads the `length` octets at `text`, any octets, but for the statements in
 * blocks of interfaces.  A statement with an error is left out whole; the
 * others count.
 */
void conf_read(const char *text, size_t length, struct conf *out,
	       struct conf_report *report);

/*
 * Reads in addition the blocks of `interface`; `*conf` is what conf_read gave
 * for the same text.  Their single values replace the others', their lists
 * and changes follow them, wherever in the file they stand.
 */
void conf_read_interface(const char *text, size_t length, const char *interface,
			 struct conf *conf, struct conf_report *report);

/*
 * Appends the names of what was skipped, for one log line:
 * "send host-name, request, also request (21)".  "" if nothing was.
 */
void conf_skipped_text(const struct conf_report *report, struct text *out);

/* Appends what is wrong: "line 7: timeout: not a number of seconds". */
void conf_error_text(const struct conf_error *error, struct text *out);

#endif
