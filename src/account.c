/* Lines of passwd(5) and group(5): name, password, number, number. */
#include "account.h"

#include <stdio.h>
#include <string.h>

#define LINE_LENGTH 1024 /* a system account's is short */

/*
 * Looks in `path` for the line that begins with `name`; the two fields behind
 * the password are to be numbers, a group has no second one.
 */
static bool find(const char *path, const char *name, unsigned number[2])
{
	const size_t length = strlen(name);
	char line[LINE_LENGTH];
	bool found = false;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL) {
		const char *at = line + length;

		if (strncmp(line, name, length) != 0 || *at != ':')
			continue;
		at = strchr(at + 1, ':');
		found = at != NULL &&
			sscanf(at, ":%u:%u", &number[0], &number[1]) >= 1;
	}
	fclose(file);
	return found;
}

bool account_user(const char *name, uid_t *uid, gid_t *gid)
{
	unsigned number[2] = {0, 0};

	if (!find("/etc/passwd", name, number))
		return false;
	*uid = number[0];
	*gid = number[1];
	return true;
}

bool account_group(const char *name, gid_t *gid)
{
	unsigned number[2];

	if (!find("/etc/group", name, number))
		return false;
	*gid = number[0];
	return true;
}
