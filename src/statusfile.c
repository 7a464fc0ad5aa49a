/*
 * The reader of status files: the grammar, and what each key's value may be.
 * Knows nothing of what they mean.
 */
#include "statusfile.h"

#include "calendar.h"
#include "link.h"

#include <string.h>

static enum status_kind kind_of(const char *key)
{
	static const struct {
		char key[20];
		enum status_kind kind;
	} keys[] = {
		{"interface", STATUS_NAME},
		{"written", STATUS_MOMENT},
		{"state", STATUS_WORDS},
		{"since", STATUS_MOMENT},
		{"address", STATUS_ADDRESS},
		{"server", STATUS_ADDRESS},
		{"pid", STATUS_NUMBER},
		{"retry", STATUS_NUMBER},
		{"t1", STATUS_NUMBER},
		{"t2", STATUS_NUMBER},
		{"expiry", STATUS_NUMBER},
		{"retransmissions", STATUS_NUMBER},
		{"naks", STATUS_NUMBER},
		{"conflicts", STATUS_NUMBER},
		{"declines", STATUS_NUMBER},
		{"offers_refused", STATUS_NUMBER},
		{"workers_failed", STATUS_NUMBER},
		{"routes_refused", STATUS_NUMBER},
		{"notices_dropped", STATUS_NUMBER},
	};

	if (text_begins_with(key, "sent_") || text_begins_with(key, "dropped_"))
		return STATUS_NUMBER;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (text_equals(keys[i].key, key))
			return keys[i].kind;
	return STATUS_WORDS;
}

static bool is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9');
}

static bool is_words(const char *value)
{
	for (; *value != '\0'; value++)
		if (!is_letter_or_digit(*value) && *value != '_' &&
		    *value != '-' && *value != '.' && *value != ':' &&
		    *value != ' ')
			return false;
	return true;
}

static bool is_name(const char *value)
{
	const size_t length = strlen(value);

	for (; *value != '\0'; value++)
		if ((uint8_t)*value <= ' ' || *value == '\x7f' || *value == '/')
			return false;
	return length > 0 && length < LINK_NAME_MAX;
}

/* Takes exactly `digits` digits and, if it is not NUL, `then`. */
static bool take_digits(const char **at, size_t digits, char then,
			unsigned *out)
{
	for (*out = 0; digits > 0; digits--, (*at)++) {
		if (**at < '0' || **at > '9')
			return false;
		*out = *out * 10 + (unsigned)(**at - '0');
	}
	return then == '\0' || *(*at)++ == then;
}

int64_t statusfile_moment(const char *value)
{
	struct calendar date = {0};

	if (!take_digits(&value, 4, '-', &date.year) ||
	    !take_digits(&value, 2, '-', &date.month) ||
	    !take_digits(&value, 2, 'T', &date.day) ||
	    !take_digits(&value, 2, ':', &date.hour) ||
	    !take_digits(&value, 2, ':', &date.minute) ||
	    !take_digits(&value, 2, 'Z', &date.second) || *value != '\0')
		return -1;
	return calendar_to_epoch(&date);
}

static bool is_of_kind(const char *value, enum status_kind kind)
{
	struct in_addr address;
	uint64_t number;

	switch (kind) {
	case STATUS_WORDS:
		return is_words(value);
	case STATUS_NAME:
		return is_name(value);
	case STATUS_NUMBER:
		return text_take_number(&value, UINT32_MAX, &number) &&
		       *value == '\0';
	case STATUS_MOMENT:
		return statusfile_moment(value) >= 0;
	case STATUS_ADDRESS:
		break;
	}
	return text_take_address(&value, &address) && *value == '\0';
}

/* Copies what comes before `end` and moves behind that. */
static bool take_until(const char **at, char end, char *out, size_t size)
{
	struct text text = text_in(out, size);

	for (; **at != end; (*at)++) {
		if (**at == '\0' || **at == '\n')
			return false;
		text_add_char(&text, **at);
	}
	(*at)++;
	return !text.cut;
}

static bool is_key(const char *key)
{
	if (*key == '\0')
		return false;
	for (; *key != '\0'; key++)
		if (!(*key >= 'a' && *key <= 'z') &&
		    !(*key >= '0' && *key <= '9') && *key != '_')
			return false;
	return true;
}

static bool take_item(const char **at, struct statusfile *file)
{
	struct status_item *item = &file->item[file->count];

	if (file->count == STATUS_KEYS_MAX ||
	    !take_until(at, '=', item->key, sizeof(item->key)) ||
	    !take_until(at, '\n', item->value, sizeof(item->value)) ||
	    !is_key(item->key) || statusfile_find(file, item->key) != NULL)
		return false;
	item->kind = kind_of(item->key);
	file->count++;
	return is_of_kind(item->value, item->kind);
}

bool statusfile_read(const char *text, struct statusfile *out)
{
	out->count = 0;
	while (*text != '\0')
		if (!take_item(&text, out))
			return false;
	return statusfile_find(out, "interface") != NULL &&
	       statusfile_find(out, "pid") != NULL &&
	       statusfile_find(out, "written") != NULL &&
	       statusfile_find(out, "state") != NULL &&
	       statusfile_find(out, "since") != NULL;
}

const char *statusfile_find(const struct statusfile *file, const char *key)
{
	for (size_t i = 0; i < file->count; i++)
		if (text_equals(file->item[i].key, key))
			return file->item[i].value;
	return NULL;
}

int64_t statusfile_number(const struct statusfile *file, const char *key,
			  int64_t missing)
{
	const char *value = statusfile_find(file, key);
	uint64_t number;

	if (value == NULL || !text_take_number(&value, UINT32_MAX, &number))
		return missing;
	return (int64_t)number;
}
