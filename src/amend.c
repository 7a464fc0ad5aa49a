/*
 * The user's changes to the list of variables.  Knows codes, kinds and texts;
 * neither where the user wrote them (conf.c) nor what the route policy did
 * before (route.c).
 */
#include "amend.h"

#include <assert.h>

const char *amend_separator(enum option_kind kind)
{
	const char *separator = NULL;

	switch (kind) {
	case KIND_ADDRESSES:
	case KIND_ADDRESS_PAIRS:
	case KIND_U8S:
	case KIND_U16S:
	case KIND_U32S:
	case KIND_S8S:
	case KIND_S32S:
	case KIND_FLAGS:
	case KIND_NAMES:
	case KIND_SEARCH:
	case KIND_ROUTES:
		separator = " ";
		break;
	case KIND_TEXT: /* dhclient joins the octets */
		separator = "";
		break;
	case KIND_NONE:
	case KIND_ADDRESS:
	case KIND_MASK:
	case KIND_U8:
	case KIND_U16:
	case KIND_MTU:
	case KIND_U32:
	case KIND_S8:
	case KIND_S32:
	case KIND_FLAG:
	case KIND_NAME:
	case KIND_DOMAIN:
	case KIND_BINARY:
	case KIND_U8_TRIPLE:
	case KIND_FLAG_ADDRESSES:
	case KIND_FLAG_TEXT:
	case KIND_PORT_PARAMETERS:
	case KIND_COUNT:
		break;
	}
	return separator;
}

bool amend_add(struct amendments *amendments, uint16_t code, uint16_t like,
	       enum amend_verb verb, const char *text)
{
	const size_t size = strlen(text) + 1;

	if (amendments->count == AMEND_MAX ||
	    size > AMEND_TEXT_MAX - amendments->size)
		return false;
	memcpy(amendments->text + amendments->size, text, size);
	amendments->item[amendments->count++] =
		(struct amendment){.code = code,
				   .like = like,
				   .size = (uint16_t)size,
				   .verb = (uint16_t)verb};
	amendments->size += (uint32_t)size;
	return true;
}

/* True if the user has a word in the value of `code`. */
static bool is_amended(const struct amendments *amendments, uint16_t code)
{
	for (uint32_t i = 0; i < amendments->count; i++)
		if (amendments->item[i].code == code)
			return true;
	return false;
}

/* Takes out the longest of the values that the user has no word in. */
static bool drop_longest(const struct amendments *amendments,
			 struct variables *variables)
{
	const struct variable *longest = NULL;

	for (uint32_t i = 0; i < variables->count; i++) {
		const struct variable *const item = &variables->item[i];

		if (item->code == FIELD_IP_ADDRESS ||
		    is_amended(amendments, item->code))
			continue;
		if (longest == NULL || item->size > longest->size)
			longest = item;
	}
	if (longest == NULL)
		return false;
	variables_remove(variables, longest->code);
	return true;
}

/* Makes `text` the value of `code`; returns how many had to go for it. */
static size_t replace(const struct amendments *amendments, uint16_t code,
		      const char *text, struct variables *variables)
{
	size_t dropped = 0;

	variables_remove(variables, code);
	if (*text == '\0')
		return 0;
	while (!variables_add(variables, code, text) &&
	       drop_longest(amendments, variables))
		dropped++;
	return dropped;
}

/* Writes both, with the separator between them; false when too long. */
static bool join(const char *first, const char *second, const char *separator,
		 char out[OPTION_TEXT_MAX])
{
	struct text text = text_in(out, OPTION_TEXT_MAX);

	text_add(&text, first);
	text_add(&text, separator);
	text_add(&text, second);
	return !text.cut;
}

/* Adds `text` before or behind the value; without room it stands alone. */
static size_t extend(const struct amendments *amendments,
		     const struct amendment *item, const char *text,
		     struct variables *variables)
{
	const char *const separator = amend_separator(option_kind(item->like));
	const char *const old = variables_find(variables, item->code);
	const bool is_first = item->verb == AMEND_PREPEND;
	char joined[OPTION_TEXT_MAX];

	assert(separator != NULL);
	if (*text == '\0')
		return 0;
	if (old == NULL)
		return replace(amendments, item->code, text, variables);
	if (!join(is_first ? text : old, is_first ? old : text, separator,
		  joined))
		return 1 + replace(amendments, item->code, text, variables);
	return replace(amendments, item->code, joined, variables);
}

static size_t apply(const struct amendments *amendments,
		    const struct amendment *item, const char *text,
		    struct variables *variables)
{
	size_t dropped = 0;

	switch ((enum amend_verb)item->verb) {
	case AMEND_SUPERSEDE:
		dropped = replace(amendments, item->code, text, variables);
		break;
	case AMEND_PREPEND:
	case AMEND_APPEND:
		dropped = extend(amendments, item, text, variables);
		break;
	case AMEND_DEFAULT:
		if (variables_find(variables, item->code) == NULL)
			dropped = replace(amendments, item->code, text,
					  variables);
		break;
	}
	return dropped;
}

/* Reads the address that is the value of `code`; 0.0.0.0 if there is none. */
static struct in_addr address_of(const struct variables *variables,
				 uint16_t code)
{
	struct in_addr address = {0};

	variables_address(variables, code, &address);
	return address;
}

/* Computes anew what variables_from_message computed with the mask `old`. */
static void follow_mask(const struct amendments *amendments, struct in_addr old,
			struct variables *variables)
{
	const struct in_addr address = address_of(variables, FIELD_IP_ADDRESS);
	const struct in_addr mask = address_of(variables, OPTION_SUBNET_MASK);
	const uint16_t broadcast =
		variables_find(variables, FIELD_BROADCAST) != NULL
			? FIELD_BROADCAST
			: OPTION_BROADCAST_ADDRESS;

	variables_set_address(variables, FIELD_NETWORK_NUMBER,
			      (struct in_addr){address.s_addr & mask.s_addr});
	if (address_of(variables, broadcast).s_addr ==
		    (address.s_addr | ~old.s_addr) &&
	    !is_amended(amendments, broadcast))
		variables_set_address(
			variables, broadcast,
			(struct in_addr){address.s_addr | ~mask.s_addr});
}

size_t amend_apply(const struct amendments *amendments,
		   struct variables *variables)
{
	const struct in_addr mask = address_of(variables, OPTION_SUBNET_MASK);
	const char *text = amendments->text;
	size_t dropped = 0;

	for (uint32_t i = 0; i < amendments->count; i++) {
		const struct amendment *const item = &amendments->item[i];

		dropped += apply(amendments, item, text, variables);
		text += item->size;
	}
	if (variables_find(variables, OPTION_BROADCAST_ADDRESS) != NULL)
		variables_remove(variables, FIELD_BROADCAST); /* of that name */
	if (address_of(variables, OPTION_SUBNET_MASK).s_addr != mask.s_addr)
		follow_mask(amendments, mask, variables);
	return dropped;
}
