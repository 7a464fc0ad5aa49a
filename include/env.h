/*
 * The script's environment, built from nothing: dhclient-script(8)'s names,
 * written here and nowhere else.
 */
#ifndef DHCPCANON_ENV_H
#define DHCPCANON_ENV_H

#include "reason.h"
#include "variables.h"

#define ENV_ENTRIES_MAX (2 * VARIABLES_MAX + 64)
#define ENV_TEXT_MAX 131072       /* octets */
#define ENV_EXTRA_MAX 32          /* -e strings */
#define ENV_EXTRA_LENGTH_MAX 2048 /* octets of one, NUL included */

/* A lease as the script is told it. */
struct announced {
	const struct variables *variables; /* NULL: no lease */
	int64_t expiry; /* seconds since the epoch, as `expiry` */
};

/* What a run of the script is about; the pointers are borrowed. */
struct env_input {
	enum reason reason;
	const char *interface;
	const struct definitions *definitions; /* names of options, or NULL */
	int64_t pid;                           /* the monitor's */
	const char *const *extra; /* allowed -e strings, as given */
	size_t extra_count;       /* at most ENV_EXTRA_MAX */
	struct announced new_lease, old_lease;
};

/* An environment for execve; `entry` points into `text`. */
struct env {
	size_t count;
	char *entry[ENV_ENTRIES_MAX + 1]; /* NULL-terminated */
	char text[ENV_TEXT_MAX];
};

/*
 * Writes the environment: -e strings (the last given first), reason,
 * interface, pid, dad_wait_time=0, new_* and old_* with their `expiry`, PATH.
 * NBI has only REASON=NBI, -e strings and PATH.  The room suffices for any
 * valid input (asserted).
 */
void env_render(const struct env_input *input, struct env *out);

/*
 * True if `extra` may be given by -e: NAME=VALUE with a name of letters,
 * digits and `_` that does not begin with a digit and is none that we write,
 * nor begins with new_, old_, requested_ or alias_, no control characters in
 * the value, and fewer than ENV_EXTRA_LENGTH_MAX octets in all.
 */
bool env_extra_is_allowed(const char *extra);

#endif
