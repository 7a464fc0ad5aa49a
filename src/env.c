/*
 * The environment of one run of the script.  Whoever reads the packets has a
 * say in values alone: every name is written here, from a table.  Starts
 * nothing and reads no environment.
 */
#include "env.h"

#include <assert.h>
#include <string.h>

#define PATH "/usr/sbin:/sbin:/bin:/usr/sbin:/usr/bin" /* dhclient's */
#define PREFIX_MAX sizeof("new_")

#define LEASE_MAX                                                              \
	(VARIABLES_TEXT_MAX + VARIABLES_MAX * (PREFIX_MAX + OPTION_NAME_MAX))
#define EXTRA_MAX ((size_t)ENV_EXTRA_MAX * ENV_EXTRA_LENGTH_MAX)

_Static_assert(2 * LEASE_MAX + EXTRA_MAX + 1024 <= ENV_TEXT_MAX,
	       "two full leases, every -e string and the rest have room");
_Static_assert(2 * VARIABLES_MAX + ENV_EXTRA_MAX + 7 <= ENV_ENTRIES_MAX,
	       "and as many entries");

static const char own_names[][16] = {
	"reason", "REASON", "interface", "pid", "dad_wait_time", "PATH",
};

static const char own_prefixes[][12] = {
	"new_",
	"old_",
	"requested_",
	"alias_",
};

#define LENGTH_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The environment so far and the octets of its text in use. */
struct making {
	struct env *env;
	size_t used;
};

static struct text entry_begin(const struct making *making)
{
	return text_in(making->env->text + making->used,
		       ENV_TEXT_MAX - making->used);
}

static void entry_end(struct making *making, const struct text *entry)
{
	struct env *const env = making->env;

	assert(!entry->cut && env->count < ENV_ENTRIES_MAX);
	env->entry[env->count++] = entry->start;
	making->used += entry->length + 1;
}

static void add_string(struct making *making, const char *string)
{
	struct text entry = entry_begin(making);

	text_add(&entry, string);
	entry_end(making, &entry);
}

static void add(struct making *making, const char *prefix, const char *name,
		const char *value)
{
	struct text entry = entry_begin(making);

	text_add(&entry, prefix);
	text_add(&entry, name);
	text_add_char(&entry, '=');
	text_add(&entry, value);
	entry_end(making, &entry);
}

static void add_number(struct making *making, const char *prefix,
		       const char *name, int64_t number)
{
	char digits[24];
	struct text text = text_in(digits, sizeof(digits));

	text_add_number(&text, number);
	add(making, prefix, name, digits);
}

static void add_lease(struct making *making, const char *prefix,
		      const struct definitions *definitions,
		      const struct announced *lease)
{
	const struct variable *item;
	char name[OPTION_NAME_MAX];
	const char *text;
	uint32_t at = 0;

	if (lease->variables == NULL)
		return;
	while ((item = variables_next(lease->variables, &at, &text)) != NULL) {
		definition_name(definitions, item->code, name);
		add(making, prefix, name, text);
	}
	add_number(making, prefix, "expiry", lease->expiry);
}

void env_render(const struct env_input *input, struct env *out)
{
	struct making making = {.env = out};
	const char *const reason = reason_name(input->reason);

	out->count = 0;
	for (size_t i = input->extra_count; i > 0; i--)
		add_string(&making, input->extra[i - 1]);
	if (input->reason == REASON_NBI) {
		add(&making, "", "REASON", reason);
	} else {
		add(&making, "", "reason", reason);
		add(&making, "", "interface", input->interface);
		add_number(&making, "", "pid", input->pid);
		add(&making, "", "dad_wait_time", "0");
		add_lease(&making, "new_", input->definitions,
			  &input->new_lease);
		add_lease(&making, "old_", input->definitions,
			  &input->old_lease);
	}
	add(&making, "", "PATH", PATH);
	out->entry[out->count] = NULL;
}

static bool is_own(const char *extra)
{
	for (size_t i = 0; i < LENGTH_OF(own_names); i++)
		if (text_begins_with(extra, own_names[i]) &&
		    extra[strlen(own_names[i])] == '=')
			return true;
	for (size_t i = 0; i < LENGTH_OF(own_prefixes); i++)
		if (text_begins_with(extra, own_prefixes[i]))
			return true;
	return false;
}

static bool is_name_character(char character, bool is_first)
{
	return (character >= 'a' && character <= 'z') ||
	       (character >= 'A' && character <= 'Z') || character == '_' ||
	       (character >= '0' && character <= '9' && !is_first);
}

bool env_extra_is_allowed(const char *extra)
{
	const char *at = extra;

	while (is_name_character(*at, at == extra))
		at++;
	if (at == extra || *at != '=' || is_own(extra))
		return false;
	for (; *at != '\0'; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return at - extra < ENV_EXTRA_LENGTH_MAX;
}
