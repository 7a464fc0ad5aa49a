/*
 * Names and types that the user gives to options which the table has no name
 * for (dhclient.conf(5): `option NAME code N = type`).
 */
#ifndef DHCPCANON_DEFINITION_H
#define DHCPCANON_DEFINITION_H

#include "option.h"

#define DEFINITIONS_MAX 16

/* No pointer: these go to the worker with its configuration. */
struct definition {
	uint16_t code;
	uint16_t like;              /* an option of that kind, or a type */
	char name[OPTION_NAME_MAX]; /* with `-`, as in files */
};

struct definitions {
	uint32_t count;
	struct definition item[DEFINITIONS_MAX];
};

/*
 * The place of the definition of `code`: definitions->count if there is none.
 */
uint32_t definition_index(const struct definitions *definitions, uint16_t code);

/*
 * Writes the script's name of `code`: option_name, unless the table has no
 * name for it and `definitions` (or NULL: none) has one.
 */
void definition_name(const struct definitions *definitions, uint16_t code,
		     char out[OPTION_NAME_MAX]);

/* The same for files: option_file_name. */
void definition_file_name(const struct definitions *definitions, uint16_t code,
			  char out[OPTION_NAME_MAX]);

/*
 * Finds the code of the `length` octets at `name`: the user's, in lower case
 * and with `-`, even if the table has another name for it; else the table's
 * (option_by_file_name).  0 if none.
 */
uint16_t definition_by_file_name(const struct definitions *definitions,
				 const char *name, size_t length);

/*
 * The code of the option that the table knows and whose kind `code` has:
 * itself, unless the table has no name for it and `definitions` (or NULL:
 * none) a type.
 */
uint16_t definition_like(const struct definitions *definitions, uint16_t code);

#endif
