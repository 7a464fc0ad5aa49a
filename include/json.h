/*
 * JSON (RFC 8259) written piece by piece into a text.  The caller keeps
 * objects and arrays balanced; commas and escapes are seen to here.
 */
#ifndef DHCPCANON_JSON_H
#define DHCPCANON_JSON_H

#include "text.h"

struct json {
	struct text *out; /* its `cut` says that something did not fit */
	bool comma;       /* one is due before the next value */
};

/* Begins to write into `out`, which is the caller's. */
struct json json_in(struct text *out);

/*
 * Each writes a member of the object under way, named `key` (printable ASCII
 * without `"` or `\`), or, with `key` NULL, an element of the array under way
 * or the only value there is.
 */
void json_object(struct json *json, const char *key);
void json_array(struct json *json, const char *key);
void json_number(struct json *json, const char *key, int64_t value);
void json_bool(struct json *json, const char *key, bool value);
void json_null(struct json *json, const char *key);

/*
 * A string.  What is not printable ASCII is escaped, octet by octet
 * (\u00e9), so that any octets give valid JSON.
 */
void json_string(struct json *json, const char *key, const char *value);

/* Ends the object or the array under way. */
void json_end_object(struct json *json);
void json_end_array(struct json *json);

#endif
