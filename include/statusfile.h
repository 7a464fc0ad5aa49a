/*
 * A status file (status.h), read: what it holds is the text of another user,
 * so nothing of it is taken unless all of it is well-formed.  Opens nothing.
 */
#ifndef DHCPCANON_STATUSFILE_H
#define DHCPCANON_STATUSFILE_H

#include "text.h"

/* What a value is; all are printable ASCII but names. */
enum status_kind {
	STATUS_WORDS,   /* letters, digits, `_`, `-`, `.`, `:`, blanks */
	STATUS_NAME,    /* of a link: no control character, blank or `/` */
	STATUS_NUMBER,  /* decimal, at most INT64_MAX */
	STATUS_MOMENT,  /* 2026-11-22T18:00:00Z */
	STATUS_ADDRESS, /* dotted quad */
};

#define STATUS_KEYS_MAX 64
#define STATUS_KEY_MAX 32   /* octets, the NUL included */
#define STATUS_VALUE_MAX 96 /* likewise */

/* A status file, read: what was in it, in its order. */
struct statusfile {
	size_t count;
	struct status_item {
		enum status_kind kind;
		char key[STATUS_KEY_MAX];
		char value[STATUS_VALUE_MAX];
	} item[STATUS_KEYS_MAX];
};

/*
 * Reads the text of a status file, which is somebody else's: every line a
 * key, once, and a value that is of the key's kind; those that are always
 * there must be.  A key that is not known, as a later version may have it, is
 * STATUS_WORDS.  False, with `*out` undefined, if anything is wrong.
 */
bool statusfile_read(const char *text, struct statusfile *out);

/* The value of `key`, borrowed from `file`; NULL if it is not there. */
const char *statusfile_find(const struct statusfile *file, const char *key);

/* The value of `key`, a STATUS_NUMBER; `missing` if it is not there. */
int64_t statusfile_number(const struct statusfile *file, const char *key,
			  int64_t missing);

/* A STATUS_MOMENT in seconds since the epoch; -1 if it is none. */
int64_t statusfile_moment(const char *value);

#endif
