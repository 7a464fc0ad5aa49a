/* A folder for one test program, which goes with all that is in it. */
#ifndef DHCPCANON_SCRATCH_H
#define DHCPCANON_SCRATCH_H

#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static char scratch_directory[] = "/tmp/dhcpcanon-test.XXXXXX";

/* Fixture: makes the folder, before a program's first test. */
static inline int scratch_make(void **state)
{
	(void)state;
	return mkdtemp(scratch_directory) == NULL ? -1 : 0;
}

/* Fixture: empties the folder, after each test. */
static inline int scratch_empty(void **state)
{
	DIR *directory = opendir(scratch_directory);
	char path[512];

	(void)state;
	if (directory == NULL)
		return -1;
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
		snprintf(path, sizeof(path), "%s/%s", scratch_directory,
			 entry->d_name);
		if (unlink(path) < 0)
			rmdir(path);
	}
	closedir(directory);
	return 0;
}

/* Fixture: removes the folder, after the last test. */
static inline int scratch_remove(void **state)
{
	(void)state;
	return rmdir(scratch_directory);
}

/* The path of `name` there; valid until the eighth call from now. */
static inline const char *scratch(const char *name)
{
	static char paths[8][128];
	static unsigned turn;
	char *path = paths[turn++ % 8];

	snprintf(path, sizeof(paths[0]), "%s/%s", scratch_directory, name);
	return path;
}

/* Makes the file `path` with `text` and `mode`. */
static inline void scratch_write(const char *path, const char *text,
				 mode_t mode)
{
	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_true(fputs(text, out) >= 0);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(chmod(path, mode), 0);
}

/*
 * A device like /dev/null; as root one of our own, so that a fault in what is
 * tested does not cost the machine its.
 */
static inline const char *scratch_null(void)
{
	const char *path = scratch("null");

	if (mknod(path, S_IFCHR | 0666, makedev(1, 3)) < 0)
		return "/dev/null";
	return path;
}

/* The text of the file `path`; valid until the next call. */
static inline const char *scratch_read(const char *path)
{
	static char text[65536];
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	text[fread(text, 1, sizeof(text) - 1, in)] = '\0';
	fclose(in);
	return text;
}

/* How many entries the folder has. */
static inline int scratch_count(void)
{
	DIR *directory = opendir(scratch_directory);
	int count = 0;

	assert_non_null(directory);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(directory);
	return count;
}

#endif
