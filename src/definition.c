/*
 * The user's names and types of options beside the table's.  The table comes
 * first: nobody renames what NetworkManager and Debian's scripts look for.
 */
#include "definition.h"

#include <string.h>

uint32_t definition_index(const struct definitions *definitions, uint16_t code)
{
	uint32_t i = 0;

	while (i < definitions->count && definitions->item[i].code != code)
		i++;
	return i;
}

/* The definition that counts for `code`; NULL if none does. */
static const struct definition *find(const struct definitions *definitions,
				     uint16_t code)
{
	uint32_t i;

	if (definitions == NULL || option_is_known(code))
		return NULL;
	i = definition_index(definitions, code);
	return i < definitions->count ? &definitions->item[i] : NULL;
}

void definition_name(const struct definitions *definitions, uint16_t code,
		     char out[OPTION_NAME_MAX])
{
	const struct definition *const found = find(definitions, code);

	if (found == NULL) {
		option_name(code, out);
		return;
	}
	memcpy(out, found->name, OPTION_NAME_MAX);
	for (; *out != '\0'; out++)
		if (*out == '-')
			*out = '_';
}

void definition_file_name(const struct definitions *definitions, uint16_t code,
			  char out[OPTION_NAME_MAX])
{
	const struct definition *const found = find(definitions, code);

	if (found == NULL)
		option_file_name(code, out);
	else
		memcpy(out, found->name, OPTION_NAME_MAX);
}

uint16_t definition_by_file_name(const struct definitions *definitions,
				 const char *name, size_t length)
{
	for (uint32_t i = 0; definitions != NULL && i < definitions->count; i++)
		if (strlen(definitions->item[i].name) == length &&
		    memcmp(definitions->item[i].name, name, length) == 0)
			return definitions->item[i].code;
	return option_by_file_name(name, length);
}

uint16_t definition_like(const struct definitions *definitions, uint16_t code)
{
	const struct definition *const found = find(definitions, code);

	return found == NULL ? code : found->like;
}
